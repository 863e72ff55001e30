#include "runtime/control/input.h"

#include <stdio.h>

enum { PATH_MAX_BYTES = 256, VALUE_SHOWN_BYTES = 200 };

void input_refuse(struct control_call *call, const struct datum *map, const char *name,
                  const char *constraint)
{
    char path[PATH_MAX_BYTES];
    const struct datum *value = datum_get(map, name);
    struct bytes text = datum_get_text(map, name);
    datum_path(map, path, sizeof path);
    control_fail(call, 400, call->service->invalid,
                 "1 validation error detected: Value %s%.*s%sat '%s%s%s' failed to satisfy "
                 "constraint: %s",
                 value && text.len ? "'" : "",
                 (int)(text.len < VALUE_SHOWN_BYTES ? text.len : VALUE_SHOWN_BYTES),
                 text.len ? text.ptr : "", value && text.len ? "' " : "", path, *path ? "." : "",
                 name, constraint);
}

bool input_text(struct control_call *call, const struct datum *map, const char *name,
                bool is_required, struct bytes *out)
{
    const struct datum *value = datum_get(map, name);
    if (value && value->kind == DATUM_TEXT) {
        *out = value->text;
        return true;
    }
    if (!value && !is_required)
        return true;
    input_refuse(call, map, name, value ? "Member must be a string" : "Member must not be null");
    return false;
}

bool input_int(struct control_call *call, const struct datum *map, const char *name, int64_t min,
               int64_t max, int64_t *out)
{
    char text[96];
    int64_t number = 0;
    enum rc rc = datum_to_int(datum_get(map, name), &number);
    if (rc == RC_NOT_FOUND)
        return true;
    if (rc == RC_OK && number >= min && number <= max) {
        *out = number;
        return true;
    }
    (void)snprintf(text, sizeof text, "Member must be a whole number from %lld to %lld",
                   (long long)min, (long long)max);
    input_refuse(call, map, name, text);
    return false;
}

bool input_flag(struct control_call *call, const struct datum *map, const char *name, bool *out)
{
    enum rc rc = datum_to_bool(datum_get(map, name), out);
    if (rc != RC_SYNTAX)
        return true;
    input_refuse(call, map, name, "Member must be true or false");
    return false;
}

static bool read_list(struct control_call *call, const struct datum *map, const char *name,
                      bool is_required, size_t max, enum datum_kind kind, const struct datum **out)
{
    char text[96];
    const struct datum *value = datum_get(map, name), *list = datum_get_list(map, name);
    if (!value && !is_required)
        return true;
    if (!list) {
        input_refuse(call, map, name, value ? "Member must be a list" : "Member must not be null");
        return false;
    }
    if ((is_required && list->count == 0) || list->count > max) {
        (void)snprintf(text, sizeof text, "Member must have length from %d to %zu", is_required,
                       max);
        input_refuse(call, map, name, text);
        return false;
    }
    for (const struct datum *item = list->first; item; item = item->next) {
        if (item->kind == kind)
            continue;
        input_refuse(call, map, name,
                     kind == DATUM_TEXT ? "Member must be a list of strings"
                                        : "Member must be a list of structures");
        return false;
    }
    *out = list;
    return true;
}

bool input_texts(struct control_call *call, const struct datum *map, const char *name,
                 bool is_required, size_t max, const struct datum **out)
{
    return read_list(call, map, name, is_required, max, DATUM_TEXT, out);
}

bool input_maps(struct control_call *call, const struct datum *map, const char *name,
                bool is_required, size_t max, const struct datum **out)
{
    return read_list(call, map, name, is_required, max, DATUM_MAP, out);
}

bool input_choice(struct control_call *call, const struct datum *map, const char *name,
                  const char *const *names, unsigned *out)
{
    struct bytes text = {NULL, 0}, allowed = {NULL, 0};
    if (!datum_get(map, name))
        return true;
    if (!input_text(call, map, name, true, &text))
        return false;
    for (unsigned i = 0; names[i]; i++) {
        if (bytes_eq(text, bytes_from_str(names[i]))) {
            *out = i;
            return true;
        }
        if (arena_printf(call->arena, &allowed, "%.*s%s%s", BYTES_ARG(allowed),
                         allowed.len ? ", " : "Member must satisfy enum value set: [",
                         names[i]) != RC_OK)
            call->res->is_out_of_memory = true;
    }
    if (arena_printf(call->arena, &allowed, "%.*s]", BYTES_ARG(allowed)) == RC_OK)
        input_refuse(call, map, name, allowed.ptr);
    return false;
}

bool input_page(struct control_call *call, const char *max_name, int64_t max, int64_t usual,
                const char *token_name, const char *bad_token, size_t count, struct input_page *out)
{
    struct bytes token = {NULL, 0};
    uint64_t from = 0;
    int64_t size = usual;
    if (!input_int(call, call->input, max_name, 1, max, &size) ||
        !input_text(call, call->input, token_name, false, &token))
        return false;
    if (token.len && (!bytes_to_u64(token, UINT32_MAX, &from) || from == 0)) {
        control_fail(call, 400, bad_token, "The specified token isn't valid.");
        return false;
    }
    out->from = from < count ? (size_t)from : count;
    out->to = count - out->from > (size_t)size ? out->from + (size_t)size : count;
    return true;
}

void input_page_next(struct control_call *call, struct datum *result, const char *token_name,
                     const struct input_page *page, size_t count)
{
    struct bytes token = {NULL, 0};
    if (page->to >= count)
        return;
    if (arena_printf(call->arena, &token, "%zu", page->to) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, result, token_name, token);
}
