#include "runtime/control/query.h"

#include "runtime/core/limits.h"
#include "runtime/core/uri.h"

/* One "name=value" on its way into the tree. */
struct piece {
    struct arena *arena;
    struct bytes rest; /* of the name, behind the parts that are done */
    size_t depth;
};

static struct bytes take_part(struct bytes *rest)
{
    size_t len = bytes_find(*rest, '.');
    struct bytes part = bytes_make(rest->ptr, len);
    *rest = len < rest->len ? bytes_skip(*rest, len + 1) : bytes_make(NULL, 0);
    return part;
}

/* true: what follows is "member.N", with N in `number`. */
static bool is_item(struct bytes rest, uint64_t *number)
{
    struct bytes word = take_part(&rest);
    return bytes_eq(word, BYTES_LIT("member")) &&
           bytes_to_u64(take_part(&rest), UINT64_MAX, number);
}

static struct datum *find_member(struct datum *map, struct bytes name)
{
    for (struct datum *datum = map->first; datum; datum = datum->next)
        if (bytes_eq(datum->name, name))
            return datum;
    return NULL;
}

/* The item `number`, or where it belongs: the list is kept in order, and mostly comes in order. */
static struct datum *find_item(struct datum *list, size_t number, struct datum **before)
{
    *before = list->last && list->last->index < number ? list->last : NULL;
    for (struct datum *datum = *before ? *before : list->first; datum && datum->index <= number;
         datum = datum->next) {
        if (datum->index == number)
            return datum;
        *before = datum;
    }
    return NULL;
}

static struct datum *insert(struct arena *arena, struct datum *parent, struct datum *before)
{
    struct datum *datum = datum_new(arena, DATUM_NULL);
    if (!datum)
        return NULL;
    datum->parent = parent;
    datum->next = before ? before->next : parent->first;
    if (before)
        before->next = datum;
    else
        parent->first = datum;
    if (parent->last == before)
        parent->last = datum;
    parent->count++;
    return datum;
}

/* Makes `datum` a list or a map, if it is nothing yet. */
static enum rc become(struct datum *datum, enum datum_kind kind)
{
    if (datum->kind == DATUM_NULL)
        datum->kind = kind;
    return datum->kind == kind ? RC_OK : RC_SYNTAX;
}

/* Steps from `*at` over one part of the name (two, of a list). */
static enum rc step(struct piece *piece, struct datum **at)
{
    uint64_t number;
    struct datum *child, *before = (*at)->last;
    bool is_list = (*at)->parent && is_item(piece->rest, &number);
    enum rc rc = become(*at, is_list ? DATUM_LIST : DATUM_MAP);
    struct bytes part = take_part(&piece->rest);
    if (rc != RC_OK || part.len == 0)
        return RC_SYNTAX;
    if (is_list)
        (void)take_part(&piece->rest);
    if (++piece->depth > LIMIT_CONTROL_DEPTH || (is_list && number > LIMIT_CONTROL_ITEMS))
        return RC_BODY_LIMIT;
    if (is_list && number == 0)
        return RC_SYNTAX;
    child = is_list ? find_item(*at, (size_t)number, &before) : find_member(*at, part);
    if (!child) {
        if (!is_list && (*at)->count >= LIMIT_CONTROL_NAMES)
            return RC_BODY_LIMIT;
        child = insert(piece->arena, *at, before);
        if (!child)
            return RC_NOMEM;
        child->index = is_list ? (size_t)number : 0;
        child->name = is_list ? bytes_make(NULL, 0) : part;
    }
    *at = child;
    return RC_OK;
}

/* No member of AWS's has another name than one of visible ASCII. */
static bool is_name(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~')
            return false;
    return name.len && name.ptr[name.len - 1] != '.';
}

static enum rc take_piece(struct arena *arena, struct bytes name, struct bytes value,
                          struct datum *root)
{
    struct piece piece = {.arena = arena, .rest = name};
    struct datum *at = root;
    enum rc rc = is_name(name) ? RC_OK : RC_SYNTAX;
    while (rc == RC_OK && piece.rest.len)
        rc = step(&piece, &at);
    if (rc != RC_OK)
        return rc;
    if (at->kind != DATUM_NULL)
        return RC_SYNTAX;
    at->kind = DATUM_TEXT;
    at->text = value;
    return RC_OK;
}

/* Numbers that were left out close up. */
static void number_items(struct datum *root)
{
    size_t index = 0;
    for (struct datum *datum = root->first; datum; datum = datum->next) {
        if (root->kind == DATUM_LIST)
            datum->index = ++index;
        number_items(datum); /* LIMIT_CONTROL_DEPTH deep at most */
    }
}

enum rc query_parse(struct arena *arena, struct bytes form, struct datum *root, struct bytes *error)
{
    struct bytes key, raw, name, value;
    enum rc rc = RC_OK;
    for (size_t count = 1; rc == RC_OK && uri_query_next(&form, &key, &raw); count++) {
        *error = key;
        rc = count > LIMIT_CONTROL_ITEMS ? RC_BODY_LIMIT : uri_decode_query(arena, key, &name);
        if (rc == RC_OK)
            rc = uri_decode_query(arena, raw, &value);
        if (rc == RC_OK)
            rc = take_piece(arena, name, value, root);
    }
    number_items(root);
    return rc;
}
