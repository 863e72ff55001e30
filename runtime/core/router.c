#include "runtime/core/router.h"

#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/core/uri.h"

/* Takes the segment behind the slash at the front of `path`; false when the path has ended. */
static bool next_segment(struct bytes *path, struct bytes *segment)
{
    if (path->len == 0 || path->ptr[0] != '/')
        return false;
    *path = bytes_skip(*path, 1);
    size_t end = bytes_find(*path, '/');
    *segment = bytes_make(path->ptr, end);
    *path = bytes_skip(*path, end);
    return true;
}

static bool is_param(struct bytes segment)
{
    return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

struct path_match {
    struct http_param params[LIMIT_ROUTE_PARAMS];
    size_t count;
    enum rc rc; /* RC_OK; RC_NOMEM */
};

static bool match_segment(struct arena *arena, struct bytes wanted, struct bytes raw,
                          struct path_match *match)
{
    struct bytes decoded;
    match->rc = uri_decode_path(arena, raw, &decoded);
    if (match->rc != RC_OK)
        return false;
    if (!is_param(wanted))
        return bytes_eq(wanted, decoded);
    if (decoded.len == 0)
        return false;
    match->params[match->count].name = bytes_make(wanted.ptr + 1, wanted.len - 2);
    match->params[match->count].value = decoded;
    match->count++;
    return true;
}

static bool match_segments(struct arena *arena, const char *pattern, struct bytes path,
                           struct path_match *match)
{
    struct bytes rest = bytes_from_str(pattern), wanted = {NULL, 0}, raw = {NULL, 0};
    for (;;) {
        bool has_wanted = next_segment(&rest, &wanted);
        bool has_raw = next_segment(&path, &raw);
        if (has_wanted != has_raw)
            return false;
        if (!has_wanted)
            return path.len == 0;
        if (!match_segment(arena, wanted, raw, match))
            return false;
    }
}

enum fit { FIT_NO, FIT_WHOLE, FIT_BY_SEGMENTS };

/* Byte by byte up to the first name or escape: that tells nearly all routes of a table apart. What
 * differs before it, no name and no escape behind it can mend. */
static enum fit fit_plainly(const char *pattern, struct bytes path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (pattern[i] == '{' || path.ptr[i] == '%')
            return FIT_BY_SEGMENTS;
        if (pattern[i] == '\0' || pattern[i] != path.ptr[i])
            return FIT_NO;
    }
    return pattern[path.len] == '\0' ? FIT_WHOLE : FIT_NO;
}

/* true: `path` fits `pattern`. On false match->rc tells "does not fit" (RC_OK) from an error. */
static bool match_path(struct arena *arena, const char *pattern, struct bytes path,
                       struct path_match *match)
{
    enum fit fit = fit_plainly(pattern, path);
    match->count = 0;
    match->rc = RC_OK;
    return fit == FIT_BY_SEGMENTS ? match_segments(arena, pattern, path, match) : fit == FIT_WHOLE;
}

static bool fits_method(const struct route *route, enum http_method method, bool has_head)
{
    return route->method == method ||
           (method == HTTP_HEAD && route->method == HTTP_GET && !has_head);
}

static enum router_match take_route(struct http_request *req, const struct route *route,
                                    const struct path_match *match)
{
    struct http_param *params = NULL;
    if (match->count) {
        params = arena_alloc(req->arena, match->count * sizeof *params);
        if (!params)
            return ROUTER_NOMEM;
        memcpy(params, match->params, match->count * sizeof *params);
    }
    req->route = route;
    req->params = params;
    req->param_count = match->count;
    return ROUTER_HANDLER;
}

static bool table_has_head(const struct route *routes, const char *pattern)
{
    for (const struct route *route = routes; route->pattern; route++)
        if (route->method == HTTP_HEAD && strcmp(route->pattern, pattern) == 0)
            return true;
    return false;
}

/* "OPTIONS *" asks what the server as a whole can do (RFC 9110 section 9.3.7). */
static bool is_whole_server(const struct http_request *req)
{
    return req->method == HTTP_OPTIONS && bytes_eq(req->path, BYTES_LIT("*"));
}

enum router_match router_find(const struct route *routes, struct http_request *req)
{
    struct path_match match;
    bool is_known = false;
    if (req->method == HTTP_METHOD_OTHER)
        return ROUTER_UNKNOWN_METHOD;
    if (!uri_is_encoded(req->path)) /* whichever routes there are */
        return ROUTER_BAD_PATH;
    if (is_whole_server(req))
        return ROUTER_OPTIONS;
    for (const struct route *route = routes; route->pattern; route++) {
        if (!match_path(req->arena, route->pattern, req->path, &match)) {
            if (match.rc != RC_OK)
                return ROUTER_NOMEM;
            continue;
        }
        is_known = true;
        bool has_head = req->method == HTTP_HEAD && table_has_head(routes, route->pattern);
        if (fits_method(route, req->method, has_head))
            return take_route(req, route, &match);
    }
    if (!is_known)
        return ROUTER_NOT_FOUND;
    return req->method == HTTP_OPTIONS ? ROUTER_OPTIONS : ROUTER_BAD_METHOD;
}

enum rc router_allow(const struct route *routes, struct http_request *req, struct bytes *out)
{
    bool has[HTTP_METHOD_OTHER] = {[HTTP_OPTIONS] = true};
    char text[64];
    size_t len = 0;
    struct path_match match;
    for (const struct route *route = routes; route->pattern; route++)
        if (is_whole_server(req) || match_path(req->arena, route->pattern, req->path, &match)) {
            has[route->method] = true;
            has[HTTP_HEAD] |= route->method == HTTP_GET;
        }
    for (int i = 0; i < HTTP_METHOD_OTHER; i++)
        if (has[i])
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len ? ", " : "",
                                    http_method_name((enum http_method)i).ptr);
    return arena_dup(req->arena, bytes_make(text, len), out);
}

static const char *pattern_fault(const char *pattern)
{
    struct bytes rest = bytes_from_str(pattern), segment;
    size_t count = 0;
    if (pattern[0] != '/')
        return "does not begin with a slash";
    while (next_segment(&rest, &segment)) {
        size_t open = bytes_find(segment, '{'), close = bytes_find(segment, '}');
        bool has_brace = open < segment.len || close < segment.len;
        if (has_brace && (!is_param(segment) || open != 0 || close != segment.len - 1))
            return "has a brace that is not a whole {name}";
        if (has_brace && ++count > LIMIT_ROUTE_PARAMS)
            return "has too many {names}";
    }
    return NULL;
}

bool router_check(const struct route *routes, char *error, size_t error_len)
{
    for (const struct route *route = routes; route->pattern; route++) {
        const char *fault = pattern_fault(route->pattern);
        if (!fault && !route->handler)
            fault = "has no handler";
        if (!fault && route->method == HTTP_METHOD_OTHER)
            fault = "has no method";
        if (fault) {
            (void)snprintf(error, error_len, "route '%s' %s", route->pattern, fault);
            return false;
        }
    }
    return true;
}
