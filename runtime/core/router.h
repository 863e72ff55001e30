#ifndef RUNTIME_CORE_ROUTER_H
#define RUNTIME_CORE_ROUTER_H

/*
 * router — which handler a method and a path mean.
 *
 * Layer:   core.
 * Memory:  the table is the application's, static; parameters go to the request's arena.
 * Threads: no state.
 *
 * A pattern is a path whose segments are literal or a {name}, which matches one non-empty segment.
 * Literal segments compare with the request's percent-decoded ones, byte by byte; the first route
 * of the table that fits wins. A trailing slash makes another path.
 */

#include "runtime/core/http.h"

/* Fills `res`. Runs on any thread, must not keep state; what it allocates is in req->arena. */
typedef void http_handler_fn(const struct http_request *req, struct http_response *res);

/* The handler calls the store, which may wait: the server then runs it on a worker thread. */
#define ROUTE_USES_STORE 1u
/* The handler calls the store only when the request has a query; without one it runs at once. */
#define ROUTE_USES_STORE_ON_QUERY 2u

struct route {
    enum http_method method;
    const char *pattern; /* NULL ends a table */
    http_handler_fn *handler;
    unsigned flags;
};

#define ROUTES_END                       \
    {                                    \
        HTTP_METHOD_OTHER, NULL, NULL, 0 \
    }

enum router_match {
    ROUTER_HANDLER,        /* *route, and req->params are set */
    ROUTER_OPTIONS,        /* the path is known, OPTIONS has no route; or the path is "*", which is
                              the server as a whole: answer 204 with Allow */
    ROUTER_BAD_METHOD,     /* the path is known, the method is not: 405 with Allow */
    ROUTER_UNKNOWN_METHOD, /* a method that we have no name for: 501 */
    ROUTER_BAD_PATH,       /* broken percent-encoding: 400 */
    ROUTER_NOT_FOUND,      /* 404 */
    ROUTER_NOMEM,          /* the arena has no room */
};

/* Finds the route of `req` in `routes`, and sets req->route and req->params. HEAD takes GET's route
 * where it has none of its own. */
enum router_match router_find(const struct route *routes, struct http_request *req);

/* The methods of req's path for an Allow field, such as "GET, HEAD, OPTIONS", in the arena; for
 * "OPTIONS *" those of all routes. */
enum rc router_allow(const struct route *routes, struct http_request *req,
                     struct bytes *out) MUST_CHECK;

/* Checks a table at start: each pattern begins with a slash, braces are closed and named, at most
 * LIMIT_ROUTE_PARAMS names, a handler each. false: `error` says what is wrong with which pattern.
 */
bool router_check(const struct route *routes, char *error, size_t error_len) MUST_CHECK;

#endif
