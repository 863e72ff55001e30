#ifndef RUNTIME_TASKS_SERVICE_H
#define RUNTIME_TASKS_SERVICE_H

/*
 * service — a number of tasks kept running, each a target of one group of the load balancer; and
 * their replacement by those of another definition, as ECS's rolling update does it.
 *
 * Layer:   tasks. Knows task, definition and alb.
 * Threads: all on the loop's thread.
 *
 * What runs is what the deployments want. The newest wish is the primary one; those that it
 * replaces keep tasks until it has enough ready ones. After every event of a task, and every
 * change, service_schedule.c compares wish and state, and starts or retires tasks:
 *
 *   - at most `max_percent` of the wanted count run, those that are being stopped not counted;
 *   - at least `min_percent` of it take requests, where it was so before;
 *   - one that ends is replaced, at once the first time and later with a growing pause. The group
 *     expects it meanwhile (alb_group_expect): requests wait for it, so that a restart loses none
 *     that comes after it. One that the health checks find unhealthy is replaced too;
 *   - when as many tasks as half the wanted count, and three at least, of a new deployment have
 *     ended before they were ready, the circuit breaker gives it up, and goes back to the last one
 *     that was completed.
 */

#include "runtime/alb/model.h"
#include "runtime/net/loop.h"
#include "runtime/tasks/definition.h"

struct service;
struct task;

/* A task ended before it was ready, or a deployment is given up. */
typedef void service_failed_fn(void *context, const char *reason);
typedef void service_event_fn(void *context);
typedef void service_line_fn(void *context, bool is_error, struct bytes line);

struct service_options {
    struct loop *loop;                   /* Required. */
    struct alb_group *group;             /* Required: of type ip; held. */
    const char *name;                    /* Required: copied */
    bool is_given;                       /* the rig's own: no call removes it */
    const struct definition *definition; /* Required: what it runs first; outlives the service */
    const char *probe_path;              /* NULL: /healthcheck */
    unsigned task_count;
    const struct debugger *debugger; /* NULL; or how its tasks are debugged; borrowed */
    unsigned stop_grace_ms;          /* where the definition says nothing */
    service_line_fn *on_line;        /* Required. */
    service_failed_fn *on_failed;    /* Required. */
    /* Required: a deployment is completed, the first or another one; not told of one of no task. */
    service_event_fn *on_ready;
    void *context;
};

enum {
    SERVICE_EVENTS_MAX = 100,
    SERVICE_STOPPED_MAX = 100,
    SERVICE_TEXT_MAX = 512,
    SERVICE_TASKS_MAX = 1000,
};

enum rollout { ROLLOUT_IN_PROGRESS, ROLLOUT_COMPLETED, ROLLOUT_FAILED };

struct deployment {
    char id[32]; /* "ecs-svc/NUMBER" */
    const struct definition *definition;
    enum rollout rollout;
    char reason[SERVICE_TEXT_MAX];
    unsigned failed_count;          /* tasks that ended before they were ready */
    int64_t created_ms, updated_ms; /* epoch */
    struct deployment *next;
};

struct service_event {
    char id[48];
    int64_t created_ms; /* epoch */
    char text[SERVICE_TEXT_MAX];
};

/* A task that has ended. */
struct stopped_task {
    char id[36], deployment[32];
    const struct definition *definition;
    int64_t created_ms, started_ms, stopping_ms, stopped_ms; /* epoch; 0: never */
    const char *stop_code;
    char reason[SERVICE_TEXT_MAX];
    int exit_code; /* as a shell says it: 128 and the signal's number; -1: it never ran */
};

/* A part of a deployment's tasks. */
struct service_counts {
    size_t running; /* were ready, and are not being stopped */
    size_t pending; /* not ready yet */
    size_t ready;   /* take requests now */
    size_t ending;  /* are being stopped */
};

struct service {
    struct service_options options;
    char *name;
    int64_t created_ms; /* epoch */
    unsigned desired, min_percent, max_percent;
    bool has_breaker, is_rolling_back_allowed;
    struct deployment *deployments; /* newest first; those of the past without tasks are gone */
    struct deployment *primary;     /* what is wished now */
    struct deployment *completed;   /* the last one that was; NULL: none yet */
    struct task *tasks;             /* of all of them, in the order in which they came */
    struct service_event events[SERVICE_EVENTS_MAX];
    uint64_t event_count; /* ever; the last SERVICE_EVENTS_MAX are there */
    struct stopped_task stopped[SERVICE_STOPPED_MAX];
    uint64_t stopped_count;  /* likewise */
    struct loop_timer timer; /* when the next start may be tried */
    unsigned failures;       /* tasks in a row that ended before they were ready */
    bool is_start_due;       /* the pause after a failure is over */
    bool is_removed;         /* from its cluster: nobody changes it any more */
    bool is_stopping, is_expected, is_scheduling;
    bool is_changed; /* while it schedules: look again */
    bool is_steady;  /* and has said so */
    service_event_fn *on_stopped;
    void *stop_context;
};

/* Starts the tasks. NULL: `error` says why. */
struct service *service_new(const struct service_options *options, char *error,
                            size_t error_len) MUST_CHECK;

/* What an update changes; begin with service_wish. */
struct service_wish {
    unsigned desired, min_percent, max_percent;
    bool has_breaker, is_rolling_back_allowed;
    const struct definition *definition;
    bool is_forced; /* new tasks, though the definition stays */
};

struct service_wish service_wish(const struct service *service);

/* Makes it so; a new deployment, where the definition is another or `is_forced`. false: no memory,
 * and nothing has changed. */
bool service_update(struct service *service, const struct service_wish *wish) MUST_CHECK;

/* Stops one task, as somebody wants who gives `reason`; another takes its place. */
void service_stop_task(struct service *service, struct task *task, const char *reason);

/* Of one deployment, or of all where that is NULL. */
struct service_counts service_count(const struct service *service,
                                    const struct deployment *deployment);

/* Events and ended tasks, the last one first: `back` 0 is the last. NULL: there are no more. */
const struct service_event *service_event_at(const struct service *service, size_t back);
const struct stopped_task *service_stopped_at(const struct service *service, size_t back);

/* Stops all tasks; on_stopped when the last process is gone, maybe inside. Nobody is expected any
 * more. */
void service_stop(struct service *service, service_event_fn *on_stopped, void *context);

/* Kills what is left and frees all, without a callback; their requests end with 502. */
void service_free(struct service *service);

#endif
