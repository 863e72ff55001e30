#include "runtime/core/etag.h"

static void skip_separators(struct bytes *rest)
{
    while (rest->len && (rest->ptr[0] == ',' || rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
        *rest = bytes_skip(*rest, 1);
}

/* etagc: no blank, no control byte, no quote; bytes beyond ASCII are allowed. */
static bool is_opaque(struct bytes view)
{
    for (size_t i = 0; i < view.len; i++)
        if ((unsigned char)view.ptr[i] <= 0x20 || view.ptr[i] == 0x7F)
            return false;
    return true;
}

/* Takes one tag and the separators behind it off `rest`. */
static bool take_tag(struct bytes *rest, struct etag *tag)
{
    tag->is_weak = bytes_starts_with(*rest, BYTES_LIT("W/"));
    if (tag->is_weak)
        *rest = bytes_skip(*rest, 2);
    if (!bytes_starts_with(*rest, BYTES_LIT("\"")))
        return false;
    *rest = bytes_skip(*rest, 1);
    size_t len = bytes_find(*rest, '"');
    tag->opaque = bytes_make(rest->ptr, len);
    if (len == rest->len || !is_opaque(tag->opaque))
        return false;
    *rest = bytes_skip(*rest, len + 1);
    struct bytes before = *rest;
    skip_separators(rest);
    return rest->len == 0 || bytes_find(before, ',') < before.len - rest->len;
}

static enum rc take_field(struct arena *arena, struct bytes value, struct etag_list *list)
{
    size_t size = sizeof *list->tags;
    if (list->is_any || (list->count && bytes_eq(value, BYTES_LIT("*"))))
        return RC_SYNTAX;
    list->is_any = bytes_eq(value, BYTES_LIT("*"));
    if (list->is_any)
        return RC_OK;
    for (skip_separators(&value); value.len;) {
        void *p = arena_grow(arena, list->tags, list->count * size, (list->count + 1) * size);
        if (!p)
            return RC_NOMEM;
        list->tags = p;
        if (!take_tag(&value, &list->tags[list->count]))
            return RC_SYNTAX;
        list->count++;
    }
    return RC_OK;
}

enum rc etag_list_read(const struct http_request *req, const char *name, struct etag_list *list)
{
    enum rc rc = RC_OK;
    *list = (struct etag_list){.is_there = false};
    for (size_t i = 0; i < req->field_count && rc == RC_OK; i++)
        if (bytes_ieq(req->fields[i].name, bytes_from_str(name))) {
            list->is_there = true;
            rc = take_field(req->arena, req->fields[i].value, list);
        }
    return rc;
}

/* Is one of them the tag of what is there? */
static bool has(const struct etag_list *list, bool may_be_weak, etag_names_fn *names,
                const void *context)
{
    for (size_t i = 0; i < list->count; i++)
        if ((may_be_weak || !list->tags[i].is_weak) && names(&list->tags[i], context))
            return true;
    return list->is_any;
}

bool etag_match_holds(const struct etag_list *if_match, etag_names_fn *names, const void *context)
{
    return !if_match->is_there || (context && has(if_match, false, names, context));
}

bool etag_none_match_holds(const struct etag_list *if_none_match, etag_names_fn *names,
                           const void *context)
{
    return !if_none_match->is_there || !context || !has(if_none_match, true, names, context);
}
