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
#include "runtime/http1/http1.h"
#include "runtime/net/loop.h"

struct upstream;

enum { UPSTREAM_CONNECT_MS = 10000 }; /* as an ALB: 504 after it */

/* How a request ended; called once for each upstream_send.
 *
 * RC_OK       `res` is the answer; its views hold during the call
 * RC_IO       no connection: the request has not been sent
 * RC_CLOSED   the target closed before a whole answer; `has_begun` says whether part of one came
 * RC_TIMEOUT  no connection or no answer in time
 * other       what came is no HTTP answer, or too large (http1_decode_response's codes)
 *
 * After RC_OK with res->keep_alive the upstream may be used again; otherwise close it, now or
 * later. Either may be done inside the call. */
typedef void upstream_done_fn(void *context, struct upstream *upstream, enum rc rc,
                              const struct http1_response *res, bool has_begun);

/* A connection to `to`, on its way. NULL: no memory or descriptor. */
struct upstream *upstream_open(struct loop *loop, const struct sockaddr_in *to) MUST_CHECK;

/* 127.0.0.1:`port`. */
struct sockaddr_in upstream_loopback(unsigned port);

void upstream_close(struct upstream *upstream);

/* false: the target has closed it, or sent what nobody asked for. */
bool upstream_is_usable(const struct upstream *upstream);

/* The same as far as the loop has told, without a look at the socket: for a request that may be
 * sent twice. */
bool upstream_is_open(const struct upstream *upstream);

/* Sends `request` (what cannot be sent at once is copied) and reads its answer. `method` is the
 * request's. `timeout_ms` is for silence: it begins anew with each part of an answer; connecting
 * has UPSTREAM_CONNECT_MS at most. `on_done` is never called inside. RC_NOMEM: on_done will not be
 * called, and the connection is of no use any more. */
enum rc upstream_send(struct upstream *upstream, struct bytes request, enum http_method method,
                      unsigned timeout_ms, upstream_done_fn *on_done, void *context) MUST_CHECK;

#endif
