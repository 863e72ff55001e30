#include "runtime/aws/transport_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/core/limits.h"

struct transport_pool {
    pthread_mutex_t lock;
    pthread_cond_t is_back; /* a handle was given back, or its place is free */
    struct transport_handle *idle;
    size_t count; /* handles that there are, taken or not */
};

static CURLcode curl_state;

static void init_curl(void)
{
    curl_state = curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct transport_pool *transport_pool_new(void)
{
    struct transport_pool *pool = calloc(1, sizeof *pool);
    pthread_condattr_t attributes;
    if (!pool)
        return NULL;
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pool->is_back, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return pool;
}

/* An answer may have been somebody's credentials. */
static void wipe(struct buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->cap);
    buf_release(buf);
}

static void free_handle(struct transport_handle *handle)
{
    curl_easy_cleanup(handle->curl);
    wipe(&handle->head);
    wipe(&handle->body);
    free(handle);
}

void transport_pool_free(struct transport_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        struct transport_handle *next = pool->idle->_next;
        free_handle(pool->idle);
        pool->idle = next;
    }
    (void)pthread_cond_destroy(&pool->is_back);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static struct transport_handle *new_handle(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct transport_handle *handle = calloc(1, sizeof *handle);
    if (!handle)
        return NULL;
    (void)pthread_once(&once, init_curl);
    buf_init(&handle->head, LIMIT_HEAD_BYTES);
    buf_init(&handle->body, LIMIT_AWS_ANSWER_BYTES);
    handle->curl = curl_state == CURLE_OK ? curl_easy_init() : NULL;
    if (handle->curl)
        return handle;
    free(handle);
    return NULL;
}

/* Waits for the lock's condition; false: the deadline has passed. */
static bool wait_for_handle(struct transport_pool *pool, int64_t deadline_ms)
{
    struct timespec until = {deadline_ms / 1000, deadline_ms % 1000 * 1000000};
    return pthread_cond_timedwait(&pool->is_back, &pool->lock, &until) == 0;
}

enum rc transport_pool_take(struct transport_pool *pool, int64_t deadline_ms,
                            struct transport_handle **handle)
{
    bool is_new = false, is_late = false;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->idle && pool->count == LIMIT_AWS_CONNECTIONS && !is_late)
        is_late = !wait_for_handle(pool, deadline_ms);
    *handle = pool->idle;
    if (*handle) {
        pool->idle = (*handle)->_next;
    } else if (pool->count < LIMIT_AWS_CONNECTIONS) {
        pool->count++;
        is_new = true;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (!is_new)
        return *handle ? RC_OK : RC_TIMEOUT;
    *handle = new_handle();
    if (*handle)
        return RC_OK;
    (void)pthread_mutex_lock(&pool->lock);
    pool->count--;
    (void)pthread_cond_signal(&pool->is_back);
    (void)pthread_mutex_unlock(&pool->lock);
    return RC_NOMEM;
}

void transport_pool_give(struct transport_pool *pool, struct transport_handle *handle)
{
    curl_easy_reset(handle->curl); /* it keeps its connection */
    buf_reset(&handle->head);
    buf_reset(&handle->body);
    buf_shrink(&handle->body, LIMIT_IDLE_BUFFER_BYTES);
    handle->is_over = false;
    (void)pthread_mutex_lock(&pool->lock);
    handle->_next = pool->idle;
    pool->idle = handle;
    (void)pthread_cond_signal(&pool->is_back);
    (void)pthread_mutex_unlock(&pool->lock);
}
