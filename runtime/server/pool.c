#include "runtime/server/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "runtime/core/crash.h"

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    struct pool_job *first, **last;
    size_t queued, queue_max;
    size_t thread_count;
    bool is_ending;
    pthread_t threads[];
};

/* The next job, or NULL when the pool ends and none is left. */
static struct pool_job *next_job(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->is_ending)
        pthread_cond_wait(&pool->has_work, &pool->lock);
    struct pool_job *job = pool->first;
    if (job) {
        pool->first = job->_next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *run(void *arg)
{
    struct pool *pool = arg;
    struct pool_job *job;
    struct crash_stack stack;
    crash_thread_begin(&stack);
    while ((job = next_job(pool)) != NULL)
        job->fn(job);
    crash_thread_end();
    return NULL;
}

struct pool *pool_new(size_t thread_count, size_t queue_max)
{
    struct pool *pool = calloc(1, sizeof *pool + thread_count * sizeof(pthread_t));
    if (!pool)
        return NULL;
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->has_work, NULL);
    pool->last = &pool->first;
    pool->queue_max = queue_max;
    while (pool->thread_count < thread_count &&
           pthread_create(&pool->threads[pool->thread_count], NULL, run, pool) == 0)
        pool->thread_count++;
    if (pool->thread_count == thread_count)
        return pool;
    pool_free(pool);
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

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_ending = true;
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_broadcast(&pool->has_work);
    for (size_t i = 0; i < pool->thread_count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    (void)pthread_cond_destroy(&pool->has_work);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}
