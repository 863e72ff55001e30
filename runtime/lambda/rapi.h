#ifndef RUNTIME_LAMBDA_RAPI_H
#define RUNTIME_LAMBDA_RAPI_H

/*
 * rapi — the client of Lambda's Runtime API: next, response, error, init error.
 *
 * Layer:   lambda home. Knows core/ and rapi_conn; nothing of events or handlers.
 * Threads: one.
 * Source:  "Using the Lambda runtime API for custom runtimes" and "Building a custom runtime",
 *          Lambda developer guide.
 *
 * Use: 1. rapi_init   2. rapi_next   3. rapi_response or rapi_error, once   then 2 again
 */

#include "runtime/core/lambda_context.h"
#include "runtime/lambda/rapi_conn.h"

struct rapi {
    struct rapi_conn _conn;
    struct buf _body; /* of an error */
};

struct rapi_invocation {
    struct lambda_context lambda; /* what handlers may know */
    struct bytes invocation_id;   /* of this attempt; empty: none was said, none is sent back */
    struct bytes event;
};

/* Connects nothing yet. `api` is AWS_LAMBDA_RUNTIME_API, borrowed. */
void rapi_init(struct rapi *rapi, const char *api);

/* Frees all; works on a zeroed struct, and twice. */
void rapi_release(struct rapi *rapi);

/* Waits for the next invocation, however long: the sandbox may be frozen meanwhile.
 *
 * arena       for the invocation's texts but the event
 * invocation  out: the event is valid until the next call of any function here
 *
 * What fails (no connection, a lost one, 403, 5xx, an answer that is none) is tried again, at once
 * and then with growing pauses, and logged.
 *
 * RC_OK
 * RC_IO  the tries are used up; the runtime must exit */
enum rc rapi_next(struct rapi *rapi, struct arena *arena,
                  struct rapi_invocation *invocation) MUST_CHECK;

/* Gives the answer of an invocation, or its error.
 *
 * json     the answer
 * type     "Runtime.Something" or "Function.Something", in letters alone; others become Unknown
 * message  any text
 * arena    for the reply
 *
 * A 4xx reply (a wrong id, too late, too large) is logged and is the end of that invocation: after
 * 413 Lambda has ended it itself, so no error may follow. A 5xx reply or a lost connection is tried
 * once more on a new connection.
 *
 * RC_OK  go on with rapi_next
 * RC_IO  the runtime must exit */
enum rc rapi_response(struct rapi *rapi, struct arena *arena,
                      const struct rapi_invocation *invocation, struct bytes json) MUST_CHECK;
enum rc rapi_error(struct rapi *rapi, struct arena *arena, const struct rapi_invocation *invocation,
                   const char *type, const char *message) MUST_CHECK;

/* Tells why the runtime cannot start; it must exit then, whatever the result. */
enum rc rapi_init_error(struct rapi *rapi, struct arena *arena, const char *type,
                        const char *message) MUST_CHECK;

/* The error type of an event that cannot be taken: for what event_decode and event_encode return.
 */
const char *rapi_error_type(enum rc rc);

/* Gives large buffers back; the last invocation's event is gone. */
void rapi_trim(struct rapi *rapi);

#endif
