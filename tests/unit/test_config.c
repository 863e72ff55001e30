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
    cr_expect_null(config->tls_cert);
    cr_expect_null(config->tls_key);
    cr_expect(config->has_access_log);
    cr_expect_eq(config->access_log_percent, 100u);
    cr_expect_eq(config->trusted_proxies, 1u);
    cr_expect_eq(config->request_timeout_ms, 29000u);
    cr_expect_eq(config->idle_timeout_s, 75u);
    cr_expect_eq(config->read_timeout_s, 10u);
    cr_expect_eq(config->write_timeout_s, 30u);
    cr_expect_eq(config->max_connections, 0u);
    cr_expect_eq(config->lame_duck_s, 5u);
    cr_expect_eq(config->drain_s, 20u);
    cr_expect_eq(config->log_level, LOG_INFO);
    cr_expect_eq(config->log_format, LOG_FORMAT_JSON);
    cr_expect(config->has_metrics);
    cr_expect_eq(config->metrics_s, 60u);
    cr_expect_str_eq(config->metrics_namespace, "Duet");
    cr_expect_null(config->runtime_api);
    cr_expect_eq(config->max_concurrency, 1u);
    cr_expect_null(config->function_name);
    cr_expect_null(config->initialization_type);
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
        {"PORT", "65535"},
        {"DUET_BIND", "127.0.0.1"},
        {"DUET_THREADS", "64"},
        {"DUET_WORKERS", "1"},
        {"DUET_STORE", "memory"},
        {"DUET_TLS_CERT", "/c.pem"},
        {"DUET_TLS_KEY", "/k.pem"},
        {"DUET_ACCESS_LOG", "off"},
        {"DUET_ACCESS_LOG_SAMPLE", "5"},
        {"DUET_TRUSTED_PROXIES", "2"},
        {"DUET_REQUEST_TIMEOUT_MS", "900000"},
        {"DUET_IDLE_TIMEOUT_S", "1"},
        {"DUET_READ_TIMEOUT_S", "2"},
        {"DUET_DRAIN_S", "0"},
        {"DUET_METRICS", "off"},
        {"DUET_METRICS_S", "3600"},
        {"DUET_METRICS_NAMESPACE", "Shop"},
        {"DUET_LOG_LEVEL", "ERROR"},
        {"AWS_LAMBDA_LOG_LEVEL", "TRACE"},
        {"AWS_LAMBDA_LOG_FORMAT", "Text"},
        {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
        {"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"},
        {"AWS_LAMBDA_FUNCTION_NAME", "f"},
        {"AWS_LAMBDA_MAX_CONCURRENCY", "1600"},
        {"DUET_WRITE_TIMEOUT_S", "3"},
        {"DUET_MAX_CONNECTIONS", "1000"},
        {"DUET_LAME_DUCK_S", "900"},
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
    cr_expect_eq(config.port, 65535u);
    cr_expect_str_eq(config.bind_address, "127.0.0.1");
    cr_expect_eq(config.threads, 64u);
    cr_expect_eq(config.workers, 1u);
    cr_expect_str_eq(config.store, "memory");
    cr_expect_str_eq(config.tls_cert, "/c.pem");
    cr_expect_str_eq(config.tls_key, "/k.pem");
    cr_expect_not(config.has_access_log);
    cr_expect_eq(config.access_log_percent, 5u);
    cr_expect_eq(config.trusted_proxies, 2u);
    cr_expect_eq(config.request_timeout_ms, 900000u);
    cr_expect_eq(config.idle_timeout_s, 1u);
    cr_expect_eq(config.read_timeout_s, 2u);
    cr_expect_eq(config.write_timeout_s, 3u);
    cr_expect_eq(config.max_connections, 1000u);
    cr_expect_eq(config.lame_duck_s, 900u);
    cr_expect_eq(config.drain_s, 0u);
    cr_expect_not(config.has_metrics);
    cr_expect_eq(config.metrics_s, 3600u);
    cr_expect_str_eq(config.metrics_namespace, "Shop");
    cr_expect_str_eq(config.initialization_type, "on-demand");
    cr_expect_str_eq(config.runtime_api, "127.0.0.1:9001");
    cr_expect_eq(config.max_concurrency, 1600u);
    cr_expect_str_eq(config.function_name, "f");
}

Test(config, each_home_has_its_own_setting_of_the_log)
{
    struct config config;
    char error[200] = "";
    cr_assert(config_load(&config, HOME_LAMBDA, lookup_all, error, sizeof error), "%s", error);
    cr_expect_eq(config.log_level, LOG_TRACE);
    cr_expect_eq(config.log_format, LOG_FORMAT_TEXT);
    cr_assert(config_load(&config, HOME_FARGATE, lookup_all, error, sizeof error), "%s", error);
    cr_expect_eq(config.log_level, LOG_ERROR);
    cr_expect_eq(config.log_format, LOG_FORMAT_JSON);
    set_name = "AWS_LAMBDA_LOG_LEVEL";
    set_value = "loud";
    cr_expect(config_load(&config, HOME_FARGATE, lookup, error, sizeof error), "%s", error);
}

Test(config, all_levels_are_known_by_lambdas_names)
{
    static const char *const names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    static const char *const variables[] = {"DUET_LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL"};
    for (unsigned i = 0; i < 2 * ROWS(names); i++) {
        struct config config;
        char error[200] = "";
        set_name = variables[i % 2];
        set_value = names[i / 2];
        cr_assert(
            config_load(&config, i % 2 ? HOME_LAMBDA : HOME_FARGATE, lookup, error, sizeof error),
            "%s", error);
        cr_expect_eq(config.log_level, i / 2, "%s", names[i / 2]);
    }
}

static const char *lookup_text_and_a_bad_port(const char *name)
{
    return strcmp(name, "PORT") == 0 ? "x" : strstr(name, "FORMAT") ? "Text" : NULL;
}

Test(config, an_error_can_be_logged_as_the_settings_say)
{
    struct config config;
    char error[200] = "";
    cr_expect_not(
        config_load(&config, HOME_LAMBDA, lookup_text_and_a_bad_port, error, sizeof error));
    cr_expect_eq(config.log_format, LOG_FORMAT_TEXT);
    cr_expect_eq(config.log_level, LOG_INFO);
}

struct bad_row {
    const char *name, *value, *allowed;
    enum home home;
};

static const struct bad_row bad_rows[] = {
    {"PORT", "65536", "0 to 65535", HOME_FARGATE},
    {"PORT", "-1", "0 to 65535", HOME_FARGATE},
    {"PORT", "http", "0 to 65535", HOME_FARGATE},
    {"PORT", "80 ", "0 to 65535", HOME_FARGATE},
    {"PORT", "18446744073709551617", "0 to 65535", HOME_FARGATE},
    {"DUET_THREADS", "65", "0 to 64", HOME_FARGATE},
    {"DUET_WORKERS", "0", "1 to 256", HOME_FARGATE},
    {"DUET_WORKERS", "257", "1 to 256", HOME_FARGATE},
    {"DUET_REQUEST_TIMEOUT_MS", "0", "1 to 900000", HOME_FARGATE},
    {"DUET_REQUEST_TIMEOUT_MS", "29s", "1 to 900000", HOME_FARGATE},
    {"DUET_IDLE_TIMEOUT_S", "4001", "1 to 4000", HOME_FARGATE},
    {"DUET_READ_TIMEOUT_S", "1.5", "1 to 4000", HOME_FARGATE},
    {"DUET_DRAIN_S", "901", "0 to 900", HOME_FARGATE},
    {"DUET_ACCESS_LOG", "yes", "'on' or 'off'", HOME_FARGATE},
    {"DUET_ACCESS_LOG", "ON", "'on' or 'off'", HOME_FARGATE},
    {"DUET_ACCESS_LOG_SAMPLE", "101", "0 to 100", HOME_FARGATE},
    {"DUET_ACCESS_LOG_SAMPLE", "50%", "0 to 100", HOME_FARGATE},
    {"DUET_TRUSTED_PROXIES", "17", "0 to 16", HOME_FARGATE},
    {"DUET_METRICS", "1", "'on' or 'off'", HOME_FARGATE},
    {"DUET_METRICS_S", "3601", "0 to 3600", HOME_FARGATE},
    {"DUET_LOG_LEVEL", "info", "one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL", HOME_FARGATE},
    {"DUET_LOG_LEVEL", "INF", "one of TRACE", HOME_FARGATE},
    {"DUET_LOG_LEVEL", "INFO,", "one of TRACE", HOME_FARGATE},
    {"AWS_LAMBDA_MAX_CONCURRENCY", "0", "1 to 1600", HOME_LAMBDA},
    {"AWS_LAMBDA_MAX_CONCURRENCY", "1601", "1 to 1600", HOME_LAMBDA},
    {"AWS_LAMBDA_MAX_CONCURRENCY", "many", "1 to 1600", HOME_LAMBDA},
    {"AWS_LAMBDA_LOG_LEVEL", "loud", "one of TRACE", HOME_LAMBDA},
    {"AWS_LAMBDA_LOG_FORMAT", "xml", "one of JSON, Text", HOME_LAMBDA},
};

Test(config, a_wrong_value_is_named_with_its_variable_and_what_is_allowed)
{
    for (size_t i = 0; i < ROWS(bad_rows); i++) {
        struct config config;
        char error[200] = "", quoted[64];
        set_name = bad_rows[i].name;
        set_value = bad_rows[i].value;
        (void)snprintf(quoted, sizeof quoted, "%s is '%s'", set_name, set_value);
        cr_expect_not(config_load(&config, bad_rows[i].home, lookup, error, sizeof error), "%s",
                      quoted);
        cr_expect_eq(strstr(error, quoted), error, "%s", error);
        cr_expect_not_null(strstr(error, bad_rows[i].allowed), "%s", error);
    }
}

Test(config, a_namespace_has_a_length)
{
    static char name[300];
    struct config config;
    char error[600] = "";
    set_name = "DUET_METRICS_NAMESPACE";
    set_value = memset(name, 'a', 255);
    cr_expect(config_load(&config, HOME_FARGATE, lookup, error, sizeof error), "%s", error);
    name[255] = 'a';
    cr_expect_not(config_load(&config, HOME_FARGATE, lookup, error, sizeof error));
    cr_expect_not_null(strstr(error, "at most 255 bytes"), "%s", error);
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

static const char *lookup_port_0_in_ecs(const char *name)
{
    return strcmp(name, "PORT") == 0                            ? "0"
           : strcmp(name, "ECS_CONTAINER_METADATA_URI_V4") == 0 ? "http://169.254.170.2/v4"
           : strcmp(name, "DUET_STORE") == 0                    ? "memory"
                                                                : NULL;
}

Test(config, the_system_may_pick_a_port_but_not_in_ecs)
{
    struct config config;
    char error[200] = "";
    set_name = "PORT";
    set_value = "0";
    cr_expect(config_load(&config, HOME_FARGATE, lookup, error, sizeof error), "%s", error);
    cr_expect_eq(config.port, 0u);
    cr_expect_not(config_load(&config, HOME_FARGATE, lookup_port_0_in_ecs, error, sizeof error));
    cr_expect_str_eq(error,
                     "PORT is '0': in a container it must be a whole number from 1 to 65535");
}

Test(config, a_certificate_needs_its_key_and_a_key_its_certificate)
{
    static const char *const names[] = {"DUET_TLS_CERT", "DUET_TLS_KEY"};
    for (size_t i = 0; i < ROWS(names); i++) {
        struct config config;
        char error[200] = "";
        set_name = names[i];
        set_value = "/x.pem";
        cr_expect_not(config_load(&config, HOME_FARGATE, lookup, error, sizeof error));
        cr_expect_eq(strstr(error, names[i]), error, "%s", error);
        cr_expect_not_null(strstr(error, names[1 - i]), "%s", error);
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
