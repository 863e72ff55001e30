#ifndef RUNTIME_LAMBDA_EXTENSION_H
#define RUNTIME_LAMBDA_EXTENSION_H

/*
 * extension — SIGTERM before the end, for a service with a clean-up hook.
 *
 * Layer:   lambda home, beside rapi.
 * Threads: one of its own, which waits for the signal and runs the hook.
 * Source:  "Lambda Extensions API" and "Lambda execution environment", Lambda developer guide.
 *
 * Lambda kills a sandbox without a word unless an extension lives in it. So the runtime registers
 * itself as an internal extension that wants no events: that costs one call at the start, and buys
 * SIGTERM some 300 ms before SIGKILL.
 */

#include "runtime/core/app.h"

/* Registers, and starts the thread. At SIGTERM it sets app->is_stopping, calls the definition's
 * on_stop, and ends the process with status 0. Call it before the first GET next and before any
 * other thread is there, since all threads must have the signal blocked.
 *
 * app  borrowed for ever; its definition has an on_stop
 * api  AWS_LAMBDA_RUNTIME_API, borrowed for ever
 *
 * A Runtime API that refuses is logged: events are served all the same, and whoever sends SIGTERM
 * by himself still has the hook run.
 *
 * false: the system gives no thread; SIGTERM is as it was before */
bool extension_start(struct app *app, const char *api) MUST_CHECK;

#endif
