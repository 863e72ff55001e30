#ifndef RUNTIME_FUNCTIONS_SANDBOX_INTERNAL_H
#define RUNTIME_FUNCTIONS_SANDBOX_INTERNAL_H

/*
 * sandbox_internal — what sandbox.c (what its owner and its runtime want), sandbox_wait.c (between
 * two events) and sandbox_end.c (when it goes wrong) share.
 *
 * Layer:   functions, private.
 */

#include "runtime/functions/sandbox.h"

/* The one timer: sandbox.c's on_timer is called `after_ms` from now. */
void sandbox_set_timer(struct sandbox *sandbox, unsigned after_ms);

/* --- sandbox_wait.c --- */

/* It waits for an event from now on. */
void sandbox_wait(struct sandbox *sandbox);

/* The timer of the wait: it is frozen, or ended when it has waited for long. */
void sandbox_on_wait_timer(struct sandbox *sandbox);

/* It runs again, if it was frozen. */
void sandbox_thaw(struct sandbox *sandbox);

/* --- sandbox_end.c --- */

/* The invocation is over and told: it is taken off before its owner may hear of it, who may hand
 * over the next one. */
void sandbox_drop_invocation(struct sandbox *sandbox);

/* Kills the sandbox, and its invocation with it. */
void sandbox_fail_by_timeout(struct sandbox *sandbox);

/* process_options.on_exit; `context` is the sandbox. */
void sandbox_on_exit(void *context, int status);

/* Frees all; its process is gone. */
void sandbox_release(struct sandbox *sandbox);

#endif
