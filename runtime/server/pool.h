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
#include <stdint.h>

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

/* Ends it: what is queued never runs, what runs has `grace_ms` to come to its end. NULL is
 * harmless.
 *
 * true: no thread is left, all is freed. false: the threads that still run a job are left alone,
 * and so is the pool: nothing that a job may touch can be freed, and exit's handlers cannot be run.
 */
bool pool_end(struct pool *pool, int64_t grace_ms) MUST_CHECK;

#endif
