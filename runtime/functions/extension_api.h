#ifndef RUNTIME_FUNCTIONS_EXTENSION_API_H
#define RUNTIME_FUNCTIONS_EXTENSION_API_H

/*
 * extension_api — Lambda's Extensions API for one sandbox, as far as a runtime uses it itself:
 * registered without events, so that SIGTERM comes before SIGKILL.
 *
 * Layer:   functions, beside runtime_api.
 * Source:  "Lambda Extensions API", Lambda developer guide; the Runtime Interface Emulator for the
 *          errors.
 *
 * No event is ever given: one that asks for INVOKE is refused, SHUTDOWN is not for those inside the
 * runtime on Lambda either, and event/next is held until the sandbox ends.
 */

#include "runtime/functions/sandbox.h"

/* Answers or holds a request under /2020-01-01/extension/. false: it is none, nothing happened. */
bool extension_api_take(struct sandbox *sandbox, struct httpd_exchange *exchange);

#endif
