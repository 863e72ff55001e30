#ifndef RUNTIME_LAMBDA_POLLER_H
#define RUNTIME_LAMBDA_POLLER_H

/*
 * poller — several invocations at once, as Lambda's managed instances give them.
 *
 * Layer:   lambda home, above invoke.
 * Memory:  each poller has a connection, an arena and buffers of its own.
 * Threads: one a poller; they share the application, which is made for that.
 * Source:  "Lambda managed instances" and "Building a custom runtime", Lambda developer guide.
 *
 * Everything about an invocation reaches its handler by the request. The process's environment is
 * one for all of them, so _X_AMZN_TRACE_ID stays unset.
 */

#include "runtime/core/app.h"

/* Starts `count` pollers, at least two, and serves until one of them has lost the Runtime API.
 * Those that are in an invocation then finish it, and no poller begins another.
 *
 * api  AWS_LAMBDA_RUNTIME_API, borrowed
 *
 * When it returns, the process must end: pollers that wait for an event are still there, and do
 * nothing any more. A system that gives fewer threads than asked for is logged, and those serve. */
void pollers_run(struct app *app, const char *api, unsigned count);

#endif
