#ifndef RUNTIME_LOCAL_RIG_LAMBDA_KEEP_H
#define RUNTIME_LOCAL_RIG_LAMBDA_KEEP_H

/*
 * rig_lambda_keep — the rig's functions in the folder of --state: functions.json, and their
 * packages in packages/.
 *
 * Layer:   local, for rig_lambda.c. Threads: all on the loop's thread.
 */

#include "runtime/functions/settings.h"
#include "runtime/local/rig_lambda.h"

/* Fills the registry, which is empty, with what was kept; sandboxes that were asked for ahead of
 * calls are started.
 *
 * settings  what the rig's own function has
 *
 * false: `error` names the file and says what is wrong */
bool rig_lambda_load(struct rig_lambda *lambda, const struct settings *settings, char *error,
                     size_t error_len) MUST_CHECK;

/* control_keep.fn; `context` is the struct rig_lambda. */
bool rig_lambda_keep(void *context, char *error, size_t error_len) MUST_CHECK;

#endif
