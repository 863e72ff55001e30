#ifndef RUNTIME_SERVER_POOL_H
#define RUNTIME_SERVER_POOL_H

/*
 * pool — threads for work that waits, with a bounded queue.
 *
 * Layer:   server.
 * Memory:  jobs are members of the owner's structs; the pool links them and never frees them.
 * Threads: pool_submit from any thread; job->fn runs on one of the pool's.
 */

#include <stddef.h>

#include "runtime/core/rc.h"
#include "runtime/core/bytes.h"

struct pool;
struct pool_job;

typedef void pool_job_fn(struct pool_job *job);

struct pool_job {
    pool_job_fn *fn;
    struct pool_job *_next;
};

/* Starts `thread_count` threads. NULL: no memory, or the system gives no threads. */
struct pool *pool_new(size_t thread_count, size_t queue_max) MUST_CHECK;

/* RC_OK: job->fn will run once. RC_AGAIN: `queue_max` jobs wait already; nothing was taken. */
enum rc pool_submit(struct pool *pool, struct pool_job *job) MUST_CHECK;

/* Runs what is queued, ends the threads and frees all; NULL is harmless. */
void pool_free(struct pool *pool);

#endif
