#include <criterion/criterion.h>

#include <stdio.h>

#include "runtime/core/config.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* The environment of the test in hand: one variable, and what DUET_STORE needs. */
static const char *set_name, *set_value;

static const char *lookup(const char *name)
{
    if (set_name && strcmp(name, set_name) == 0)
        return set_value;
    return NULL;
}

static const char *lookup_nothing(const char *name)
{
    (void)name;
    return NULL;
}

static const char *lookup_empty(const char *name)
{
    (void)name;
    return "";
}

static void expect_defaults(const struct config *config)
{
    cr_expect_eq(config->port, 8080u);
    cr_expect_str_eq(config->bind_address, "0.0.0.0");
    cr_expect_eq(config->threads, 0u);
    cr_expect_eq(config->workers, 8u);
    cr_expect_str_eq(config->store, "sqlite:duet.db");
    cr_expect(config->has_access_log);
    cr_expect_eq(config->request_timeout_ms, 29000u);
    cr_expect_eq(config->idle_timeout_s, 75u);
    cr_expect_eq(config->read_timeout_s, 10u);
    cr_expect_eq(config->drain_s, 20u);
    cr_expect_null(config->runtime_api);
    cr_expect_null(config->function_name);
}

Test(config, everything_has_a_default)
{
    struct config config;
    char error[200] = "";
    cr_assert(config_load(&config, HOME_FARGATE, lookup_nothing, error, sizeof error), "%s", error);
    cr_expect_eq(config.home, HOME_FARGATE);
    expect_defaults(&config);
}

Test(config, an_empty_variable_is_an_unset_one)
{
    struct config config;
    char error[200] = "";
    cr_assert(config_load(&config, HOME_LAMBDA, lookup_empty, error, sizeof error), "%s", error);
    cr_expect_eq(config.home, HOME_LAMBDA);
    expect_defaults(&config);
}

static const char *lookup_all(const char *name)
{
    static const char *const all[][2] = {
        {"PORT", "0"},
        {"DUET_BIND", "127.0.0.1"},
        {"DUET_THREADS", "64"},
        {"DUET_WORKERS", "1"},
        {"DUET_STORE", "memory"},
        {"DUET_ACCESS_LOG", "off"},
        {"DUET_REQUEST_TIMEOUT_MS", "900000"},
        {"DUET_IDLE_TIMEOUT_S", "1"},
        {"DUET_READ_TIMEOUT_S", "2"},
        {"DUET_DRAIN_S", "0"},
        {"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"},
        {"AWS_LAMBDA_FUNCTION_NAME", "f"},
        {"ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4"},
    };
    for (size_t i = 0; i < ROWS(all); i++)
        if (strcmp(name, all[i][0]) == 0)
            return all[i][1];
    return NULL;
}

Test(config, every_variable_is_read)
{
    struct config config;
    char error[200] = "";
    cr_assert(config_load(&config, HOME_LAMBDA, lookup_all, error, sizeof error), "%s", error);
    cr_expect_eq(config.port, 0u);
    cr_expect_str_eq(config.bind_address, "127.0.0.1");
    cr_expect_eq(config.threads, 64u);
    cr_expect_eq(config.workers, 1u);
    cr_expect_str_eq(config.store, "memory");
    cr_expect_not(config.has_access_log);
    cr_expect_eq(config.request_timeout_ms, 900000u);
    cr_expect_eq(config.idle_timeout_s, 1u);
    cr_expect_eq(config.read_timeout_s, 2u);
    cr_expect_eq(config.drain_s, 0u);
    cr_expect_str_eq(config.runtime_api, "127.0.0.1:9001");
    cr_expect_str_eq(config.function_name, "f");
}

struct bad_row {
    const char *name, *value, *allowed;
};

static const struct bad_row bad_rows[] = {
    {"PORT", "65536", "0 to 65535"},
    {"PORT", "-1", "0 to 65535"},
    {"PORT", "http", "0 to 65535"},
    {"PORT", "80 ", "0 to 65535"},
    {"PORT", "18446744073709551617", "0 to 65535"},
    {"DUET_THREADS", "65", "0 to 64"},
    {"DUET_WORKERS", "0", "1 to 256"},
    {"DUET_WORKERS", "257", "1 to 256"},
    {"DUET_REQUEST_TIMEOUT_MS", "0", "1 to 900000"},
    {"DUET_REQUEST_TIMEOUT_MS", "29s", "1 to 900000"},
    {"DUET_IDLE_TIMEOUT_S", "4001", "1 to 4000"},
    {"DUET_READ_TIMEOUT_S", "1.5", "1 to 4000"},
    {"DUET_DRAIN_S", "901", "0 to 900"},
    {"DUET_ACCESS_LOG", "yes", "'on' or 'off'"},
    {"DUET_ACCESS_LOG", "ON", "'on' or 'off'"},
};

Test(config, a_wrong_value_is_named_with_its_variable_and_what_is_allowed)
{
    for (size_t i = 0; i < ROWS(bad_rows); i++) {
        struct config config;
        char error[200] = "", quoted[64];
        set_name = bad_rows[i].name;
        set_value = bad_rows[i].value;
        (void)snprintf(quoted, sizeof quoted, "%s is '%s'", set_name, set_value);
        cr_expect_not(config_load(&config, HOME_FARGATE, lookup, error, sizeof error), "%s",
                      quoted);
        cr_expect_eq(strstr(error, quoted), error, "%s", error);
        cr_expect_not_null(strstr(error, bad_rows[i].allowed), "%s", error);
    }
}

Test(config, on_aws_the_store_must_be_said)
{
    static const char *const signs[] = {"AWS_LAMBDA_FUNCTION_NAME",
                                        "ECS_CONTAINER_METADATA_URI_V4"};
    for (size_t i = 0; i < ROWS(signs); i++) {
        struct config config;
        char error[200] = "";
        set_name = signs[i];
        set_value = "x";
        cr_expect_not(config_load(&config, HOME_FARGATE, lookup, error, sizeof error));
        cr_expect_not_null(strstr(error, "DUET_STORE"), "%s", error);
        cr_expect_not_null(strstr(error, signs[i]), "%s", error);
    }
}

Test(config, an_error_is_cut_to_its_room)
{
    struct config config;
    char error[10] = "";
    set_name = "PORT";
    set_value = "a very long value that does not fit";
    cr_expect_not(config_load(&config, HOME_FARGATE, lookup, error, sizeof error));
    cr_expect_eq(strlen(error), sizeof error - 1);
}

Test(config, homes_have_names)
{
    cr_expect_str_eq(home_name(HOME_LAMBDA), "lambda");
    cr_expect_str_eq(home_name(HOME_FARGATE), "fargate");
}
