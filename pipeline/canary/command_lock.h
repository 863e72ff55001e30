#ifndef PIPELINE_CANARY_COMMAND_LOCK_H
#define PIPELINE_CANARY_COMMAND_LOCK_H

/*
 * command_lock — a canary's plan from its lock, for whoever must end it and has not the file.
 *
 * Layer:   canary, private.
 *
 * The lock knows rule, slots and weights: enough to go back, or to forget it. It knows nothing of
 * capacity, hooks and alarms: these are left alone.
 */

#include "pipeline/canary/aws_driver.h"

/* Reads the lock by AWS's API, and makes the plan, with the hash that the lock has. Release the
 * plan in each case. false: `error` says why: there is no canary, or AWS refused. */
bool command_lock_plan(struct plan *plan, const char *lock, char *error,
                       size_t error_len) MUST_CHECK;

#endif
