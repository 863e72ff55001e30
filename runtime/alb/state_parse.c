/*
 * A member that is missing or wrong is noted once, in `why`, and gives an empty value; each step
 * looks at the note before it changes the model.
 */
#include "runtime/alb/state.h"

#include <stdio.h>

#include "runtime/alb/certificates.h"
#include "runtime/alb/tag.h"
#include "runtime/core/limits.h"
#include "runtime/json/json.h"

struct reader {
    struct alb_model *model;
    struct alb_why *why;
    bool has_failed;
};

static bool fail(struct reader *reader, const char *where, const char *what)
{
    if (!reader->has_failed)
        (void)snprintf(reader->why->text, sizeof reader->why->text, "'%s' %s", where, what);
    reader->has_failed = true;
    return false;
}

/* What the model refused; its text is in `why` already. */
static bool agreed(struct reader *reader, enum alb_error error)
{
    reader->has_failed |= error != ALB_OK;
    return !reader->has_failed;
}

/* --- members --- */

static const cJSON *member(struct reader *reader, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!item)
        (void)fail(reader, name, "is missing");
    return item;
}

static uint64_t number(struct reader *reader, const cJSON *object, const char *name, uint64_t max)
{
    const cJSON *item = member(reader, object, name);
    double value = item ? item->valuedouble : 0;
    if (item && (!cJSON_IsNumber(item) || !(value >= 0 && value <= (double)max) ||
                 value != (double)(uint64_t)value))
        (void)fail(reader, name, "is no number that it may be");
    return reader->has_failed ? 0 : (uint64_t)value;
}

static unsigned small(struct reader *reader, const cJSON *object, const char *name, unsigned max)
{
    return (unsigned)number(reader, object, name, max);
}

static const char *text(struct reader *reader, const cJSON *object, const char *name)
{
    const cJSON *item = member(reader, object, name);
    if (item && !cJSON_IsString(item))
        (void)fail(reader, name, "is no text");
    return reader->has_failed ? "" : item->valuestring;
}

static void copy_text(struct reader *reader, const cJSON *object, const char *name, char *out,
                      size_t size)
{
    const char *value = text(reader, object, name);
    if (strlen(value) < size)
        memcpy(out, value, strlen(value) + 1);
    else
        (void)fail(reader, name, "is too long");
}

/* The first item of a list; NULL too when it is empty. */
static const cJSON *list(struct reader *reader, const cJSON *object, const char *name)
{
    const cJSON *item = member(reader, object, name);
    if (item && !cJSON_IsArray(item))
        (void)fail(reader, name, "is no list");
    return reader->has_failed ? NULL : item->child;
}

static const cJSON *object_of(struct reader *reader, const cJSON *object, const char *name)
{
    const cJSON *item = member(reader, object, name);
    if (item && !cJSON_IsObject(item))
        (void)fail(reader, name, "is no object");
    return item;
}

/* The pairs of the object's "attributes"; how many. */
static size_t read_pairs(struct reader *reader, const cJSON *object,
                         struct alb_pair_text pairs[ALB_ATTRIBUTES_MAX])
{
    const cJSON *attributes = object_of(reader, object, "attributes");
    size_t count = 0;
    for (const cJSON *item = attributes ? attributes->child : NULL; item; item = item->next) {
        if (!cJSON_IsString(item) || count == ALB_ATTRIBUTES_MAX) {
            (void)fail(reader, item->string, "is no attribute");
            return 0;
        }
        pairs[count++] = (struct alb_pair_text){bytes_from_str(item->string), json_bytes(item)};
    }
    return reader->has_failed ? 0 : count;
}

/* --- target groups --- */

static void read_check(struct reader *reader, const cJSON *item, struct alb_health_check *check)
{
    const cJSON *object = object_of(reader, item, "healthCheck");
    check->is_enabled = small(reader, object, "enabled", 1);
    check->protocol = small(reader, object, "protocol", ALB_HTTPS);
    check->port = small(reader, object, "port", UINT16_MAX);
    copy_text(reader, object, "path", check->path, sizeof check->path);
    check->interval_s = small(reader, object, "intervalSeconds", UINT16_MAX);
    check->timeout_s = small(reader, object, "timeoutSeconds", UINT16_MAX);
    check->healthy_count = small(reader, object, "healthyCount", UINT16_MAX);
    check->unhealthy_count = small(reader, object, "unhealthyCount", UINT16_MAX);
    copy_text(reader, object, "matcher", check->matcher, sizeof check->matcher);
}

static bool read_targets(struct reader *reader, const cJSON *item, struct alb_group *group)
{
    for (item = list(reader, item, "targets"); item; item = item->next) {
        struct bytes id = bytes_from_str(text(reader, item, "id"));
        unsigned port = small(reader, item, "port", UINT16_MAX);
        if (reader->has_failed ||
            !agreed(reader, alb_target_register(group, id, port, NULL, NULL, reader->why)))
            return false;
    }
    return !reader->has_failed;
}

static bool read_group(struct reader *reader, const cJSON *item)
{
    struct alb_pair_text pairs[ALB_ATTRIBUTES_MAX];
    struct alb_health_check check = {0};
    struct alb_group *group;
    struct alb_group_options options = {
        .name = bytes_from_str(text(reader, item, "name")),
        .type = small(reader, item, "type", ALB_TARGET_LAMBDA),
        .protocol = small(reader, item, "protocol", ALB_HTTPS),
        .port = small(reader, item, "port", UINT16_MAX),
        .check = &check,
    };
    read_check(reader, item, &check);
    size_t count = read_pairs(reader, item, pairs);
    if (reader->has_failed ||
        !agreed(reader, alb_group_create(reader->model, &options, &group, reader->why)))
        return false;
    copy_text(reader, item, "arn", group->arn, sizeof group->arn);
    return !reader->has_failed &&
           agreed(reader, alb_group_set_attributes(group, pairs, count, reader->why)) &&
           read_targets(reader, item, group);
}

/* --- actions --- */

static void read_forward(struct reader *reader, const cJSON *object, struct alb_action *action)
{
    action->forward.is_sticky = small(reader, object, "sticky", 1);
    action->forward.sticky_s = small(reader, object, "stickySeconds", ALB_STICKY_MAX_S);
    for (const cJSON *item = list(reader, object, "shares"); item; item = item->next) {
        const char *arn = text(reader, item, "group");
        struct alb_group *group = alb_group_find(reader->model, bytes_from_str(arn));
        if (!group || action->forward.count == ALB_RULE_GROUPS_MAX) {
            (void)fail(reader, arn, group ? "is one group too many" : "is no target group");
            return;
        }
        action->forward.shares[action->forward.count++] =
            (struct alb_share){group, small(reader, item, "weight", LIMIT_WEIGHT)};
    }
}

static void read_redirect(struct reader *reader, const cJSON *object, struct alb_action *action)
{
    copy_text(reader, object, "protocol", action->redirect.protocol,
              sizeof action->redirect.protocol);
    copy_text(reader, object, "port", action->redirect.port, sizeof action->redirect.port);
    copy_text(reader, object, "host", action->redirect.host, sizeof action->redirect.host);
    copy_text(reader, object, "path", action->redirect.path, sizeof action->redirect.path);
    copy_text(reader, object, "query", action->redirect.query, sizeof action->redirect.query);
    action->redirect.status = (int)small(reader, object, "status", 399);
}

static void read_fixed(struct reader *reader, const cJSON *object, struct alb_action *action)
{
    action->fixed.status = (int)small(reader, object, "status", 599);
    copy_text(reader, object, "contentType", action->fixed.content_type,
              sizeof action->fixed.content_type);
    copy_text(reader, object, "body", action->fixed.body, sizeof action->fixed.body);
}

static bool read_action(struct reader *reader, const cJSON *item, struct alb_action *action)
{
    const cJSON *object = object_of(reader, item, "action");
    *action = (struct alb_action){.type = small(reader, object, "type", ALB_FIXED_RESPONSE),
                                  .order = small(reader, object, "order", ALB_PRIORITY_MAX)};
    switch (action->type) {
    case ALB_FORWARD:
        read_forward(reader, object, action);
        break;
    case ALB_REDIRECT:
        read_redirect(reader, object, action);
        break;
    case ALB_FIXED_RESPONSE:
        read_fixed(reader, object, action);
        break;
    }
    return !reader->has_failed;
}

/* --- listeners --- */

static void read_condition(struct reader *reader, const cJSON *item,
                           struct alb_condition *condition)
{
    condition->field = small(reader, item, "field", ALB_SOURCE_IP);
    copy_text(reader, item, "header", condition->header_name, sizeof condition->header_name);
    if (cJSON_GetObjectItemCaseSensitive(item, "isRegex")) /* older texts have none */
        condition->is_regex = small(reader, item, "isRegex", 1);
    for (item = list(reader, item, "values"); item; item = item->next) {
        if (condition->value_count == ALB_VALUES_MAX) {
            (void)fail(reader, "values", "are too many");
            return;
        }
        struct alb_value *value = &condition->values[condition->value_count++];
        copy_text(reader, item, "key", value->key, sizeof value->key);
        copy_text(reader, item, "text", value->text, sizeof value->text);
    }
}

static bool read_rewrites(struct reader *reader, const cJSON *item, struct alb_rule *rule)
{
    struct alb_transforms transforms = {0};
    struct alb_transformer made;
    int count = 0;
    if (!cJSON_GetObjectItemCaseSensitive(item, "rewrites")) /* older texts have none */
        return true;
    for (item = list(reader, item, "rewrites"); item; item = item->next, count++) {
        if (count == ALB_TRANSFORM_TYPES)
            return fail(reader, "rewrites", "are too many");
        struct alb_rewrite *rewrite = &transforms.rewrites[count];
        copy_text(reader, item, "regex", rewrite->regex, sizeof rewrite->regex);
        copy_text(reader, item, "replace", rewrite->replace, sizeof rewrite->replace);
    }
    if (reader->has_failed ||
        !agreed(reader, alb_transformer_init(&made, &transforms, reader->why)))
        return false;
    alb_rule_take_transforms(rule, &transforms, &made);
    return true;
}

static bool read_rule(struct reader *reader, const cJSON *item, struct alb_listener *listener,
                      const struct alb_action *action)
{
    struct alb_condition conditions[ALB_VALUES_MAX] = {0};
    size_t count = 0;
    struct alb_rule *rule;
    unsigned priority = small(reader, item, "priority", ALB_PRIORITY_MAX);
    for (const cJSON *each = list(reader, item, "conditions"); each; each = each->next) {
        if (count == ALB_VALUES_MAX)
            return fail(reader, "conditions", "are too many");
        read_condition(reader, each, &conditions[count++]);
    }
    if (reader->has_failed)
        return false;
    if (priority == 0)
        rule = alb_listener_default(listener);
    else if (!agreed(reader, alb_rule_create(listener, priority, conditions, count, action, &rule,
                                             reader->why)))
        return false;
    copy_text(reader, item, "arn", rule->arn, sizeof rule->arn);
    return !reader->has_failed && read_rewrites(reader, item, rule);
}

/* The default rule's action, which a listener is made with. */
static bool read_default(struct reader *reader, const cJSON *item, struct alb_action *action)
{
    for (item = list(reader, item, "rules"); item; item = item->next)
        if (small(reader, item, "priority", ALB_PRIORITY_MAX) == 0)
            return !reader->has_failed && read_action(reader, item, action);
    return fail(reader, "rules", "have no default");
}

static bool read_certificates(struct reader *reader, const cJSON *item,
                              struct alb_listener *listener)
{
    if (!cJSON_GetObjectItemCaseSensitive(item, "certificates")) /* older texts have none */
        return true;
    for (item = list(reader, item, "certificates"); item; item = item->next) {
        struct bytes arn = bytes_from_str(text(reader, item, "arn"));
        if (reader->has_failed ||
            !agreed(reader, alb_certificates_add(listener, &arn, 1, reader->why)))
            return false;
    }
    return !reader->has_failed;
}

static bool read_listener(struct reader *reader, const cJSON *item)
{
    struct alb_pair_text pairs[ALB_ATTRIBUTES_MAX];
    struct alb_listener *listener;
    struct alb_action action;
    unsigned port = small(reader, item, "port", UINT16_MAX);
    enum alb_protocol protocol = small(reader, item, "protocol", ALB_HTTPS);
    size_t count = read_pairs(reader, item, pairs);
    if (reader->has_failed || !read_default(reader, item, &action) ||
        !agreed(reader, alb_listener_create(reader->model, port, protocol, &action, &listener,
                                            reader->why)) ||
        !agreed(reader, alb_listener_set_attributes(listener, pairs, count, reader->why)))
        return false;
    copy_text(reader, item, "arn", listener->arn, sizeof listener->arn);
    if (cJSON_GetObjectItemCaseSensitive(item, "sslPolicy")) /* older texts have none */
        copy_text(reader, item, "sslPolicy", listener->ssl_policy, sizeof listener->ssl_policy);
    if (!read_certificates(reader, item, listener))
        return false;
    for (item = list(reader, item, "rules"); item; item = item->next)
        if (!read_action(reader, item, &action) || !read_rule(reader, item, listener, &action))
            return false;
    return !reader->has_failed;
}

/* --- all of it --- */

static bool read_balancer(struct reader *reader, const cJSON *root)
{
    struct alb_pair_text pairs[ALB_ATTRIBUTES_MAX];
    struct alb_model *model = reader->model;
    const cJSON *object = object_of(reader, root, "loadBalancer");
    copy_text(reader, object, "name", model->name, sizeof model->name);
    copy_text(reader, object, "arn", model->arn, sizeof model->arn);
    model->created_epoch_ms = (int64_t)number(reader, object, "createdEpochMs", 1ull << 52);
    size_t count = read_pairs(reader, object, pairs);
    return !reader->has_failed &&
           agreed(reader, alb_model_set_attributes(model, pairs, count, reader->why));
}

static void read_tags(struct reader *reader, const cJSON *root)
{
    for (const cJSON *item = list(reader, root, "tags"); item; item = item->next) {
        struct bytes arn = bytes_from_str(text(reader, item, "arn")),
                     key = bytes_from_str(text(reader, item, "key")),
                     value = bytes_from_str(text(reader, item, "value"));
        if (reader->has_failed)
            return;
        if (!alb_tag_set(reader->model, arn, key, value))
            (void)fail(reader, "tags", "have one that cannot be kept");
    }
}

static bool read_root(struct reader *reader, const cJSON *root)
{
    const cJSON *version = cJSON_IsObject(root) ? cJSON_GetObjectItem(root, "version") : NULL;
    if (!version || !cJSON_IsNumber(version))
        return fail(reader, "version", "is missing: this is no state of a load balancer");
    if (version->valuedouble != ALB_STATE_VERSION) {
        (void)snprintf(reader->why->text, sizeof reader->why->text,
                       "version %.15g is unknown: this program reads version %d",
                       version->valuedouble, ALB_STATE_VERSION);
        return false;
    }
    if (!read_balancer(reader, root))
        return false;
    for (const cJSON *item = list(reader, root, "targetGroups"); item; item = item->next)
        if (!read_group(reader, item))
            return false;
    for (const cJSON *item = list(reader, root, "listeners"); item; item = item->next)
        if (!read_listener(reader, item))
            return false;
    if (cJSON_GetObjectItemCaseSensitive(root, "tags")) /* older texts have none */
        read_tags(reader, root);
    return !reader->has_failed;
}

bool alb_state_parse(struct alb_model *model, struct bytes input, struct alb_why *why)
{
    struct reader reader = {.model = model, .why = why};
    struct json_place place;
    struct arena arena;
    cJSON *root;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    enum rc rc = json_parse(&arena, input, &root, &place);
    if (rc == RC_SYNTAX)
        (void)snprintf(why->text, sizeof why->text, "line %zu, column %zu: not JSON from here on",
                       place.line, place.column);
    else if (rc != RC_OK)
        (void)snprintf(why->text, sizeof why->text, "it is too large");
    bool is_read = rc == RC_OK && read_root(&reader, root);
    arena_release(&arena);
    return is_read;
}
