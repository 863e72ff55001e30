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
 * event is waited for, by one call. A sandbox that dies is replaced when the next call needs one.
 * When its init fails or takes too long, it is tried once more as a part of the call, under the
 * call's timeout. One that waits for an event is frozen soon (SIGSTOP) and goes on when it gets
 * one; one that has waited for long is ended.
 *
 * A sandbox sees Lambda's environment and the function's own variables, nothing of the rig's, and
 * starts in the program's folder, its LAMBDA_TASK_ROOT: paths in `env` should be absolute.
 */

#include <sys/types.h>

#include "runtime/core/buf.h"
#include "runtime/net/loop.h"

struct cgroups;
struct debugger;
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
    struct bytes log_tail; /* of a call that asked for it: the last 4 KiB of its lines, a line end
                            * behind each, REPORT included */
    bool is_cold_start;    /* the sandbox was started for this call */
    int64_t duration_us;   /* from the hand-over of the event to the answer */
    int64_t init_us;       /* of the sandbox, when is_cold_start */
};

/* Exactly once for each call. */
typedef void function_done_fn(void *context, const struct function_result *result);

/* A part of an answer, as it comes; `content_type` is what the runtime sent, the same with every
 * part, or empty. Both are valid during the call. */
typedef void function_part_fn(void *context, struct bytes content_type, struct bytes part);

/* A call with all that Lambda's Invoke lets its client say. What is behind the views is copied. */
struct function_call {
    struct bytes event;
    struct bytes client_context; /* JSON for Lambda-Runtime-Client-Context; empty: none */
    struct bytes arn;            /* as the client named the function; empty: the options' */
    bool wants_log_tail;         /* then the result comes when the runtime asks for more, not when
                                  * it has answered */
    function_done_fn *on_done;   /* Required. */
    /* NULL: the answer comes whole in the result. Else by parts before it, also when the runtime
     * does not stream, and the result's payload is empty. What an error in a stream's trailer
     * says is then in payload and error_type of a result that is FUNCTION_OK, as Lambda counts it;
     * one that breaks off is FUNCTION_ERROR, whatever has come of it. */
    function_part_fn *on_part;
    void *context; /* of both */
};

/* A line of a sandbox's output, or the platform's own START, END and REPORT lines. END and REPORT
 * come when the runtime asks for its next event, as on Lambda: after the result. */
typedef void function_line_fn(void *context, struct bytes line);

/* The form of the platform's own lines; of JSON, the least level. */
enum function_log {
    FUNCTION_LOG_TEXT,
    FUNCTION_LOG_JSON_DEBUG,
    FUNCTION_LOG_JSON_INFO,
    FUNCTION_LOG_JSON_WARN,
};

struct function_options {
    struct loop *loop;     /* Required. */
    const char *name;      /* Required: AWS_LAMBDA_FUNCTION_NAME. */
    const char *program;   /* Required: path of the bootstrap. */
    const char *version;   /* AWS_LAMBDA_FUNCTION_VERSION; NULL: "$LATEST" */
    const char *handler;   /* _HANDLER; NULL: "bootstrap" */
    const char *arn;       /* what a runtime hears of its function; NULL: made of the name */
    const char *task_root; /* where it starts, and LAMBDA_TASK_ROOT; NULL: the program's folder */
    const char *const
        *env;            /* the function's own variables, "NAME=value", ends with NULL; or NULL */
    const char *opt;     /* absolute: what its layers hold (layers_merge); NULL: it has none */
    bool is_opt_mapped;  /* it is seen as /opt; else its own path is in LAMBDA_OPT_DIR */
    unsigned timeout_ms; /* of an invocation; 0: Lambda's default, 3000 */
    unsigned init_timeout_ms; /* for a runtime to ask for its first event; 0: Lambda's 10000 */
    unsigned stop_grace_ms;   /* from SIGTERM to SIGKILL where an extension is; 0: Lambda's 500 */
    unsigned init_error_grace_ms; /* from an init error to SIGKILL; 0: 500 */
    unsigned return_ms;   /* from an answer to the next request; for who takes longer another is
                           * started, up to `concurrency`; 0: 50 */
    unsigned freeze_ms;   /* from `next` without an event to SIGSTOP; 0: 20 */
    unsigned idle_end_ms; /* from `next` without an event to the sandbox's end; 0: 300000 */
    unsigned memory_mb;   /* said to the function, and its limit: who uses more is killed; 0: 128 */
    unsigned concurrency; /* sandboxes at most; 0: 100 */
    struct cgroups *cgroups;         /* the kernel keeps the memory limit; NULL: who uses more is
                                      * seen ten times a second; borrowed */
    function_line_fn *on_line;       /* NULL: output goes nowhere */
    const struct debugger *debugger; /* NULL; or how sandboxes are debugged: then without any time
                                        limit, neither frozen nor ended when idle; borrowed */
    enum function_log log;
    const char *log_level; /* of JSON: AWS_LAMBDA_LOG_LEVEL; static; NULL: "INFO" */
    bool is_quiet;         /* no START, END and REPORT but of calls that failed, or want the tail */
    void *context;         /* of on_line */
};

/* Everything in `options` is copied. No sandbox is started yet. NULL: no memory, or the program is
 * not there or not executable: `error` names it. */
struct function *function_new(const struct function_options *options, char *error,
                              size_t error_len) MUST_CHECK;

/* Calls the function with `event`, which is copied. The result may come inside the call. */
void function_invoke(struct function *function, struct bytes event, function_done_fn *on_done,
                     void *context);

/* The same with all that a call may say. */
void function_call(struct function *function, const struct function_call *call);

/* Starts a sandbox ahead of the first call; as provisioned concurrency does. */
void function_warm(struct function *function);

/* The program's file has changed: calls from now on go to new sandboxes, the old ones end after the
 * call that they are in. */
void function_replace(struct function *function);

/* Another limit from now on; sandboxes over it end after the call that they are in. */
void function_set_concurrency(struct function *function, unsigned concurrency);

/* No call comes any more, as when another version has taken over: idle sandboxes end now, the
 * others after their calls. Until function_is_over, which says that no sandbox is left, the
 * function stays the caller's; a call that comes all the same is served. */
void function_retire(struct function *function);
bool function_is_over(const struct function *function);

/* How many sandboxes are there, and how many of them are in a call. */
void function_count(const struct function *function, size_t *total, size_t *busy);

/* --- for who watches --- */

enum function_sandbox_state {
    FUNCTION_SANDBOX_INIT,   /* its runtime starts */
    FUNCTION_SANDBOX_IDLE,   /* it waits for an event, and will be frozen soon */
    FUNCTION_SANDBOX_FROZEN, /* it waits for an event, and does not run */
    FUNCTION_SANDBOX_BUSY,   /* it is in a call */
    FUNCTION_SANDBOX_ENDING, /* it is being ended */
};

struct function_sandbox {
    uint64_t number; /* from 1, in the order of starts */
    enum function_sandbox_state state;
    pid_t process_id;
    int64_t age_ms;          /* since its start */
    int64_t state_ms;        /* in `state`; a frozen one: since it waits */
    int64_t init_us;         /* 0: not over */
    uint64_t call_count;     /* the one in hand included */
    unsigned peak_memory_mb; /* of it with all that it has started */
};

typedef void function_sandbox_fn(void *context, const struct function_sandbox *sandbox);

/* Calls `fn` for each sandbox, inside. */
void function_each_sandbox(const struct function *function, function_sandbox_fn *fn, void *context);

/* Counts since function_new. */
struct function_stats {
    uint64_t calls; /* all, the throttled ones included */
    uint64_t throttles, errors, timeouts;
    uint64_t starts;      /* of sandboxes */
    uint64_t cold_starts; /* calls that had to wait for one */
    uint64_t init_failures;
    uint64_t deaths;       /* of sandboxes that nobody had ended */
    uint64_t memory_kills; /* of sandboxes over their memory size */
    uint64_t idle_ends;    /* of sandboxes that had waited for long */
    size_t waiting;        /* calls that wait for a sandbox now */
};

void function_stats(const struct function *function, struct function_stats *stats);

/* Kills every sandbox and frees all; calls still open get FUNCTION_ERROR inside. Those with an
 * extension get SIGTERM first, and are waited for up to stop_grace_ms, all together. Not to be
 * called inside a callback of the function. */
void function_free(struct function *function);

#endif
