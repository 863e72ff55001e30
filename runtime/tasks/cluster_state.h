#ifndef RUNTIME_TASKS_CLUSTER_STATE_H
#define RUNTIME_TASKS_CLUSTER_STATE_H

/*
 * cluster_state — task definitions and services as JSON and back, for a rig that is started again.
 *
 * Layer:   tasks. Knows control/kept.h. No I/O.
 *
 * Kept: each definition as it was registered, with its number, so that numbers go on; of a service
 * its definition, desired count, deployment settings, target group and bounds of scaling. Not kept:
 * tasks, which are started anew, events, and deployments of the past.
 */

#include "runtime/core/buf.h"
#include "runtime/tasks/cluster.h"

/* Of the text; a reader refuses every other. */
enum { CLUSTER_STATE_VERSION = 1 };

/* Appends the cluster as one JSON object, a definition or service a line; services that were kept
 * and are not started are written as they were. out->failed: it has no room. */
void cluster_state_print(const struct cluster *cluster, struct buf *out);

/* Registers all definitions of `text` in a cluster that has none, and notes its services in
 * cluster->kept. false: `error` says what is wrong; part of it may be there. */
bool cluster_state_parse(struct cluster *cluster, struct bytes text, char *error,
                         size_t error_len) MUST_CHECK;

#endif
