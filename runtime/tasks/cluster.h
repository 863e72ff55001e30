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

enum { CLUSTER_SERVICES_MAX = 32, CLUSTER_ARN_MAX = 256, CLUSTER_NAME_MAX = 255 };

/* Bounds of a service's desired count; those of Application Auto Scaling. */
struct cluster_bounds {
    bool is_set;
    unsigned min, max;
    int64_t created_ms; /* epoch */
};

/* A service as an earlier rig had it, until it is started again. */
struct cluster_kept {
    char name[CLUSTER_NAME_MAX + 1], group_arn[sizeof((struct alb_group *)0)->arn];
    struct service_wish wish;
    struct cluster_bounds bounds;
    int64_t created_ms; /* epoch */
};

struct cluster {
    const char *name; /* borrowed */
    struct definitions definitions;
    struct service *services[CLUSTER_SERVICES_MAX];
    struct cluster_bounds bounds[CLUSTER_SERVICES_MAX]; /* of each */
    size_t service_count;
    struct cluster_kept kept[CLUSTER_SERVICES_MAX]; /* see cluster_state.h */
    size_t kept_count;
    struct service *removed[CLUSTER_SERVICES_MAX]; /* by cluster_remove, the last one last */
    size_t removed_count;
    const struct alb_model *model; /* whose groups a new service may have; borrowed */
    struct service_options usual;  /* of a service that a call makes, but for name, group,
                                    * definition and count */
    size_t stopping_count;         /* services that are not stopped yet */
    service_event_fn *on_stopped;
    void *context;
};

/* Fills `cluster`, which stays where it is, with no service. `definitions` is copied, and has none
 * yet. */
void cluster_init(struct cluster *cluster, const char *name, const struct definitions *definitions);

/* Kills what is left. Works on a zeroed struct. */
void cluster_release(struct cluster *cluster);

/* Starts a service more; one of its name that was kept goes on as it was: its count, deployment
 * settings, bounds and definition, unless that was the rig's own. `options` as service_new's. NULL:
 * `error` says why. */
struct service *cluster_add(struct cluster *cluster, const struct service_options *options,
                            char *error, size_t error_len) MUST_CHECK;

/* By its name or ARN. NULL: there is none. */
struct service *cluster_service(const struct cluster *cluster, struct bytes name);

/* Ends the service's tasks as if it were scaled to 0; cluster_service does not find it any more. */
void cluster_remove(struct cluster *cluster, struct service *service);

/* The last one of that name or ARN that was removed; NULL: there is none. */
struct service *cluster_removed(const struct cluster *cluster, struct bytes name);

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
