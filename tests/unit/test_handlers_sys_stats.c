#include <criterion/criterion.h>
#include <stdio.h>

#include "handlers/www.h"
#include "runtime/core/negotiate.h"
#include "runtime/json/json.h"
#include "tests/support/call.h"

static struct call_home home;
static struct call call;

static void setup(void)
{
    call_home_init(&home, HOME_FARGATE, NULL);
    call_init(&call);
}

static void teardown(void)
{
    call_release(&call);
    call_home_release(&home);
}

TestSuite(handlers_sys_stats, .init = setup, .fini = teardown);

/* Sends GET `target` with one field. */
static int get_with(const char *target, const char *name, const char *value)
{
    struct http_field field = {bytes_from_str(name), bytes_from_str(value)};
    call_set_fields(&call, &field, 1);
    int status = call_get(&call, &home, target);
    call_set_fields(&call, NULL, 0);
    return status;
}

Test(handlers_sys_stats, page_comes_from_this_program_alone)
{
    cr_expect_eq(call_get(&call, &home, "/sys-stats"), 200);
    cr_expect_str_eq(call_field(&call, "Content-Type"), "text/html; charset=utf-8");
    cr_expect(call_body_has(&call, "/sys-stats/chart.js"));
    cr_expect_not(call_body_has(&call, "http://"), "nothing from elsewhere");
    cr_expect_not(call_body_has(&call, "https://"), "nothing from elsewhere");
    cr_expect_not(call_body_has(&call, "style="), "the policy allows nothing inline");
    cr_expect_not(call_body_has(&call, "onclick"), "the policy allows nothing inline");
    const char *policy = call_field(&call, "Content-Security-Policy");
    cr_expect(strstr(policy, "default-src 'none'") && strstr(policy, "frame-ancestors 'none'"));
    cr_expect_null(strstr(policy, "unsafe"));
    cr_expect_str_eq(call_field(&call, "X-Content-Type-Options"), "nosniff");
    cr_expect_str_eq(call_field(&call, "Vary"), "Accept-Encoding");
}

Test(handlers_sys_stats, each_file_is_there_plain_and_zipped_with_a_tag_each)
{
    size_t count = 0;
    for (const struct www_file *file = www_files; file->name; file++, count++) {
        char target[128], tag[64];
        (void)snprintf(target, sizeof target, "/sys-stats/%s", file->name);
        cr_assert_eq(call_get(&call, &home, target), 200, "%s", target);
        cr_expect(bytes_eq(call.res.body, file->plain));
        cr_expect_str_eq(call_field(&call, "Content-Encoding"), "");
        (void)snprintf(tag, sizeof tag, "%s", call_field(&call, "ETag"));
        cr_expect_eq(get_with(target, "If-None-Match", tag), 304);
        cr_expect_eq(call.res.body.len, 0);
        cr_expect_str_eq(call_field(&call, "ETag"), tag, "a 304 has the tag too");

        cr_assert_eq(get_with(target, "Accept-Encoding", "gzip, br"), 200);
        cr_expect(bytes_eq(call.res.body, file->gzip));
        cr_expect_str_eq(call_field(&call, "Content-Encoding"), "gzip");
        cr_expect_str_neq(call_field(&call, "ETag"), tag, "other bytes, another tag");
        cr_expect_eq(get_with(target, "If-None-Match", "\"other\""), 200);
        cr_expect_eq(get_with(target, "If-None-Match", "not a tag"), 200);
    }
    cr_expect_geq(count, 4);
    cr_expect_eq(call_get(&call, &home, "/sys-stats/no-such-file"), 404);
    cr_expect_eq(call_get(&call, &home, "/sys-stats/..%2Fsys_stats.c"), 404);
}

static double number_at(const cJSON *root, const char *group, const char *name)
{
    const cJSON *item =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, group), name);
    cr_assert(cJSON_IsNumber(item), "%s.%s", group, name);
    return item->valuedouble;
}

Test(handlers_sys_stats, figures_of_the_processors_grow)
{
    double before[3], after[3];
    static const char *const names[] = {"busy_ms", "idle_ms", "process_ms"};
    double *rounds[] = {before, after};
    for (int round = 0; round < 2; round++) {
        cJSON *root;
        cr_assert_eq(call_get(&call, &home, "/stats"), 200);
        cr_assert_eq(json_parse(&call.arena, call.res.body, &root, NULL), RC_OK);
        for (int i = 0; i < 3; i++)
            rounds[round][i] = number_at(root, "cpu", names[i]);
        cr_expect(json_bytes(cJSON_GetObjectItemCaseSensitive(root, "started")).len > 0);
        cr_expect(json_bytes(cJSON_GetObjectItemCaseSensitive(root, "version")).len > 0);
    }
    for (int i = 0; i < 3; i++)
        cr_expect_geq(after[i], before[i], "%s", names[i]);
    cr_expect_gt(after[0] + after[1], 0.0);
}
