#ifndef RUNTIME_LOCAL_RIG_FARGATE_H
#define RUNTIME_LOCAL_RIG_FARGATE_H

/*
 * rig_fargate — the rig's Fargate: a cluster with a service for each of its slots, as
 * terraform/modules/fargate_home makes it, or servers that others start.
 *
 * Layer:   local. Knows tasks.
 * Threads: all on the loop's thread.
 *
 * Cluster and task definitions have the load balancer's name, "duet-local"; the services are
 * "duet-local-a", which runs the rig's server program, and "duet-local-b", which has no task at
 * first; a plan may say otherwise. With servers of others there is no service a. With --state all
 * goes on as an earlier rig has kept it, and so do services that calls have created.
 *
 * Use: 1. rig_fargate_init   2. rig_fargate_start   3. rig_fargate_stop   4. rig_fargate_release,
 * before the model
 */

#include "runtime/control/kept.h"
#include "runtime/local/rig_model.h"
#include "runtime/tasks/ecs.h"
#include "runtime/process/debugger.h"
#include "runtime/tasks/scaling.h"

struct outside;

struct rig_fargate_options {
    struct loop *loop;
    const struct rig_config *config;
    const struct rig_model *model;
    const char *program;    /* of the Fargate home; borrowed */
    const char *const *env; /* its variables, "NAME=value", ends with NULL; borrowed */
    service_failed_fn *on_failed;
    service_event_fn *on_ready; /* of slot a; may come inside rig_fargate_start */
    void *context;              /* of both */
};

struct rig_fargate {
    struct cluster cluster;
    struct ecs ecs; /* these two's services are the control port's */
    struct scaling scaling;
    struct debugger debugger;
    struct rig_fargate_options options; /* once it is started */
    struct outside *outside;            /* NULL: the tasks of slot a are ours */
    bool is_keeping;
    struct kept kept;  /* services.json of --state */
    char image[4200];  /* of the first revision: "file:///PATH" */
    char names[2][40]; /* of the services a and b */
};

/* Fills a zeroed struct, which stays where it is, so that the control port can have its services.
 */
void rig_fargate_init(struct rig_fargate *fargate);

/* Starts the tasks. false: `error` says why; what was made stays for rig_fargate_release. */
bool rig_fargate_start(struct rig_fargate *fargate, const struct rig_fargate_options *options,
                       char *error, size_t error_len) MUST_CHECK;

/* The program's file is another: every service that runs it gets new tasks. */
void rig_fargate_replace(struct rig_fargate *fargate);

/* Stops the tasks; on_stopped when the last is gone, maybe inside. */
void rig_fargate_stop(struct rig_fargate *fargate, service_event_fn *on_stopped, void *context);

/* Kills what is left. Works on a zeroed struct. */
void rig_fargate_release(struct rig_fargate *fargate);

#endif
