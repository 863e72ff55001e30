#include <errno.h>
#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/core/log.h"
#include "runtime/store/sqlite_internal.h"

enum { LOCK_LOOK_MS = 1 };

/* A name is a BLOB, so that SQLite compares it by its bytes and knows of no collation. */
static const char *const query_texts[QUERY_COUNT] = {
    [QUERY_GET] = "SELECT name, value, created_ms, version FROM item WHERE name = ?1",
    [QUERY_LIST] = "SELECT name, value, created_ms, version FROM item WHERE name > ?1"
                   " ORDER BY name LIMIT ?2",
    [QUERY_CHECK] = "REPLACE INTO probe (id, checked_ms, has_items)"
                    " VALUES (1, ?1, EXISTS (SELECT 1 FROM item))",
    [QUERY_BEGIN] = "BEGIN IMMEDIATE",
    [QUERY_STATE] = "SELECT created_ms, version FROM item WHERE name = ?1",
    [QUERY_PUT] = "REPLACE INTO item (name, value, created_ms, version) VALUES (?1, ?2, ?3, ?4)",
    [QUERY_DELETE] = "DELETE FROM item WHERE name = ?1",
    [QUERY_COMMIT] = "COMMIT",
};

enum rc sqlite_to_rc(int code)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return RC_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return RC_TIMEOUT;
    case SQLITE_NOMEM:
        return RC_NOMEM;
    default:
        return RC_IO;
    }
}

void sqlite_explain(sqlite3 *db, struct sqlite_reason *reason)
{
    /* SQLite's own sentence is about the kind of failure; errno or the long code tell the cause. */
    int code = sqlite3_extended_errcode(db), kind = code & 0xFF;
    int cause = kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;
    const char *text = sqlite3_errmsg(db);
    if (cause)
        (void)snprintf(reason->text, sizeof reason->text, "%s (%s)", text, strerror(cause));
    else if (code != kind)
        (void)snprintf(reason->text, sizeof reason->text, "%s (code %d)", text, code);
    else
        (void)snprintf(reason->text, sizeof reason->text, "%s", text);
}

void sqlite_log(const struct sqlite_store *store, const char *call, enum rc rc,
                const struct sqlite_reason *reason)
{
    if (rc == RC_IO || rc == RC_NOMEM)
        log_event(LOG_ERROR, "the store failed", LOG_STR("store", "sqlite"),
                  LOG_STR("file", store->path), LOG_STR("call", call),
                  LOG_STR("reason", reason->text));
}

/* SQLite's own waiting grows to a tenth of a second between two looks, while a busy process leaves
 * the lock alone for moments: who comes second would hardly ever be served. */
static int wait_for_lock(void *context, int look_count)
{
    const struct sqlite_conn *conn = context;
    (void)look_count;
    if (conn->deadline_ms && clock_ms_monotonic() >= conn->deadline_ms)
        return 0;
    (void)sqlite3_sleep(LOCK_LOOK_MS);
    return 1;
}

void sqlite_conn_set_deadline(struct sqlite_conn *conn, int64_t deadline_ms)
{
    conn->deadline_ms = deadline_ms;
    (void)sqlite3_busy_handler(conn->db, wait_for_lock, conn);
}

bool sqlite_conn_is_stale(const struct sqlite_conn *conn)
{
    int has_moved = 0;
    int code = sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    return code == SQLITE_OK && has_moved;
}

static int open_db(struct sqlite_conn *conn, const char *path)
{
    /* NOMUTEX: the pool gives a connection to one thread at a time. No CREATE: the file is made
     * once, at the start; that it is gone later must not go unnoticed. errno: SQLite keeps it as
     * the cause of a failure, also of one that never came to a system call. */
    errno = 0;
    int code = sqlite3_open_v2(path, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_extended_result_codes(conn->db, 1);
    return code;
}

static int prepare_all(struct sqlite_conn *conn)
{
    int code = sqlite3_exec(conn->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
    for (int i = 0; i < QUERY_COUNT && code == SQLITE_OK; i++)
        code = sqlite3_prepare_v3(conn->db, query_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &conn->queries[i], NULL);
    return code;
}

enum rc sqlite_conn_open(struct sqlite_conn *conn, const char *path, bool is_first,
                         int64_t deadline_ms, struct sqlite_reason *reason)
{
    enum rc rc = RC_OK;
    *conn = (struct sqlite_conn){.db = NULL};
    int code = open_db(conn, path);
    if (code == SQLITE_OK) {
        sqlite_conn_set_deadline(conn, deadline_ms);
        if (is_first)
            rc = sqlite_file_prepare(conn->db, deadline_ms, reason);
        if (rc == RC_OK)
            code = prepare_all(conn);
    }
    if (code != SQLITE_OK) {
        sqlite_explain(conn->db, reason);
        rc = sqlite_to_rc(code);
    }
    if (rc != RC_OK)
        sqlite_conn_close(conn);
    return rc;
}

void sqlite_conn_close(struct sqlite_conn *conn)
{
    for (int i = 0; i < QUERY_COUNT; i++)
        (void)sqlite3_finalize(conn->queries[i]);
    (void)sqlite3_close(conn->db);
    *conn = (struct sqlite_conn){.db = NULL};
}
