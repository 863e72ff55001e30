#ifndef RUNTIME_FUNCTIONS_SANDBOX_H
#define RUNTIME_FUNCTIONS_SANDBOX_H

/*
 * sandbox — one execution environment: a process that runs the bootstrap, and the Runtime API that
 * it talks to, on a port of its own.
 *
 * Layer:   functions. Knows process, net/httpd, invocation. Used by function.c alone; runtime_api.c
 * is its HTTP half. Threads: all on the loop's thread. Source:  "Lambda execution environment",
 * Lambda developer guide.
 *
 * Use: 1. sandbox_new   2. sandbox_hand whenever on_idle came   3. on_end says that it is over
 */

#include "runtime/functions/invocation.h"
#include "runtime/process/process.h"
#include "runtime/net/httpd.h"

struct sandbox;

enum sandbox_state {
    SANDBOX_INIT,   /* the runtime starts; it has not asked for an event yet */
    SANDBOX_IDLE,   /* it waits for an event */
    SANDBOX_BUSY,   /* it has one */
    SANDBOX_SENT,   /* it has answered; the invocation is over when it asks for the next event */
    SANDBOX_ENDING, /* killed; its exit has not been seen */
};

/* It waits for an event; sandbox_hand may be called inside. */
typedef void sandbox_idle_fn(struct sandbox *sandbox);

/* The process is gone, and the sandbox is freed after the call. is_untold: its init failed, and it
 * had no invocation to tell. */
typedef void sandbox_end_fn(struct sandbox *sandbox, bool is_untold);

struct sandbox_options {
    struct loop *loop;
    const char *name, *program, *task_root; /* program and task_root are absolute */
    const char *version, *handler, *arn;
    const char *const *env; /* the function's own, or NULL */
    const char *opt;        /* as function_options has them */
    bool is_opt_mapped;
    unsigned timeout_ms, init_timeout_ms, stop_grace_ms, init_error_grace_ms, memory_mb;
    unsigned freeze_ms, idle_end_ms;
    function_line_fn *on_line; /* NULL: none */
    enum function_log log;     /* these four as function_options has them */
    const char *log_level;
    bool is_quiet;
    const struct debugger *debugger;
    struct cgroups *cgroups; /* likewise */
    void *line_context;
    sandbox_idle_fn *on_idle;
    sandbox_end_fn *on_end;
    void *context; /* the owner's */
    struct random_state *random;
    struct function_stats *stats; /* counted up here */
};

enum { SANDBOX_EXTENSIONS_MAX = 10, SANDBOX_EXTENSION_NAME_BYTES = 129 };

/* Who wants to hear of the end, or of each event too: a part of the runtime, or a process of its
 * own, which has the same name. */
struct sandbox_extension {
    char name[SANDBOX_EXTENSION_NAME_BYTES];
    char id[UUID_LEN + 1];
    bool is_external;            /* a process of its own */
    bool wants_events;           /* INVOKE: the phase is over when it has asked for more, too */
    bool wants_end;              /* SHUTDOWN */
    bool has_asked;              /* for its first event */
    struct httpd_exchange *held; /* its GET event/next, or NULL */
};

/* A process of /opt/extensions. */
struct sandbox_external {
    struct sandbox *sandbox;
    struct process *process; /* NULL: it has ended */
    char name[SANDBOX_EXTENSION_NAME_BYTES];
};

struct sandbox {
    const struct sandbox_options *options;
    enum sandbox_state state;
    struct process *process; /* the runtime; NULL: it has ended, and extensions have not */
    struct httpd *httpd;
    struct httpd_exchange *held;   /* the `next` that waits, while IDLE or for an extension */
    struct invocation *invocation; /* while BUSY or SENT; in INIT when its event waits already */
    struct loop_timer timer;       /* of the init, of the invocation, or of the wait */
    int64_t start_us, init_us;     /* init_us 0: not ready yet */
    int64_t sent_ms;               /* when it answered */
    int64_t state_ms;              /* when IDLE or BUSY began */
    uint64_t number, call_count;
    bool is_cold;         /* started for a call, and in none so far */
    bool is_retiring;     /* of an old program: ends after its invocation */
    bool is_streaming;    /* its answer has begun to come, in BUSY */
    bool is_frozen;       /* stopped, in IDLE */
    bool has_failed_init; /* it went away before it asked for an event */
    char failure[128];    /* how it ended by itself; empty: not so */
    bool is_init_timeout; /* killed because it took too long to start */
    bool has_init_error;  /* the runtime has told why it cannot start, in init_error; or
                           * an extension why it cannot go on */
    struct buf init_error;
    char init_error_type[128];
    struct sandbox_extension extensions[SANDBOX_EXTENSIONS_MAX];
    size_t extension_count; /* not 0: SIGTERM comes before SIGKILL at the end */
    struct sandbox_external externals[SANDBOX_EXTENSIONS_MAX];
    size_t external_count;
    const char *external_failure; /* the error's type, when one of them ended it; or NULL */
    const char *end_reason;       /* what they hear of the end; static */
    int64_t end_epoch_ms;         /* their deadline then; 0: they have not heard of it */
    bool is_untold;               /* of on_end, while they end */
    char *mark;                   /* what all that it has started have in their environment */
    unsigned peak_memory_mb;      /* as last seen */
    bool is_over_memory;          /* killed for it; it may take a while to die */
    char *cgroup;                 /* its group; NULL: it has none */
    struct sandbox *next;         /* the owner's list */
};

/* true: its process runs, or may: what it uses may grow. */
static inline bool sandbox_is_running(const struct sandbox *sandbox)
{
    return sandbox->process && sandbox->state != SANDBOX_ENDING && !sandbox->is_frozen;
}

/* Starts a sandbox. `options` is borrowed.
 *
 * first    NULL; or an invocation whose event the runtime gets as soon as it asks: its clock starts
 *          now, so that the init is a part of it. Taken over on success
 * is_cold  false: it is started ahead of a call
 *
 * NULL: `error` says why, such as process_start's */
struct sandbox *sandbox_new(const struct sandbox_options *options, struct invocation *first,
                            bool is_cold, char *error, size_t error_len) MUST_CHECK;

/* Gives an idle sandbox an event. The invocation is taken over; its result may come inside. */
void sandbox_hand(struct sandbox *sandbox, struct invocation *invocation);

/* true when an idle sandbox can take an event: its process is there. */
bool sandbox_is_ready(const struct sandbox *sandbox);

/* Ends it; on_end follows from the loop. Its invocation must be over. It is killed at once, unless
 * an extension is in it: then SIGTERM comes first, and SIGKILL after stop_grace_ms. */
void sandbox_end(struct sandbox *sandbox);

/* Sends SIGTERM where an extension is in it, and nothing else: before sandbox_free, so that many
 * can clean up at once. */
void sandbox_ask_to_end(struct sandbox *sandbox);

/* Kills it and frees all, without on_end; its invocation fails. Not inside a callback. After
 * sandbox_ask_to_end it is waited for until `end_ms` of clock_ms_monotonic(), with the loop
 * standing still. */
void sandbox_free(struct sandbox *sandbox, int64_t end_ms);

/* It uses `bytes` of memory now, with all that it has started. Over its limit it is killed, as
 * Lambda does it: Runtime.ExitError, "signal: killed"; the kernel does that where it has a cgroup.
 */
void sandbox_note_memory(struct sandbox *sandbox, uint64_t bytes);

/* What its init or its call failed of: the type of the error. */
const char *sandbox_failure_type(const struct sandbox *sandbox);

/* --- for runtime_api.c: what the runtime says --- */

/* A line of its log. */
void sandbox_log(struct sandbox *sandbox, struct bytes line);

/* GET next. `exchange` is answered now or when there is an event. */
void sandbox_take_next(struct sandbox *sandbox, struct httpd_exchange *exchange);

/* A part of it, in BUSY, to a caller that takes parts. */
void sandbox_take_part(struct sandbox *sandbox, struct bytes content_type, struct bytes part);

/* An extension has asked for its next event: the last, perhaps, that was waited for. */
void sandbox_settle(struct sandbox *sandbox);

/* The answer, in BUSY. The owner's callback runs inside. */
void sandbox_take_answer(struct sandbox *sandbox, enum function_outcome outcome,
                         struct bytes payload, struct bytes error_type);

/* An answer that Lambda makes an error of, in BUSY. */
void sandbox_refuse_answer(struct sandbox *sandbox, const char *error_type, const char *reason);

/* POST init/error, in INIT; and an extension's errors, at any time before the end. It is killed
 * soon, unless it ends by itself. */
void sandbox_take_init_error(struct sandbox *sandbox, struct bytes payload,
                             struct bytes error_type);

#endif
