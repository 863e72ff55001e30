#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/canary/aws_driver.h"
#include "pipeline/canary/decide.h"
#include "tests/support/aws_env.h"
#include "tests/support/canary_rig.h"

/* Somebody else's Elastic Load Balancing, Systems Manager, CloudWatch and ECS take the same calls.
 */

static struct program moto;
static struct canary_rig canary;
static const char listening[] = "listening on ";

/* One EC2 call, by a client of its own. */
static const char *ec2(const char *form, const char *path)
{
    const struct xml_node *root = canary_rig_query_other(&canary, "ec2", form);
    struct bytes text;
    cr_assert_eq(arena_dup(&canary.api.arena, xml_tree_text(root, path), &text), RC_OK);
    cr_assert(text.len, "%s: no %s", form, path);
    return text.ptr;
}

/* A call of the load balancer's API; the text at `path` of its answer goes into `out`. */
static void elb(char *out, size_t len, const char *path, const char *format, ...) PRINTF_LIKE(4, 5);

static void elb(char *out, size_t len, const char *path, const char *format, ...)
{
    char form[4096];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(form, sizeof form, format, args);
    va_end(args);
    const struct xml_node *root = canary_rig_query(&canary, API_ELB, form);
    if (path)
        (void)snprintf(out, len, "%.*s", BYTES_ARG(xml_tree_text(root, path)));
}

#define ELB_VERSION "&Version=2015-12-01"

static struct {
    char balancer[256], listener[256], a[256], b[256], rule[256];
} arns;

/* A load balancer with a listener at port 80 and a rule of priority 7 with the groups a and b. */
static void make_all(void)
{
    char vpc[64], subnets[2][64];
    (void)snprintf(vpc, sizeof vpc, "%s",
                   ec2("Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16", "vpc/vpcId"));
    for (int i = 0; i < 2; i++) {
        char form[256];
        (void)snprintf(form, sizeof form,
                       "Action=CreateSubnet&Version=2016-11-15&VpcId=%s&CidrBlock=10.0.%d.0/24"
                       "&AvailabilityZone=eu-west-1%c",
                       vpc, i, 'a' + i);
        (void)snprintf(subnets[i], sizeof subnets[i], "%s", ec2(form, "subnet/subnetId"));
    }
    elb(arns.balancer, sizeof arns.balancer,
        "CreateLoadBalancerResult/LoadBalancers/member/LoadBalancerArn",
        "Action=CreateLoadBalancer" ELB_VERSION "&Name=lb&Subnets.member.1=%s&Subnets.member.2=%s",
        subnets[0], subnets[1]);
    for (int i = 0; i < 2; i++)
        elb(i ? arns.b : arns.a, sizeof arns.a,
            "CreateTargetGroupResult/TargetGroups/member/TargetGroupArn",
            "Action=CreateTargetGroup" ELB_VERSION
            "&Name=slot-%c&Protocol=HTTP&Port=8080&VpcId=%s&TargetType=ip"
            "&Tags.member.1.Key=Slot&Tags.member.1.Value=fargate-%c",
            'a' + i, vpc, 'a' + i);
    elb(arns.listener, sizeof arns.listener, "CreateListenerResult/Listeners/member/ListenerArn",
        "Action=CreateListener" ELB_VERSION
        "&LoadBalancerArn=%s&Protocol=HTTP&Port=80&DefaultActions.member.1.Type=fixed-response"
        "&DefaultActions.member.1.FixedResponseConfig.StatusCode=503",
        arns.balancer);
    elb(arns.rule, sizeof arns.rule, "CreateRuleResult/Rules/member/RuleArn",
        "Action=CreateRule" ELB_VERSION
        "&ListenerArn=%s&Priority=7&Conditions.member.1.Field=path-pattern"
        "&Conditions.member.1.Values.member.1=%%2F*&Actions.member.1.Type=forward"
        "&Actions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn=%s"
        "&Actions.member.1.ForwardConfig.TargetGroups.member.1.Weight=100"
        "&Actions.member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn=%s"
        "&Actions.member.1.ForwardConfig.TargetGroups.member.2.Weight=0"
        "&Tags.member.1.Key=role&Tags.member.1.Value=production",
        arns.listener, arns.a, arns.b);
    elb(NULL, 0, NULL,
        "Action=RegisterTargets" ELB_VERSION
        "&TargetGroupArn=%s&Targets.member.1.Id=10.0.0.9&Targets.member.1.Port=8080",
        arns.b);
}

static void make_service(void)
{
    const cJSON *root;
    char why[320] = "";
    static const struct {
        const char *target, *body;
    } calls[] = {
        {"AmazonEC2ContainerServiceV20141113.CreateCluster", "{\"clusterName\":\"c\"}"},
        {"AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition",
         "{\"family\":\"t\",\"containerDefinitions\":[{\"name\":\"x\",\"image\":\"y\","
         "\"memory\":64}]}"},
        {"AmazonEC2ContainerServiceV20141113.CreateService",
         "{\"cluster\":\"c\",\"serviceName\":\"s\",\"taskDefinition\":\"t\",\"desiredCount\":0}"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        cr_assert_eq(api_json(&canary.api, API_ECS, calls[i].target, bytes_from_str(calls[i].body),
                              false, &root, why),
                     RC_OK, "%s", why);
}

/* --- the driver's calls, one after the other --- */

static struct plan plan;

static struct aws_driver *make_driver(const char *text)
{
    char error[512] = "";
    plan_release(&plan);
    cr_assert(plan_parse(&plan, "plan.json", bytes_from_str(text), error, sizeof error), "%s",
              error);
    struct aws_driver *driver =
        aws_driver_new(&(struct aws_driver_options){.plan = &plan, .lookup = aws_env_lookup});
    cr_assert_not_null(driver);
    return driver;
}

#define EXPECT(expected, call)                                               \
    do {                                                                     \
        char why[CANARY_WHY_MAX] = "";                                       \
        enum rc rc_ = (call);                                                \
        cr_expect_eq(rc_, expected, "%s: %s: %s", #call, rc_name(rc_), why); \
    } while (0)

#define SLOTS "\"stable\":\"slot-a\",\"canary\":\"slot-b\",\"steps\":[{\"share\":\"all\"}]"

#define TAGGED "\"stable\":\"fargate-a\",\"canary\":\"fargate-b\",\"steps\":[{\"share\":\"all\"}]"

static void check_rule(const char *how, const char *slots, const char *expected)
{
    char text[512];
    (void)snprintf(text, sizeof text, "{\"rule\":%s,%s}", how, slots);
    struct aws_driver *driver = make_driver(text);
    const struct canary_driver *world = aws_driver_interface(driver);
    struct canary_rule rule = {.count = 0}, again = {.count = 0};
    EXPECT(RC_OK, world->rule_read(world->context, &rule, why));
    cr_expect_str_eq(rule.arn, expected, "%s", how);
    cr_assert_eq(rule.count, 2u);
    rule.weights[0] = 97;
    rule.weights[1] = 3;
    EXPECT(RC_OK, world->rule_write(world->context, &rule, why));
    memcpy(again.arn, rule.arn, sizeof rule.arn);
    EXPECT(RC_OK, world->rule_read(world->context, &again, why));
    cr_expect_eq(again.weights[0] + again.weights[1], 100u);
    cr_expect(again.weights[0] == 97 || again.weights[0] == 3);
    for (size_t i = 0; i < 2; i++)
        rule.weights[i] = strcmp(rule.groups[i], arns.a) == 0 ? 100 : 0;
    EXPECT(RC_OK, world->rule_write(world->context, &rule, why));
    aws_driver_free(driver);
}

static void check_absent_rules(void)
{
    static const char *const absent[] = {
        "{\"load_balancer\":\"lb\",\"port\":80,\"priority\":8}",
        "{\"load_balancer\":\"lb\",\"port\":81,\"priority\":7}",
        "{\"load_balancer\":\"nobody\",\"port\":80,\"priority\":7}",
        "{\"load_balancer\":\"lb\",\"port\":81}",
        "{\"tags\":{\"role\":\"other\"}}",
        "{\"arn\":\"arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/lb/1/2/3\"}"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "{\"rule\":%s," SLOTS "}", absent[i]);
        struct aws_driver *driver = make_driver(text);
        const struct canary_driver *world = aws_driver_interface(driver);
        struct canary_rule rule = {.count = 0};
        EXPECT(RC_REFUSED, world->rule_read(world->context, &rule, why));
        aws_driver_free(driver);
    }
}

static void check_notes(void)
{
    struct aws_driver *driver = make_driver("{\"rule\":{\"arn\":\"x\"}," SLOTS "}");
    const struct canary_driver *world = aws_driver_interface(driver);
    struct canary_note note;
    int64_t version = 0;
    EXPECT(RC_NOT_FOUND, world->note_read(world->context, "/duet/try", &note, why));
    EXPECT(RC_OK, world->note_write(world->context, "/duet/try", BYTES_LIT("{\"a\":1}"), false,
                                    &version, why));
    cr_expect_eq(version, 1);
    EXPECT(RC_EXISTS,
           world->note_write(world->context, "/duet/try", BYTES_LIT("2"), false, &version, why));
    EXPECT(RC_OK,
           world->note_write(world->context, "/duet/try", BYTES_LIT("3"), true, &version, why));
    cr_expect_eq(version, 2);
    EXPECT(RC_OK, world->note_read(world->context, "/duet/try", &note, why));
    cr_expect(bytes_eq(bytes_make(note.text, note.len), BYTES_LIT("3")) && note.version == 2);
    EXPECT(RC_OK, world->note_remove(world->context, "/duet/try", why));
    EXPECT(RC_NOT_FOUND, world->note_remove(world->context, "/duet/try", why));
    aws_driver_free(driver);
}

/* What moto has of metrics, alarms, tasks and health. */
static void check_looks(void)
{
    struct aws_driver *driver = make_driver(
        "{\"rule\":{\"tags\":{\"role\":\"production\"}}," SLOTS ",\"alarms\":[\"high\"],"
        "\"capacity\":{\"cluster\":\"c\",\"service\":\"s\",\"tasks\":4}}");
    const struct canary_driver *world = aws_driver_interface(driver);
    struct canary_rule rule = {.count = 0};
    struct canary_state state;
    struct judge_sample sample = {.start_ms = 0};
    char error[256] = "";
    int64_t now_ms = world->now_ms(world->context) / 60000 * 60000;
    EXPECT(RC_OK, world->rule_read(world->context, &rule, why));
    cr_assert(canary_state_init(&state, &plan, &rule, now_ms, error, sizeof error), "%s", error);
    EXPECT(RC_OK, world->sample(world->context, &state, now_ms - 60000, now_ms, &sample, why));
    cr_expect_eq(sample.canary.requests, 0u);
    EXPECT(RC_REFUSED, world->alarms(world->context, &state, why)); /* there is no such alarm */
    (void)canary_rig_query(&canary, API_CLOUDWATCH,
                           "Action=PutMetricAlarm&Version=2010-08-01&AlarmName=high&MetricName=m"
                           "&Namespace=n&Statistic=Sum&Period=60&EvaluationPeriods=1&Threshold=1"
                           "&ComparisonOperator=GreaterThanThreshold");
    EXPECT(RC_OK, world->alarms(world->context, &state, why));
    (void)canary_rig_query(&canary, API_CLOUDWATCH,
                           "Action=SetAlarmState&Version=2010-08-01&AlarmName=high"
                           "&StateReason=test&StateValue=ALARM");
    EXPECT(RC_CONFLICT, world->alarms(world->context, &state, why));
    EXPECT(RC_AGAIN, world->prepare(world->context, &state, 0.5, why)); /* moto runs no task */
    aws_driver_free(driver);
}

static void check_run(void)
{
    canary_rig_plan(&canary,
                    "{\"rule\":{\"load_balancer\":\"lb\",\"port\":80,\"priority\":7}," SLOTS
                    ",\"interval\":\"100ms\"}");
    cr_expect_eq(canary_rig_run(&canary, "run", NULL), 0);
    cr_expect_eq(canary_rig_run(&canary, "history", NULL), 0);
    struct aws_driver *driver =
        make_driver("{\"rule\":{\"tags\":{\"role\":\"production\"}}," SLOTS "}");
    const struct canary_driver *world = aws_driver_interface(driver);
    struct canary_rule rule = {.count = 0};
    EXPECT(RC_OK, world->rule_read(world->context, &rule, why));
    for (size_t i = 0; i < rule.count; i++)
        cr_expect_eq(rule.weights[i] > 0, strcmp(rule.groups[i], arns.b) == 0);
    aws_driver_free(driver);
}

Test(canary_moto, somebody_else_s_aws_takes_the_same_calls, .timeout = 600)
{
    if (canary_rig_start_moto(&moto, "the canary before moto")) {
        char how[512];
        canary_rig_init(&canary, program_number(&moto, listening));
        make_all();
        make_service();
        (void)snprintf(how, sizeof how, "{\"arn\":\"%s\"}", arns.rule);
        check_rule(how, SLOTS, arns.rule);
        check_rule(how, TAGGED, arns.rule);
        check_rule("{\"load_balancer\":\"lb\"}", SLOTS, arns.rule);
        check_rule("{\"load_balancer\":\"lb\"}", TAGGED, arns.rule);
        check_rule("{\"load_balancer\":\"lb\",\"port\":80,\"priority\":7}", SLOTS, arns.rule);
        check_rule("{\"tags\":{\"role\":\"production\"}}", TAGGED, arns.rule);
        check_absent_rules();
        check_notes();
        check_looks();
        check_run();
        plan_release(&plan);
        canary_rig_release(&canary);
        (void)program_stop(&moto);
    }
    program_release(&moto);
}
