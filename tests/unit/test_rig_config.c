#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/local/rig_config.h"

static struct rig_config config;
static char error[512];

static void setup(void)
{
    rig_config_init(&config);
}

static void teardown(void)
{
    rig_config_release(&config);
}

TestSuite(rig_config, .init = setup, .fini = teardown);

static bool parse(const char *text)
{
    return rig_config_parse(&config, "duet.json", bytes_from_str(text), error, sizeof error);
}

Test(rig_config, has_the_documented_defaults)
{
    cr_expect_str_eq(config.bind, "127.0.0.1");
    cr_expect_eq(config.port, 8080u);
    cr_expect_eq(config.control_port, 4566u);
    cr_expect_eq(config.weights[RIG_LAMBDA_A], 50u);
    cr_expect_eq(config.weights[RIG_FARGATE_A], 50u);
    cr_expect_eq(config.tasks, 1u);
    cr_expect(rig_config_check(&config, error, sizeof error));
}

Test(rig_config, takes_every_setting_of_a_file)
{
    cr_assert(parse("{\"bind\":\"0.0.0.0\",\"port\":1,\"control_port\":2,\"weights\":{\"lambda\":3,"
                    "\"fargate\":999},"
                    "\"store\":\"memory\",\"env\":{\"A\":\"1\",\"B\":\"x=y\"},"
                    "\"lambda\":{\"program\":\"/bin/true\",\"timeout_s\":5,\"memory_mb\":256,"
                    "\"concurrency\":7},\"fargate\":{\"program\":\"/bin/false\",\"tasks\":2,"
                    "\"stop_timeout_s\":9}}"),
              "%s", error);
    cr_expect_str_eq(config.bind, "0.0.0.0");
    cr_expect_eq(config.port, 1u);
    cr_expect_eq(config.control_port, 2u);
    cr_expect_eq(config.weights[RIG_LAMBDA_A], 3u);
    cr_expect_eq(config.weights[RIG_FARGATE_A], 999u);
    cr_expect_str_eq(config.store, "memory");
    cr_expect_str_eq(config.env[3], "A=1");
    cr_expect_str_eq(config.env[4], "B=x=y");
    cr_expect_null(config.env[5]);
    cr_expect_str_eq(config.bootstrap, "/bin/true");
    cr_expect_eq(config.timeout_s, 5u);
    cr_expect_eq(config.memory_mb, 256u);
    cr_expect_eq(config.concurrency, 7u);
    cr_expect_str_eq(config.server, "/bin/false");
    cr_expect_eq(config.tasks, 2u);
    cr_expect_eq(config.stop_timeout_s, 9u);
    cr_expect_eq(config.has_control_ui, 0u);
    cr_assert(parse("{\"control_ui\":true}"), "%s", error);
    cr_expect_eq(config.has_control_ui, 1u);
}

#define THERE_ARE                                                                          \
    "there are bind, port, https_port, control_port, weights, health, pin_secret, state, " \
    "access_log, store, env, forward, control_ui, debug_port, lambda, fargate"

struct bad_row {
    const char *text, *wanted;
};

static const struct bad_row bad_rows[] = {
    {"{\"prot\":1}", "duet.json:1: 'prot' is no setting: " THERE_ARE},
    {"{\"lambda\":{\"x\":1}}", "duet.json:1: 'lambda.x' is no setting: there are program, "
                               "timeout_s, memory_mb, concurrency"},
    {"{\"weights\":{\"lambda\":1000}}",
     "duet.json:1: 'weights.lambda' is 1000: it must be a whole number from 0 to 999"},
    {"{\"weights\":{\"lambda\":-1}}",
     "duet.json:1: 'weights.lambda' is -1: it must be a whole number from 0 to 999"},
    {"{\"weights\":{\"lambda\":1.5}}",
     "duet.json:1: 'weights.lambda' is 1.5: it must be a whole number from 0 to 999"},
    {"{\"weights\":{\"lambda\":\"1\"}}", "duet.json:1: 'weights.lambda' must be a number"},
    {"{\"weights\":5}", "duet.json:1: 'weights' must be an object"},
    {"{\"store\":\"\"}", "duet.json:1: 'store' must be a text"},
    {"{\"env\":{\"A\":1}}", "duet.json:1: 'env' must be an object of texts"},
    {"[]", "duet.json:1: 'the file' must be an object"},
    {"{\n \"port\": 1,\n \"weights\": {\n  \"lambda\": 1000}}",
     "duet.json:4: 'weights.lambda' is 1000: it must be a whole number from 0 to 999"},
    {"{\"env\": {\"port\": \"weights\"},\n \"prot\": 1}",
     "duet.json:2: 'prot' is no setting: " THERE_ARE},
    {"{\n\n\"lambda\": {\"program\": \"/no/where\"}}",
     "duet.json:3: 'lambda.program' is '/no/where': it must be a program that can be run: No such "
     "file or directory"},
    {"{\n \"port\": 1,\n}", "duet.json:3:1: not JSON from here on"},
    {"", "duet.json:1:1: not JSON from here on"},
};

Test(rig_config, names_what_is_wrong_in_a_file)
{
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        cr_expect_not(parse(bad_rows[i].text), "%s", bad_rows[i].text);
        cr_expect_str_eq(error, bad_rows[i].wanted);
    }
}

Test(rig_config, takes_weights_from_a_flag)
{
    cr_assert(rig_config_weights(&config, "lambda=90,fargate=10", error, sizeof error));
    cr_expect_eq(config.weights[RIG_LAMBDA_A], 90u);
    cr_expect_eq(config.weights[RIG_FARGATE_A], 10u);
    cr_assert(rig_config_weights(&config, "fargate=1", error, sizeof error));
    cr_expect_eq(config.weights[RIG_LAMBDA_A], 0u);
}

static const char *const bad_weights[] = {
    "lambda", "lambda=",   "lambda=x",         "lambda=1000", "l=1", "=1", "lambda=1;fargate=2",
    "",       "lambda=1,", "lambda=1,lambda=2"};

Test(rig_config, refuses_odd_weights)
{
    for (size_t i = 0; i < sizeof bad_weights / sizeof *bad_weights; i++)
        cr_expect_not(rig_config_weights(&config, bad_weights[i], error, sizeof error), "%s",
                      bad_weights[i]);
}

static const struct bad_row bad_wholes[] = {
    {"{\"port\":4566}", "duet.json:1: 'port' and 'control_port' are both 4566: each listener must "
                        "have a port of its own"},
    {"{\"port\":4000,\"control_port\":0,\n\"https_port\":4000}",
     "duet.json:2: 'port' and 'https_port' are both 4000: each listener must have a port of its "
     "own"},
    {"{\"port\":0,\n\"https_port\":4000,\n\"control_port\":4000}",
     "duet.json:3: 'https_port' and 'control_port' are both 4000: each listener must have a port "
     "of its own"},
    {"{\n\"weights\": {\"lambda\": 0, \"fargate\": 0}}",
     "duet.json:2: all weights are 0: no request would have a home"},
    {"{\n\n\"pin_secret\": \"short\"}",
     "duet.json:3: the pin secret must have 16 to 64 letters, digits, - and _"},
};

Test(rig_config, names_what_is_wrong_in_a_file_as_a_whole)
{
    for (size_t i = 0; i < sizeof bad_wholes / sizeof *bad_wholes; i++) {
        teardown();
        setup();
        cr_assert(parse(bad_wholes[i].text), "%s", error);
        cr_expect_not(rig_config_check(&config, error, sizeof error));
        cr_expect_str_eq(error, bad_wholes[i].wanted, "%s", error);
    }
}

Test(rig_config, refuses_one_port_for_two_listeners)
{
    cr_assert(rig_config_number(&config, "port", "4566", error, sizeof error));
    cr_expect_not(rig_config_check(&config, error, sizeof error));
    cr_expect_str_eq(error, "'port' and 'control_port' are both 4566: each listener must have a "
                            "port of its own");
    cr_assert(rig_config_number(&config, "port", "0", error, sizeof error));
    cr_assert(rig_config_number(&config, "https_port", "0", error, sizeof error));
    cr_assert(rig_config_number(&config, "control_port", "0", error, sizeof error));
    cr_expect(rig_config_check(&config, error, sizeof error), "any free ones");
}

Test(rig_config, refuses_weights_that_give_no_request_a_home)
{
    cr_assert(rig_config_weights(&config, "lambda=0,fargate=0", error, sizeof error));
    cr_expect_not(rig_config_check(&config, error, sizeof error));
}

Test(rig_config, a_later_variable_replaces_an_earlier_one)
{
    cr_assert(rig_config_env(&config, "AB=1", error, sizeof error));
    cr_assert(rig_config_env(&config, "A=2", error, sizeof error));
    cr_assert(rig_config_env(&config, "AB=3", error, sizeof error));
    cr_expect_eq(config.env_count, 5u);
    cr_expect_str_eq(config.env[3], "AB=3");
    cr_expect_not(rig_config_env(&config, "=x", error, sizeof error));
    cr_expect_not(rig_config_env(&config, "x", error, sizeof error));
}

Test(rig_config, a_variable_replaces_what_the_homes_get_by_default)
{
    cr_assert_eq(config.env_count, 3u);
    cr_expect_str_eq(config.env[0], "DUET_ACCESS_LOG=off");
    cr_expect_str_eq(config.env[1], "DUET_METRICS=off");
    cr_expect_str_eq(config.env[2], "DUET_LAME_DUCK_S=0");
    cr_assert(rig_config_env(&config, "DUET_ACCESS_LOG=on", error, sizeof error));
    cr_expect_eq(config.env_count, 3u);
    cr_expect_str_eq(config.env[0], "DUET_ACCESS_LOG=on");
}

Test(rig_config, the_variable_of_the_store_is_the_setting_of_the_store)
{
    cr_assert(rig_config_env(&config, "DUET_STORE=memory", error, sizeof error));
    cr_expect_str_eq(config.store, "memory");
    cr_assert(rig_config_env(&config, "DUET_STORE=", error, sizeof error));
    cr_expect_null(config.store);
    cr_expect_eq(config.env_count, 3u);
}

Test(rig_config, refuses_the_variables_that_each_task_has_its_own_of)
{
    cr_expect_not(rig_config_env(&config, "PORT=8080", error, sizeof error));
    cr_expect_str_eq(error, "'PORT' is not yours to set: each task gets its own");
    cr_expect_not(parse("{\"env\":{\"DUET_BIND\":\"0.0.0.0\"}}"));
    cr_expect_str_eq(error, "duet.json:1: 'DUET_BIND' is not yours to set: each task gets its own");
}

Test(rig_config, names_a_file_that_cannot_be_read)
{
    cr_expect_not(rig_config_load(&config, "/nowhere/duet.json", error, sizeof error));
    cr_expect_str_eq(error, "cannot read '/nowhere/duet.json': No such file or directory");
}

Test(rig_config, weights_go_to_slots)
{
    cr_assert(rig_config_weights(&config, "lambda=80,lambda-b=5,fargate-b=15", error, sizeof error),
              "%s", error);
    cr_expect_eq(config.weights[RIG_LAMBDA_A], 80u);
    cr_expect_eq(config.weights[RIG_LAMBDA_B], 5u);
    cr_expect_eq(config.weights[RIG_FARGATE_A], 0u);
    cr_expect_eq(config.weights[RIG_FARGATE_B], 15u);
    cr_expect_not(rig_config_weights(&config, "lambda=1,lambda-a=2", error, sizeof error));
    cr_expect_not(rig_config_weights(&config, "lambda-c=1", error, sizeof error));
}

Test(rig_config, forwards_are_services_with_urls)
{
    static const char *const bad[][2] = {{"[]", "must be an object"},
                                         {"{\"s3\":1}", "must be an object"},
                                         {"{\"s3\":\"https://a:1\"}", "'s3=https://a:1'"},
                                         {"{\"s3\":\"http://a:0\"}", "'s3=http://a:0'"},
                                         {"{\"s3\":\"http://a/b\"}", "'s3=http://a/b'"},
                                         {"{\"s3\":\"http://:1\"}", "'s3=http://:1'"},
                                         {"{\"\":\"http://a:1\"}", "'=http://a:1'"}};
    char text[128];
    cr_assert(parse("{\"forward\":{\"s3\":\"http://a:5000/\",\"ecr\":\"http://b\"}}"), "%s", error);
    cr_assert_eq(config.forward_count, 2u);
    cr_expect_str_eq(config.forwards[0], "s3=http://a:5000/");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(text, sizeof text, "{\"forward\":%s}", bad[i][0]);
        cr_expect_not(parse(text), "%s", text);
        cr_expect(strstr(error, bad[i][1]) != NULL, "%s", error);
    }
}

Test(rig_config, targets_are_hosts_with_ports)
{
    static const char *const bad[] = {"\"server:8080\"", "[\"server\"]",       "[\":80\"]",
                                      "[\"server:0\"]",  "[\"server:65536\"]", "[1]"};
    char text[128];
    cr_assert(parse("{\"fargate\":{\"targets\":[\"server:8080\",\"10.0.0.1:80\"]}}"), "%s", error);
    cr_assert_eq(config.target_count, 2u);
    cr_expect_str_eq(config.targets[0], "server:8080");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(text, sizeof text, "{\"fargate\":{\"targets\":%s}}", bad[i]);
        cr_expect_not(parse(text), "%s", text);
        cr_expect_str_eq(error, "duet.json:1: 'fargate.targets' must be a list of \"HOST:PORT\"");
    }
}

Test(rig_config, refuses_a_pin_secret_that_terraform_would_refuse)
{
    static const char *const bad[] = {"short", "0123456789abcdef ", "0123456789abcdef*", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        config.pin_secret = bad[i];
        cr_expect_not(rig_config_check(&config, error, sizeof error), "%s", bad[i]);
        cr_expect_null(*bad[i] ? strstr(error, bad[i]) : NULL, "it says the secret: %s", error);
    }
    config.pin_secret = "0123456789abcdef-_AZ";
    cr_expect(rig_config_check(&config, error, sizeof error));
}
