#ifndef RUNTIME_LAMBDA_RAPI_STREAM_H
#define RUNTIME_LAMBDA_RAPI_STREAM_H

/*
 * rapi_stream — an invocation's answer given to the Runtime API part by part.
 *
 * Layer:   lambda home, beside rapi.c. Knows nothing of what is in the answer.
 * Threads: one.
 * Source:  "Building a custom runtime", section "Response streaming", Lambda developer guide.
 *
 * The answer goes as one POST in chunks, and the connection is closed behind it. Once it has begun
 * no error can be posted any more: an error is told in the trailer, and Lambda counts such an
 * invocation as answered.
 *
 * Use: 1. rapi_stream_begin   2. rapi_stream_write while it is RC_OK   3. rapi_stream_end, always
 */

#include "runtime/lambda/error_report.h"
#include "runtime/lambda/rapi.h"

struct rapi_stream {
    struct rapi *rapi;
    struct arena *arena;
    bool is_answered; /* the Runtime API has closed, or said something, before the end */
};

/* Begins the answer; all that is given is borrowed until rapi_stream_end.
 *
 * content_type  a header's value; said to whoever invoked the function
 *
 * RC_OK · RC_CLOSED: as rapi_stream_write; rapi_stream_end follows · RC_IO: the Runtime API is not
 * there; nothing has begun, and the runtime must exit */
enum rc rapi_stream_begin(struct rapi_stream *stream, struct rapi *rapi, struct arena *arena,
                          const struct rapi_invocation *invocation,
                          struct bytes content_type) MUST_CHECK;

/* Sends a part; an empty one is none. Waits as long as it is not taken.
 * RC_OK · RC_CLOSED: nobody takes more; make no further part · RC_NOMEM: end it with an error */
enum rc rapi_stream_write(struct rapi_stream *stream, struct bytes part) MUST_CHECK;

/* Ends it, with `error` in the trailer where it is not NULL, and waits for the reply. A 4xx reply
 * (too late, too large), and a lost connection, are logged and are the end of that invocation.
 *
 * RC_OK  go on with rapi_next
 * RC_IO  5xx: the runtime must exit */
enum rc rapi_stream_end(struct rapi_stream *stream, const struct error_report *error) MUST_CHECK;

#endif
