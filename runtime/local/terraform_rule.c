#include <stdio.h>

#include "runtime/alb/ssl_policy.h"
#include "runtime/local/terraform_internal.h"

/* Listeners and their rules. A slot is known by the ARN of its group; in a plan that has not been
 * applied by the key of the rule, or, for a rule with weights, by the variable `slots`. */

enum { RULES_MAX = ALB_RULES_MAX };

/* --- conditions --- */

static bool add_value(struct terraform_reader *reader, struct alb_condition *condition,
                      const char *key, struct bytes text)
{
    if (condition->value_count == ALB_VALUES_MAX || text.len > ALB_VALUE_MAX)
        return terraform_fail(reader, "a condition has more or longer values than AWS takes");
    struct alb_value *value = &condition->values[condition->value_count++];
    (void)snprintf(value->key, sizeof value->key, "%s", key);
    (void)snprintf(value->text, sizeof value->text, "%.*s", BYTES_ARG(text));
    return true;
}

static bool add_values(struct terraform_reader *reader, struct alb_condition *condition,
                       const cJSON *block)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(block, "regex_values");
    condition->is_regex = cJSON_IsArray(list) && list->child;
    if (!condition->is_regex)
        list = cJSON_GetObjectItemCaseSensitive(block, "values");
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next)
        if (!add_value(reader, condition, "", json_bytes(item)))
            return false;
    return true;
}

/* Its blocks are one for each value, not one with all. */
static bool add_queries(struct terraform_reader *reader, struct alb_condition *condition,
                        const cJSON *block)
{
    for (; block; block = block->next) {
        const char *key = terraform_text(reader, block, "key");
        if (!key || !add_value(reader, condition, key,
                               json_bytes(cJSON_GetObjectItemCaseSensitive(block, "value"))))
            return false;
    }
    return true;
}

static bool take_condition(struct terraform_reader *reader, struct terraform_rule *rule,
                           const cJSON *item)
{
    static const char *const names[] = {
        [ALB_HOST_HEADER] = "host_header",   [ALB_PATH_PATTERN] = "path_pattern",
        [ALB_HTTP_HEADER] = "http_header",   [ALB_REQUEST_METHOD] = "http_request_method",
        [ALB_QUERY_STRING] = "query_string", [ALB_SOURCE_IP] = "source_ip",
    };
    for (size_t field = 0; field < sizeof names / sizeof *names; field++) {
        const cJSON *block = terraform_block(item, names[field]);
        if (!block)
            continue;
        if (rule->condition_count == ALB_VALUES_MAX)
            return terraform_fail(reader, "it has more conditions than AWS takes");
        struct alb_condition *condition = &rule->conditions[rule->condition_count++];
        struct bytes header =
            json_bytes(cJSON_GetObjectItemCaseSensitive(block, "http_header_name"));
        condition->field = (enum alb_field)field;
        (void)snprintf(condition->header_name, sizeof condition->header_name, "%.*s",
                       BYTES_ARG(header));
        if (field == ALB_QUERY_STRING ? !add_queries(reader, condition, block)
                                      : !add_values(reader, condition, block))
            return false;
    }
    return true;
}

/* --- where it forwards to --- */

static int slot_of_arn(const struct terraform_reader *reader, struct bytes arn)
{
    for (int i = 0; arn.len && i < RIG_SLOTS; i++)
        if (bytes_eq(arn, reader->terraform->groups[i].arn))
            return i;
    return -1;
}

static bool add_share(struct terraform_reader *reader, struct terraform_rule *rule, int slot,
                      unsigned weight)
{
    size_t *count = &rule->action.forward.count;
    if (slot < 0 || *count == ALB_RULE_GROUPS_MAX)
        return terraform_fail(reader, "it forwards to a group that is none of the slots");
    rule->slots[*count] = slot;
    rule->action.forward.shares[(*count)++].weight = weight;
    return true;
}

/* The weights of the variable, where the plan does not know the groups of its rule yet. */
static bool take_variable(struct terraform_reader *reader, struct terraform_rule *rule,
                          size_t known_count)
{
    size_t count = 0;
    const cJSON *item = cJSON_IsArray(reader->slots) ? reader->slots->child : NULL;
    for (; item; item = item->next, count++) {
        unsigned weight = 0;
        struct bytes name = json_bytes(cJSON_GetObjectItemCaseSensitive(item, "name"));
        if (!terraform_number(item, "weight", 0, 999, &weight) ||
            !add_share(reader, rule, terraform_slot(name), weight))
            return terraform_fail(reader, "the variable 'slots' is not that of terraform/");
    }
    return count == known_count ||
           terraform_fail(reader, "its weights are not known: the variable 'slots' has others");
}

static bool take_groups(struct terraform_reader *reader, struct terraform_rule *rule,
                        const cJSON *forward)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(forward, "target_group");
    size_t count = 0;
    bool is_known = true;
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next, count++)
        is_known = is_known && json_bytes(cJSON_GetObjectItemCaseSensitive(item, "arn")).len > 0;
    if (!is_known)
        return take_variable(reader, rule, count);
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next) {
        unsigned weight = 1;
        (void)terraform_number(item, "weight", 0, 999, &weight);
        struct bytes arn = json_bytes(cJSON_GetObjectItemCaseSensitive(item, "arn"));
        if (!add_share(reader, rule, slot_of_arn(reader, arn), weight))
            return false;
    }
    return true;
}

static bool take_forward(struct terraform_reader *reader, struct terraform_rule *rule,
                         const cJSON *resource, const cJSON *action)
{
    const cJSON *forward = terraform_block(action, "forward");
    const cJSON *sticky = terraform_block(forward, "stickiness");
    struct bytes key = json_bytes(cJSON_GetObjectItemCaseSensitive(resource, "index"));
    struct bytes arn = json_bytes(cJSON_GetObjectItemCaseSensitive(action, "target_group_arn"));
    rule->action.type = ALB_FORWARD;
    if (sticky && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(sticky, "enabled"))) {
        rule->action.forward.is_sticky = true;
        (void)terraform_number(sticky, "duration", 1, ALB_STICKY_MAX_S,
                               &rule->action.forward.sticky_s);
    }
    if (arn.len || !forward)
        return add_share(reader, rule, arn.len ? slot_of_arn(reader, arn) : terraform_slot(key), 1);
    return take_groups(reader, rule, forward);
}

/* --- other actions --- */

static void copy(char *to, size_t size, const cJSON *block, const char *name, const char *fallback)
{
    struct bytes text = json_bytes(cJSON_GetObjectItemCaseSensitive(block, name));
    (void)snprintf(to, size, "%.*s", BYTES_ARG(text.len ? text : bytes_from_str(fallback)));
}

static void take_fixed(struct alb_action *action, const cJSON *block)
{
    unsigned status = 200;
    (void)terraform_number(block, "status_code", 200, 599, &status);
    action->type = ALB_FIXED_RESPONSE;
    action->fixed.status = (int)status;
    copy(action->fixed.content_type, sizeof action->fixed.content_type, block, "content_type", "");
    copy(action->fixed.body, sizeof action->fixed.body, block, "message_body", "");
}

static void take_redirect(struct alb_action *action, const cJSON *block)
{
    char status[16];
    copy(status, sizeof status, block, "status_code", "HTTP_302");
    action->type = ALB_REDIRECT;
    action->redirect.status = strcmp(status, "HTTP_301") == 0 ? 301 : 302;
    copy(action->redirect.protocol, sizeof action->redirect.protocol, block, "protocol",
         "#{protocol}");
    copy(action->redirect.port, sizeof action->redirect.port, block, "port", "#{port}");
    copy(action->redirect.host, sizeof action->redirect.host, block, "host", "#{host}");
    copy(action->redirect.path, sizeof action->redirect.path, block, "path", "/#{path}");
    copy(action->redirect.query, sizeof action->redirect.query, block, "query", "#{query}");
}

static bool take_action(struct terraform_reader *reader, struct terraform_rule *rule,
                        const cJSON *resource, const cJSON *action)
{
    struct bytes type = json_bytes(cJSON_GetObjectItemCaseSensitive(action, "type"));
    rule->action.order = 1;
    (void)terraform_number(action, "order", 1, 50000, &rule->action.order);
    if (!action || action->next)
        return terraform_fail(reader, "it has not one action: the rig takes a single one");
    if (bytes_eq(type, BYTES_LIT("forward")))
        return take_forward(reader, rule, resource, action);
    if (bytes_eq(type, BYTES_LIT("fixed-response")))
        take_fixed(&rule->action, terraform_block(action, "fixed_response"));
    else if (bytes_eq(type, BYTES_LIT("redirect")))
        take_redirect(&rule->action, terraform_block(action, "redirect"));
    else
        return terraform_fail(reader, "its action is none of forward, redirect, fixed-response");
    return true;
}

/* --- the resources --- */

bool terraform_take_rule(struct terraform_reader *reader, const cJSON *resource,
                         const cJSON *values)
{
    struct terraform *terraform = reader->terraform;
    struct arena *arena = &reader->config->arena;
    if (!terraform->rules)
        terraform->rules = arena_zalloc(arena, RULES_MAX * sizeof *terraform->rules);
    if (!terraform->rules || terraform->rule_count == RULES_MAX)
        return terraform_fail(reader, "there are more rules than AWS takes");
    struct terraform_rule *rule = &terraform->rules[terraform->rule_count++];
    const char *name =
        terraform_text(reader, cJSON_GetObjectItemCaseSensitive(values, "tags"), "Name");
    if (!name)
        return false;
    rule->name = bytes_from_str(name);
    if (!terraform_number(values, "priority", 1, ALB_PRIORITY_MAX, &rule->priority)) {
        rule->priority = 40000 + reader->next_priority++;
        terraform_note(reader, "%s: its priority is not known before it is applied: here it is %u",
                       reader->address, rule->priority);
    }
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(values, "condition");
    for (item = item ? item->child : NULL; item; item = item->next)
        if (!take_condition(reader, rule, item))
            return false;
    if (!take_action(reader, rule, resource, terraform_block(values, "action")))
        return false;
    if (rule->action.forward.count > 1) {
        memset(reader->config->weights, 0, sizeof reader->config->weights);
        for (size_t i = 0; i < rule->action.forward.count; i++)
            reader->config->weights[rule->slots[i]] = rule->action.forward.shares[i].weight;
    }
    return true;
}

static bool take_policy(struct terraform_reader *reader, const cJSON *values)
{
    char what[256];
    const char *policy = terraform_text(reader, values, "ssl_policy");
    if (!policy)
        return false;
    reader->terraform->ssl_policy = *policy ? policy : NULL;
    if (!*policy || ssl_policy_is_known(bytes_from_str(policy)))
        return true;
    (void)snprintf(what, sizeof what, "AWS has no ssl_policy '%.*s'", ALB_POLICY_MAX, policy);
    return terraform_fail(reader, what);
}

bool terraform_take_listener(struct terraform_reader *reader, const cJSON *resource,
                             const cJSON *values)
{
    struct terraform *terraform = reader->terraform;
    struct terraform_rule *rule = arena_zalloc(&reader->config->arena, sizeof *rule);
    struct bytes protocol = json_bytes(cJSON_GetObjectItemCaseSensitive(values, "protocol"));
    bool is_https = bytes_eq(protocol, BYTES_LIT("HTTPS"));
    const struct terraform_rule **place = is_https ? &terraform->https : &terraform->http;
    if (!rule)
        return terraform_fail(reader, "no memory");
    if ((!is_https && !bytes_eq(protocol, BYTES_LIT("HTTP"))) || *place)
        return terraform_fail(reader, "the rig takes one HTTP and one HTTPS listener");
    if (is_https && !take_policy(reader, values))
        return false;
    if (is_https)
        reader->config->https_port = RIG_HTTPS_PORT_USUAL;
    *place = rule;
    return take_action(reader, rule, resource, terraform_block(values, "default_action"));
}
