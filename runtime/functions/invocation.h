#ifndef RUNTIME_FUNCTIONS_INVOCATION_H
#define RUNTIME_FUNCTIONS_INVOCATION_H

/*
 * invocation — one call of a function: its event, its ids, and its result, given once.
 *
 * Layer:   functions. Shared by function.c and the sandbox.
 */

#include "runtime/functions/function.h"
#include "runtime/alb/random.h"

enum { UUID_LEN = 36, TRACE_ID_LEN = 74 };

struct invocation {
    struct bytes event, client_context, arn; /* behind the struct, with a NUL each */
    function_done_fn *on_done;
    function_part_fn *on_part; /* NULL: the answer comes whole */
    void *context;
    char request_id[UUID_LEN + 1];
    char invocation_id[UUID_LEN + 1]; /* of this attempt */
    char trace_id[TRACE_ID_LEN + 1];
    int64_t start_us;          /* clock_us_monotonic() at the hand-over */
    int64_t deadline_epoch_ms; /* told to the runtime */
    int64_t init_us;           /* of the sandbox, when is_cold_start */
    bool is_cold_start;
    bool is_done;        /* there is a result */
    bool wants_log_tail; /* it is kept until the end, with the lines until then */
    struct kept_result {
        struct function_result result; /* its views are into `texts` */
        struct buf texts, log;
    } kept;
    struct function_stats *stats; /* counted up at its result; NULL: none */
    struct invocation *next;      /* in the queue of those that wait */
};

/* A copy of `call` with new ids. NULL: no memory. */
struct invocation *invocation_new(const struct function_call *call,
                                  struct random_state *random) MUST_CHECK;

/* Nothing more happens with it: a result that was kept is given, and all is freed. */
void invocation_end(struct invocation *invocation);

/* A line of its log, for the tail. */
void invocation_log(struct invocation *invocation, struct bytes line);

/* The clock starts: the event goes to a sandbox, and has `timeout_ms`. */
void invocation_start(struct invocation *invocation, unsigned timeout_ms);

/* Gives the result, or keeps it for invocation_end: the first time; later ones do nothing. The
 * owner's callback runs inside. */
void invocation_done(struct invocation *invocation, enum function_outcome outcome,
                     struct bytes payload, struct bytes error_type);

/* The same with Lambda's error as payload: {"errorMessage":"RequestId: ID Error: ...",
 * "errorType":...}; `format` gives what stands behind "Error: ". */
void invocation_fail(struct invocation *invocation, enum function_outcome outcome,
                     const char *error_type, const char *format, ...) PRINTF_LIKE(4, 5);

/* Writes a random UUID (version 4) and a NUL. */
void uuid_write(struct random_state *random, char out[UUID_LEN + 1]);

#endif
