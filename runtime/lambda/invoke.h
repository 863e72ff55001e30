#ifndef RUNTIME_LAMBDA_INVOKE_H
#define RUNTIME_LAMBDA_INVOKE_H

/*
 * invoke — one invocation: next, decode, handle, encode, response.
 *
 * Layer:   lambda home. Knows app, rapi and the event codecs.
 * Memory:  one arena and one buffer for all invocations, reset after each, and given back after a
 *          large one.
 * Threads: one an invoker. The only one of a process changes its environment.
 */

#include "runtime/core/app.h"
#include "runtime/lambda/rapi.h"

/* "_X_AMZN_TRACE_ID=" and its value; a longer one is not set. */
enum { INVOKE_TRACE_MAX_BYTES = 1024 };

/* Whether the process's environment is an invoker's own: there _X_AMZN_TRACE_ID is set. */
enum invoker_share { INVOKER_ALONE, INVOKER_ONE_OF_MANY };

struct invoker {
    struct app *app;
    struct rapi *rapi;
    struct arena arena;
    struct buf answer;
    enum invoker_share share;
    bool was_large;      /* a streamed body, which never was in `answer` */
    int64_t received_us; /* clock_us_monotonic() when the invocation came */
    bool has_trace;      /* `trace` is in the environment */
    char trace[INVOKE_TRACE_MAX_BYTES];
};

/* Borrows `app` and `rapi`. The struct must not move while it is in use: the environment points
 * into it. Allocates nothing. */
void invoker_init(struct invoker *invoker, struct app *app, struct rapi *rapi,
                  enum invoker_share share);

/* Frees all and unsets _X_AMZN_TRACE_ID. */
void invoker_release(struct invoker *invoker);

/* Waits for an invocation. RC_IO: the Runtime API is lost; the runtime must exit. */
enum rc invoker_next(struct invoker *invoker, struct rapi_invocation *invocation) MUST_CHECK;

/* Answers it, by a response or, when the event is none that we take, by an error, and writes its
 * metrics. Either is RC_OK. RC_IO: as above. The invocation is gone. */
enum rc invoker_answer(struct invoker *invoker,
                       const struct rapi_invocation *invocation) MUST_CHECK;

#endif
