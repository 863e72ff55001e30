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

/* To the runtime and the extensions that are processes, as far as they are there. */
void sandbox_signal(struct sandbox *sandbox, int signal);

/* From SIGTERM to SIGKILL for the runtime: with extensions that come after it, it has less. */
unsigned sandbox_runtime_grace_ms(const struct sandbox *sandbox);

/* --- sandbox_external.c --- */

/* Starts each executable of opt/extensions. One that cannot be started ends the sandbox as one that
 * crashes does. */
void sandbox_externals_start(struct sandbox *sandbox, char **env);

/* true: each of them has registered, and has asked for its first event. */
bool sandbox_externals_wait(const struct sandbox *sandbox);

/* Says of each that it is there; the init is over. */
void sandbox_externals_report(struct sandbox *sandbox);

/* The runtime is gone: tells those that want to hear of it and kills the others; the last end calls
 * sandbox_finish. false: none is there. */
bool sandbox_externals_end(struct sandbox *sandbox) MUST_CHECK;

/* Tells those that want to hear of the end, which have `left_ms`. */
void sandbox_externals_tell(struct sandbox *sandbox, unsigned left_ms);

/* Waits for those that were told until `end_ms`, and kills them all. */
void sandbox_externals_kill(struct sandbox *sandbox, int64_t end_ms);

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

/* All its processes are gone: the owner hears of it, and all is freed. */
void sandbox_finish(struct sandbox *sandbox);

/* "exit status 1" or "signal: killed", of a status of waitpid. */
void sandbox_describe_exit(int status, char *text, size_t len);

/* Frees all; its processes are gone. */
void sandbox_release(struct sandbox *sandbox);

#endif
