#include "runtime/store/sqlite_internal.h"

/*
 * Group commit. Waiting for the disk costs far more than writing, and one wait serves any number of
 * writes: the first thread that wants to write leads, and takes with it all that have come while it
 * waited for the file's lock; those that come while it waits for the disk are the next one's.
 *
 * A write that still waits in the queue keeps its own deadline: only its leader waits for the file,
 * and what it has not taken can leave. One that is taken is done or not when the leader says so.
 */

static void append(struct sqlite_store *store, struct sqlite_write *write)
{
    *store->end = write;
    store->end = &write->next;
}

static void leave(struct sqlite_store *store, struct sqlite_write *write)
{
    struct sqlite_write **place = &store->first;
    while (*place != write)
        place = &(*place)->next;
    *place = write->next;
    if (!write->next)
        store->end = place;
    write->next = NULL;
}

/* Takes the first of the queue, at most LIMIT_STORE_BATCH, as a list of their own. */
static struct sqlite_write *take_batch(struct sqlite_store *store)
{
    struct sqlite_write *batch = store->first, *last = NULL;
    for (int i = 0; store->first && i < LIMIT_STORE_BATCH; i++) {
        last = store->first;
        last->is_taken = true;
        store->first = last->next;
    }
    if (last)
        last->next = NULL;
    if (!store->first)
        store->end = &store->first;
    return batch;
}

/* The batch with the lock held; a done write belongs to its thread again. */
static void finish(struct sqlite_write *batch)
{
    while (batch) {
        struct sqlite_write *next = batch->next;
        batch->is_done = true;
        batch = next;
    }
}

/* Writes for all that wait; `own` is the leader's, which is among them. The lock is held before and
 * after, not meanwhile. */
static void lead(struct sqlite_store *store, struct sqlite_write *own)
{
    struct sqlite_write *batch = NULL;
    struct sqlite_conn *conn = NULL;
    store->is_led = true;
    pthread_mutex_unlock(&store->lock);
    enum rc rc = sqlite_pool_take(store, true, own->deadline_ms, &conn, &own->reason);
    bool has_conn = rc == RC_OK;
    if (rc == RC_OK)
        rc = sqlite_write_begin(conn, &own->reason);
    pthread_mutex_lock(&store->lock);
    if (rc == RC_OK) {
        batch = take_batch(store);
    } else {
        leave(store, own);
        own->rc = rc;
        own->is_done = true;
    }
    pthread_mutex_unlock(&store->lock);
    if (batch)
        rc = sqlite_write_batch(conn, batch);
    if (has_conn)
        sqlite_pool_give(store, conn, rc);
    pthread_mutex_lock(&store->lock);
    finish(batch);
    store->is_led = false;
    pthread_cond_broadcast(&store->changed);
}

enum rc sqlite_queue_run(struct sqlite_store *store, struct sqlite_write *write)
{
    static const char *const names[] = {"put", "delete", "check"};
    pthread_mutex_lock(&store->lock);
    append(store, write);
    while (!write->is_done) {
        if (!store->is_led) {
            lead(store, write);
        } else if (!sqlite_pool_wait(store, write->is_taken ? 0 : write->deadline_ms) &&
                   !write->is_taken) {
            leave(store, write);
            write->rc = RC_TIMEOUT;
            break;
        }
    }
    pthread_mutex_unlock(&store->lock);
    sqlite_log(store, names[write->kind], write->rc, &write->reason);
    return write->rc;
}
