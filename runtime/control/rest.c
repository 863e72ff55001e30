#include "runtime/control/rest.h"

#include "runtime/core/limits.h"
#include "runtime/control/shape_json.h"
#include "runtime/core/uri.h"

/* --- routes --- */

/* Takes the next segment off a path: "/a/b" gives "a" and leaves "/b". */
static struct bytes take_segment(struct bytes *path)
{
    struct bytes rest = bytes_skip(*path, 1);
    size_t len = bytes_find(rest, '/');
    *path = bytes_skip(rest, len);
    return bytes_make(rest.ptr, len);
}

static bool is_name(struct bytes segment)
{
    return segment.len > 2 && segment.ptr[0] == '{';
}

static struct bytes without_slash(struct bytes path)
{
    return path.len > 1 && path.ptr[path.len - 1] == '/' ? bytes_make(path.ptr, path.len - 1)
                                                         : path;
}

static bool fits(const struct control_route *route, struct bytes path)
{
    struct bytes pattern = bytes_from_str(route->path);
    path = without_slash(path);
    while (pattern.len && path.len) {
        struct bytes wanted = take_segment(&pattern), segment = take_segment(&path);
        if (is_name(wanted) ? segment.len == 0 : !bytes_eq(wanted, segment))
            return false;
    }
    return pattern.len == path.len;
}

/* NULL: none; is_elsewhere: another method of the path is there. */
static const struct control_route *find_route(const struct http_request *req,
                                              const struct control_service *service,
                                              bool *is_elsewhere)
{
    *is_elsewhere = false;
    if (req->path.len == 0 || req->path.ptr[0] != '/')
        return NULL;
    for (size_t i = 0; i < service->route_count; i++) {
        if (!fits(&service->routes[i], req->path))
            continue;
        if (bytes_eq(req->method_text, bytes_from_str(service->routes[i].method)))
            return &service->routes[i];
        *is_elsewhere = true;
    }
    return NULL;
}

/* --- parameters --- */

static enum rc add_text(struct arena *arena, struct datum *root, struct bytes name,
                        struct bytes value)
{
    struct bytes key = {NULL, 0}, text = {NULL, 0};
    enum rc rc = arena_dup(arena, name, &key);
    if (rc == RC_OK && datum_get(root, key.ptr))
        return RC_SYNTAX;
    if (rc == RC_OK)
        rc = uri_decode_path(arena, value, &text);
    struct datum *datum = rc == RC_OK ? datum_add(arena, root, key.ptr, DATUM_TEXT) : NULL;
    if (!datum)
        return rc == RC_OK ? RC_NOMEM : rc;
    datum->text = text;
    return RC_OK;
}

static enum rc add_path(struct arena *arena, const struct control_route *route, struct bytes path,
                        struct datum *root, struct bytes *error)
{
    struct bytes pattern = bytes_from_str(route->path);
    enum rc rc = RC_OK;
    while (pattern.len && rc == RC_OK) {
        struct bytes wanted = take_segment(&pattern), value = take_segment(&path);
        if (!is_name(wanted))
            continue;
        *error = bytes_make(wanted.ptr + 1, wanted.len - 2);
        rc = add_text(arena, root, *error, value);
    }
    return rc;
}

/* One more value of a name that the query has had before. */
static enum rc add_item(struct arena *arena, struct datum *datum, struct bytes value)
{
    struct bytes first = datum->text;
    if (datum->kind == DATUM_TEXT) {
        datum->kind = DATUM_LIST;
        datum->text = bytes_make(NULL, 0);
        enum rc rc = add_item(arena, datum, first);
        if (rc != RC_OK)
            return rc;
    }
    struct datum *item = datum_add(arena, datum, NULL, DATUM_TEXT);
    if (item)
        item->text = value;
    return item ? RC_OK : RC_NOMEM;
}

/* `behind`: the last member that is not the query's. */
static enum rc add_pair(struct arena *arena, struct datum *root, const struct datum *behind,
                        struct bytes name, struct bytes value)
{
    struct bytes key = {NULL, 0}, zero = {NULL, 0}, text = {NULL, 0};
    enum rc rc = uri_decode_query(arena, name, &key);
    if (rc == RC_OK)
        rc = uri_decode_query(arena, value, &text);
    if (rc == RC_OK)
        rc = arena_dup(arena, key, &zero);
    if (rc != RC_OK)
        return rc;
    struct datum *old = behind ? behind->next : root->first;
    while (old && !bytes_eq(old->name, key))
        old = old->next;
    if (old)
        return add_item(arena, old, text);
    if (key.len == 0 || datum_get(root, zero.ptr))
        return RC_SYNTAX;
    struct datum *datum = datum_add(arena, root, zero.ptr, DATUM_TEXT);
    if (datum)
        datum->text = text;
    return datum ? RC_OK : RC_NOMEM;
}

/* A name that comes more than once is a list. */
static enum rc add_query(struct arena *arena, struct bytes query, struct datum *root,
                         struct bytes *error)
{
    const struct datum *behind = root->last;
    struct bytes value;
    enum rc rc = RC_OK;
    while (rc == RC_OK && root->count < LIMIT_CONTROL_NAMES &&
           uri_query_next(&query, error, &value))
        rc = add_pair(arena, root, behind, *error, value);
    return rc == RC_OK && query.len ? RC_BODY_LIMIT : rc;
}

static enum rc read_body(struct control_call *call, bool is_raw, struct datum **root)
{
    enum rc rc = RC_OK;
    if (is_raw)
        *root = datum_new(call->arena, DATUM_MAP);
    else
        rc = shape_json_parse(call->arena, call->req->body, root);
    if (rc == RC_OK && !*root)
        rc = RC_NOMEM;
    return rc == RC_OK && (*root)->kind != DATUM_MAP ? RC_SYNTAX : rc;
}

/* false: it is answered. */
static bool read_input(struct control_call *call, const struct control_route *route)
{
    struct datum *root = NULL;
    struct bytes error = {NULL, 0};
    enum rc rc = read_body(call, route->is_raw, &root);
    if (rc != RC_OK) {
        control_fail(call, rc == RC_NOMEM ? 500 : 400,
                     rc == RC_NOMEM ? "ServiceException" : "InvalidRequestContentException",
                     "Could not parse request body into json: %s", rc_name(rc));
        return false;
    }
    rc = add_path(call->arena, route, call->req->path, root, &error);
    if (rc == RC_OK)
        rc = add_query(call->arena, call->req->query, root, &error);
    if (rc != RC_OK)
        control_fail(call, rc == RC_NOMEM ? 500 : 400,
                     rc == RC_NOMEM ? "ServiceException" : "InvalidParameterValueException",
                     "The parameter '%.*s' cannot be read: %s", BYTES_ARG(error), rc_name(rc));
    call->input = root;
    return rc == RC_OK;
}

void rest_call(const struct http_request *req, struct control_call *call)
{
    bool is_elsewhere;
    const struct control_route *route = find_route(req, call->service, &is_elsewhere);
    call->protocol = CONTROL_REST;
    if (!route) {
        control_fail(call, is_elsewhere ? 405 : 404, "UnknownOperationException",
                     "There is no operation '%.*s %.*s' here", BYTES_ARG(req->method_text),
                     BYTES_ARG(req->path));
        return;
    }
    call->action = bytes_from_str(route->name);
    if (read_input(call, route))
        route->run(call->service->context, call);
}
