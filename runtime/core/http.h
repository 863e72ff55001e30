#ifndef RUNTIME_CORE_HTTP_H
#define RUNTIME_CORE_HTTP_H

/*
 * http — a request and a response, as every handler sees them in either home.
 *
 * Layer:   core. Knows nothing of HTTP/1.1's bytes, of Lambda's events, or of sockets.
 * Memory:  all views of a request look into the front end's input or the request's arena and live
 *          until the response is out. A response lives in the same arena.
 * Threads: a request crosses to another thread whole or not at all.
 */

#include "runtime/core/arena.h"
#include "runtime/core/buf.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_PATCH,
    HTTP_METHOD_OTHER, /* a token that we have no name for: the router answers 501 */
};

struct http_field {
    struct bytes name;  /* as it came; compare with bytes_ieq */
    struct bytes value; /* without blanks at its ends */
};

/* A {name} of the matched route, percent-decoded. */
struct http_param {
    struct bytes name;
    struct bytes value;
};

struct app;
struct lambda_context;
struct route;

struct http_request {
    enum http_method method;
    struct bytes method_text;
    struct bytes path;  /* from the first slash, percent-encoded as it came */
    struct bytes query; /* behind the '?', percent-encoded; empty when there is none. Between the
                         * homes only what http_query_get finds is equal, not these bytes. */
    const struct http_field *fields;
    size_t field_count;
    struct bytes body;

    struct bytes request_id; /* Lambda's, or the server's own; for logs */
    struct bytes trace_id;   /* X-Amzn-Trace-Id, else Lambda's own, or empty */
    uint32_t peer_addr_net;  /* IPv4 address, in network order, of who sent it; 0: none (Lambda).
                              * forwarded.h knows who stands behind a proxy */
    bool is_tls;             /* it came by TLS; of a proxy's client see forwarded.h */
    bool may_stream;         /* the front end passes produced bodies on as they come, of any size */
    int64_t received_us;     /* clock_us_monotonic() when it was whole; 0: app_handle looks */
    int64_t answered_us;     /* and when app_handle was done; 0: it had no need to look */
    int64_t deadline_ms;     /* clock_ms_monotonic() at which the answer is due; 0: none */

    struct arena *arena; /* for everything that the response needs */

    /* Of lambda_context.h, borrowed for the request; NULL in the server home. */
    const struct lambda_context *lambda;

    /* Set by app_handle for the handler. */
    struct app *app;
    const struct route *route;
    const struct http_param *params;
    size_t param_count;
};

/* Makes a body part by part: appends the next part to `out`, whose front end has just emptied it.
 * RC_AGAIN: there is more. RC_OK: the body is whole. Any other: it fails here, and the client sees
 * a broken transfer. Runs on the front end's thread whenever it can take more, so it must not wait.
 */
typedef enum rc http_producer_fn(void *context, struct buf *out);

struct http_response {
    int status; /* 500 until somebody sets it */
    struct http_field *fields;
    size_t field_count, field_capacity;
    struct bytes body;
    http_producer_fn *producer; /* not NULL: makes the body, and `body` is empty */
    void *producer_context;
    bool is_out_of_memory; /* a field or the body had no room; the front end answers 500 */
};

/* --- methods and statuses --- */

/* The method that `token` names (case matters), or HTTP_METHOD_OTHER. */
enum http_method http_method_parse(struct bytes token);

/* "GET" ...; "" for HTTP_METHOD_OTHER. */
struct bytes http_method_name(enum http_method method);

/* The reason phrase of RFC 9110 for `status`; "Unknown" for one that it does not name. */
struct bytes http_status_reason(int status);

/* true for 1xx, 204 and 304, whose responses never have a body. */
bool http_status_is_bodiless(int status);

/* --- grammar (RFC 9110 section 5.6.2 and 5.5) --- */

/* The length of the run of tchar at the start of `view`. */
size_t http_token_len(struct bytes view);

/* true for a non-empty run of tchar. */
bool http_is_token(struct bytes view);

/* true for a field value: no CR, LF, NUL or other control byte but tab. */
bool http_is_field_value(struct bytes view);

/* true for a field of one connection alone, which nobody passes on (RFC 9110 section 7.6.1):
 * Connection, Keep-Alive, Proxy-Connection, TE, Trailer, Transfer-Encoding, Upgrade. */
bool http_field_is_hop_by_hop(struct bytes name);

/* --- requests --- */

/* The value of the first of `count` fields that has this name, or NULL. Names compare without case.
 */
const struct bytes *http_field_find(const struct http_field *fields, size_t count,
                                    struct bytes name);

/* The first field `name`, or NULL. Inline, so that nobody counts a literal's letters. */
static inline const struct bytes *http_request_header(const struct http_request *req,
                                                      const char *name)
{
    return http_field_find(req->fields, req->field_count, bytes_from_str(name));
}

/* The value of the route's parameter `name`, or NULL when the route has none of that name. */
const struct bytes *http_request_param(const struct http_request *req, const char *name);

/* The first query parameter whose decoded key is `key`: its decoded value ('+' is a blank) in the
 * request's arena. RC_OK; RC_NOT_FOUND; RC_SYNTAX when its percent-encoding is broken; RC_NOMEM. */
enum rc http_query_get(const struct http_request *req, const char *key,
                       struct bytes *out) MUST_CHECK;

/* --- responses --- */

/* An empty response with status 500. */
void http_response_init(struct http_response *res);

/* Adds a field. `name` and `value` are borrowed: static, or in the request's arena. Content-Length,
 * Date and Connection belong to the front ends; do not add them. A name or value that the grammar
 * forbids is dropped and counts as out of memory, so that no handler can split a response. */
void http_response_add(struct http_response *res, struct arena *arena, struct bytes name,
                       struct bytes value);

/* The first field `name`, or NULL. */
static inline const struct bytes *http_response_header(const struct http_response *res,
                                                       const char *name)
{
    return http_field_find(res->fields, res->field_count, bytes_from_str(name));
}

/* Sets status, content type and body. The body is borrowed: static, or in the request's arena. */
void http_response_borrow(struct http_response *res, struct arena *arena, int status,
                          struct bytes content_type, struct bytes body);

/* The same with a body printed into the arena. */
void http_response_printf(struct http_response *res, struct arena *arena, int status,
                          struct bytes content_type, const char *format, ...) PRINTF_LIKE(5, 6);

/* The same with a body that `producer` makes; `context` is static, or in the request's arena. Where
 * the request may not stream, app_handle runs the producer to its end, with the limit of any body.
 */
void http_response_produce(struct http_response *res, struct arena *arena, int status,
                           struct bytes content_type, http_producer_fn *producer, void *context);

#endif
