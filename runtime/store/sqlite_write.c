#include "runtime/store/sqlite_internal.h"

/*
 * A write is judged by what is there inside the transaction that does it: BEGIN IMMEDIATE keeps
 * every other writer out, of this process and of others, until COMMIT.
 */

/* Runs a statement that gives at most one row. `has_row`: it is there to be read until the reset,
 * which the caller does then; otherwise it is done. */
static int step(sqlite3_stmt *query, bool *has_row)
{
    int code = sqlite3_step(query);
    *has_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return SQLITE_OK;
    (void)sqlite3_reset(query);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int run(struct sqlite_conn *conn, enum sqlite_query query)
{
    bool has_row;
    return step(conn->queries[query], &has_row);
}

/* What is there under `name`: created_ms and version. */
static int look(struct sqlite_conn *conn, struct bytes name, struct store_item *there, bool *found)
{
    sqlite3_stmt *query = conn->queries[QUERY_STATE];
    sqlite_bind_bytes(query, 1, name);
    int code = step(query, found);
    if (*found) {
        there->created_ms = sqlite3_column_int64(query, 0);
        there->version = (uint64_t)sqlite3_column_int64(query, 1);
        (void)sqlite3_reset(query);
    }
    return code;
}

static int put(struct sqlite_conn *conn, const struct store_item *item)
{
    sqlite3_stmt *query = conn->queries[QUERY_PUT];
    sqlite_bind_bytes(query, 1, item->name);
    sqlite_bind_bytes(query, 2, item->value);
    (void)sqlite3_bind_int64(query, 3, item->created_ms);
    (void)sqlite3_bind_int64(query, 4, (int64_t)item->version);
    return run(conn, QUERY_PUT);
}

static int take_out(struct sqlite_conn *conn, struct bytes name)
{
    sqlite_bind_bytes(conn->queries[QUERY_DELETE], 1, name);
    return run(conn, QUERY_DELETE);
}

/* Inside a transaction. SQLite's result; with SQLITE_OK `rc` is the judgement, and `next` what is
 * there now. */
static int apply(struct sqlite_conn *conn, const struct sqlite_write *write,
                 struct store_item *next, enum rc *rc)
{
    struct store_item there;
    bool found;
    int code = look(conn, write->item->name, &there, &found);
    if (code != SQLITE_OK)
        return code;
    *rc = store_condition_check(write->condition, found ? &there : NULL);
    if (*rc != RC_OK)
        return SQLITE_OK;
    if (write->is_delete)
        return take_out(conn, write->item->name);
    *next = *write->item;
    next->version = found ? there.version + 1 : 1;
    if (found)
        next->created_ms = there.created_ms;
    return put(conn, next);
}

enum rc sqlite_write_run(struct sqlite_store *store, struct sqlite_conn *conn,
                         const struct sqlite_write *write)
{
    struct store_item next;
    struct sqlite_reason reason;
    enum rc rc = RC_OK;
    int code = run(conn, QUERY_BEGIN);
    if (code == SQLITE_OK) {
        code = apply(conn, write, &next, &rc);
        if (code == SQLITE_OK)
            code = run(conn, QUERY_COMMIT);
    }
    if (code == SQLITE_OK) {
        if (rc == RC_OK && !write->is_delete)
            *write->item = next;
        return rc;
    }
    sqlite_explain(conn->db, &reason);
    (void)sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    rc = sqlite_to_rc(code);
    sqlite_log(store, write->is_delete ? "delete" : "put", rc, &reason);
    return rc;
}
