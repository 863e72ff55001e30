#ifndef RUNTIME_LOCAL_RIG_LAMBDA_H
#define RUNTIME_LOCAL_RIG_LAMBDA_H

/*
 * rig_lambda — the rig's Lambda: the function that stands in the slot lambda-a.
 *
 * Layer:   local. Knows functions.
 * Threads: all on the loop's thread.
 *
 * Use: 1. rig_lambda_find is given to the model, which may hold ARNs of a state that was kept
 *      2. rig_lambda_start   3. rig_lambda_release, before the model
 */

#include "runtime/functions/function.h"
#include "runtime/local/rig_model.h"

struct rig_lambda {
    struct function *function; /* NULL before rig_lambda_start */
};

/* alb_model_options.find_function; `context` is the struct rig_lambda, zeroed or more. */
bool rig_lambda_find(void *context, struct bytes arn, struct alb_function *function);

/* Makes the function and registers it with its slot.
 *
 * program  of the Lambda home; borrowed for the call
 * env      its variables, "NAME=value", ends with NULL
 *
 * false: `error` says why; what was made stays for rig_lambda_release. */
bool rig_lambda_start(struct rig_lambda *lambda, struct loop *loop, const struct rig_config *config,
                      const struct rig_model *model, const char *program, const char *const *env,
                      char *error, size_t error_len) MUST_CHECK;

/* Calls that are open get their answer inside. Works on a zeroed struct. */
void rig_lambda_release(struct rig_lambda *lambda);

#endif
