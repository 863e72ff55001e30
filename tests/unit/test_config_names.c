#include <criterion/criterion.h>

#include "runtime/core/config.h"

static bool check(const char *variable, char *error, size_t error_len)
{
    const char *const environment[] = {"HOME=/", "PORT=1", "DUET_STORE=memory", variable, NULL};
    return config_check_names(environment, error, error_len);
}

Test(config_names, settings_and_what_is_not_ours_may_be_there)
{
    static const char *const fine[] = {"DUET_METRICS_S=1",
                                       "DUET_LOG_LEVEL=",
                                       "DUET_BUILD=build/asan",
                                       "DUET_PACKAGE_TEST=1",
                                       "DUET_IMAGE_TESTS=1",
                                       "DUET_CI_DOCKER=1",
                                       "DUET_TF_STAND_IN=x",
                                       "DUET_CACHE=/c",
                                       "DUETTO=x",
                                       "duet_bind=x",
                                       "XDUET_STORE=x",
                                       "TEXT=DUET_NOTHING=",
                                       "=DUET_NOTHING",
                                       "AWS_LAMBDA_LOG_LEVEL=loud"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        char error[200] = "";
        cr_expect(check(fine[i], error, sizeof error), "%s: %s", fine[i], error);
    }
}

struct row {
    const char *variable, *error;
};

static const struct row rows[] = {
    {"DUET_STOER=memory", "DUET_STOER is no setting: the nearest one is DUET_STORE"},
    {"DUET_PORT=80", "DUET_PORT is no setting: the nearest one is PORT"},
    {"DUET_port=80", "DUET_port is no setting: the nearest one is PORT"},
    {"DUET_THREAD=1", "DUET_THREAD is no setting: the nearest one is DUET_THREADS"},
    {"DUET_IDLE_TIMEOUT=1", "DUET_IDLE_TIMEOUT is no setting: the nearest one is "
                            "DUET_IDLE_TIMEOUT_S"},
    {"DUET_METRIC_NAMESPACE=x", "DUET_METRIC_NAMESPACE is no setting: the nearest one is "
                                "DUET_METRICS_NAMESPACE"},
    {"DUET_REQUEST_TIMEOUT=x", "DUET_REQUEST_TIMEOUT is no setting: the nearest one is "
                               "DUET_REQUEST_TIMEOUT_MS"},
    {"DUET_LAMBDA_LOG_LEVEL=INFO", "DUET_LAMBDA_LOG_LEVEL is no setting: the nearest one is "
                                   "AWS_LAMBDA_LOG_LEVEL"},
    {"DUET_BINDS", "DUET_BINDS is no setting: the nearest one is DUET_BIND"},
};

Test(config_names, a_misspelt_name_is_told_with_the_nearest_one)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char error[200] = "";
        cr_expect_not(check(rows[i].variable, error, sizeof error), "%s", rows[i].variable);
        cr_expect_str_eq(error, rows[i].error);
    }
}

Test(config_names, a_name_of_any_length_and_an_empty_stem_have_a_nearest_one)
{
    static char name[10000] = "DUET_";
    char error[200] = "";
    cr_expect_not(check("DUET_=x", error, sizeof error));
    cr_expect_not_null(strstr(error, "DUET_ is no setting: the nearest one is "), "%s", error);
    memset(name + strlen("DUET_"), 'A', sizeof name - 6);
    cr_expect_not(check(name, error, sizeof error));
    cr_expect_eq(strlen(error), sizeof error - 1);
}
