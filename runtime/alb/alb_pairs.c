#include "runtime/alb/alb_pairs.h"

#include <stdlib.h>

#include "runtime/core/uri.h"

/*
 * Fields and query are both lists of names with values that JSON wants grouped by name. Both become
 * an array of pairs; sorting pointers to them chains the pairs of one name, and the array itself
 * keeps the order in which names first came.
 */

static int compare_pairs(const void *left, const void *right)
{
    const struct alb_pair *a = *(struct alb_pair *const *)left,
                          *b = *(struct alb_pair *const *)right;
    size_t common = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = common ? memcmp(a->name.ptr, b->name.ptr, common) : 0;
    if (order == 0)
        order = (a->name.len > b->name.len) - (a->name.len < b->name.len);
    return order ? order : (a > b) - (a < b);
}

static bool group_pairs(struct alb_pairs *pairs, struct arena *arena)
{
    struct alb_pair **sorted = arena_alloc(arena, pairs->count * sizeof(struct alb_pair *));
    if (!sorted)
        return false;
    for (size_t i = 0; i < pairs->count; i++)
        sorted[i] = &pairs->items[i];
    if (pairs->count)
        qsort(sorted, pairs->count, sizeof(struct alb_pair *), compare_pairs);
    for (size_t i = 0; i < pairs->count; i++) {
        sorted[i]->is_first = i == 0 || !bytes_eq(sorted[i - 1]->name, sorted[i]->name);
        if (!sorted[i]->is_first)
            sorted[i - 1]->next = sorted[i];
    }
    return true;
}

/* --- where pairs come from --- */

/* What a client says to the load balancer about their connection. Captures of recent years have
 * none of these; old ones had "connection". */
static bool is_of_connection(struct bytes name)
{
    return http_field_is_hop_by_hop(name) || bytes_ieq(name, BYTES_LIT("expect"));
}

static bool lower_case(struct arena *arena, struct bytes name, struct bytes *out)
{
    char *text = arena_alloc(arena, name.len);
    if (!text)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        text[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *out = bytes_make(text, name.len);
    return true;
}

/* The length of a body is a field of the event, also where it did not come as one. */
static bool add_length(const struct http_request *req, struct alb_pairs *pairs)
{
    struct bytes length;
    if (req->body.len == 0 || http_request_header(req, "content-length"))
        return true;
    if (arena_printf(req->arena, &length, "%zu", req->body.len) != RC_OK)
        return false;
    pairs->items[pairs->count++] =
        (struct alb_pair){.name = BYTES_LIT("content-length"), .value = length};
    return true;
}

bool alb_pairs_of_fields(const struct http_request *req, struct alb_pairs *pairs)
{
    pairs->items = arena_zalloc(req->arena, (req->field_count + 1) * sizeof *pairs->items);
    if (!pairs->items)
        return false;
    for (size_t i = 0; i < req->field_count; i++) {
        struct alb_pair *pair = &pairs->items[pairs->count];
        if (is_of_connection(req->fields[i].name))
            continue;
        if (!lower_case(req->arena, req->fields[i].name, &pair->name))
            return false;
        pair->value = req->fields[i].value;
        pairs->count++;
    }
    return add_length(req, pairs) && group_pairs(pairs, req->arena);
}

bool alb_pairs_of_query(const struct http_request *req, struct alb_pairs *pairs)
{
    struct bytes rest = req->query, key, value;
    size_t most = 1;
    for (size_t i = 0; i < rest.len; i++)
        most += rest.ptr[i] == '&';
    pairs->items = arena_zalloc(req->arena, most * sizeof *pairs->items);
    if (!pairs->items)
        return false;
    while (uri_query_next(&rest, &key, &value))
        pairs->items[pairs->count++] = (struct alb_pair){.name = key, .value = value};
    return group_pairs(pairs, req->arena);
}
