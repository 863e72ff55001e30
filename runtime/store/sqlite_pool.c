#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/store/sqlite_internal.h"

enum rc sqlite_pool_init(struct sqlite_store *store)
{
    pthread_condattr_t attr;
    if (pthread_mutex_init(&store->lock, NULL) != 0)
        return RC_NOMEM;
    if (pthread_condattr_init(&attr) != 0)
        goto no_attr;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int error = pthread_cond_init(&store->freed, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (error == 0)
        return RC_OK;
no_attr:
    (void)pthread_mutex_destroy(&store->lock);
    return RC_NOMEM;
}

static void conn_free(struct sqlite_conn *conn)
{
    sqlite_conn_close(conn);
    free(conn);
}

void sqlite_pool_release(struct sqlite_store *store)
{
    while (store->idle) {
        struct sqlite_conn *next = store->idle->next;
        conn_free(store->idle);
        store->idle = next;
    }
    (void)pthread_cond_destroy(&store->freed);
    (void)pthread_mutex_destroy(&store->lock);
}

static bool must_wait(const struct sqlite_store *store, bool is_writer)
{
    bool has_conn = store->idle || store->open_count < LIMIT_STORE_CONNECTIONS;
    return !has_conn || (is_writer && store->has_writer);
}

/* Waits for a change of the pool; false: the deadline has passed. */
static bool wait_for_change(struct sqlite_store *store, int64_t deadline_ms)
{
    if (deadline_ms == 0)
        return pthread_cond_wait(&store->freed, &store->lock) == 0;
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ms / 1000),
        .tv_nsec = (long)(deadline_ms % 1000) * 1000000,
    };
    return pthread_cond_timedwait(&store->freed, &store->lock, &until) != ETIMEDOUT;
}

/* Takes a place in the pool, and an idle connection (NULL: one may be opened). */
static enum rc take_place(struct sqlite_store *store, bool is_writer, int64_t deadline_ms,
                          struct sqlite_conn **conn)
{
    bool is_late = false;
    pthread_mutex_lock(&store->lock);
    while (must_wait(store, is_writer) && !is_late)
        is_late = !wait_for_change(store, deadline_ms);
    is_late = is_late && must_wait(store, is_writer);
    if (!is_late) {
        *conn = store->idle;
        if (store->idle)
            store->idle = store->idle->next;
        else
            store->open_count++;
        store->has_writer |= is_writer;
    }
    pthread_mutex_unlock(&store->lock);
    return is_late ? RC_TIMEOUT : RC_OK;
}

/* Gives back a place; `conn` NULL: without its connection. */
static void give_place(struct sqlite_store *store, struct sqlite_conn *conn, bool is_writer)
{
    pthread_mutex_lock(&store->lock);
    if (conn) {
        conn->next = store->idle;
        store->idle = conn;
    } else {
        store->open_count--;
    }
    if (is_writer)
        store->has_writer = false;
    pthread_cond_broadcast(&store->freed);
    pthread_mutex_unlock(&store->lock);
}

static enum rc open_new(struct sqlite_store *store, int64_t deadline_ms, struct sqlite_conn **conn,
                        struct sqlite_reason *reason)
{
    enum rc rc = RC_NOMEM;
    *reason = (struct sqlite_reason){"no memory"};
    *conn = malloc(sizeof **conn);
    if (*conn)
        rc = sqlite_conn_open(*conn, store->path, false, deadline_ms, reason);
    if (rc != RC_OK) {
        sqlite_log(store, "open", rc, reason);
        free(*conn);
        *conn = NULL;
    }
    return rc;
}

enum rc sqlite_pool_take(struct sqlite_store *store, bool is_writer, int64_t deadline_ms,
                         struct sqlite_conn **conn, struct sqlite_reason *reason)
{
    enum rc rc = take_place(store, is_writer, deadline_ms, conn);
    if (rc != RC_OK)
        return rc;
    if (*conn && sqlite_conn_is_stale(*conn)) {
        conn_free(*conn);
        *conn = NULL;
    }
    if (!*conn)
        rc = open_new(store, deadline_ms, conn, reason);
    if (rc == RC_OK)
        sqlite_set_deadline((*conn)->db, deadline_ms);
    else
        give_place(store, NULL, is_writer);
    return rc;
}

void sqlite_pool_give(struct sqlite_store *store, struct sqlite_conn *conn, bool is_writer,
                      enum rc rc)
{
    if (rc == RC_IO) {
        conn_free(conn);
        conn = NULL;
    }
    give_place(store, conn, is_writer);
}
