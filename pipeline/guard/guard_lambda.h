#ifndef PIPELINE_GUARD_GUARD_LAMBDA_H
#define PIPELINE_GUARD_GUARD_LAMBDA_H

/*
 * guard_lambda — the guard as a Lambda function: a schedule wakes it each minute, and it watches
 * for longer than that; an alarm's change of state wakes it at once.
 *
 * Layer:   guard.
 *
 * An invocation watches until 75 s after its beginning. The next minute's is there by then, and
 * waits for the parameter, which it gets at once: nobody watches for half a second. So a schedule
 * may be 15 s late; and there is room for two at once, no more. One that finds another guard in the
 * middle of its time, as an alarm's does, has nothing to do and ends.
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
