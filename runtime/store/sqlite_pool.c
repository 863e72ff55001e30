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
    int error = pthread_cond_init(&store->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    store->end = &store->first;
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
    (void)pthread_cond_destroy(&store->changed);
    (void)pthread_mutex_destroy(&store->lock);
}

static bool has_place(const struct sqlite_store *store)
{
    return store->idle || store->open_count < LIMIT_STORE_CONNECTIONS;
}

bool sqlite_pool_wait(struct sqlite_store *store, int64_t deadline_ms)
{
    if (deadline_ms == 0)
        return pthread_cond_wait(&store->changed, &store->lock) == 0;
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ms / 1000),
        .tv_nsec = (long)(deadline_ms % 1000) * 1000000,
    };
    return pthread_cond_timedwait(&store->changed, &store->lock, &until) != ETIMEDOUT;
}

/* Takes a place in the pool, and an idle connection (NULL: one may be opened). */
static enum rc take_place(struct sqlite_store *store, int64_t deadline_ms,
                          struct sqlite_conn **conn)
{
    bool is_late = false;
    pthread_mutex_lock(&store->lock);
    while (!has_place(store) && !is_late)
        is_late = !sqlite_pool_wait(store, deadline_ms);
    is_late = !has_place(store);
    if (!is_late) {
        *conn = store->idle;
        if (store->idle)
            store->idle = store->idle->next;
        else
            store->open_count++;
    }
    pthread_mutex_unlock(&store->lock);
    return is_late ? RC_TIMEOUT : RC_OK;
}

/* Gives back a place; `conn` NULL: without its connection. */
static void give_place(struct sqlite_store *store, struct sqlite_conn *conn)
{
    pthread_mutex_lock(&store->lock);
    if (conn) {
        conn->next = store->idle;
        store->idle = conn;
    } else {
        store->open_count--;
    }
    pthread_cond_broadcast(&store->changed);
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
        free(*conn);
        *conn = NULL;
    }
    return rc;
}

/* Is it of no use: is the file another one now, or can it only be read where it is to be written?
 */
static bool is_useless(const struct sqlite_conn *conn, bool is_writer)
{
    return sqlite_conn_is_stale(conn) || (is_writer && sqlite3_db_readonly(conn->db, "main") == 1);
}

enum rc sqlite_pool_take(struct sqlite_store *store, bool is_writer, int64_t deadline_ms,
                         struct sqlite_conn **conn, struct sqlite_reason *reason)
{
    enum rc rc = take_place(store, deadline_ms, conn);
    if (rc != RC_OK)
        return rc;
    if (*conn && is_useless(*conn, is_writer)) {
        conn_free(*conn);
        *conn = NULL;
    }
    if (!*conn)
        rc = open_new(store, deadline_ms, conn, reason);
    if (rc == RC_OK)
        sqlite_conn_set_deadline(*conn, deadline_ms);
    else
        give_place(store, NULL);
    return rc;
}

void sqlite_pool_give(struct sqlite_store *store, struct sqlite_conn *conn, enum rc rc)
{
    if (rc == RC_IO) {
        conn_free(conn);
        conn = NULL;
    }
    give_place(store, conn);
}
