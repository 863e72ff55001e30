#ifndef RUNTIME_LAMBDA_CRASH_REPORT_H
#define RUNTIME_LAMBDA_CRASH_REPORT_H

/*
 * crash_report — the Runtime API is told of a crash by the signal handler of the process that dies.
 *
 * Layer:   lambda home, below rapi. Knows core/crash and sockets.
 * Threads: each thread prepares, and tells of, its own invocation.
 *
 * What the report needs is copied to the side before a handler runs: the address of the Runtime
 * API, its name for Host, and the ids of the invocation. The signal handler then needs no memory
 * and no name service: it writes the request, opens a socket of its own (the other one may be in
 * the middle of an answer), sends, and waits for the reply, all within CRASH_REPORT_MAX_MS.
 */

#include "runtime/core/crash.h"

enum { CRASH_REPORT_MAX_MS = 2000, CRASH_REPORT_MAX_BYTES = 2048 };

/* From now on until the first invocation, a crash of this thread is an init error. Before threads
 * start; other threads begin with crash_report_connected.
 *
 * api  AWS_LAMBDA_RUNTIME_API, copied. With a name in place of an IP address nothing can be told
 *      before crash_report_connected */
void crash_report_start(const char *api);

/* The calling thread's connection is `fd`: what it is connected to is the Runtime API. */
void crash_report_connected(int fd);

/* The calling thread begins an invocation; ids that do not fit the report make it none. `attempt`
 * is Lambda-Runtime-Invocation-Id, or empty. */
void crash_report_begin(struct bytes request_id, struct bytes attempt);

/* It has been answered, or there is none: a crash has nobody to tell until the next begin. */
void crash_report_end(void);

/* Tells of a crash of the calling thread; for crash_watch. The status of the reply, or 0. */
crash_tell_fn crash_report_tell;

/* Appends the report as an HTTP request; `false`: there is nothing to tell. Async-signal-safe as
 * long as `out` never grows. For crash_report_tell and its test. */
bool crash_report_append(struct buf *out, const struct crash *crash);

#endif
