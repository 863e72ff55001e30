#include <criterion/criterion.h>

#include "runtime/core/config.h"

static const char *lookup(const char *name)
{
    static const char *const set[][2] = {
        {"PORT", "9000"},
        {"DUET_METRICS", "off"},
        {"DUET_LOG_LEVEL", "FATAL"},
        {"DUET_BIND", ""},
        {"DUET_STORE", "sqlite:http://you:hid@den@host/a@b//c"},
        {"DUET_METRICS_NAMESPACE", "two\nlines\x7F"},
        {"AWS_LAMBDA_LOG_LEVEL", "DEBUG"},
        {"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"},
    };
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        if (strcmp(name, set[i][0]) == 0)
            return set[i][1];
    return NULL;
}

static const char *show(enum home home, struct buf *out)
{
    struct config config;
    char error[200] = "";
    cr_assert(config_load(&config, home, lookup, error, sizeof error), "%s", error);
    buf_init(out, 64 * 1024);
    config_show(&config, lookup, out);
    buf_append_char(out, '\0');
    cr_assert_not(out->failed);
    return out->data;
}

Test(config_show, each_setting_is_there_with_its_source)
{
    struct buf out;
    const char *text = show(HOME_FARGATE, &out);
    cr_expect_not_null(strstr(text, "PORT=9000 (environment)\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\nDUET_WORKERS=8 (default)\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\nDUET_METRICS=off (environment)\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\nDUET_ACCESS_LOG=on (default)\n"), "%s", text);
    cr_expect_not_null(strstr(text, "DUET_LOG_LEVEL=FATAL (environment)\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\nDUET_BIND=0.0.0.0 (default)\n"), "%s", text);
    buf_release(&out);
}

Test(config_show, users_and_passwords_of_urls_and_control_bytes_are_not)
{
    struct buf out;
    const char *text = show(HOME_FARGATE, &out);
    cr_expect_null(strstr(text, "hidden"), "%s", text);
    cr_expect_not_null(strstr(text, "//***@host/a@b//c (environment)\n"), "%s", text);
    cr_expect_not_null(strstr(text, "NAMESPACE=two?lines? (environment)\n"), "%s", text);
    buf_release(&out);
}

Test(config_show, each_home_has_its_own)
{
    struct buf out;
    const char *text = show(HOME_FARGATE, &out);
    cr_expect_null(strstr(text, "LAMBDA"), "%s", text);
    buf_release(&out);
    text = show(HOME_LAMBDA, &out);
    cr_expect_not_null(strstr(text, "AWS_LAMBDA_LOG_LEVEL=DEBUG (environment)\n"), "%s", text);
    cr_expect_not_null(strstr(text, "AWS_LAMBDA_LOG_FORMAT=JSON (default)\n"), "%s", text);
    cr_expect_not_null(strstr(text, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1 (environment)\n"));
    cr_expect_not_null(strstr(text, "AWS_LAMBDA_FUNCTION_NAME= (unset)\n"), "%s", text);
    cr_expect_null(strstr(text, "DUET_LOG_LEVEL"), "%s", text);
    buf_release(&out);
}
