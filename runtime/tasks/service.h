#ifndef RUNTIME_TASKS_SERVICE_H
#define RUNTIME_TASKS_SERVICE_H

/*
 * service — a number of tasks kept running, each a target of one group of the load balancer.
 *
 * Layer:   tasks. Knows task and alb.
 * Threads: all on the loop's thread.
 *
 * A task that exits is started again, at once the first time and later with a growing pause. The
 * group expects it meanwhile (alb_group_expect): requests wait for it, so that a restart loses none
 * that comes after it. One that the health checks find unhealthy is replaced.
 */

#include "runtime/alb/model.h"
#include "runtime/net/loop.h"

struct service;
struct task;

/* The first task of a new service, or of a replacement, ended before it was ready. */
typedef void service_failed_fn(void *context, const char *reason);
typedef void service_event_fn(void *context);
typedef void service_line_fn(void *context, bool is_error, struct bytes line);

struct service_options {
    struct loop *loop;            /* Required. */
    struct alb_group *group;      /* Required: of type ip; outlives the service. */
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

/* The program's file has changed: starts new tasks, moves the traffic when they are ready, then
 * lets the old ones end. When a new one does not start, the old ones stay. */
void service_replace(struct service *service);

/* How many tasks are there, and how many of them take requests. */
void service_count(const struct service *service, size_t *total, size_t *ready);

/* Stops all tasks; on_stopped when the last process is gone. Nobody is expected any more. */
void service_stop(struct service *service, service_event_fn *on_stopped);

/* Kills what is left and frees all, without a callback; their requests end with 502. */
void service_free(struct service *service);

#endif
