#include "runtime/server/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/core/crash.h"

enum { WORKER_NICE = 10 }; /* behind the loops; many of them still get their share */

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t has_work, is_empty; /* is_empty: the last thread has ended */
    struct pool_job *first, **last;
    size_t queued, queue_max;
    size_t thread_count, running_count;
    bool is_ending;
    pthread_t threads[];
};

/* The next job, or NULL when the pool ends. */
static struct pool_job *next_job(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->is_ending)
        pthread_cond_wait(&pool->has_work, &pool->lock);
    struct pool_job *job = pool->is_ending ? NULL : pool->first;
    if (job) {
        pool->first = job->_next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

/* A store's answers wake many workers at once, and the loops shall not stand in line behind them: a
 * thread of this class gives way to one of the ordinary class that wakes. A system that refuses
 * takes nothing else away. */
static void give_way(void)
{
    struct sched_param none = {.sched_priority = 0};
    (void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
    id_t own = (id_t)gettid();
    (void)setpriority(PRIO_PROCESS, own, getpriority(PRIO_PROCESS, own) + WORKER_NICE);
}

static void *run(void *arg)
{
    struct pool *pool = arg;
    struct pool_job *job;
    struct crash_stack stack;
    crash_thread_begin(&stack);
    give_way();
    while ((job = next_job(pool)) != NULL)
        job->fn(job);
    crash_thread_end();
    pthread_mutex_lock(&pool->lock);
    if (--pool->running_count == 0)
        pthread_cond_signal(&pool->is_empty);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void init_conditions(struct pool *pool)
{
    pthread_condattr_t attributes;
    (void)pthread_cond_init(&pool->has_work, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pool->is_empty, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

/* With the lock, so that none ends before it is counted. */
static void start_threads(struct pool *pool, size_t count)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->thread_count < count &&
           pthread_create(&pool->threads[pool->thread_count], NULL, run, pool) == 0)
        pool->thread_count++;
    pool->running_count = pool->thread_count;
    pthread_mutex_unlock(&pool->lock);
}

struct pool *pool_new(size_t thread_count, size_t queue_max)
{
    struct pool *pool = calloc(1, sizeof *pool + thread_count * sizeof(pthread_t));
    if (!pool)
        return NULL;
    (void)pthread_mutex_init(&pool->lock, NULL);
    init_conditions(pool);
    pool->last = &pool->first;
    pool->queue_max = queue_max;
    start_threads(pool, thread_count);
    if (pool->thread_count == thread_count)
        return pool;
    if (!pool_end(pool, INT32_MAX)) {
        /* cannot be: no thread has a job */
    }
    return NULL;
}

enum rc pool_submit(struct pool *pool, struct pool_job *job)
{
    enum rc rc = RC_AGAIN;
    pthread_mutex_lock(&pool->lock);
    if (pool->queued < pool->queue_max) {
        job->_next = NULL;
        *pool->last = job;
        pool->last = &job->_next;
        pool->queued++;
        rc = RC_OK;
    }
    pthread_mutex_unlock(&pool->lock);
    if (rc == RC_OK)
        pthread_cond_signal(&pool->has_work);
    return rc;
}

static bool wait_until_empty(struct pool *pool, int64_t deadline_ms)
{
    struct timespec until = {deadline_ms / 1000, deadline_ms % 1000 * 1000000};
    bool is_late = false;
    pthread_mutex_lock(&pool->lock);
    pool->is_ending = true;
    pthread_cond_broadcast(&pool->has_work);
    while (pool->running_count && !is_late)
        is_late = pthread_cond_timedwait(&pool->is_empty, &pool->lock, &until) != 0;
    bool is_empty = pool->running_count == 0;
    pthread_mutex_unlock(&pool->lock);
    return is_empty;
}

bool pool_end(struct pool *pool, int64_t grace_ms)
{
    if (!pool)
        return true;
    bool is_empty = wait_until_empty(pool, clock_ms_monotonic() + grace_ms);
    for (size_t i = 0; i < pool->thread_count; i++)
        (void)(is_empty ? pthread_join(pool->threads[i], NULL) : pthread_detach(pool->threads[i]));
    if (!is_empty)
        return false;
    (void)pthread_cond_destroy(&pool->is_empty);
    (void)pthread_cond_destroy(&pool->has_work);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
    return true;
}
