#ifndef RUNTIME_TASKS_CLUSTER_H
#define RUNTIME_TASKS_CLUSTER_H

/*
 * cluster — an ECS cluster: its services, the task definitions that they may run, and the bounds
 * that Application Auto Scaling keeps for them.
 *
 * Layer:   tasks.
 * Memory:  owns the definitions and services.
 * Threads: all on the loop's thread.
 *
 * Whoever wants to see what runs walks cluster->services, and the `tasks`, `deployments`, events
 * and ended tasks of each (service.h, task.h).
 */

#include "runtime/tasks/service.h"
#include "runtime/tasks/task.h"

enum { CLUSTER_SERVICES_MAX = 8, CLUSTER_ARN_MAX = 256 };

/* Bounds of a service's desired count; those of Application Auto Scaling. */
struct cluster_bounds {
    bool is_set;
    unsigned min, max;
    int64_t created_ms; /* epoch */
};

struct cluster {
    const char *name; /* borrowed */
    struct definitions definitions;
    struct service *services[CLUSTER_SERVICES_MAX];
    struct cluster_bounds bounds[CLUSTER_SERVICES_MAX]; /* of each */
    size_t service_count;
    size_t stopping_count; /* services that are not stopped yet */
    service_event_fn *on_stopped;
    void *context;
};

/* Fills `cluster`, which stays where it is, with no service. `definitions` is copied, and has none
 * yet. */
void cluster_init(struct cluster *cluster, const char *name, const struct definitions *definitions);

/* Kills what is left. Works on a zeroed struct. */
void cluster_release(struct cluster *cluster);

/* Starts a service more. `options` as service_new's. NULL: `error` says why. */
struct service *cluster_add(struct cluster *cluster, const struct service_options *options,
                            char *error, size_t error_len) MUST_CHECK;

/* By its name or ARN. NULL: there is none. */
struct service *cluster_service(const struct cluster *cluster, struct bytes name);

/* By its id or ARN; `service` out. NULL: no such task runs. */
struct task *cluster_task(const struct cluster *cluster, struct bytes name,
                          struct service **service);

/* The same of tasks that have ended. */
const struct stopped_task *cluster_stopped_task(const struct cluster *cluster, struct bytes name,
                                                const struct service **service);

/* Where the bounds of `service` are. */
struct cluster_bounds *cluster_bounds_of(struct cluster *cluster, const struct service *service);

/* Stops all services; on_stopped, once, when the last process is gone, maybe inside. */
void cluster_stop(struct cluster *cluster, service_event_fn *on_stopped, void *context);

/* The last part of an ARN, behind the last slash: the name or id itself when it is none. */
struct bytes cluster_arn_tail(struct bytes arn);

#endif
