#ifndef RUNTIME_LOCAL_RIG_FARGATE_H
#define RUNTIME_LOCAL_RIG_FARGATE_H

/*
 * rig_fargate — the rig's Fargate: the service that fills the slot fargate-a, or servers that
 * others start.
 *
 * Layer:   local. Knows tasks.
 * Threads: all on the loop's thread.
 *
 * Use: 1. rig_fargate_start   2. rig_fargate_stop   3. rig_fargate_release, before the model
 */

#include "runtime/local/rig_model.h"
#include "runtime/tasks/service.h"

struct outside;

struct rig_fargate {
    struct service *service; /* NULL: the targets are others' */
    struct outside *outside;
};

struct rig_fargate_options {
    struct loop *loop;
    const struct rig_config *config;
    const struct rig_model *model;
    const char *program;    /* of the Fargate home; borrowed */
    const char *const *env; /* its variables, "NAME=value", ends with NULL; borrowed */
    service_failed_fn *on_failed;
    service_event_fn *on_ready; /* may come inside rig_fargate_start */
    void *context;              /* of both */
};

/* Starts the tasks. false: `error` says why; what was made stays for rig_fargate_release. */
bool rig_fargate_start(struct rig_fargate *fargate, const struct rig_fargate_options *options,
                       char *error, size_t error_len) MUST_CHECK;

/* The program's file is another. */
void rig_fargate_replace(struct rig_fargate *fargate);

/* Stops the tasks; on_stopped when the last is gone, maybe inside. */
void rig_fargate_stop(struct rig_fargate *fargate, service_event_fn *on_stopped, void *context);

/* Kills what is left. Works on a zeroed struct. */
void rig_fargate_release(struct rig_fargate *fargate);

#endif
