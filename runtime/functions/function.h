#ifndef RUNTIME_FUNCTIONS_FUNCTION_H
#define RUNTIME_FUNCTIONS_FUNCTION_H

/*
 * function — a Lambda function on this machine: sandboxes, each a process with a Runtime API of its
 * own on 127.0.0.1, one invocation at a time each.
 *
 * Layer:   functions. Knows core/, json/, net/, process.
 * Threads: all on the loop's thread.
 * Source:  "Using the Lambda runtime API for custom runtimes" and "Lambda execution environment",
 *          Lambda developer guide.
 *
 * A call goes to an idle sandbox; when there is none, a new one is started, up to `concurrency`;
 * beyond that the call is throttled. A sandbox that has answered and is about to ask for its next
 * event is waited for. A sandbox that dies is replaced when the next call needs one. When its init
 * fails or takes too long, it is tried once more as a part of the call, under the call's timeout.
 *
 * A sandbox sees Lambda's environment and the function's own variables, nothing of the rig's, and
 * starts in the program's folder, its LAMBDA_TASK_ROOT: paths in `env` should be absolute.
 */

#include "runtime/core/buf.h"
#include "runtime/net/loop.h"

struct function;

enum function_outcome {
    FUNCTION_OK,        /* payload: the function's answer */
    FUNCTION_ERROR,     /* payload: {"errorMessage","errorType"}, by /error or made by the rig after
                         * a crash (Runtime.ExitError), as Lambda words it */
    FUNCTION_TIMEOUT,   /* payload: Lambda's Sandbox.Timedout error; the sandbox was killed */
    FUNCTION_THROTTLED, /* no sandbox free and `concurrency` reached; payload: Lambda's error */
};

struct function_result {
    enum function_outcome outcome;
    struct bytes payload;    /* valid during the call */
    struct bytes error_type; /* such as "Runtime.ExitError"; empty for FUNCTION_OK */
    struct bytes request_id;
    bool is_cold_start;  /* the sandbox was started for this call */
    int64_t duration_us; /* from the hand-over of the event to the answer */
    int64_t init_us;     /* of the sandbox, when is_cold_start */
};

/* Exactly once for each function_invoke. */
typedef void function_done_fn(void *context, const struct function_result *result);

/* A line of a sandbox's output, or the platform's own START, END and REPORT lines. END and REPORT
 * come when the runtime asks for its next event, as on Lambda: after the result. */
typedef void function_line_fn(void *context, struct bytes line);

struct function_options {
    struct loop *loop;   /* Required. */
    const char *name;    /* Required: AWS_LAMBDA_FUNCTION_NAME. */
    const char *program; /* Required: path of the bootstrap. */
    const char *const
        *env;            /* the function's own variables, "NAME=value", ends with NULL; or NULL */
    unsigned timeout_ms; /* of an invocation; 0: Lambda's default, 3000 */
    unsigned init_timeout_ms; /* for a runtime to ask for its first event; 0: Lambda's 10000 */
    unsigned stop_grace_ms;   /* from SIGTERM to SIGKILL where an extension is; 0: Lambda's 500 */
    unsigned init_error_grace_ms; /* from an init error to SIGKILL; 0: 500 */
    unsigned return_ms;   /* from an answer to the next request; who takes longer is not waited for;
                             0:   50 */
    unsigned memory_mb;   /* said to the function; 0: 128 */
    unsigned concurrency; /* sandboxes at most; 0: 100 */
    function_line_fn *on_line; /* NULL: output goes nowhere */
    bool is_quiet;             /* no START, END and REPORT but of calls that failed */
    void *context;             /* of on_line */
};

/* Everything in `options` is copied. No sandbox is started yet. NULL: no memory, or the program is
 * not there or not executable: `error` names it. */
struct function *function_new(const struct function_options *options, char *error,
                              size_t error_len) MUST_CHECK;

/* Calls the function with `event`, which is copied. The result may come inside the call. */
void function_invoke(struct function *function, struct bytes event, function_done_fn *on_done,
                     void *context);

/* Starts a sandbox ahead of the first call; as provisioned concurrency does. */
void function_warm(struct function *function);

/* The program's file has changed: calls from now on go to new sandboxes, the old ones end after the
 * call that they are in. */
void function_replace(struct function *function);

/* How many sandboxes are there, and how many of them are in a call. */
void function_count(const struct function *function, size_t *total, size_t *busy);

/* Kills every sandbox and frees all; calls still open get FUNCTION_ERROR inside. Those with an
 * extension get SIGTERM first, and are waited for up to stop_grace_ms, all together. Not to be
 * called inside a callback of the function. */
void function_free(struct function *function);

#endif
