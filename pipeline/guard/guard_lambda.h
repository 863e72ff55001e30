#ifndef PIPELINE_GUARD_GUARD_LAMBDA_H
#define PIPELINE_GUARD_GUARD_LAMBDA_H

/*
 * guard_lambda — the guard as a Lambda function: a schedule wakes it each minute, and it watches
 * for most of that minute; an alarm's change of state wakes it at once.
 *
 * Layer:   guard.
 *
 * The policy is the variable GUARD_POLICY, "{}" without it; what a probe's secret_variable names is
 * the function's variable too. Lines go to stdout, as JSON.
 */

#include "runtime/core/app.h"

/* An app_raw_handler_fn. Whatever the event is, it guards until 5 s before the invocation's end,
 * and answers with {"phase":..}. RC_CONFLICT: AWS refuses, or the policy is wrong; the log says
 * why. That another guard is awake is no failure. */
enum rc guard_lambda_handle(const struct app_raw_event *event, struct bytes *answer);

#endif
