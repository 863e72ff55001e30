#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "pipeline/canary/aws_driver.h"
#include "pipeline/canary/decide.h"
#include "tests/support/aws_rig.h"

/* What AWS answers, and what is made of it; answers that are none among them. */

static struct plan plan;
static struct aws_driver *driver;
static const struct canary_driver *world;
static struct canary_state state;
static char why[CANARY_WHY_MAX];
static const char *ignored_alarm; /* what make_driver is told by --ignore-alarm; NULL: nothing */

static const char lb_arn[] = "arn:aws:elasticloadbalancing:r:1:listener-rule/app/lb/aa/bb/cc";

static void setup(void)
{
    aws_rig_init();
    state = (struct canary_state){.count = 2, .stable = 0, .canary = 1, .before = {1, 0}};
    memcpy(state.rule, lb_arn, sizeof lb_arn);
    memcpy(state.groups[0], "arn:aws:x:r:1:targetgroup/a/11", 31);
    memcpy(state.groups[1], "arn:aws:x:r:1:targetgroup/b/22", 31);
}

static void teardown(void)
{
    aws_driver_free(driver);
    plan_release(&plan);
    aws_rig_release();
}

TestSuite(canary_driver, .init = setup, .fini = teardown);

static void make_driver(const char *more)
{
    char text[1024], error[512] = "";
    (void)snprintf(text, sizeof text,
                   "{\"rule\":{\"arn\":\"%s\"},\"stable\":\"a\",\"canary\":\"b\","
                   "\"steps\":[{\"share\":10}]%s}",
                   lb_arn, more);
    aws_driver_free(driver);
    plan_release(&plan);
    cr_assert(plan_parse(&plan, "p", bytes_from_str(text), error, sizeof error), "%s", error);
    struct aws_driver_options options = {.plan = &plan, .lookup = aws_env_lookup};
    if (ignored_alarm)
        options.ignored[options.ignored_count++] = ignored_alarm;
    driver = aws_driver_new(&options);
    cr_assert_not_null(driver);
    world = aws_driver_interface(driver);
}

#define ANSWER(text_)                  \
    {                                  \
        .text = (text_), .status = 200 \
    }
#define EXPECT(expected, call)                                               \
    do {                                                                     \
        enum rc rc_ = (call);                                                \
        cr_expect_eq(rc_, expected, "%s: %s: %s", #call, rc_name(rc_), why); \
    } while (0)

/* --- waiting --- */

static void *wake(void *context)
{
    aws_driver_wake(context);
    return NULL;
}

/* Without a wake, the wait is longer than a test may be. */
Test(canary_driver, a_wait_is_ended_by_a_wake_and_by_a_signal)
{
    const int64_t long_ms = 3600 * 1000;
    pthread_t thread;
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    cr_assert_eq(pthread_sigmask(SIG_BLOCK, &signals, NULL), 0);
    make_driver("");
    aws_driver_wake(driver);
    aws_driver_wake(driver);
    cr_expect(world->wait(world->context, long_ms), "one before it counts");
    cr_expect(world->wait(world->context, 1), "its time passes");
    cr_assert_eq(pthread_create(&thread, NULL, wake, driver), 0);
    cr_expect(world->wait(world->context, long_ms), "one of another thread");
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(kill(getpid(), SIGTERM), 0);
    cr_expect_not(world->wait(world->context, long_ms), "we are told to end");
}

/* --- the rule --- */

#define RULE(inside)                                                                             \
    "<DescribeRulesResponse><DescribeRulesResult><Rules><member><RuleArn>arn:x</RuleArn>" inside \
    "</member></Rules></DescribeRulesResult></DescribeRulesResponse>"
#define FORWARD(groups)                                                                      \
    "<Actions><member><Type>forward</Type><ForwardConfig><TargetGroups>" groups              \
    "</TargetGroups><TargetGroupStickinessConfig><Enabled>true</Enabled><DurationSeconds>60" \
    "</DurationSeconds></TargetGroupStickinessConfig></ForwardConfig></member></Actions>"
#define GROUP(arn, weight) \
    "<member><TargetGroupArn>" arn "</TargetGroupArn><Weight>" weight "</Weight></member>"

Test(canary_driver, reads_a_rule)
{
    struct canary_rule rule = {.count = 0};
    AWS_RIG_START(ANSWER(RULE("<IsDefault>false</IsDefault>" FORWARD(
        GROUP("a", "999") GROUP("b", "0") "<member><TargetGroupArn>c</TargetGroupArn></member>"))));
    make_driver("");
    EXPECT(RC_OK, world->rule_read(world->context, &rule, why));
    cr_expect_eq(rule.count, 3u);
    cr_expect_eq(rule.weights[0], 999u);
    cr_expect_eq(rule.weights[2], 1u, "a weight that is left out is 1");
    cr_expect(rule.is_sticky && rule.sticky_s == 60, "it is written back as it was");
}

static const struct {
    const char *answer;
    enum rc rc;
    const char *why;
} rules[] = {
    {"", RC_SYNTAX, "no answer of AWS"},
    {"<html>Bad gateway</html>", RC_SYNTAX, "no answer of AWS"},
    {"{\"Rules\":[]}", RC_SYNTAX, "no answer of AWS"},
    {"<DescribeRulesResponse>", RC_SYNTAX, "no answer of AWS"},
    {"<DescribeRulesResponse></DescribeRulesResponse>", RC_SYNTAX, "gave no rule"},
    {RULE(FORWARD("")), RC_SYNTAX, "weights that make no sense"},
    {RULE(FORWARD(GROUP("a", "1000"))), RC_SYNTAX, "weights that make no sense"},
    {RULE(FORWARD(GROUP("a", "-1"))), RC_SYNTAX, "weights that make no sense"},
    {RULE(FORWARD(GROUP("", "1"))), RC_SYNTAX, "weights that make no sense"},
    {RULE("<IsDefault>true</IsDefault>" FORWARD(GROUP("a", "1"))), RC_REFUSED, "default"},
    {RULE("<Actions><member><Type>redirect</Type></member></Actions>"), RC_REFUSED, "one action"},
    {RULE("<Actions><member><Type>authenticate-oidc</Type></member><member><Type>forward</Type>"
          "</member></Actions>"),
     RC_REFUSED, "one action"},
};

Test(canary_driver, takes_nothing_for_a_rule_that_is_none)
{
    struct fake_step steps[sizeof rules / sizeof *rules];
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        steps[i] = (struct fake_step)ANSWER(rules[i].answer);
    aws_rig_start(steps, sizeof rules / sizeof *rules);
    make_driver("");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct canary_rule rule = {.count = 0};
        enum rc rc = world->rule_read(world->context, &rule, why);
        cr_expect_eq(rc, rules[i].rc, "%s: %s", rules[i].answer, rc_name(rc));
        cr_expect_not_null(strstr(why, rules[i].why), "%s: %s", rules[i].answer, why);
    }
}

Test(canary_driver, says_who_refused_what)
{
    struct canary_rule rule = {.count = 0};
    AWS_RIG_START({.text = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you"
                           "</Message></Error></ErrorResponse>",
                   .status = 403});
    make_driver("");
    EXPECT(RC_REFUSED, world->rule_read(world->context, &rule, why));
    cr_expect_str_eq(why, "Elastic Load Balancing, DescribeRules: AccessDenied: not you");
}

/* --- the lock --- */

Test(canary_driver, a_parameter_that_is_none_is_no_lock)
{
    struct canary_note note;
    int64_t version;
    AWS_RIG_START(ANSWER("{}"), ANSWER("[]"), ANSWER("<x/>"),
                  ANSWER("{\"Parameter\":{\"Value\":7,\"Version\":1,\"LastModifiedDate\":1}}"),
                  ANSWER("{\"Version\":\"new\"}"));
    make_driver("");
    for (int i = 0; i < 4; i++)
        EXPECT(RC_SYNTAX, world->note_read(world->context, "/x", &note, why));
    EXPECT(RC_SYNTAX, world->note_write(world->context, "/x", BYTES_LIT("1"), true, &version, why));
}

/* --- metrics --- */

#define RESULT(id, values) "<member><Id>" id "</Id><Values>" values "</Values></member>"
#define VALUE(text) "<member>" text "</member>"
#define METRICS(inside)                                                      \
    "<GetMetricDataResponse><GetMetricDataResult><MetricDataResults>" inside \
    "</MetricDataResults></GetMetricDataResult></GetMetricDataResponse>"

Test(canary_driver, counts_what_both_slots_did)
{
    struct judge_sample sample = {.start_ms = 0};
    AWS_RIG_START(ANSWER("<GetMetricDataResponse><GetMetricDataResult><MetricDataResults>" RESULT(
                      "c0_0", VALUE("600.0") VALUE("300")) RESULT("c0_1", VALUE("890"))
                             RESULT("c0_4", VALUE("4")) "</MetricDataResults><NextToken>more</"
                                                        "NextToken></GetMetricDataResult>"
                                                        "</GetMetricDataResponse>"),
                  ANSWER(METRICS(RESULT("c1_0", VALUE("100")) RESULT("c1_1", VALUE("80")) RESULT(
                      "c1_5", VALUE("10")) RESULT("e0_0", VALUE("14")) RESULT("b1_0", VALUE("70"))
                                     RESULT("b1_109", VALUE("30")))));
    make_driver(",\"metrics\":{\"period\":\"30s\"}");
    EXPECT(RC_OK, world->sample(world->context, &state, 0, 60000, &sample, why));
    cr_expect_eq(sample.stable.requests, 900u);
    /* 4 of 5xx; 6 that no target answered, and 4 answers of the load balancer for somebody else
     * than the function's 10. */
    cr_expect_eq(sample.stable.errors, 8u);
    cr_expect_eq(sample.canary.requests, 100u);
    cr_expect_eq(sample.canary.errors, 14u, "%zu", (size_t)sample.canary.errors);
    cr_expect_eq(sample.canary.bins[0].count, 70u);
    cr_expect_eq(sample.canary.bins[0].upper_ms, 1);
    cr_expect_eq(sample.canary.bins[109].count, 30u);
    cr_expect(isinf(sample.canary.bins[109].upper_ms));
    const struct bytes form = fake_rapi_request(aws_rig.fake, 0)->body;
    cr_expect_not_null(memmem(form.ptr, form.len, "targetgroup%2Fb%2F22", 20));
    cr_expect_not_null(memmem(form.ptr, form.len, "app%2Flb%2Faa&", 14));
    cr_expect_not_null(memmem(form.ptr, form.len, "TC%280.001%3A0.0011%29", 22));
}

Test(canary_driver, figures_that_make_no_sense_are_no_evidence)
{
    static const char *const answers[] = {
        METRICS(RESULT("c0_0", VALUE("many"))), METRICS(RESULT("c0_0", VALUE("-1"))),
        METRICS(RESULT("c0_0", VALUE("NaN"))),  METRICS(RESULT("c9_0", VALUE("1"))),
        METRICS(RESULT("", VALUE("1"))),        "<html/>"};
    enum { COUNT = sizeof answers / sizeof *answers };
    struct fake_step steps[COUNT];
    struct judge_sample sample = {.start_ms = 0};
    for (size_t i = 0; i < COUNT; i++)
        steps[i] = (struct fake_step)ANSWER(answers[i]);
    aws_rig_start(steps, COUNT);
    make_driver("");
    for (size_t i = 0; i < COUNT; i++)
        EXPECT(RC_SYNTAX, world->sample(world->context, &state, 0, 60000, &sample, why));
}

/* --- health and alarms --- */

#define HEALTH(members)                                                                            \
    "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>" members \
    "</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>"
#define TARGET(state_, reason)                                       \
    "<member><TargetHealth><State>" state_ "</State><Reason>" reason \
    "</Reason></TargetHealth></member>"
#define UNCHECKED HEALTH(TARGET("unavailable", "Target.HealthCheckDisabled"))

Test(canary_driver, a_slot_is_ready_with_healthy_targets_or_after_a_smoke)
{
    AWS_RIG_START(ANSWER(HEALTH("")), ANSWER(HEALTH(TARGET("initial", ""))),
                  ANSWER(HEALTH(TARGET("healthy", "") TARGET("unhealthy", ""))), ANSWER(UNCHECKED),
                  ANSWER(UNCHECKED));
    make_driver("");
    EXPECT(RC_AGAIN, world->prepare(world->context, &state, 0.5, why));
    EXPECT(RC_AGAIN, world->prepare(world->context, &state, 0.5, why));
    EXPECT(RC_OK, world->prepare(world->context, &state, 0.5, why));
    EXPECT(RC_CONFLICT, world->prepare(world->context, &state, 0.5, why));
    make_driver(",\"smoke\":{\"url\":\"http://x\"}");
    EXPECT(RC_OK, world->prepare(world->context, &state, 0.5, why));
}

Test(canary_driver, a_slot_that_was_sick_at_two_looks_is_a_veto)
{
    AWS_RIG_START(ANSWER(HEALTH(TARGET("unhealthy", ""))), ANSWER(HEALTH(TARGET("healthy", ""))),
                  ANSWER(HEALTH("")), ANSWER(HEALTH("")));
    make_driver("");
    EXPECT(RC_OK, world->alarms(world->context, &state, why));
    EXPECT(RC_OK, world->alarms(world->context, &state, why));
    EXPECT(RC_OK, world->alarms(world->context, &state, why));
    EXPECT(RC_CONFLICT, world->alarms(world->context, &state, why));
    cr_expect_str_eq(why, "'b' has no healthy target any more");
}

#define ONE_AND_ANY(one)                                                                         \
    "<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms><member><AlarmName>one"         \
    "</AlarmName><StateValue>" one "</StateValue></member></MetricAlarms>"                       \
    "<CompositeAlarms><member><AlarmName>any</AlarmName><StateValue>ALARM</StateValue></member>" \
    "</CompositeAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>"

Test(canary_driver, an_alarm_that_is_to_be_ignored_is_no_veto_and_another_is)
{
    AWS_RIG_START(ANSWER(HEALTH(TARGET("healthy", ""))), ANSWER(ONE_AND_ANY("OK")),
                  ANSWER(HEALTH(TARGET("healthy", ""))), ANSWER(ONE_AND_ANY("ALARM")));
    ignored_alarm = "any";
    make_driver(",\"alarms\":[\"one\",\"any\"]");
    EXPECT(RC_OK, world->alarms(world->context, &state, why));
    EXPECT(RC_CONFLICT, world->alarms(world->context, &state, why));
    cr_expect_str_eq(why, "the alarm 'one' is in ALARM");
}

Test(canary_driver, composite_alarms_are_a_veto_too)
{
    AWS_RIG_START(ANSWER(HEALTH(TARGET("healthy", ""))), ANSWER(ONE_AND_ANY("INSUFFICIENT_DATA")));
    make_driver(",\"alarms\":[\"one\",\"any\"]");
    EXPECT(RC_CONFLICT, world->alarms(world->context, &state, why));
    cr_expect_str_eq(why, "the alarm 'any' is in ALARM");
}

/* --- smoke and hooks --- */

Test(canary_driver, a_smoke_shows_the_pin_and_wants_its_status)
{
    char more[256];
    AWS_RIG_START(ANSWER("ok"), ANSWER("ok"), {.text = "no", .status = 503});
    (void)snprintf(more, sizeof more,
                   ",\"smoke\":{\"url\":\"http://%s/hello\",\"count\":2,\"slot\":\"fargate-b\"}",
                   fake_rapi_address(aws_rig.fake));
    make_driver(more);
    EXPECT(RC_CONFLICT, world->smoke(world->context, &state, why));
    cr_expect_str_eq(why, "smoke: DUET_PIN_SECRET is not set: it must hold the pin's secret");
    aws_env_set("DUET_PIN_SECRET", "sesame");
    EXPECT(RC_OK, world->smoke(world->context, &state, why));
    cr_expect_str_eq(aws_rig_field(1, "X-Duet-Pin"), "sesame.fargate-b");
    EXPECT(RC_CONFLICT, world->smoke(world->context, &state, why));
    cr_expect_not_null(strstr(why, "answers 503, not 200"), "%s", why);
    cr_expect_null(strstr(why, "sesame"));
}

Test(canary_driver, hooks_are_commands_and_calls)
{
    char more[640];
    AWS_RIG_START(ANSWER("ok"), {.text = "no", .status = 400});
    (void)snprintf(more, sizeof more,
                   ",\"hooks\":[{\"at\":\"before-run\",\"command\":\"test $DUET_CANARY_POINT = "
                   "before-run\"},{\"at\":\"before-step\",\"command\":\"exit 3\"},"
                   "{\"at\":\"on-hold\",\"command\":\"sleep 600\",\"timeout\":\"200ms\"},"
                   "{\"at\":\"after-step\",\"url\":\"http://%s/\"}]",
                   fake_rapi_address(aws_rig.fake));
    make_driver(more);
    EXPECT(RC_OK, world->hooks(world->context, &state, PLAN_BEFORE_RUN, why));
    EXPECT(RC_OK, world->hooks(world->context, &state, PLAN_AFTER_PROMOTE, why));
    EXPECT(RC_CONFLICT, world->hooks(world->context, &state, PLAN_BEFORE_STEP, why));
    cr_expect_str_eq(why, "hook before-step: 'exit 3' ended with status 3");
    EXPECT(RC_CONFLICT, world->hooks(world->context, &state, PLAN_ON_HOLD, why));
    cr_expect_str_eq(why, "hook on-hold: 'sleep 600' took too long");
    EXPECT(RC_OK, world->hooks(world->context, &state, PLAN_AFTER_STEP, why));
    const struct bytes body = fake_rapi_request(aws_rig.fake, 0)->body;
    cr_expect_not_null(memmem(body.ptr, body.len, "\"point\":\"after-step\"", 20));
    EXPECT(RC_CONFLICT, world->hooks(world->context, &state, PLAN_AFTER_STEP, why));
}

/* --- capacity --- */

#define SERVICE(desired, running) \
    "{\"services\":[{\"desiredCount\":" desired ",\"runningCount\":" running "}]}"

Test(canary_driver, a_share_waits_for_its_tasks)
{
    AWS_RIG_START(ANSWER("{}"), ANSWER(SERVICE("1", "1")), ANSWER("{}"), ANSWER(SERVICE("3", "2")),
                  ANSWER(SERVICE("3", "3")),
                  ANSWER(HEALTH(TARGET("healthy", "") TARGET("healthy", "") TARGET("healthy", ""))),
                  ANSWER("{\"services\":[]}"));
    make_driver(",\"capacity\":{\"cluster\":\"c\",\"service\":\"s\",\"tasks\":5}");
    EXPECT(RC_AGAIN, world->prepare(world->context, &state, 0.5, why));
    EXPECT(RC_AGAIN, world->prepare(world->context, &state, 0.5, why));
    EXPECT(RC_OK, world->prepare(world->context, &state, 0.5, why));
    EXPECT(RC_REFUSED, world->prepare(world->context, &state, 0.5, why));
    cr_expect_str_eq(why, "there is no ECS service 's'");
    const struct bytes bounds = fake_rapi_request(aws_rig.fake, 0)->body;
    cr_expect_not_null(memmem(bounds.ptr, bounds.len, "\"MinCapacity\":3", 15));
    const struct bytes count = fake_rapi_request(aws_rig.fake, 2)->body;
    cr_expect_not_null(memmem(count.ptr, count.len, "\"desiredCount\":3", 16));
}

Test(canary_driver, provisioned_concurrency_is_asked_for_once_and_waited_for)
{
    AWS_RIG_START(ANSWER("{\"Status\":\"IN_PROGRESS\"}"), ANSWER("{\"Status\":\"IN_PROGRESS\"}"),
                  ANSWER("{\"Status\":\"READY\"}"), ANSWER(HEALTH(TARGET("healthy", ""))),
                  ANSWER("{\"Status\":\"FAILED\"}"));
    make_driver(",\"capacity\":{\"function\":\"f\",\"alias\":\"b\",\"provisioned\":2}");
    EXPECT(RC_AGAIN, world->prepare(world->context, &state, 0.5, why));
    EXPECT(RC_OK, world->prepare(world->context, &state, 0.5, why));
    EXPECT(RC_CONFLICT, world->prepare(world->context, &state, 0.5, why));
    cr_expect_str_eq(fake_rapi_request(aws_rig.fake, 0)->target,
                     "PUT /2019-09-30/functions/f/provisioned-concurrency?Qualifier=b");
}
