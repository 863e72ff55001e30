#include "runtime/control/elb_internal.h"

/* Tags, which the model keeps (alb/tag.h). */

/* Characters, of text that is UTF-8. */
static size_t count_characters(struct bytes text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static enum alb_error check_tag(struct elb_call *call, const struct datum *item)
{
    struct bytes key, value;
    enum alb_error error = elb_text(call, item, "Key", true, &key);
    if (error == ALB_OK)
        error = elb_text(call, item, "Value", false, &value);
    if (error == ALB_OK && count_characters(key) > ALB_TAG_KEY_MAX)
        return elb_invalid(call, item, "Key", "Member must have length less than or equal to 128");
    if (error == ALB_OK && count_characters(value) > ALB_TAG_VALUE_MAX)
        return elb_invalid(call, item, "Value",
                           "Member must have length less than or equal to 256");
    return error;
}

enum alb_error elb_check_tags(struct elb_call *call, const char *arn)
{
    const struct datum *list;
    size_t count = arn ? alb_tag_count(call->model, bytes_from_str(arn)) : 0;
    enum alb_error error = elb_list(call, call->input, "Tags", false, &list);
    for (const struct datum *item = error == ALB_OK ? list->first : NULL; item; item = item->next) {
        error = check_tag(call, item);
        if (error != ALB_OK)
            return error;
        count +=
            !arn || !alb_tag_find(call->model, bytes_from_str(arn), datum_get_text(item, "Key"));
    }
    if (error == ALB_OK && count > ELB_TAGS_MAX)
        return alb_refuse(call->why, ALB_E_TOO_MANY_TAGS);
    return error;
}

enum alb_error elb_set_tags(struct elb_call *call, const char *arn)
{
    const struct datum *list;
    enum alb_error error = elb_list(call, call->input, "Tags", false, &list);
    for (const struct datum *item = error == ALB_OK ? list->first : NULL; item; item = item->next)
        if (!alb_tag_set(call->model, bytes_from_str(arn), datum_get_text(item, "Key"),
                         datum_get_text(item, "Value")))
            call->maker->failed = true;
    return error;
}

/* --- DescribeTags, AddTags, RemoveTags --- */

/* The resource that `item` names by its ARN; `out` is its own copy of that. */
static enum alb_error find_resource(struct elb_call *call, const struct datum *item,
                                    const char **out)
{
    struct bytes arn = item->kind == DATUM_TEXT ? item->text : bytes_make(NULL, 0);
    const struct alb_listener *listener = alb_listener_find(call->model, arn);
    const struct alb_rule *rule = alb_rule_find(call->model, arn);
    const struct alb_group *group = alb_group_find(call->model, arn);
    *out = listener ? listener->arn : rule ? rule->arn : group ? group->arn : NULL;
    if (bytes_eq(arn, bytes_from_str(call->model->arn)))
        *out = call->model->arn;
    if (*out)
        return ALB_OK;
    if (memmem(arn.ptr ? arn.ptr : "", arn.len, ":targetgroup/", 13))
        return alb_refuse(call->why, ALB_E_TARGET_GROUP_NOT_FOUND);
    if (memmem(arn.ptr ? arn.ptr : "", arn.len, ":listener-rule/", 15))
        return alb_refuse(call->why, ALB_E_RULE_NOT_FOUND);
    if (memmem(arn.ptr ? arn.ptr : "", arn.len, ":listener/", 10))
        return alb_refuse(call->why, ALB_E_LISTENER_NOT_FOUND);
    return alb_refuse(call->why, ALB_E_LOAD_BALANCER_NOT_FOUND);
}

/* All of ResourceArns; one that is not there refuses the call. */
static enum alb_error find_resources(struct elb_call *call, struct elb_items *items)
{
    const struct datum *list;
    const char *arn;
    enum alb_error error = elb_list(call, call->input, "ResourceArns", true, &list);
    for (const struct datum *item = error == ALB_OK ? list->first : NULL; item; item = item->next) {
        error = find_resource(call, item, &arn);
        if (error != ALB_OK)
            return error;
        elb_items_add(call, items, arn);
    }
    return error;
}

enum alb_error elb_describe_tags(struct elb_call *call, struct datum *result)
{
    struct elb_items items = {NULL, 0, 0};
    enum alb_error error = find_resources(call, &items);
    if (error != ALB_OK)
        return error;
    struct datum *list = datum_list(call->maker, result, "TagDescriptions");
    for (size_t i = 0; i < items.count; i++) {
        struct datum *map = datum_map(call->maker, list, NULL);
        datum_string(call->maker, map, "ResourceArn", items.items[i]);
        struct datum *tags = datum_list(call->maker, map, "Tags");
        for (const struct alb_tag *tag = call->model->tags; tag; tag = tag->next) {
            if (strcmp(tag->arn, items.items[i]) != 0)
                continue;
            struct datum *pair = datum_map(call->maker, tags, NULL);
            datum_string(call->maker, pair, "Key", tag->key);
            datum_string(call->maker, pair, "Value", tag->value);
        }
    }
    return ALB_OK;
}

enum alb_error elb_add_tags(struct elb_call *call, struct datum *result)
{
    struct elb_items items = {NULL, 0, 0};
    enum alb_error error = find_resources(call, &items);
    (void)result;
    if (error == ALB_OK && !datum_get(call->input, "Tags"))
        error = elb_invalid(call, call->input, "Tags", "Member must not be null");
    for (size_t i = 0; error == ALB_OK && i < items.count; i++)
        error = elb_check_tags(call, items.items[i]);
    for (size_t i = 0; error == ALB_OK && i < items.count; i++)
        error = elb_set_tags(call, items.items[i]);
    return error;
}

enum alb_error elb_remove_tags(struct elb_call *call, struct datum *result)
{
    const struct datum *keys;
    struct elb_items items = {NULL, 0, 0};
    enum alb_error error = find_resources(call, &items);
    (void)result;
    if (error == ALB_OK)
        error = elb_list(call, call->input, "TagKeys", true, &keys);
    for (size_t i = 0; error == ALB_OK && i < items.count; i++)
        for (const struct datum *key = keys->first; key; key = key->next)
            alb_tag_drop(call->model, bytes_from_str(items.items[i]), &key->text);
    return error;
}
