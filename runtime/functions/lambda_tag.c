#include "runtime/functions/lambda_internal.h"

/* The function whose ARN is the parameter Resource; tags are of functions alone. NULL: it is
 * answered. */
static struct registry_function *find(const struct lambda_api *api, struct control_call *call)
{
    struct bytes arn = {NULL, 0}, name, qualifier;
    if (!input_text(call, call->input, "Resource", true, &arn))
        return NULL;
    registry_split(arn, &name, &qualifier);
    struct registry_function *function = registry_find(api->options.registry, name);
    if (!function)
        control_fail(call, 404, "ResourceNotFoundException", "Function not found: %.*s",
                     BYTES_ARG(arn));
    return function;
}

bool lambda_check_tags(struct control_call *call)
{
    const struct datum *map = datum_get(call->input, "Tags");
    bool is_right = !map || (map->kind == DATUM_MAP && map->count <= REGISTRY_TAGS_MAX);
    for (const struct datum *each = map && is_right ? map->first : NULL; each; each = each->next)
        is_right &= each->kind == DATUM_TEXT && each->name.len &&
                    each->name.len <= REGISTRY_TAG_KEY_MAX &&
                    each->text.len <= REGISTRY_TAG_VALUE_MAX;
    if (!is_right)
        input_refuse(call, call->input, "Tags",
                     "Member must have at most 50 tags, with keys of 1 to 128 and values of up to "
                     "256 characters");
    return is_right;
}

bool lambda_take_tags(struct control_call *call, struct registry_function *function)
{
    const struct datum *map = datum_get(call->input, "Tags");
    for (const struct datum *each = map ? map->first : NULL; each; each = each->next)
        if (!registry_tag_set(function, each->name, each->text)) {
            lambda_no_memory(call);
            return false;
        }
    return true;
}

void lambda_show_tags(struct control_call *call, struct datum *result,
                      const struct registry_function *function)
{
    struct datum *map = datum_map(&call->maker, result, "Tags");
    for (const struct registry_tag *tag = function->tags; tag; tag = tag->next) {
        struct bytes key = lambda_keep(call, tag->key);
        datum_text(&call->maker, map, key.ptr ? key.ptr : "", lambda_keep(call, tag->value));
    }
}

static void answer_none(struct control_call *call)
{
    control_answer_raw(call, 204, BYTES_LIT("application/json"), bytes_make(NULL, 0));
}

void lambda_tag_resource(void *context, struct control_call *call)
{
    struct registry_function *function = find(context, call);
    size_t more = 0;
    const struct datum *map = datum_get(call->input, "Tags");
    if (!function || !lambda_check_tags(call))
        return;
    if (!map) {
        input_refuse(call, call->input, "Tags", "Member must not be null");
        return;
    }
    for (const struct registry_tag *tag = function->tags; tag; tag = tag->next)
        more++;
    if (more + map->count > REGISTRY_TAGS_MAX)
        input_refuse(call, call->input, "Tags", "Member must not bring a function over 50 tags");
    else if (lambda_take_tags(call, function))
        answer_none(call);
}

void lambda_untag_resource(void *context, struct control_call *call)
{
    struct registry_function *function = find(context, call);
    const struct datum *keys = datum_get(call->input, "tagKeys");
    if (!function)
        return;
    if (!keys) {
        input_refuse(call, call->input, "tagKeys", "Member must not be null");
        return;
    }
    if (keys->kind == DATUM_TEXT)
        registry_tag_drop(function, keys->text);
    for (const struct datum *each = keys->first; each; each = each->next)
        registry_tag_drop(function, each->text);
    answer_none(call);
}

void lambda_list_tags(void *context, struct control_call *call)
{
    const struct registry_function *function = find(context, call);
    if (!function)
        return;
    struct datum *result = control_result(call);
    lambda_show_tags(call, result, function);
    control_answer(call, result);
}
