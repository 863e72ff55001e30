#include <stdlib.h>

#include "runtime/alb/internal.h"

/* --- looking up --- */

struct alb_rule *alb_rule_find(const struct alb_model *model, struct bytes arn)
{
    for (const struct alb_listener *each = model->listeners; each; each = each->next)
        for (struct alb_rule *rule = each->rules; rule; rule = rule->next)
            if (bytes_eq(arn, bytes_from_str(rule->arn)))
                return rule;
    return NULL;
}

static struct alb_rule *with_priority(const struct alb_listener *listener, unsigned priority)
{
    for (struct alb_rule *rule = listener->rules; rule; rule = rule->next)
        if (rule->priority == priority)
            return rule;
    return NULL;
}

static size_t rule_count(const struct alb_model *model)
{
    size_t count = 0;
    for (const struct alb_listener *each = model->listeners; each; each = each->next)
        for (const struct alb_rule *rule = each->rules; rule; rule = rule->next)
            count += rule->priority != 0;
    return count;
}

/* The tail of the listener's ARN behind "listener/": "app/NAME/ID/ID". */
static const char *listener_tail(const struct alb_listener *listener)
{
    const char *at = strstr(listener->arn, ":listener/");
    return at ? at + sizeof ":listener/" - 1 : listener->arn;
}

struct alb_rule *alb_rule_make(struct alb_listener *listener, unsigned priority,
                               const struct alb_action *action)
{
    struct alb_rule *rule = calloc(1, sizeof *rule);
    if (!rule)
        return NULL;
    rule->listener = listener;
    rule->priority = priority;
    rule->action = *action;
    alb_arn_make(listener->model, rule->arn, "listener-rule/%s", listener_tail(listener));
    return rule;
}

/* --- rules --- */

static void link_rule(struct alb_rule *rule)
{
    struct alb_rule **link = &rule->listener->rules;
    while ((*link)->priority && (*link)->priority < rule->priority)
        link = &(*link)->next;
    rule->next = *link;
    *link = rule;
}

static void unlink_rule(struct alb_rule *rule)
{
    struct alb_rule **link = &rule->listener->rules;
    while (*link != rule)
        link = &(*link)->next;
    *link = rule->next;
}

static enum alb_error check_priority(unsigned priority, struct alb_why *why)
{
    if (priority >= 1 && priority <= ALB_PRIORITY_MAX)
        return ALB_OK;
    return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                             "Priority '%u' is not valid: it must be 1-%d", priority,
                             ALB_PRIORITY_MAX);
}

static enum alb_error refuse_taken(unsigned priority, struct alb_why *why)
{
    return alb_refuse_printf(why, ALB_E_PRIORITY_IN_USE, "Priority '%u' is currently in use",
                             priority);
}

static void free_regexes(struct alb_regex *regexes[ALB_VALUES_MAX])
{
    for (size_t i = 0; i < ALB_VALUES_MAX; i++)
        alb_regex_free(regexes[i]);
}

void alb_rule_free(struct alb_rule *rule)
{
    free_regexes(rule->regexes);
    alb_transformer_release(&rule->transformer);
    free(rule);
}

/* As all texts that are matched without case but the path's. */
static enum alb_error compile(const struct alb_condition *conditions, size_t count,
                              struct alb_regex *regexes[ALB_VALUES_MAX], struct alb_why *why)
{
    char reason[ALB_REGEX_WHY_MAX];
    size_t at = 0;
    memset(regexes, 0, ALB_VALUES_MAX * sizeof *regexes);
    for (size_t i = 0; i < count; i++) {
        const struct alb_condition *condition = &conditions[i];
        for (size_t j = 0; j < condition->value_count; j++, at++) {
            if (!condition->is_regex)
                continue;
            const char *text = condition->values[j].text;
            regexes[at] =
                alb_regex_new(bytes_from_str(text), condition->field != ALB_PATH_PATTERN, reason);
            if (regexes[at])
                continue;
            free_regexes(regexes);
            return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                     "The regular expression '%s' is not valid: %s", text, reason);
        }
    }
    return ALB_OK;
}

/* Checks copies, so that a refusal leaves all as it was. */
static enum alb_error set_conditions(struct alb_rule *rule, const struct alb_condition *conditions,
                                     size_t count, struct alb_why *why)
{
    struct alb_condition copies[ALB_VALUES_MAX];
    struct alb_regex *regexes[ALB_VALUES_MAX];
    if (count == 0 || count > ALB_VALUES_MAX)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "A rule has 1 to %d conditions, not %zu", ALB_VALUES_MAX, count);
    memcpy(copies, conditions, count * sizeof *conditions);
    enum alb_error error = alb_conditions_check(copies, count, why);
    if (error == ALB_OK)
        error = compile(copies, count, regexes, why);
    if (error != ALB_OK)
        return error;
    free_regexes(rule->regexes);
    memcpy(rule->regexes, regexes, sizeof regexes);
    memcpy(rule->conditions, copies, count * sizeof *copies);
    rule->condition_count = count;
    return ALB_OK;
}

enum alb_error alb_rule_create(struct alb_listener *listener, unsigned priority,
                               const struct alb_condition *conditions, size_t condition_count,
                               const struct alb_action *action, struct alb_rule **rule,
                               struct alb_why *why)
{
    enum alb_error error = check_priority(priority, why);
    if (error == ALB_OK && with_priority(listener, priority))
        error = refuse_taken(priority, why);
    if (error == ALB_OK && rule_count(listener->model) >= ALB_RULES_MAX)
        error = alb_refuse(why, ALB_E_TOO_MANY_RULES);
    if (error == ALB_OK)
        error = alb_action_check(action, why);
    if (error != ALB_OK)
        return error;
    struct alb_rule *item = alb_rule_make(listener, priority, action);
    if (!item)
        return alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    error = set_conditions(item, conditions, condition_count, why);
    if (error != ALB_OK) {
        alb_rule_free(item);
        return error;
    }
    link_rule(item);
    alb_usage_update(listener->model);
    if (rule)
        *rule = item;
    return ALB_OK;
}

static enum alb_error refuse_default(struct alb_why *why)
{
    return alb_refuse_printf(why, ALB_E_OPERATION_NOT_PERMITTED,
                             "Default rule of a listener cannot be changed or deleted as a rule");
}

enum alb_error alb_rule_modify(struct alb_rule *rule, const struct alb_condition *conditions,
                               size_t condition_count, const struct alb_action *action,
                               struct alb_why *why)
{
    enum alb_error error = ALB_OK;
    if (rule->priority == 0)
        return refuse_default(why);
    if (action)
        error = alb_action_check(action, why);
    if (error == ALB_OK && conditions)
        error = set_conditions(rule, conditions, condition_count, why);
    if (error != ALB_OK)
        return error;
    if (action)
        rule->action = *action;
    alb_usage_update(rule->listener->model);
    return ALB_OK;
}

void alb_rule_take_transforms(struct alb_rule *rule, const struct alb_transforms *transforms,
                              const struct alb_transformer *made)
{
    alb_transformer_release(&rule->transformer);
    rule->transforms = *transforms;
    rule->transformer = *made;
}

static bool is_in(const struct alb_rule *rule, const struct alb_rule_priority *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].rule == rule)
            return true;
    return false;
}

static enum alb_error check_item(const struct alb_rule_priority *items, size_t count, size_t i,
                                 struct alb_why *why)
{
    const struct alb_rule_priority *item = &items[i];
    if (item->rule->priority == 0)
        return refuse_default(why);
    enum alb_error error = check_priority(item->priority, why);
    if (error != ALB_OK)
        return error;
    const struct alb_rule *there = with_priority(item->rule->listener, item->priority);
    if (there && !is_in(there, items, count))
        return refuse_taken(item->priority, why);
    for (size_t j = 0; j < i; j++)
        if (items[j].rule == item->rule || (items[j].priority == item->priority &&
                                            items[j].rule->listener == item->rule->listener))
            return refuse_taken(item->priority, why);
    return ALB_OK;
}

enum alb_error alb_rule_set_priorities(const struct alb_rule_priority *items, size_t count,
                                       struct alb_why *why)
{
    for (size_t i = 0; i < count; i++) {
        enum alb_error error = check_item(items, count, i, why);
        if (error != ALB_OK)
            return error;
    }
    for (size_t i = 0; i < count; i++)
        unlink_rule(items[i].rule);
    for (size_t i = 0; i < count; i++) {
        items[i].rule->priority = items[i].priority;
        link_rule(items[i].rule);
    }
    return ALB_OK;
}

enum alb_error alb_rule_delete(struct alb_rule *rule, struct alb_why *why)
{
    struct alb_model *model = rule->listener->model;
    if (rule->priority == 0)
        return refuse_default(why);
    unlink_rule(rule);
    alb_rule_free(rule);
    alb_usage_update(model);
    return ALB_OK;
}
