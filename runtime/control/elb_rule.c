#include "runtime/control/elb_internal.h"

/* Rules: described, made, changed, deleted, put in another order. */

static void write_rule(struct elb_call *call, struct datum *list, const struct alb_rule *rule)
{
    struct datum *map = datum_map(call->maker, list, NULL);
    struct bytes priority = BYTES_LIT("default");
    if (rule->priority && arena_printf(call->arena, &priority, "%u", rule->priority) != RC_OK)
        call->maker->failed = true;
    datum_string(call->maker, map, "RuleArn", rule->arn);
    datum_text(call->maker, map, "Priority", priority);
    elb_write_conditions(call, map, rule);
    elb_write_action(call, map, "Actions", &rule->action);
    elb_write_transforms(call, map, rule);
    datum_bool(call->maker, map, "IsDefault", rule->priority == 0);
}

static enum alb_error find_rules(struct elb_call *call, const struct datum *arns,
                                 struct elb_items *items)
{
    struct alb_listener *listener = NULL;
    enum alb_error error = arns->count ? ALB_OK : elb_need_listener(call, "ListenerArn", &listener);
    for (const struct alb_rule *rule = listener ? listener->rules : NULL; rule; rule = rule->next)
        elb_items_add(call, items, rule);
    for (const struct datum *item = arns->first; item; item = item->next) {
        const struct alb_rule *rule =
            item->kind == DATUM_TEXT ? alb_rule_find(call->model, item->text) : NULL;
        if (!rule)
            return alb_refuse(call->why, ALB_E_RULE_NOT_FOUND);
        elb_items_add(call, items, rule);
    }
    return error;
}

enum alb_error elb_describe_rules(struct elb_call *call, struct datum *result)
{
    const struct datum *arns;
    struct elb_items items = {NULL, 0, 0};
    enum alb_error error = elb_list(call, call->input, "RuleArns", false, &arns);
    if (error == ALB_OK && (datum_get(call->input, "ListenerArn") != NULL) == (arns->count > 0))
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "You must specify either listener rule ARNs or a listener ARN");
    if (error == ALB_OK)
        error = find_rules(call, arns, &items);
    struct datum *list = datum_list(call->maker, result, "Rules");
    if (error == ALB_OK)
        error = elb_items_page(call, &items, result);
    for (size_t i = 0; error == ALB_OK && i < items.count; i++)
        write_rule(call, list, items.items[i]);
    return error;
}

enum alb_error elb_create_rule(struct elb_call *call, struct datum *result)
{
    struct alb_listener *listener;
    struct alb_condition conditions[ALB_VALUES_MAX];
    struct alb_action action;
    struct alb_rule *rule;
    struct alb_transforms transforms;
    struct alb_transformer made = {0};
    unsigned priority = 0;
    size_t count;
    enum alb_error error = elb_need_listener(call, "ListenerArn", &listener);
    if (error == ALB_OK)
        error = elb_number(call, call->input, "Priority", 1, ALB_PRIORITY_MAX, &priority);
    if (error == ALB_OK && priority == 0)
        error = elb_invalid(call, call->input, "Priority", "Member must not be null");
    if (error == ALB_OK)
        error = elb_read_conditions(call, conditions, &count);
    if (error == ALB_OK)
        error = elb_read_action(call, "Actions", &action);
    if (error == ALB_OK)
        error = elb_check_tags(call, NULL);
    if (error == ALB_OK)
        error = elb_read_transforms(call, &transforms, &made);
    if (error == ALB_OK)
        error = alb_rule_create(listener, priority, conditions, count, &action, &rule, call->why);
    if (error != ALB_OK) {
        alb_transformer_release(&made);
        return error;
    }
    alb_rule_take_transforms(rule, &transforms, &made);
    write_rule(call, datum_list(call->maker, result, "Rules"), rule);
    return elb_set_tags(call, rule->arn);
}

enum alb_error elb_modify_rule(struct elb_call *call, struct datum *result)
{
    struct alb_condition conditions[ALB_VALUES_MAX];
    struct alb_action action;
    struct alb_rule *rule;
    struct alb_transforms transforms;
    struct alb_transformer made = {0};
    size_t count = 0;
    bool resets = false, has_transforms = datum_get(call->input, "Transforms") != NULL;
    bool has_conditions = datum_get(call->input, "Conditions") != NULL;
    bool has_action = datum_get(call->input, "Actions") != NULL;
    enum alb_error error = elb_need_rule(call, call->input, "RuleArn", &rule);
    if (error == ALB_OK)
        error = elb_flag(call, call->input, "ResetTransforms", &resets);
    if (error == ALB_OK && resets && has_transforms)
        error = elb_invalid(call, call->input, "ResetTransforms",
                            "Transforms and ResetTransforms exclude each other");
    if (error == ALB_OK && has_conditions)
        error = elb_read_conditions(call, conditions, &count);
    if (error == ALB_OK && has_action)
        error = elb_read_action(call, "Actions", &action);
    if (error == ALB_OK)
        error = elb_read_transforms(call, &transforms, &made);
    if (error == ALB_OK)
        error = alb_rule_modify(rule, has_conditions ? conditions : NULL, count,
                                has_action ? &action : NULL, call->why);
    if (error != ALB_OK || (!has_transforms && !resets))
        alb_transformer_release(&made);
    else
        alb_rule_take_transforms(rule, &transforms, &made);
    if (error == ALB_OK)
        write_rule(call, datum_list(call->maker, result, "Rules"), rule);
    return error;
}

enum alb_error elb_delete_rule(struct elb_call *call, struct datum *result)
{
    struct alb_rule *rule;
    struct bytes arn = datum_get_text(call->input, "RuleArn");
    enum alb_error error = elb_need_rule(call, call->input, "RuleArn", &rule);
    (void)result;
    if (error == ALB_OK)
        error = alb_rule_delete(rule, call->why);
    if (error == ALB_OK)
        alb_tag_drop(call->model, arn, NULL);
    return error;
}

enum alb_error elb_set_rule_priorities(struct elb_call *call, struct datum *result)
{
    const struct datum *list;
    struct alb_rule_priority *items;
    size_t count = 0;
    enum alb_error error = elb_list(call, call->input, "RulePriorities", true, &list);
    if (error != ALB_OK)
        return error;
    items = arena_zalloc(call->arena, list->count * sizeof *items);
    if (!items)
        return alb_refuse(call->why, ALB_E_INTERNAL_FAILURE);
    for (const struct datum *item = list->first; item && error == ALB_OK; item = item->next) {
        error = elb_need_rule(call, item, "RuleArn", &items[count].rule);
        if (error == ALB_OK)
            error = elb_number(call, item, "Priority", 1, ALB_PRIORITY_MAX, &items[count].priority);
        if (error == ALB_OK && items[count++].priority == 0)
            error = elb_invalid(call, item, "Priority", "Member must not be null");
    }
    if (error == ALB_OK)
        error = alb_rule_set_priorities(items, count, call->why);
    struct datum *rules = datum_list(call->maker, result, "Rules");
    for (size_t i = 0; error == ALB_OK && i < count; i++)
        write_rule(call, rules, items[i].rule);
    return error;
}
