#ifndef RUNTIME_ALB_UPSTREAM_H
#define RUNTIME_ALB_UPSTREAM_H

/*
 * upstream — a connection to an ip target: one request at a time, kept open between them.
 *
 * Layer:   alb. Knows core/, http1/, net/loop.
 * Threads: all on the loop's thread.
 */

#include <netinet/in.h>

#include "runtime/core/arena.h"
#include "runtime/core/metrics.h"
#include "runtime/http1/http1.h"
#include "runtime/net/loop.h"
#include "runtime/net/tls.h"

struct upstream;

enum { UPSTREAM_CONNECT_MS = 10000 }; /* as an ALB: 504 after it */

/* How a request ended; called once for each upstream_send.
 *
 * RC_OK       `res` is the answer; its views hold during the call
 * RC_IO       no connection: the request has not been sent
 * RC_CLOSED   the target closed before a whole answer; `has_begun` says whether part of one came
 * RC_TIMEOUT  no connection or no answer in time
 * RC_REFUSED  the target does not agree on TLS: the request has not been sent
 * other       what came is no HTTP answer, or too large (http1_decode_response's codes)
 *
 * After RC_OK with res->keep_alive the upstream may be used again; otherwise close it, now or
 * later. Either may be done inside the call. */
typedef void upstream_done_fn(void *context, struct upstream *upstream, enum rc rc,
                              const struct http1_response *res, bool has_begun);

/* A connection to `to`, on its way. NULL: no memory or descriptor. */
struct upstream *upstream_open(struct loop *loop, const struct sockaddr_in *to) MUST_CHECK;

/* Right behind upstream_open: by TLS, whatever certificate the target shows, as AWS's load
 * balancers do. The handshake counts as connecting. false: no memory. */
bool upstream_secure(struct upstream *upstream, struct tls_context *context) MUST_CHECK;

/* 127.0.0.1:`port`. */
struct sockaddr_in upstream_loopback(unsigned port);

/* Counts it as opened now, and as closed then; `counts` is borrowed. */
void upstream_count(struct upstream *upstream, struct metrics_connections *counts);

void upstream_close(struct upstream *upstream);

/* false: the target has closed it, or sent what nobody asked for. */
bool upstream_is_usable(struct upstream *upstream);

/* The same as far as the loop has told, without a look at the socket: for a request that may be
 * sent twice. */
bool upstream_is_open(const struct upstream *upstream);

/* --- bodies that are passed on as they come --- */

/* What its owner is told, with upstream_send's context. Each may close the upstream, or send
 * another request where it may be used again. */
typedef void upstream_begun_fn(void *context, struct upstream *upstream,
                               const struct http1_response *res);
typedef void upstream_event_fn(void *context, struct upstream *upstream);

struct upstream_stream {
    upstream_begun_fn *on_begun; /* an answer that is not whole, and not known to be small: `res`
                                  * has no body and holds during the call; upstream_pull has the
                                  * rest, and on_done is not called */
    upstream_event_fn *on_more;  /* upstream_pull, which had nothing, may have more, or the end */
    upstream_event_fn *on_taken; /* the request's next part may be pushed */
};

/* After upstream_send, for that request: `stream` (borrowed) instead of answers held in memory.
 * has_body: the request's body follows by upstream_push, each part when on_taken asks for it, which
 * may be inside this call. An answer may come before the last part; then the connection is not to
 * be used again. */
void upstream_stream(struct upstream *upstream, const struct upstream_stream *stream,
                     bool has_body);

/* Sends the next part, as it goes on the wire; what cannot be sent at once is copied. true: all has
 * gone, and the next may follow at once; else on_taken follows, unless it is the last. */
bool upstream_push(struct upstream *upstream, struct bytes part, bool is_last);

/* Appends the next part of the answer's body to `out`, UPSTREAM_PART_BYTES or little more at most.
 *
 * RC_AGAIN    there is more; without a byte: on_more will tell
 * RC_OK       the body is whole. is_reusable (out) says whether another request may be sent
 * RC_CLOSED, RC_TIMEOUT and http1_body_read's: it is broken off here; close the upstream */
enum { UPSTREAM_PART_BYTES = 64 * 1024 };
enum rc upstream_pull(struct upstream *upstream, struct buf *out, bool *is_reusable) MUST_CHECK;

/* Sends `request` (what cannot be sent at once is copied) and reads its answer. `method` is the
 * request's. `timeout_ms` is for silence: it begins anew with each part of an answer; connecting
 * has UPSTREAM_CONNECT_MS at most. `on_done` is never called inside. RC_NOMEM: on_done will not be
 * called, and the connection is of no use any more. */
enum rc upstream_send(struct upstream *upstream, struct bytes request, enum http_method method,
                      unsigned timeout_ms, upstream_done_fn *on_done, void *context) MUST_CHECK;

#endif
