#ifndef RUNTIME_FUNCTIONS_EXTENSION_API_H
#define RUNTIME_FUNCTIONS_EXTENSION_API_H

/*
 * extension_api — Lambda's Extensions API for one sandbox, for extensions inside the runtime's own
 * process and for those with one of their own, from /opt/extensions (sandbox_external.c), whose
 * names are their files': registered, they hear of each event (INVOKE), and SIGTERM comes before
 * SIGKILL.
 *
 * Layer:   functions, beside runtime_api.
 * Source:  "Lambda Extensions API", Lambda developer guide; the Runtime Interface Emulator for the
 *          errors.
 *
 * SHUTDOWN is for extensions with a process of their own, and is refused to those inside the
 * runtime, as by Lambda. Once an extension is in, a phase is over when it has asked for its next
 * event too.
 */

#include "runtime/functions/sandbox.h"

/* Answers or holds a request under /2020-01-01/extension/. false: it is none, nothing happened. */
bool extension_api_take(struct sandbox *sandbox, struct httpd_exchange *exchange);

/* Tells the extensions that hear of events of the sandbox's invocation; they wait for one. */
void extension_api_give_event(struct sandbox *sandbox);

/* Tells those that want to hear of the end, at sandbox->end_epoch_ms, and wait for an event; others
 * hear of it when they ask. */
void extension_api_give_end(struct sandbox *sandbox);

#endif
