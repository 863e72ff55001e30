#include <criterion/criterion.h>
#include <stdlib.h>

#include "runtime/tool/store_env.h"

/* What of the user's environment goes to the homes. */

static struct arena arena;

static void setup(void)
{
    cr_assert_eq(clearenv(), 0);
    arena_init(&arena, 1 << 16);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(store_env, .init = setup, .fini = teardown);

/* The list for `url`, one entry a line. */
static const char *listed(const char *url)
{
    static char text[1024];
    const char *const *entry = store_env_list(&arena, url);
    cr_assert_not_null(entry);
    text[0] = '\0';
    for (; *entry; entry++) {
        (void)strncat(text, *entry, sizeof text - strlen(text) - 1);
        (void)strncat(text, "\n", sizeof text - strlen(text) - 1);
    }
    return text;
}

static void set(const char *name, const char *value)
{
    cr_assert_eq(setenv(name, value, 1), 0);
}

Test(store_env, a_store_that_is_a_service_gets_what_leads_to_it)
{
    set("AWS_REGION", "eu-west-1");
    set("AWS_DEFAULT_REGION", "us-west-1");
    set("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:4567");
    set("AWS_ACCESS_KEY_ID", "id");
    set("AWS_SECRET_ACCESS_KEY", "a=b");
    set("AWS_SESSION_TOKEN", "");
    set("SOMETHING_ELSE", "x");
    cr_expect_str_eq(listed("dynamodb:votes"), "AWS_REGION=eu-west-1\n"
                                               "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:4567\n"
                                               "AWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY=a=b\n");
}

Test(store_env, there_is_always_a_region)
{
    cr_expect_str_eq(listed("dynamodb:votes"), "AWS_REGION=us-east-1\n");
    set("AWS_DEFAULT_REGION", "us-west-1");
    cr_expect_str_eq(listed("dynamodb:votes"), "AWS_REGION=us-west-1\n");
}

Test(store_env, other_stores_get_nothing)
{
    set("AWS_SECRET_ACCESS_KEY", "x");
    cr_expect_str_eq(listed("sqlite:/x.db"), "");
    cr_expect_str_eq(listed("memory"), "");
}

Test(store_env, an_empty_setting_is_none)
{
    cr_expect_null(store_env_url());
    set("DUET_STORE", "");
    cr_expect_null(store_env_url());
    set("DUET_STORE", "memory");
    cr_expect_str_eq(store_env_url(), "memory");
}
