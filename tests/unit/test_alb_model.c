#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/model.h"

static struct alb_model *model;
static struct alb_listener *listener;
static struct alb_group *group_a, *group_b;
static struct alb_why why;
static size_t gone_count, unused_count;

static struct alb_group *make_group(const char *name, enum alb_target_type type)
{
    struct alb_group_options options = {
        .name = bytes_from_str(name), .type = type, .port = type == ALB_TARGET_IP ? 80 : 0};
    struct alb_group *group;
    cr_assert_eq(alb_group_create(model, &options, &group, &why), ALB_OK, "%s", why.text);
    return group;
}

static bool find_function(void *context, struct bytes arn, struct alb_function *function)
{
    (void)context;
    *function = (struct alb_function){0};
    return bytes_eq(arn, BYTES_LIT("arn:known"));
}

static void on_target_gone(void *context, struct alb_target *target)
{
    (void)context;
    (void)target;
    gone_count++;
}

static void on_unused(void *context)
{
    (void)context;
    unused_count++;
}

static const struct alb_action fixed = {.type = ALB_FIXED_RESPONSE, .fixed = {.status = 503}};
static const struct alb_condition all_paths = {
    .field = ALB_PATH_PATTERN, .values = {{.text = "/*"}}, .value_count = 1};

static struct alb_action forward_to(struct alb_group *group)
{
    return (struct alb_action){.type = ALB_FORWARD,
                               .forward = {.shares = {{group, 1}}, .count = 1}};
}

static void set_up(void)
{
    struct alb_model_options options = {
        .name = "duet", .dns_name = "localhost", .seed = 1, .find_function = find_function};
    struct alb_watcher watcher = {.on_target_gone = on_target_gone};
    gone_count = unused_count = 0;
    model = alb_model_new(&options);
    cr_assert_not_null(model);
    alb_model_watch(model, &watcher);
    cr_assert_eq(alb_listener_create(model, 80, ALB_HTTP, &fixed, &listener, &why), ALB_OK);
    group_a = make_group("a", ALB_TARGET_IP);
    group_b = make_group("b", ALB_TARGET_LAMBDA);
}

static void tear_down(void)
{
    alb_model_free(model);
}

TestSuite(alb_model, .init = set_up, .fini = tear_down);

static enum alb_error make_rule(unsigned priority, const struct alb_action *action,
                                struct alb_rule **rule)
{
    return alb_rule_create(listener, priority, &all_paths, 1, action, rule, &why);
}

Test(alb_model, arns_have_the_forms_that_dimensions_are_cut_from)
{
    struct alb_rule *rule;
    cr_assert_eq(make_rule(1, &fixed, &rule), ALB_OK, "%s", why.text);
    cr_expect(bytes_starts_with(alb_arn_tail(model->arn), BYTES_LIT("app/duet/")));
    cr_expect(bytes_starts_with(alb_arn_tail(group_a->arn), BYTES_LIT("targetgroup/a/")));
    cr_expect(bytes_starts_with(alb_arn_tail(listener->arn), BYTES_LIT("listener/app/duet/")));
    cr_expect(bytes_starts_with(alb_arn_tail(rule->arn), BYTES_LIT("listener-rule/app/duet/")));
    cr_expect_eq(alb_arn_tail(rule->arn).len, strlen("listener-rule/app/duet///") + 48);
    cr_expect_eq(alb_rule_find(model, bytes_from_str(rule->arn)), rule);
    cr_expect_eq(alb_listener_find(model, bytes_from_str(listener->arn)), listener);
    cr_expect_eq(alb_group_find(model, bytes_from_str(group_b->arn)), group_b);
}

Test(alb_model, rules_keep_the_order_of_their_priorities)
{
    struct alb_rule *five, *two, *nine;
    cr_assert_eq(make_rule(5, &fixed, &five), ALB_OK);
    cr_assert_eq(make_rule(2, &fixed, &two), ALB_OK);
    cr_assert_eq(make_rule(9, &fixed, &nine), ALB_OK);
    cr_expect_eq(make_rule(5, &fixed, NULL), ALB_E_PRIORITY_IN_USE);
    cr_expect_eq(make_rule(0, &fixed, NULL), ALB_E_VALIDATION_ERROR);
    cr_expect_eq(make_rule(50001, &fixed, NULL), ALB_E_VALIDATION_ERROR);
    cr_expect(listener->rules == two && two->next == five && five->next == nine);
    cr_expect_eq(nine->next, alb_listener_default(listener));
    struct alb_rule_priority swap[] = {{two, 9}, {nine, 2}};
    cr_expect_eq(alb_rule_set_priorities(swap, 2, &why), ALB_OK, "%s", why.text);
    cr_expect(listener->rules == nine && nine->next == five && five->next == two);
    struct alb_rule_priority taken[] = {{two, 1}, {nine, 5}};
    cr_expect_eq(alb_rule_set_priorities(taken, 2, &why), ALB_E_PRIORITY_IN_USE);
    cr_expect_eq(two->priority, 9u);
    cr_expect_eq(alb_rule_delete(alb_listener_default(listener), &why),
                 ALB_E_OPERATION_NOT_PERMITTED);
    cr_expect_eq(alb_rule_modify(alb_listener_default(listener), NULL, 0, &fixed, &why),
                 ALB_E_OPERATION_NOT_PERMITTED);
    cr_expect_eq(alb_rule_delete(five, &why), ALB_OK);
    cr_expect(nine->next == two);
}

Test(alb_model, a_hundred_rules_are_enough)
{
    for (unsigned i = 1; i <= ALB_RULES_MAX; i++)
        cr_assert_eq(make_rule(i, &fixed, NULL), ALB_OK);
    cr_expect_eq(make_rule(200, &fixed, NULL), ALB_E_TOO_MANY_RULES);
}

Test(alb_model, actions_out_of_bounds_are_refused)
{
    struct alb_action heavy = forward_to(group_a), twice = forward_to(group_a);
    heavy.forward.shares[0].weight = 1000;
    cr_expect_eq(make_rule(1, &heavy, NULL), ALB_E_VALIDATION_ERROR);
    cr_expect_not_null(strstr(why.text, "'1000'"), "%s", why.text);
    twice.forward.shares[1] = twice.forward.shares[0];
    twice.forward.count = 2;
    cr_expect_eq(make_rule(1, &twice, NULL), ALB_E_INVALID_CONFIGURATION_REQUEST);
    struct alb_action many = {.type = ALB_FORWARD, .forward = {.count = 6}};
    cr_expect_eq(make_rule(1, &many, NULL), ALB_E_TOO_MANY_ACTIONS);
    struct alb_action page = {.type = ALB_FIXED_RESPONSE, .fixed = {.status = 302}};
    cr_expect_eq(make_rule(1, &page, NULL), ALB_E_VALIDATION_ERROR);
    struct alb_action loop = {.type = ALB_REDIRECT,
                              .redirect = {.protocol = "#{protocol}",
                                           .host = "#{host}",
                                           .port = "#{port}",
                                           .path = "/#{path}",
                                           .query = "#{query}",
                                           .status = 301}};
    cr_expect_eq(make_rule(1, &loop, NULL), ALB_E_INVALID_LOAD_BALANCER_ACTION);
    (void)snprintf(loop.redirect.port, sizeof loop.redirect.port, "8443");
    cr_expect_eq(make_rule(1, &loop, NULL), ALB_OK, "%s", why.text);
}

Test(alb_model, a_group_in_a_rule_is_used_and_cannot_be_deleted)
{
    struct alb_rule *rule;
    struct alb_target *target;
    struct alb_action action = forward_to(group_a);
    cr_assert_eq(alb_target_register(group_a, BYTES_LIT("10.0.0.1"), 0, NULL, &target, &why),
                 ALB_OK);
    cr_expect_eq(target->port, 80u);
    cr_expect_eq(target->state, ALB_UNUSED);
    cr_expect_str_eq(target->reason, "Target.NotInUse");
    cr_assert_eq(make_rule(1, &action, &rule), ALB_OK);
    cr_expect_eq(target->state, ALB_INITIAL);
    cr_expect_eq(alb_group_delete(group_a, &why), ALB_E_RESOURCE_IN_USE);
    cr_assert_eq(alb_rule_modify(rule, NULL, 0, &fixed, &why), ALB_OK);
    cr_expect_eq(target->state, ALB_UNUSED);
    cr_expect_eq(alb_group_delete(group_a, &why), ALB_OK);
    cr_expect_eq(gone_count, 1u);
    cr_expect_null(alb_group_named(model, BYTES_LIT("a")));
}

Test(alb_model, one_name_is_one_group)
{
    struct alb_group_options same = {.name = BYTES_LIT("a"), .port = 80},
                             other = {.name = BYTES_LIT("a"), .port = 81},
                             bad = {.name = BYTES_LIT("-a"), .port = 80};
    struct alb_group *group;
    cr_expect_eq(alb_group_create(model, &same, &group, &why), ALB_OK);
    cr_expect_eq(group, group_a);
    cr_expect_eq(alb_group_create(model, &other, &group, &why), ALB_E_DUPLICATE_TARGET_GROUP_NAME);
    cr_expect_eq(alb_group_create(model, &bad, &group, &why), ALB_E_VALIDATION_ERROR);
}

Test(alb_model, a_target_and_its_group_live_until_the_last_request_has_ended)
{
    struct alb_target_owner owner = {.on_unused = on_unused};
    struct alb_target *target;
    cr_assert_eq(alb_target_register(group_a, BYTES_LIT("10.0.0.1"), 8080, &owner, &target, &why),
                 ALB_OK);
    alb_group_hold(group_a);
    alb_target_hold(target);
    cr_assert_eq(alb_group_delete(group_a, &why), ALB_OK);
    cr_expect_eq(gone_count, 1u);
    cr_expect_eq(unused_count, 0u);
    cr_expect_str_eq(target->id, "10.0.0.1");
    cr_expect_str_eq(target->group->name, "a");
    alb_target_let_go(target);
    cr_expect_eq(unused_count, 1u);
    cr_expect_str_eq(group_a->name, "a");
    alb_group_let_go(group_a);
}

Test(alb_model, a_deregistered_target_drains_and_can_come_back)
{
    struct alb_target_owner owner = {.on_unused = on_unused};
    struct alb_target *target, *again;
    struct bytes id = BYTES_LIT("10.0.0.1");
    cr_assert_eq(alb_target_register(group_a, id, 0, &owner, &target, &why), ALB_OK);
    alb_target_hold(target);
    alb_target_deregister(target);
    cr_expect_eq(target->state, ALB_DRAINING);
    cr_expect_eq(unused_count, 0u);
    alb_target_let_go(target);
    cr_expect_eq(unused_count, 1u);
    cr_expect_eq(alb_target_find(group_a, id, 80), target);
    cr_assert_eq(alb_target_register(group_a, id, 80, NULL, &again, &why), ALB_OK);
    cr_expect_eq(again, target);
    cr_expect_eq(target->state, ALB_UNUSED);
    struct alb_pair_text now = {BYTES_LIT("deregistration_delay.timeout_seconds"), BYTES_LIT("0")};
    cr_assert_eq(alb_group_set_attributes(group_a, &now, 1, &why), ALB_OK, "%s", why.text);
    alb_target_deregister(target);
    cr_expect_null(group_a->targets);
}

Test(alb_model, targets_that_are_none_are_refused)
{
    cr_expect_eq(alb_target_register(group_a, BYTES_LIT("a.b.c.d"), 80, NULL, NULL, &why),
                 ALB_E_VALIDATION_ERROR);
    cr_expect_eq(alb_target_register(group_a, BYTES_LIT("10.0.0.1"), 65536, NULL, NULL, &why),
                 ALB_E_VALIDATION_ERROR);
    cr_expect_eq(alb_target_register(group_b, BYTES_LIT("arn:other"), 0, NULL, NULL, &why),
                 ALB_E_INVALID_TARGET);
    cr_expect_eq(alb_target_register(group_b, BYTES_LIT("arn:known"), 0, NULL, NULL, &why), ALB_OK);
    cr_expect_eq(alb_target_register(group_b, BYTES_LIT("arn:known2"), 0, NULL, NULL, &why),
                 ALB_E_INVALID_TARGET);
}

Test(alb_model, attributes_are_set_all_or_none)
{
    struct alb_pair_text pairs[] = {
        {BYTES_LIT("idle_timeout.timeout_seconds"), BYTES_LIT("7")},
        {BYTES_LIT("routing.http.xff_header_processing.mode"), BYTES_LIT("preserve")},
        {BYTES_LIT("client_keep_alive.seconds"), BYTES_LIT("59")},
    };
    cr_expect_eq(alb_model_set_attributes(model, pairs, 3, &why), ALB_E_VALIDATION_ERROR);
    cr_expect_eq(model->attributes.idle_timeout_s, 60u);
    cr_expect_eq(alb_model_set_attributes(model, pairs, 2, &why), ALB_OK, "%s", why.text);
    cr_expect_eq(model->attributes.idle_timeout_s, 7u);
    cr_expect_eq(model->attributes.xff_mode, ALB_XFF_PRESERVE);
    cr_expect_str_eq(
        alb_attribute_get(ALB_OF_BALANCER, &model->attributes, "idle_timeout.timeout_seconds"),
        "7");
    cr_expect_str_eq(
        alb_attribute_get(ALB_OF_BALANCER, &model->attributes, "client_keep_alive.seconds"),
        "3600");
    struct alb_pair_text unknown = {BYTES_LIT("stickiness.enabled"), BYTES_LIT("true")};
    cr_expect_eq(alb_group_set_attributes(group_b, &unknown, 1, &why), ALB_E_VALIDATION_ERROR);
    cr_expect_eq(alb_group_set_attributes(group_a, &unknown, 1, &why), ALB_OK);
    struct alb_pair_text slow[] = {
        {BYTES_LIT("slow_start.duration_seconds"), BYTES_LIT("30")},
        {BYTES_LIT("load_balancing.algorithm.type"), BYTES_LIT("weighted_random")}};
    cr_expect_eq(alb_group_set_attributes(group_a, slow, 2, &why),
                 ALB_E_INVALID_CONFIGURATION_REQUEST);
}

Test(alb_model, health_checks_have_the_bounds_of_the_api)
{
    struct alb_health_check check = alb_health_check_default(ALB_TARGET_IP);
    cr_expect_eq(alb_group_set_check(group_a, &check, &why), ALB_OK);
    check.interval_s = 4;
    cr_expect_eq(alb_group_set_check(group_a, &check, &why), ALB_E_VALIDATION_ERROR);
    static const char *const matchers[] = {"", "199", "500", "200,", "299-200", "2x0", "0200"};
    for (size_t i = 0; i < sizeof matchers / sizeof *matchers; i++) {
        check = alb_health_check_default(ALB_TARGET_IP);
        (void)snprintf(check.matcher, sizeof check.matcher, "%s", matchers[i]);
        cr_expect_eq(alb_group_set_check(group_a, &check, &why), ALB_E_VALIDATION_ERROR, "'%s'",
                     matchers[i]);
    }
    (void)snprintf(check.matcher, sizeof check.matcher, "200,202,300-399");
    cr_expect_eq(alb_group_set_check(group_a, &check, &why), ALB_OK, "%s", why.text);
}

Test(alb_model, every_error_has_a_code_and_a_text)
{
    for (int i = ALB_OK + 1; i <= ALB_E_INTERNAL_FAILURE; i++) {
        cr_expect_eq(alb_refuse(&why, (enum alb_error)i), (enum alb_error)i);
        cr_expect_gt(strlen(why.text), 8u);
        cr_expect_gt(strlen(alb_error_code((enum alb_error)i)), 8u);
    }
    cr_expect_eq(alb_error_status(ALB_E_HEALTH_UNAVAILABLE), 500);
    cr_expect_eq(alb_error_status(ALB_E_TARGET_GROUP_NOT_FOUND), 400);
}
