#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/canary/fields.h"
#include "pipeline/canary/plan.h"

static struct plan plan;
static char error[512];

static void teardown(void)
{
    plan_release(&plan);
}

TestSuite(canary_plan, .fini = teardown);

#define RULE "\"rule\":{\"arn\":\"arn:x\"},\"stable\":\"a\",\"canary\":\"b\""
#define STEPS "\"steps\":[{\"share\":10,\"bake\":\"10m\"},{\"share\":\"all\"}]"

static bool parse(const char *text)
{
    plan_release(&plan);
    return plan_parse(&plan, "p.json", bytes_from_str(text), error, sizeof error);
}

Test(canary_plan, has_the_documented_defaults)
{
    cr_assert(parse("{" RULE "," STEPS "}"), "%s", error);
    cr_expect_str_eq(plan.rule.arn, "arn:x");
    cr_expect_str_eq(plan.lock, "/duet/canary");
    cr_expect_eq(plan.step_count, 2u);
    cr_expect_float_eq(plan.steps[0].share, 0.1, 1e-9);
    cr_expect_eq(plan.steps[0].bake_ms, 600 * 1000);
    cr_expect(plan.steps[1].is_all);
    cr_expect_eq(plan.interval_ms, 60 * 1000);
    cr_expect_eq(plan.period_s, 60u);
    cr_expect_eq(plan.late_ms, 180 * 1000);
    cr_expect_eq(plan.on_failure, PLAN_ROLLBACK);
    cr_expect_eq(plan.on_signal, PLAN_HOLD);
    cr_expect_eq(plan.on_inconclusive, PLAN_HOLD);
    cr_expect_eq(plan.retire_after_ms, -1);
    cr_expect_null(plan.smoke.url);
    cr_expect_eq(strlen(plan.hash), (size_t)PLAN_HASH_LEN);
}

Test(canary_plan, takes_every_member)
{
    cr_assert(
        parse(
            "{\"name\":\"n\",\"description\":\"d\",\"lock\":\"/duet/x\","
            "\"rule\":{\"load_balancer\":\"lb\",\"port\":80,\"priority\":40000},"
            "\"stable\":\"a\",\"canary\":\"b\",\"precision\":0.5,\"steps\":[{\"share\":25,\"of\":"
            "\"home\",\"requests\":100,\"bake\":\"1s\",\"pause\":true}],\"interval\":\"500ms\","
            "\"metrics\":{\"period\":\"1s\",\"late\":\"2s\"},\"timeout\":\"1m\",\"lease\":\"10s\","
            "\"failure_budget\":2,\"on_failure\":\"hold\",\"on_inconclusive\":\"rollback\","
            "\"on_signal\":\"rollback\",\"alarms\":[\"x\",\"y\"],\"retire_after\":\"15m\","
            "\"capacity\":{\"cluster\":\"c\",\"service\":\"s\",\"tasks\":4,\"min\":1,\"max\":8,"
            "\"healthy\":2,\"timeout\":\"1m\",\"function\":\"f\",\"alias\":\"b\",\"provisioned\":3}"
            ","
            "\"smoke\":{\"url\":\"http://x/\",\"header\":\"H\",\"secret_variable\":\"V\","
            "\"count\":5,\"status\":204,\"timeout\":\"1s\"},\"checks\":{},"
            "\"hooks\":[{\"at\":\"before-promote\",\"command\":\"true\",\"timeout\":\"5s\"},"
            "{\"at\":\"after-rollback\",\"url\":\"http://x\"}]}"),
        "%s", error);
    cr_expect_str_eq(plan.rule.priority, "40000");
    cr_expect(plan.steps[0].is_of_home && plan.steps[0].is_paused);
    cr_expect_eq(plan.steps[0].requests, 100u);
    cr_expect_eq(plan.interval_ms, 500);
    cr_expect_eq(plan.failure_budget, 2u);
    cr_expect_eq(plan.alarm_count, 2u);
    cr_expect_eq(plan.capacity.tasks, 4u);
    cr_expect_str_eq(plan.smoke.secret_variable, "V");
    cr_expect_eq(plan.hooks[0].point, PLAN_BEFORE_PROMOTE);
    cr_expect_eq(plan.hooks[1].point, PLAN_AFTER_ROLLBACK);
    cr_expect_eq(plan.retire_after_ms, 900 * 1000);
}

static const struct row {
    const char *text, *error;
} refused[] = {
    {"{", "p.json:1:1: no JSON"},
    {"[]", "p.json: must be an object"},
    {"{}", "p.json: rule: is missing"},
    {"{\"wieght\":1}", "p.json: wieght: is not known here"},
    {"{" RULE ",\"steps\":[]}", "p.json: steps: is empty"},
    {"{" RULE "}", "p.json: steps: is missing"},
    {"{" RULE ",\"steps\":[{\"share\":1,\"bake\":\"1s\"},{\"share\":2,\"bake\":\"1s\"},"
     "{\"share\":0.05}]}",
     "p.json: steps[2].share: 0.05 is below 0.1 %"},
    {"{" RULE ",\"steps\":[{\"share\":101}]}", "steps[0].share: 101 is over 100 %"},
    {"{" RULE ",\"steps\":[{\"share\":1.23}]}", "steps[0].share: 1.23 is finer than 0.1 %"},
    {"{" RULE ",\"steps\":[{\"share\":\"most\"}]}", "steps[0].share: must be a number of percent"},
    {"{" RULE ",\"steps\":[{\"bake\":\"1s\"}]}", "steps[0].share: is missing"},
    {"{" RULE ",\"steps\":[{\"share\":5},{\"share\":10}]}", "steps[0]: needs bake, requests or"},
    {"{" RULE ",\"steps\":[{\"share\":5,\"bake\":\"1s\"},{\"share\":5}]}",
     "steps[1].share: is no more than that of the step before"},
    {"{" RULE ",\"steps\":[{\"share\":5,\"bake\":\"soon\"}]}",
     "steps[0].bake: 'soon' is no duration such as"},
    {"{" RULE ",\"steps\":[{\"share\":5,\"requests\":1.5}]}",
     "steps[0].requests: 1.5 is no whole number"},
    {"{" RULE ",\"steps\":[{\"share\":5,\"of\":\"house\"}]}",
     "steps[0].of: 'house' must be one of all, home"},
    {"{" RULE ",\"stable\":\"z\"," STEPS "}", "stable: stands there twice"},
    {"{\"rule\":{\"arn\":\"x\"},\"stable\":\"a\",\"canary\":\"a\"}",
     "canary: 'a' is the stable slot as well"},
    {"{\"rule\":{},\"stable\":\"a\",\"canary\":\"b\"}", "rule: must have an arn"},
    {"{\"rule\":{\"load_balancer\":\"x\"}}", "stable: is missing"},
    {"{\"rule\":{\"load_balancer\":\"x\",\"priority\":7}}", "rule: needs load_balancer and port"},
    {"{\"rule\":{\"arn\":7}}", "rule.arn: must be a text"},
    {"{\"lock\":\"duet\"}", "lock: must begin with /"},
    {"{" RULE "," STEPS ",\"on_failure\":\"panic\"}", "on_failure: 'panic' must be one of"},
    {"{" RULE "," STEPS ",\"lease\":\"1s\"}", "lease: must be at least twice the interval"},
    {"{" RULE "," STEPS ",\"metrics\":{\"period\":\"7s\"}}", "metrics.period: must be 1s"},
    {"{" RULE "," STEPS ",\"smoke\":{}}", "smoke.url: is missing"},
    {"{" RULE "," STEPS ",\"smoke\":{\"url\":\"ftp://x\"}}", "smoke.url: 'ftp://x' is no URL"},
    {"{" RULE "," STEPS ",\"load\":{\"rate\":1}}", "load.url: is missing"},
    {"{" RULE "," STEPS ",\"load\":{\"url\":\"//x\"}}", "load.url: '//x' is no URL"},
    {"{" RULE "," STEPS ",\"load\":{\"url\":\"http://x\",\"rate\":101}}",
     "load.rate: 101 is over 100"},
    {"{" RULE "," STEPS ",\"capacity\":{\"service\":\"x\"}}", "capacity: needs cluster and tasks"},
    {"{" RULE "," STEPS ",\"capacity\":{\"provisioned\":3}}", "capacity: function, alias and"},
    {"{" RULE "," STEPS ",\"hooks\":[{\"at\":\"noon\",\"command\":\"x\"}]}",
     "hooks[0].at: 'noon' must be one of before-run"},
    {"{" RULE "," STEPS ",\"hooks\":[{\"at\":\"on-hold\"}]}", "hooks[0]: needs a command or a url"},
    {"{" RULE "," STEPS ",\"alarms\":[1]}", "alarms: must have names"},
};

Test(canary_plan, refuses_by_path)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        error[0] = 0;
        cr_expect_not(parse(refused[i].text), "%s", refused[i].text);
        cr_expect_not_null(strstr(error, refused[i].error), "%s: %s", refused[i].text, error);
    }
}

Test(canary_plan, names_a_file_that_is_not_there)
{
    cr_expect_not(plan_load(&plan, "/no/such/plan.json", error, sizeof error));
    cr_expect_not_null(strstr(error, "cannot open '/no/such/plan.json'"), "%s", error);
}

Test(canary_plan, reads_and_prints_durations)
{
    static const struct {
        const char *text;
        int64_t ms;
        const char *printed; /* NULL: no duration */
    } durations[] = {{"90s", 90000, "1m30s"},  {"1h30m", 5400000, "1h30m"},
                     {"250ms", 250, "250ms"},  {"0s", 0, "0s"},
                     {"2d", 172800000, "48h"}, {"", 0, NULL},
                     {"5", 0, NULL},           {"m", 0, NULL},
                     {"-1s", 0, NULL},         {"5 m", 0, NULL},
                     {"99999999d", 0, NULL},   {"365d1ms", 0, NULL}};
    char text[DURATION_TEXT_LEN];
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        int64_t ms = -1;
        bool is_one = duration_parse(bytes_from_str(durations[i].text), &ms);
        cr_expect_eq(is_one, durations[i].printed != NULL, "%s", durations[i].text);
        if (!is_one)
            continue;
        cr_expect_eq(ms, durations[i].ms, "%s", durations[i].text);
        cr_expect_str_eq(duration_print(ms, text), durations[i].printed);
    }
}

Test(canary_plan, takes_the_plans_of_this_tree)
{
    static const char *const names[] = {"canary", "linear", "blue-green", "cautious", "switch"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "pipeline/canary/plans/%s.json", names[i]);
        plan_release(&plan);
        cr_expect(plan_load(&plan, path, error, sizeof error), "%s", error);
        cr_expect_str_eq(plan.name, names[i]);
    }
}
