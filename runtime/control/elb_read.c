#include <stdio.h>

#include "runtime/control/elb_internal.h"

enum { PATH_MAX_BYTES = 160 };

/* Where `name` stands, in the words of AWS's messages: with a small letter in front. */
static void path_of(const struct datum *map, const char *name, char *path, size_t size)
{
    datum_path(map, path, size);
    size_t len = strlen(path);
    (void)snprintf(path + len, size - len, "%s%s", len ? "." : "", name);
    if (path[0] >= 'A' && path[0] <= 'Z')
        path[0] = (char)(path[0] - 'A' + 'a');
}

enum alb_error elb_invalid(struct elb_call *call, const struct datum *map, const char *name,
                           const char *constraint)
{
    char path[PATH_MAX_BYTES];
    const struct datum *value = datum_get(map, name);
    struct bytes text = value && value->kind == DATUM_TEXT ? value->text : BYTES_LIT("...");
    path_of(map, name, path, sizeof path);
    if (!value)
        return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                                 "1 validation error detected: Value null at '%s' failed to "
                                 "satisfy constraint: %s",
                                 path, constraint);
    return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR,
                             "1 validation error detected: Value '%.*s' at '%s' failed to satisfy "
                             "constraint: %s",
                             text.len > 128 ? 128 : (int)text.len, text.ptr ? text.ptr : "", path,
                             constraint);
}

enum alb_error elb_text(struct elb_call *call, const struct datum *map, const char *name,
                        bool is_required, struct bytes *out)
{
    const struct datum *value = datum_get(map, name);
    *out = bytes_make(NULL, 0);
    if (!value)
        return is_required ? elb_invalid(call, map, name, "Member must not be null") : ALB_OK;
    if (value->kind != DATUM_TEXT)
        return elb_invalid(call, map, name, "Member must be a string");
    if (is_required && value->text.len == 0)
        return elb_invalid(call, map, name, "Member must have length greater than or equal to 1");
    if (!bytes_is_utf8(value->text) ||
        memchr(value->text.ptr ? value->text.ptr : "", 0, value->text.len))
        return elb_invalid(call, map, name, "Member must be UTF-8 text");
    *out = value->text;
    return ALB_OK;
}

enum alb_error elb_copy(struct elb_call *call, const struct datum *map, const char *name, char *out,
                        size_t size)
{
    char constraint[80];
    struct bytes text;
    enum alb_error error = elb_text(call, map, name, false, &text);
    if (error != ALB_OK || !datum_get(map, name))
        return error;
    (void)snprintf(constraint, sizeof constraint,
                   "Member must have length less than or equal to %zu", size - 1);
    if (text.len >= size)
        return elb_invalid(call, map, name, constraint);
    memcpy(out, text.len ? text.ptr : "", text.len);
    out[text.len] = '\0';
    return ALB_OK;
}

enum alb_error elb_number(struct elb_call *call, const struct datum *map, const char *name,
                          unsigned min, unsigned max, unsigned *out)
{
    char constraint[80];
    int64_t value = 0;
    enum rc rc = datum_to_int(datum_get(map, name), &value);
    if (rc == RC_NOT_FOUND)
        return ALB_OK;
    (void)snprintf(constraint, sizeof constraint, "Member must be a whole number from %u to %u",
                   min, max);
    if (rc != RC_OK || value < (int64_t)min || value > (int64_t)max)
        return elb_invalid(call, map, name, constraint);
    *out = (unsigned)value;
    return ALB_OK;
}

enum alb_error elb_flag(struct elb_call *call, const struct datum *map, const char *name, bool *out)
{
    enum rc rc = datum_to_bool(datum_get(map, name), out);
    return rc == RC_OK || rc == RC_NOT_FOUND
               ? ALB_OK
               : elb_invalid(call, map, name, "Member must be true or false");
}

enum alb_error elb_list(struct elb_call *call, const struct datum *map, const char *name,
                        bool is_required, const struct datum **out)
{
    static const struct datum empty = {.kind = DATUM_LIST};
    *out = datum_get_list(map, name);
    if (!*out && datum_get(map, name))
        return elb_invalid(call, map, name, "Member must be a list");
    if (!*out)
        *out = &empty;
    if (is_required && (*out)->count == 0)
        return elb_invalid(call, map, name, "Member must not be null");
    return ALB_OK;
}

enum alb_error elb_protocol(struct elb_call *call, const char *name, enum alb_protocol *protocol)
{
    struct bytes text;
    enum alb_error error = elb_text(call, call->input, name, false, &text);
    if (error != ALB_OK || !datum_get(call->input, name))
        return error;
    if (!bytes_eq(text, BYTES_LIT("HTTP")) && !bytes_eq(text, BYTES_LIT("HTTPS")))
        return elb_invalid(call, call->input, name,
                           "Member must satisfy enum value set: [HTTP, HTTPS]");
    *protocol = text.len == 5 ? ALB_HTTPS : ALB_HTTP;
    return ALB_OK;
}

/* --- things by their ARN --- */

static enum alb_error need_arn(struct elb_call *call, const struct datum *map, const char *name,
                               const char *what, struct bytes *arn)
{
    enum alb_error error = elb_text(call, map, name, true, arn);
    if (error != ALB_OK || bytes_starts_with(*arn, BYTES_LIT("arn:")))
        return error;
    return alb_refuse_printf(call->why, ALB_E_VALIDATION_ERROR, "'%.*s' is not a valid %s ARN",
                             arn->len > 128 ? 128 : (int)arn->len, arn->ptr, what);
}

enum alb_error elb_need_balancer(struct elb_call *call, const char *name)
{
    struct bytes arn;
    enum alb_error error = need_arn(call, call->input, name, "load balancer", &arn);
    if (error != ALB_OK || bytes_eq(arn, bytes_from_str(call->model->arn)))
        return error;
    return alb_refuse(call->why, ALB_E_LOAD_BALANCER_NOT_FOUND);
}

enum alb_error elb_need_listener(struct elb_call *call, const char *name, struct alb_listener **out)
{
    struct bytes arn;
    enum alb_error error = need_arn(call, call->input, name, "listener", &arn);
    *out = error == ALB_OK ? alb_listener_find(call->model, arn) : NULL;
    return error != ALB_OK || *out ? error : alb_refuse(call->why, ALB_E_LISTENER_NOT_FOUND);
}

enum alb_error elb_need_rule(struct elb_call *call, const struct datum *map, const char *name,
                             struct alb_rule **out)
{
    struct bytes arn;
    enum alb_error error = need_arn(call, map, name, "listener rule", &arn);
    *out = error == ALB_OK ? alb_rule_find(call->model, arn) : NULL;
    return error != ALB_OK || *out ? error : alb_refuse(call->why, ALB_E_RULE_NOT_FOUND);
}

enum alb_error elb_need_group(struct elb_call *call, const struct datum *map, const char *name,
                              struct alb_group **out)
{
    struct bytes arn;
    enum alb_error error = need_arn(call, map, name, "target group", &arn);
    *out = error == ALB_OK ? alb_group_find(call->model, arn) : NULL;
    return error != ALB_OK || *out ? error : alb_refuse(call->why, ALB_E_TARGET_GROUP_NOT_FOUND);
}

/* --- pages --- */

void elb_items_add(struct elb_call *call, struct elb_items *items, const void *item)
{
    if (items->count == items->cap) {
        size_t cap = items->cap ? items->cap * 2 : 16;
        const void **grown =
            arena_grow(call->arena, items->items, items->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) {
            call->maker->failed = true;
            return;
        }
        items->items = grown;
        items->cap = cap;
    }
    items->items[items->count++] = item;
}

enum alb_error elb_items_page(struct elb_call *call, struct elb_items *items, struct datum *result)
{
    unsigned size = ELB_PAGE_MAX, start = 0;
    struct bytes next = {NULL, 0};
    enum alb_error error = elb_number(call, call->input, "PageSize", 1, ELB_PAGE_MAX, &size);
    if (error == ALB_OK)
        error = elb_number(call, call->input, "Marker", 1, UINT32_MAX, &start);
    if (error != ALB_OK)
        return error;
    if (start > items->count)
        start = (unsigned)items->count;
    items->items += items->count ? start : 0;
    items->count -= start;
    if (items->count <= size)
        return ALB_OK;
    items->count = size;
    if (arena_printf(call->arena, &next, "%u", start + size) != RC_OK)
        call->maker->failed = true;
    datum_text(call->maker, result, "NextMarker", next);
    return ALB_OK;
}
