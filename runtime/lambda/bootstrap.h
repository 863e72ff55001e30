#ifndef RUNTIME_LAMBDA_BOOTSTRAP_H
#define RUNTIME_LAMBDA_BOOTSTRAP_H

/*
 * bootstrap — the Lambda home's whole life: settings, store, and one invocation after another.
 *
 * Layer:   lambda home, its top.
 */

#include "runtime/core/app.h"

/* Runs the service as a Lambda custom runtime, and returns the process's exit status. It does not
 * return while the Runtime API is there.
 *
 * 1: a start error (a wrong setting, a wrong route, a store that cannot be opened), which was
 * logged as FATAL and told to the Runtime API as an init error; or the Runtime API was lost.
 *
 * SIGTERM ends the process with status 0: after the definition's on_stop, or, where there is none,
 * at once, in the middle of an invocation too. Lambda sends it when no invocation is in flight, and
 * only a few hundred milliseconds before SIGKILL; a write to the store is whole or not there, as
 * after SIGKILL. */
int duet_bootstrap_main(const struct app_definition *definition);

#endif
