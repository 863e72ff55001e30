#ifndef RUNTIME_LOCAL_SERVICE_H
#define RUNTIME_LOCAL_SERVICE_H

/*
 * service — a number of tasks kept running, and requests spread over them in turn.
 *
 * Layer:   local. Knows task.
 * Threads: all on the loop's thread.
 *
 * A task that exits is started again, at once the first time and later with a growing pause. While
 * no task is ready and one is on its way, requests wait for it (SERVICE_WAIT_MS, as long as an ALB
 * tries to connect), so that a restart loses none that comes after it.
 */

#include "runtime/http1/http1.h"
#include "runtime/net/loop.h"

struct service;
struct task;
struct upstream;

enum { SERVICE_WAIT_MS = 10000, SERVICE_ANSWER_MS = 60000 };

enum service_outcome {
    SERVICE_OK,         /* `res` is the target's answer */
    SERVICE_NO_TARGET,  /* none became ready in time: 503 */
    SERVICE_BAD_ANSWER, /* closed before, or garbage: 502 */
    SERVICE_TIMEOUT,    /* 504 */
};

/* `res` holds during the call; NULL unless SERVICE_OK. */
typedef void service_done_fn(void *context, enum service_outcome outcome,
                             const struct http1_response *res);

/* A request on its way; a member of the caller's struct, which stays until on_done. */
struct service_call {
    struct bytes request; /* whole HTTP/1.1 bytes; stays until on_done */
    enum http_method method;
    service_done_fn *on_done;
    void *context;
    struct service *_service;
    struct task *_task;
    int64_t _give_up_ms;
    unsigned _attempts;
    struct service_call *_next;
};

/* The first task of a new service, or of a replacement, ended before it was ready. */
typedef void service_failed_fn(void *context, const char *reason);
typedef void service_event_fn(void *context);
typedef void service_line_fn(void *context, bool is_error, struct bytes line);

struct service_options {
    struct loop *loop;            /* Required. */
    const char *program;          /* Required: path of the server. */
    const char *const *env;       /* Required: whole environment, ends with NULL; borrowed. */
    const char *probe_path;       /* NULL: /healthcheck */
    unsigned task_count;          /* 0: 1 */
    unsigned stop_grace_ms;       /* 0: 30000, as ECS's stopTimeout */
    service_line_fn *on_line;     /* Required. */
    service_failed_fn *on_failed; /* Required. */
    service_event_fn *on_ready;   /* Required: all tasks are ready, first or after a replacement. */
    void *context;
};

/* Starts the tasks. `program` and `probe_path` are borrowed. NULL: `error` says why. */
struct service *service_new(const struct service_options *options, char *error,
                            size_t error_len) MUST_CHECK;

/* Sends a request to the next task. on_done follows exactly once, maybe inside. */
void service_send(struct service *service, struct service_call *call);

/* The program's file has changed: starts new tasks, moves the traffic when they are ready, then
 * lets the old ones end. When a new one does not start, the old ones stay. */
void service_replace(struct service *service);

/* How many tasks are there, and how many of them take requests. */
void service_count(const struct service *service, size_t *total, size_t *ready);

/* Stops all tasks; on_stopped when the last process is gone. Requests that wait get
 * SERVICE_NO_TARGET. */
void service_stop(struct service *service, service_event_fn *on_stopped);

/* Kills what is left and frees all, without a callback. */
void service_free(struct service *service);

#endif
