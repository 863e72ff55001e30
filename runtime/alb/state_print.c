#include "runtime/alb/state.h"
#include "runtime/alb/certificates.h"
#include "runtime/alb/tag.h"
#include "runtime/core/json_text.h"

/* --- members: `out` is inside an object --- */

static void key(struct buf *out, const char *name)
{
    if (out->len && out->data[out->len - 1] != '{' && out->data[out->len - 1] != '[')
        buf_append_char(out, ',');
    json_text_string(out, bytes_from_str(name));
    buf_append_char(out, ':');
}

static void text(struct buf *out, const char *name, const char *value)
{
    key(out, name);
    json_text_string(out, bytes_from_str(value));
}

static void number(struct buf *out, const char *name, uint64_t value)
{
    key(out, name);
    buf_append_u64(out, value);
}

/* Begins the next item of a list. */
static void open_item(struct buf *out)
{
    if (out->len && out->data[out->len - 1] != '[')
        buf_append_char(out, ',');
    buf_append_char(out, '{');
}

static void open_list(struct buf *out, const char *name)
{
    key(out, name);
    buf_append_char(out, '[');
}

static void open_object(struct buf *out, const char *name)
{
    key(out, name);
    buf_append_char(out, '{');
}

/* Those that are not AWS's defaults. */
static void print_attributes(struct buf *out, enum alb_attribute_scope scope,
                             const void *attributes, const void *defaults)
{
    const char *name, *value;
    open_object(out, "attributes");
    for (size_t i = 0; alb_attribute_at(scope, attributes, i, &name, &value); i++)
        if (strcmp(value, alb_attribute_get(scope, defaults, name)) != 0)
            text(out, name, value);
    buf_append_char(out, '}');
}

/* --- target groups --- */

static void print_check(struct buf *out, const struct alb_health_check *check)
{
    open_object(out, "healthCheck");
    number(out, "enabled", check->is_enabled);
    number(out, "protocol", check->protocol);
    number(out, "port", check->port);
    text(out, "path", check->path);
    number(out, "intervalSeconds", check->interval_s);
    number(out, "timeoutSeconds", check->timeout_s);
    number(out, "healthyCount", check->healthy_count);
    number(out, "unhealthyCount", check->unhealthy_count);
    text(out, "matcher", check->matcher);
    buf_append_char(out, '}');
}

static bool is_kept(const struct alb_target *target)
{
    return !target->owner.context && target->state != ALB_DRAINING;
}

static void print_group(struct buf *out, const struct alb_group *group)
{
    struct alb_group_attributes defaults;
    enum alb_attribute_scope scope = alb_group_scope(group);
    open_item(out);
    text(out, "name", group->name);
    text(out, "arn", group->arn);
    number(out, "type", group->type);
    number(out, "protocol", group->protocol);
    number(out, "port", group->port);
    print_check(out, &group->check);
    alb_attributes_init(scope, &defaults);
    print_attributes(out, scope, &group->attributes, &defaults);
    alb_attributes_release(scope, &defaults);
    open_list(out, "targets");
    for (const struct alb_target *target = group->targets; target; target = target->next) {
        if (!is_kept(target))
            continue;
        open_item(out);
        text(out, "id", target->id);
        number(out, "port", target->port);
        buf_append_char(out, '}');
    }
    buf_append(out, BYTES_LIT("]}"));
}

/* --- listeners --- */

static void print_forward(struct buf *out, const struct alb_action *action)
{
    number(out, "sticky", action->forward.is_sticky);
    number(out, "stickySeconds", action->forward.sticky_s);
    open_list(out, "shares");
    for (size_t i = 0; i < action->forward.count; i++) {
        open_item(out);
        text(out, "group", action->forward.shares[i].group->arn);
        number(out, "weight", action->forward.shares[i].weight);
        buf_append_char(out, '}');
    }
    buf_append_char(out, ']');
}

static void print_action(struct buf *out, const struct alb_action *action)
{
    open_object(out, "action");
    number(out, "type", action->type);
    number(out, "order", action->order);
    switch (action->type) {
    case ALB_FORWARD:
        print_forward(out, action);
        break;
    case ALB_REDIRECT:
        text(out, "protocol", action->redirect.protocol);
        text(out, "port", action->redirect.port);
        text(out, "host", action->redirect.host);
        text(out, "path", action->redirect.path);
        text(out, "query", action->redirect.query);
        number(out, "status", (uint64_t)action->redirect.status);
        break;
    case ALB_FIXED_RESPONSE:
        number(out, "status", (uint64_t)action->fixed.status);
        text(out, "contentType", action->fixed.content_type);
        text(out, "body", action->fixed.body);
        break;
    }
    buf_append_char(out, '}');
}

static void print_condition(struct buf *out, const struct alb_condition *condition)
{
    open_item(out);
    number(out, "field", condition->field);
    text(out, "header", condition->header_name);
    number(out, "isRegex", condition->is_regex);
    open_list(out, "values");
    for (size_t i = 0; i < condition->value_count; i++) {
        open_item(out);
        text(out, "key", condition->values[i].key);
        text(out, "text", condition->values[i].text);
        buf_append_char(out, '}');
    }
    buf_append(out, BYTES_LIT("]}"));
}

static void print_rule(struct buf *out, const struct alb_rule *rule)
{
    open_item(out);
    text(out, "arn", rule->arn);
    number(out, "priority", rule->priority);
    open_list(out, "conditions");
    for (size_t i = 0; i < rule->condition_count; i++)
        print_condition(out, &rule->conditions[i]);
    buf_append_char(out, ']');
    print_action(out, &rule->action);
    open_list(out, "rewrites");
    for (int i = 0; i < ALB_TRANSFORM_TYPES; i++) {
        open_item(out);
        text(out, "regex", rule->transforms.rewrites[i].regex);
        text(out, "replace", rule->transforms.rewrites[i].replace);
        buf_append_char(out, '}');
    }
    buf_append_char(out, ']');
    buf_append_char(out, '}');
}

static void print_listener(struct buf *out, const struct alb_listener *listener)
{
    struct alb_listener_attributes defaults;
    open_item(out);
    text(out, "arn", listener->arn);
    number(out, "port", listener->port);
    number(out, "protocol", listener->protocol);
    text(out, "sslPolicy", listener->ssl_policy);
    open_list(out, "certificates");
    for (const struct alb_certificate *one = listener->certificates; one; one = one->next) {
        open_item(out);
        text(out, "arn", one->arn);
        buf_append_char(out, '}');
    }
    buf_append_char(out, ']');
    alb_attributes_init(ALB_OF_LISTENER, &defaults);
    print_attributes(out, ALB_OF_LISTENER, &listener->attributes, &defaults);
    alb_attributes_release(ALB_OF_LISTENER, &defaults);
    open_list(out, "rules");
    for (const struct alb_rule *rule = listener->rules; rule; rule = rule->next)
        print_rule(out, rule);
    buf_append(out, BYTES_LIT("]}"));
}

/* --- all of it --- */

static void print_tag(struct buf *out, const struct alb_tag *tag)
{
    open_item(out);
    text(out, "arn", tag->arn);
    text(out, "key", tag->key);
    text(out, "value", tag->value);
    buf_append_char(out, '}');
}

static void print_balancer(struct buf *out, const struct alb_model *model)
{
    struct alb_balancer_attributes defaults;
    open_object(out, "loadBalancer");
    text(out, "name", model->name);
    text(out, "arn", model->arn);
    number(out, "createdEpochMs", (uint64_t)model->created_epoch_ms);
    alb_attributes_init(ALB_OF_BALANCER, &defaults);
    print_attributes(out, ALB_OF_BALANCER, &model->attributes, &defaults);
    alb_attributes_release(ALB_OF_BALANCER, &defaults);
    buf_append_char(out, '}');
}

void alb_state_print(const struct alb_model *model, struct buf *out)
{
    buf_append_char(out, '{');
    number(out, "version", ALB_STATE_VERSION);
    print_balancer(out, model);
    open_list(out, "targetGroups");
    for (const struct alb_group *group = model->groups; group; group = group->next)
        print_group(out, group);
    buf_append_char(out, ']');
    open_list(out, "listeners");
    for (const struct alb_listener *listener = model->listeners; listener;
         listener = listener->next)
        print_listener(out, listener);
    buf_append_char(out, ']');
    open_list(out, "tags");
    for (const struct alb_tag *tag = model->tags; tag; tag = tag->next)
        print_tag(out, tag);
    buf_append(out, BYTES_LIT("]}\n"));
}
