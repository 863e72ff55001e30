#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/store/sqlite_internal.h"

/*
 * One file, shared by any number of processes (on a laptop, both homes) and threads. Write-ahead
 * log: readers never wait for the writer. Synchronous FULL: what was answered with success is on
 * the disk.
 */

enum { OPEN_WAIT_MS = 10000 }; /* for the other processes that start at the same moment */

static struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* A call that reads. */
struct call {
    struct sqlite_store *store;
    struct sqlite_conn *conn;
    sqlite3_stmt *query;
    const char *name;
    enum rc rc;
    struct sqlite_reason reason; /* of a failure */
};

static enum rc call_begin(struct call *call, struct store *store, enum sqlite_query query,
                          int64_t deadline_ms)
{
    static const char *const names[] = {"get", "list"};
    *call = (struct call){.store = sqlite_of(store), .name = names[query]};
    enum rc rc = sqlite_pool_take(call->store, false, deadline_ms, &call->conn, &call->reason);
    if (rc == RC_OK)
        call->query = call->conn->queries[query];
    else
        sqlite_log(call->store, call->name, rc, &call->reason);
    return rc;
}

/* The next row: SQLITE_ROW. Anything else ends the call: call->rc is then what SQLite came to. */
static bool call_step(struct call *call)
{
    int code = sqlite3_step(call->query);
    call->rc = sqlite_to_rc(code);
    if (call->rc != RC_OK) {
        sqlite_explain(call->conn->db, &call->reason);
        sqlite_log(call->store, call->name, call->rc, &call->reason);
    }
    return code == SQLITE_ROW;
}

static enum rc call_end(struct call *call, enum rc rc)
{
    (void)sqlite3_reset(call->query);
    sqlite_pool_give(call->store, call->conn, rc);
    return rc;
}

/* The row as views that live until the next step. */
static struct store_item row_item(struct call *call)
{
    /* In this order: the pointer first, then its length (sqlite3_column_bytes' manual). */
    const char *name = sqlite3_column_blob(call->query, 0);
    size_t name_len = (size_t)sqlite3_column_bytes(call->query, 0);
    const char *value = sqlite3_column_blob(call->query, 1);
    size_t value_len = (size_t)sqlite3_column_bytes(call->query, 1);
    return (struct store_item){
        .name = bytes_make(name, name_len),
        .value = bytes_make(value, value_len),
        .created_ms = sqlite3_column_int64(call->query, 2),
        .version = (uint64_t)sqlite3_column_int64(call->query, 3),
    };
}

static enum rc sqlite_put(struct store *store, struct store_item *item,
                          struct store_condition condition, int64_t deadline_ms)
{
    struct sqlite_write write = {.kind = WRITE_PUT,
                                 .name = item->name,
                                 .item = item,
                                 .condition = condition,
                                 .deadline_ms = deadline_ms};
    return sqlite_queue_run(sqlite_of(store), &write);
}

static enum rc sqlite_remove(struct store *store, struct bytes name,
                             struct store_condition condition, int64_t deadline_ms)
{
    struct sqlite_write write = {
        .kind = WRITE_DELETE, .name = name, .condition = condition, .deadline_ms = deadline_ms};
    return sqlite_queue_run(sqlite_of(store), &write);
}

static enum rc sqlite_check(struct store *store, int64_t deadline_ms, char *reason,
                            size_t reason_len)
{
    struct sqlite_write write = {.kind = WRITE_CHECK, .deadline_ms = deadline_ms};
    enum rc rc = sqlite_queue_run(sqlite_of(store), &write);
    (void)snprintf(reason, reason_len, "%s", write.reason.text);
    return rc;
}

static enum rc sqlite_get(struct store *store, struct bytes name, int64_t deadline_ms,
                          struct arena *arena, struct store_item *out)
{
    struct call call;
    enum rc rc = call_begin(&call, store, QUERY_GET, deadline_ms);
    if (rc != RC_OK)
        return rc;
    sqlite_bind_bytes(call.query, 1, name);
    if (call_step(&call)) {
        struct store_item item = row_item(&call);
        call.rc = store_item_dup(arena, &item, out);
    } else if (call.rc == RC_OK) {
        call.rc = RC_NOT_FOUND;
    }
    return call_end(&call, call.rc);
}

static enum rc sqlite_list(struct store *store, struct bytes after, size_t limit,
                           int64_t deadline_ms, struct arena *arena, struct store_page *page)
{
    struct store_page_builder builder = {.capacity = 0};
    struct call call;
    enum rc rc = call_begin(&call, store, QUERY_LIST, deadline_ms);
    if (rc != RC_OK)
        return rc;
    sqlite_bind_bytes(call.query, 1, after);
    (void)sqlite3_bind_int64(call.query, 2, limit < INT64_MAX ? (int64_t)limit + 1 : INT64_MAX);
    while (rc == RC_OK && call_step(&call)) {
        struct store_item item = row_item(&call);
        rc = store_page_add(&builder, limit, arena, &item);
    }
    if (call.rc != RC_OK)
        rc = call.rc;
    if (rc == RC_OK)
        *page = builder.page;
    return call_end(&call, rc);
}

static void sqlite_close_store(struct store *base)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite_pool_release(store);
    free(store->path);
    free(store);
}

static const struct store_ops sqlite_ops = {
    .kind = "sqlite",
    .is_blocking = true,
    .close = sqlite_close_store,
    .put = sqlite_put,
    .get = sqlite_get,
    .remove = sqlite_remove,
    .list = sqlite_list,
    .check = sqlite_check,
};

/* The path in a form in which SQLite sees a file's name and nothing else: it takes "file:x" for a
 * URI and ":memory:" for no file at all. */
static char *plain_path(const char *path)
{
    char *plain = NULL;
    const char *prefix = path[0] == '/' ? "" : "./";
    return asprintf(&plain, "%s%s", prefix, path) < 0 ? NULL : plain;
}

/* Opens the first connection, which finds out at the start what is wrong with the file. */
static enum rc open_first(struct sqlite_store *store, struct sqlite_reason *reason)
{
    struct sqlite_conn *conn = malloc(sizeof *conn);
    if (!conn)
        return RC_NOMEM;
    enum rc rc = sqlite_file_create(store->path, reason);
    if (rc == RC_OK)
        rc = sqlite_conn_open(conn, store->path, true, clock_ms_monotonic() + OPEN_WAIT_MS, reason);
    if (rc != RC_OK) {
        free(conn);
        return rc;
    }
    store->idle = conn;
    store->open_count = 1;
    return RC_OK;
}

struct store *store_sqlite_open(const char *path, char *reason_text, size_t reason_len)
{
    struct sqlite_reason reason = {"no memory"};
    struct sqlite_store *store = calloc(1, sizeof *store);
    if (!store)
        goto failed;
    store->base.ops = &sqlite_ops;
    store->path = plain_path(path);
    if (!store->path || sqlite_pool_init(store) != RC_OK)
        goto failed;
    if (open_first(store, &reason) == RC_OK)
        return &store->base;
    sqlite_pool_release(store);
failed:
    (void)snprintf(reason_text, reason_len, "%s", reason.text);
    if (store)
        free(store->path);
    free(store);
    return NULL;
}
