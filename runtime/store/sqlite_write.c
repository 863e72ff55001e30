#include "runtime/core/clock.h"
#include "runtime/store/sqlite_internal.h"

/*
 * A write is judged by what is there inside the transaction that does it: BEGIN IMMEDIATE keeps
 * every other writer out, of this process and of others, until COMMIT, which waits for the disk.
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

/* Writes the one row that is there for it, so that it meets what a put would meet. */
static int check(struct sqlite_conn *conn)
{
    (void)sqlite3_bind_int64(conn->queries[QUERY_CHECK], 1, clock_ms_epoch());
    return run(conn, QUERY_CHECK);
}

/* SQLite's result; with SQLITE_OK write->rc is the judgement. */
static int apply(struct sqlite_conn *conn, struct sqlite_write *write)
{
    struct store_item there;
    bool found;
    write->rc = RC_OK;
    if (write->kind == WRITE_CHECK)
        return check(conn);
    int code = look(conn, write->name, &there, &found);
    if (code != SQLITE_OK)
        return code;
    write->rc = store_condition_check(write->condition, found ? &there : NULL);
    if (write->rc != RC_OK)
        return SQLITE_OK;
    if (write->kind == WRITE_DELETE)
        return take_out(conn, write->name);
    write->stored = *write->item;
    write->stored.version = found ? there.version + 1 : 1;
    if (found)
        write->stored.created_ms = there.created_ms;
    return put(conn, &write->stored);
}

static int apply_all(struct sqlite_conn *conn, struct sqlite_write *batch)
{
    int code = SQLITE_OK;
    for (struct sqlite_write *write = batch; write && code == SQLITE_OK; write = write->next)
        code = apply(conn, write);
    return code == SQLITE_OK ? run(conn, QUERY_COMMIT) : code;
}

static enum rc fail(struct sqlite_conn *conn, int code, struct sqlite_reason *reason)
{
    sqlite_explain(conn->db, reason);
    (void)sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    return sqlite_to_rc(code);
}

enum rc sqlite_write_begin(struct sqlite_conn *conn, struct sqlite_reason *reason)
{
    int code = run(conn, QUERY_BEGIN);
    return code == SQLITE_OK ? RC_OK : fail(conn, code, reason);
}

/* Each by itself; the transaction of all has been taken back. */
static enum rc run_singly(struct sqlite_conn *conn, struct sqlite_write *batch)
{
    enum rc worst = RC_OK;
    for (struct sqlite_write *write = batch; write; write = write->next) {
        sqlite_conn_set_deadline(conn, write->deadline_ms);
        write->rc = sqlite_write_begin(conn, &write->reason);
        if (write->rc == RC_OK) {
            struct sqlite_write *next = write->next;
            write->next = NULL;
            enum rc rc = sqlite_write_batch(conn, write);
            write->next = next;
            worst = rc == RC_OK ? worst : rc;
        } else if (write->rc == RC_IO) {
            worst = RC_IO;
        }
    }
    return worst;
}

enum rc sqlite_write_batch(struct sqlite_conn *conn, struct sqlite_write *batch)
{
    struct sqlite_reason reason;
    int code = apply_all(conn, batch);
    if (code == SQLITE_OK) {
        for (struct sqlite_write *write = batch; write; write = write->next)
            if (write->kind == WRITE_PUT && write->rc == RC_OK)
                *write->item = write->stored;
        return RC_OK;
    }
    enum rc rc = fail(conn, code, &reason);
    if (batch->next)
        return run_singly(conn, batch);
    batch->rc = rc;
    batch->reason = reason;
    return rc == RC_IO ? RC_IO : RC_OK;
}
