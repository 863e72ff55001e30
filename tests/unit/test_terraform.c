#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/tag.h"
#include "runtime/local/rig_model.h"
#include "runtime/local/terraform.h"

/* Plan and state are terraform/'s own, of `terraform show -json`, cut to what is read: the plan of
 * env/dev.tfvars, and a state with a domain name, another memory and other weights. */

#define PLAN "tests/data/terraform/plan.json"
#define STATE "tests/data/terraform/state.json"

static struct rig_config config;
static char error[1024];

static void setup(void)
{
    rig_config_init(&config);
}

static void teardown(void)
{
    rig_config_release(&config);
}

TestSuite(terraform, .init = setup, .fini = teardown);

static void load(const char *file)
{
    cr_assert(terraform_load(&config, file, error, sizeof error), "%s", error);
}

static bool is_noted(const char *words)
{
    for (size_t i = 0; i < config.terraform->note_count; i++)
        if (strstr(config.terraform->notes[i], words))
            return true;
    return false;
}

static const char *home_env(int home, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < config.home_env_count[home]; i++)
        if (strncmp(config.home_env[home][i], name, len) == 0 &&
            config.home_env[home][i][len] == '=')
            return config.home_env[home][i] + len + 1;
    return "";
}

Test(terraform, takes_the_settings_of_a_plan)
{
    load(PLAN);
    cr_expect_str_eq(config.name, "duet-dev");
    cr_expect_eq(config.memory_mb, 256u);
    cr_expect_eq(config.timeout_s, 30u);
    cr_expect_eq(config.concurrency, 100u, "none is reserved");
    cr_expect_eq(config.stop_timeout_s, 30u);
    cr_expect_eq(config.tasks, 1u);
    cr_expect_eq(config.tasks_b, 0u);
    cr_expect_str_eq(home_env(RIG_LAMBDA, "DUET_REQUEST_TIMEOUT_MS"), "29000");
    cr_expect_str_eq(home_env(RIG_FARGATE, "DUET_LOG_LEVEL"), "DEBUG");
    cr_expect_str_eq(home_env(RIG_LAMBDA, "DUET_LOG_LEVEL"), "");
    cr_expect_str_eq(home_env(RIG_FARGATE, "PORT"), "");
    cr_expect_eq(config.weights[RIG_LAMBDA_A], 50u);
    cr_expect_eq(config.weights[RIG_FARGATE_B], 0u);
    cr_expect(rig_config_check(&config, error, sizeof error), "%s", error);
}

Test(terraform, names_what_it_does_not_take_over)
{
    load(PLAN);
    cr_expect_str_eq(home_env(RIG_LAMBDA, "DUET_STORE"), "");
    cr_expect(is_noted("DUET_STORE=dynamodb:duet-dev is AWS's"));
    cr_expect(is_noted("not taken over: aws_dynamodb_table (1)"));
    cr_expect(is_noted("aws_lambda_function is taken over without its architectures"));
    cr_expect(is_noted("production: its priority is not known"));
    for (size_t i = 0; i < config.terraform->note_count; i++)
        cr_expect_null(strstr(config.terraform->notes[i], "0123456789abcdef-secret"));
}

Test(terraform, a_flag_wins_over_the_plan)
{
    load(PLAN);
    cr_assert(rig_config_env(&config, "DUET_LOG_LEVEL=WARN", error, sizeof error));
    cr_expect_str_eq(home_env(RIG_FARGATE, "DUET_LOG_LEVEL"), "");
    cr_expect_str_eq(home_env(RIG_FARGATE, "DUET_DRAIN_S"), "20", "the others stay");
    config.pin_secret = "0123456789abcdef-other";
    cr_expect(!rig_config_check(&config, error, sizeof error));
    cr_expect(strstr(error, "--pin-secret and --terraform"), "%s", error);
}

/* --- the load balancer --- */

static bool find_function(void *context, struct bytes arn, struct alb_function *function)
{
    (void)context;
    (void)arn;
    (void)function;
    return true;
}

static void make(struct rig_model *rig)
{
    struct alb_why why;
    cr_assert(rig_model_init(rig, &config, find_function, NULL, &why), "%s", why.text);
}

static const struct alb_rule *rule_at(const struct alb_listener *listener, unsigned priority)
{
    const struct alb_rule *rule = listener->rules;
    while (rule && rule->priority != priority)
        rule = rule->next;
    cr_assert(rule, "there is no rule %u", priority);
    return rule;
}

Test(terraform, makes_the_load_balancer_of_a_plan)
{
    struct rig_model rig;
    load(PLAN);
    config.weights[RIG_LAMBDA_B] = 7; /* as --weights does */
    make(&rig);
    cr_expect_str_eq(rig.model->name, "duet-dev");
    cr_expect_null(rig.https);
    const struct alb_rule *rule = rule_at(rig.listener, 100);
    cr_expect_eq(rule->conditions[0].field, ALB_HTTP_HEADER);
    cr_expect_str_eq(rule->conditions[0].header_name, "X-Duet-Pin");
    cr_expect_str_eq(rule->conditions[0].values[0].text, "0123456789abcdef-secret.lambda-a");
    cr_expect_eq(rule->action.forward.shares[0].group, rig.groups[RIG_LAMBDA_A]);
    cr_expect_eq(rule_at(rig.listener, 203)->action.forward.shares[0].group,
                 rig.groups[RIG_FARGATE_B]);
    rule = rule_at(rig.listener, 40000);
    cr_expect_eq(rule->action.forward.count, (size_t)RIG_SLOTS);
    cr_expect_eq(rule->action.forward.shares[1].weight, 7u);
    cr_expect_eq(alb_listener_default(rig.listener)->action.fixed.status, 503);
    const struct alb_group *group = rig.groups[RIG_FARGATE_A];
    cr_expect_eq(group->check.interval_s, 30u);
    cr_expect_eq(group->check.healthy_count, 2u);
    cr_expect_str_eq(group->check.path, "/gtg");
    cr_expect_str_eq(alb_attribute_get(alb_group_scope(group), &group->attributes,
                                       "deregistration_delay.timeout_seconds"),
                     "30");
    rig_model_release(&rig);
}

Test(terraform, makes_both_listeners_of_a_state)
{
    struct rig_model rig;
    load(STATE);
    cr_expect_eq(config.memory_mb, 512u);
    cr_expect_eq(config.concurrency, 5u);
    cr_expect_eq(config.tasks_b, 1u);
    cr_expect(is_noted("aws_wafv2_web_acl (1)"));
    make(&rig);
    const unsigned weights[RIG_SLOTS] = {10, 20, 30, 40};
    const struct alb_rule *rule = rig.https->rules;
    while (rule->action.forward.count < 2)
        rule = rule->next;
    for (size_t i = 0; i < RIG_SLOTS; i++) /* in the state's order */
        cr_expect_eq(rule->action.forward.shares[i].group, rig.groups[(i + 2) % RIG_SLOTS]);
    for (size_t i = 0; i < RIG_SLOTS; i++)
        cr_expect_eq(rule->action.forward.shares[i].weight, weights[(i + 2) % RIG_SLOTS]);
    cr_expect_eq(rule->priority, config.terraform->rules[8].priority);
    const struct alb_action *redirect = &alb_listener_default(rig.listener)->action;
    cr_expect_eq(rig.listener->rules, alb_listener_default(rig.listener), "no rule but that");
    cr_expect_eq(redirect->type, ALB_REDIRECT);
    cr_expect_str_eq(redirect->redirect.port, "8443", "the rig's, not AWS's");
    cr_expect_eq(redirect->redirect.status, 301);
    rig_model_release(&rig);
    config.https_port = 0;
    cr_expect(!rig_config_check(&config, error, sizeof error));
    cr_expect(strstr(error, "--https-port 0 and --terraform"), "%s", error);
}

/* --- bad input --- */

#define MODULE(resources)                                                                        \
    "{\"format_version\":\"1.2\",\"planned_values\":{\"root_module\":{\"resources\":[" resources \
    "]}}}"
#define RESOURCE(type, values) \
    "{\"address\":\"" type ".x\",\"type\":\"" type "\",\"values\":" values "}"

Test(terraform, refuses_what_is_no_plan)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"nothing", "not JSON from 1:1 on"},
        {"[]", "not what `terraform show -json` prints"},
        {"{\"format_version\":\"1.2\"}", "not what `terraform show -json` prints"},
        {MODULE(""), "it has no aws_lb"},
        {MODULE(RESOURCE("aws_lb", "{\"name\":null}")), "aws_lb.x: its name is not known"},
        {MODULE(RESOURCE("aws_lb_target_group", "{\"tags\":null}")), "its tag Slot names none"},
        {MODULE(RESOURCE("aws_lb_target_group",
                         "{\"tags\":{\"Slot\":\"lambda-a\"},\"target_type\":\"ip\"}")),
         "its target_type is not that of its slot"},
        {MODULE(RESOURCE("aws_lambda_function", "{\"memory_size\":64}")),
         "'lambda.memory_mb' is 64"},
        {MODULE(RESOURCE("aws_ecs_task_definition", "{\"container_definitions\":null}")),
         "its container_definitions are not known"},
        {MODULE(RESOURCE("aws_lb_listener_rule", "{\"action\":[{\"type\":\"forward\"}]}")),
         "it forwards to a group that is none of the slots"},
        {MODULE(
             RESOURCE("aws_lb_listener_rule", "{\"action\":[{\"type\":\"authenticate-oidc\"}]}")),
         "its action is none of forward"},
        {MODULE(RESOURCE("aws_lb_listener", "{\"protocol\":\"TLS\"}")),
         "one HTTP and one HTTPS listener"},
        {MODULE(RESOURCE("aws_lb_listener", "{\"protocol\":\"HTTPS\",\"ssl_policy\":\"mine\"}")),
         "aws_lb_listener.x: AWS has no ssl_policy 'mine'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        teardown();
        setup();
        cr_expect(
            !terraform_parse(&config, "x.json", bytes_from_str(rows[i].text), error, sizeof error),
            "%s", rows[i].text);
        cr_expect(strstr(error, rows[i].error), "%s: %s", rows[i].text, error);
        cr_expect(strstr(error, "--terraform 'x.json'"), "%s", error);
    }
    teardown();
    setup();
    cr_expect(!terraform_load(&config, "/nowhere/x.json", error, sizeof error));
    cr_expect(strstr(error, "cannot read '/nowhere/x.json': No such file"), "%s", error);
}
