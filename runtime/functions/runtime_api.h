#ifndef RUNTIME_FUNCTIONS_RUNTIME_API_H
#define RUNTIME_FUNCTIONS_RUNTIME_API_H

/*
 * runtime_api — Lambda's Runtime API for one sandbox: routes, checks and answers.
 *
 * Layer:   functions.
 * Source:  "Using the Lambda runtime API for custom runtimes", Lambda developer guide.
 */

#include "runtime/functions/sandbox.h"

/* Listens on 127.0.0.1 for the sandbox's runtime; sandbox->httpd is set. `port` is out.
 * false: `error` says why. */
bool runtime_api_start(struct sandbox *sandbox, unsigned *port, char *error,
                       size_t error_len) MUST_CHECK;

/* Answers a `next` with the sandbox's invocation. */
void runtime_api_give_event(struct sandbox *sandbox, struct httpd_exchange *exchange);

/* Answers a `next` that gets no event. */
void runtime_api_refuse_next(struct sandbox *sandbox, struct httpd_exchange *exchange);

#endif
