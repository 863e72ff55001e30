#ifndef RUNTIME_TASKS_TASK_H
#define RUNTIME_TASKS_TASK_H

/*
 * task — one server process of a service: its port, its health, and the target that it is.
 *
 * Layer:   tasks. Knows process, alb; service owns it.
 * Threads: all on the loop's thread.
 */

#include "runtime/alb/model.h"
#include "runtime/alb/upstream.h"
#include "runtime/process/process.h"

struct task;

enum task_state {
    TASK_STARTING, /* does not answer yet */
    TASK_READY,    /* takes requests */
    TASK_RETIRING, /* takes no new ones; is stopped when it has answered the last */
};

enum { TASK_ID_LEN = 32, TASK_REASON_MAX = 600 };

struct task_owner {
    struct loop *loop;
    const char *const *argv;         /* the program and its arguments, ends with NULL */
    const char *image;               /* NULL; or what Docker runs in place of argv[0] */
    unsigned container_port;         /* of it */
    const char *const *env;          /* without PORT and DUET_BIND, which the task adds */
    const struct debugger *debugger; /* NULL, or as process.h has it */
    const char *probe_path;          /* 200 there means ready */
    unsigned stop_grace_ms;
    void (*on_ready)(void *context, struct task *task);
    /* Its process is gone; the task is freed after the call. */
    void (*on_exit)(void *context, struct task *task, int status);
    /* The load balancer's checks find it unhealthy: it hangs, or says so itself. */
    void (*on_unhealthy)(void *context, struct task *task);
    /* A line of its output, or why it is not ready, when that takes long. */
    void (*on_line)(void *context, bool is_error, struct bytes line);
    void *context;
};

enum { TASK_LAST_LINE = 512 };

struct deployment;

struct task {
    struct task_owner owner;
    char id[TASK_ID_LEN + 1];
    struct deployment *deployment; /* the service's: by which it was started */
    /* By the wall clock; 0: not yet. It counts as started when it takes requests. */
    int64_t created_at_ms, started_at_ms, stopping_at_ms;
    const char *stop_code; /* why it is stopped, in ECS's words, static; NULL: it is not */
    char stop_reason[TASK_REASON_MAX];
    enum task_state state;
    struct process *process;
    unsigned port;
    int port_fd; /* keeps the port ours until the server listens, and after it */
    int64_t started_ms;
    struct alb_target *target; /* NULL: it is in no group */
    bool was_ready;
    bool has_said_why;              /* it is not ready */
    bool is_stopping;               /* SIGTERM is sent */
    char last_line[TASK_LAST_LINE]; /* of its output; says why a start failed */
    struct loop_timer probe_timer;
    struct upstream *probe;
    struct task *next; /* the service's list */
};

/* Starts a process on a free port of 127.0.0.1, which it must listen on with SO_REUSEADDR, and
 * looks for its answer until it is ready. `owner` is copied, what it points to is borrowed. NULL:
 * `error` says why. */
struct task *task_start(const struct task_owner *owner, char *error, size_t error_len) MUST_CHECK;

/* Makes it a target of `group`: `initial` until it is ready, and again when it is doubted. Its
 * readiness is the rig's own look, every 10 ms, besides the group's health checks. false: no
 * memory.
 */
bool task_register(struct task *task, struct alb_group *group) MUST_CHECK;

/* A connection was refused, or closed without an answer: back to TASK_STARTING, and asked again
 * until it answers or exits. */
void task_doubt(struct task *task);

/* Deregisters it; SIGTERM as soon as no request is in flight, or the group's deregistration delay
 * is over. `code` is ECS's word for who wants it, static, as in a task's stopCode; `reason` is
 * copied. A task that is on its way out already keeps its own. */
void task_retire(struct task *task, const char *code, const char *reason);

/* The same with SIGTERM now; SIGKILL after the grace. */
void task_stop(struct task *task, const char *code, const char *reason);

/* Kills and frees without on_exit. */
void task_kill(struct task *task);

#endif
