#ifndef RUNTIME_NET_LOOP_H
#define RUNTIME_NET_LOOP_H

/*
 * loop — an event loop on epoll: descriptors, timers, and jobs posted by other threads.
 *
 * Layer:   net. Knows core/ alone.
 * Memory:  loop_io, loop_timer and loop_job are members of the owner's structs; the loop links them
 *          and never frees them.
 * Threads: one thread runs a loop and calls its functions; only loop_post and loop_stop may be
 *          called from any thread (loop_stop from a signal handler too).
 *
 * Use: 1. loop_init  2. add descriptors and timers  3. loop_run  4. loop_release
 */

#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct loop;
struct loop_io;
struct loop_timer;
struct loop_job;

/* `events` as epoll reports them. The owner may remove, and free, any io inside. */
typedef void loop_io_fn(struct loop *loop, struct loop_io *io, uint32_t events);
/* The timer is no longer set; the owner may set it again inside. */
typedef void loop_timer_fn(struct loop *loop, struct loop_timer *timer);
/* Runs on the loop's thread, once for each post. */
typedef void loop_job_fn(struct loop *loop, struct loop_job *job);

struct loop_io {
    int fd;
    uint32_t events; /* the set that is watched; change it by loop_io_set */
    loop_io_fn *fn;
};

struct loop_timer {
    loop_timer_fn *fn;
    int64_t due_ms;
    size_t _slot; /* place in the heap, from 1; 0: not set */
};

struct loop_job {
    loop_job_fn *fn;
    struct loop_job *_next;
};

enum { LOOP_BATCH = 256 };

struct loop {
    int epoll_fd, wake_fd;
    bool is_stopping;
    int64_t now_ms; /* when the current round began, the monotonic clock */
    int64_t now_us; /* the newest look at clock_us_monotonic() since then; the owner may renew it */
    int64_t _epoch_us, _epoch_due_us; /* to be added to now_us for the wall clock's time, until */
    struct loop_io _wake;
    struct loop_timer **_heap;
    size_t _heap_len, _heap_cap;
    struct epoll_event _batch[LOOP_BATCH];
    int _batch_len, _batch_next;
    pthread_mutex_t _jobs_lock;
    struct loop_job *_jobs_first, **_jobs_last;
    void *context; /* the owner's */
};

/* RC_OK; RC_IO: the system has no descriptor left, errno says why; then nothing is left behind. */
enum rc loop_init(struct loop *loop) MUST_CHECK;

/* Closes the loop's own descriptors; the owners' stay open. */
void loop_release(struct loop *loop);

/* Looks at the clock: now_us is the result. */
int64_t loop_now_us(struct loop *loop);

/* The wall clock's time at now_us. The wall clock itself is looked at ten times a second, so that
 * this costs nothing; what it is set to shows as late. */
int64_t loop_epoch_us(const struct loop *loop);

/* Runs until loop_stop. RC_IO: epoll itself failed. */
enum rc loop_run(struct loop *loop) MUST_CHECK;

/* One round: waits at most `timeout_ms` (-1: until something happens), then serves what is due. */
enum rc loop_step(struct loop *loop, int timeout_ms) MUST_CHECK;

/* Makes loop_run return after the round that it is in. */
void loop_stop(struct loop *loop);

/* Watches io->fd for `events`; io->fn must be set. RC_IO with errno. */
enum rc loop_io_add(struct loop *loop, struct loop_io *io, uint32_t events) MUST_CHECK;

/* Watches for another set of events; cheap when it is the same. */
void loop_io_set(struct loop *loop, struct loop_io *io, uint32_t events);

/* Watches for the same set anew, so that what is ready now is told again with EPOLLET too. */
void loop_io_again(struct loop *loop, struct loop_io *io);

/* Stops watching; io->fd stays open. Events of the current round for it are dropped. */
void loop_io_remove(struct loop *loop, struct loop_io *io);

/* Sets or moves the timer to `due_ms`, as now_ms. RC_NOMEM: it is not set. */
enum rc loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t due_ms) MUST_CHECK;

/* Harmless when it is not set. */
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);

/* Has the loop's thread call job->fn. A job that is posted must not be posted again before it ran.
 * Never fails. */
void loop_post(struct loop *loop, struct loop_job *job);

#endif
