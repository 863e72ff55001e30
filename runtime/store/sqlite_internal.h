#ifndef RUNTIME_STORE_SQLITE_INTERNAL_H
#define RUNTIME_STORE_SQLITE_INTERNAL_H

/*
 * sqlite_internal — the parts of the SQLite backend: file, connection, pool.
 *
 * Layer:   of runtime/store/sqlite*.c alone.
 *
 * sqlite_file.c   makes and checks the file: mode, application, version, schema, WAL
 * sqlite_conn.c   one connection with its prepared statements
 * sqlite_pool.c   which thread uses which connection
 * sqlite_write.c  what is written, judged and done inside one transaction
 * sqlite_queue.c  which threads' writes share a transaction
 * sqlite.c        the store's functions on top
 */

#include <pthread.h>
#include <sqlite3.h>

#include "runtime/core/limits.h"
#include "runtime/store/internal.h"

enum sqlite_query {
    QUERY_GET,
    QUERY_LIST,
    QUERY_BEGIN, /* from here on those of a write */
    QUERY_STATE,
    QUERY_PUT,
    QUERY_DELETE,
    QUERY_CHECK,
    QUERY_COMMIT,
    QUERY_COUNT
};

struct sqlite_conn {
    sqlite3 *db;
    sqlite3_stmt *queries[QUERY_COUNT];
    int64_t deadline_ms;      /* of the call under way; 0: none */
    struct sqlite_conn *next; /* of the idle ones */
};

struct sqlite_store {
    struct store base;
    char *path; /* as SQLite is given it */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* any of what follows; on the monotonic clock */
    struct sqlite_conn *idle;
    unsigned open_count;               /* idle and in use; at most LIMIT_STORE_CONNECTIONS */
    struct sqlite_write *first, **end; /* writes that nobody has taken yet, in their order */
    bool is_led;                       /* a thread writes, for itself and for those that wait */
};

/* What SQLite said, in one line. */
struct sqlite_reason {
    char text[256];
};

enum sqlite_write_kind { WRITE_PUT, WRITE_DELETE, WRITE_CHECK };

/* One put, deletion or check, on the stack of the thread that wants it. */
struct sqlite_write {
    enum sqlite_write_kind kind;
    struct bytes name;
    struct store_item *item; /* of a put alone: in and out as in store_put */
    struct store_condition condition;
    int64_t deadline_ms;
    enum rc rc;                  /* what it came to */
    struct sqlite_reason reason; /* of RC_IO, RC_NOMEM and RC_TIMEOUT, where SQLite gave one */
    struct store_item stored;    /* of a put: what is there once the transaction is done */
    struct sqlite_write *next;
    bool is_taken, is_done; /* under the store's lock */
};

/* --- sqlite_file.c --- */

/* Creates the file, readable by its owner alone, when it is not there: SQLite would make it
 * readable by everybody. RC_OK: it is there · RC_IO, with `reason` set */
enum rc sqlite_file_create(const char *path, struct sqlite_reason *reason) MUST_CHECK;

/* Makes the schema where the file is empty, brings an older one up to date, refuses files that are
 * not ours, sets WAL mode.
 *
 * db           open, and waits for locks; any number of processes may do this at the same moment
 * deadline_ms  up to which a busy file is tried again; not 0
 *
 * RC_OK · RC_TIMEOUT · RC_NOMEM · RC_IO, with `reason` set but for RC_OK */
enum rc sqlite_file_prepare(sqlite3 *db, int64_t deadline_ms,
                            struct sqlite_reason *reason) MUST_CHECK;

/* --- sqlite_conn.c --- */

/* Opens a connection to the file, which must be there.
 *
 * is_first     also prepares the file (sqlite_file_prepare)
 * deadline_ms  as in store.h
 *
 * RC_OK · RC_TIMEOUT · RC_NOMEM · RC_IO, with `reason` set and `conn` closed but for RC_OK */
enum rc sqlite_conn_open(struct sqlite_conn *conn, const char *path, bool is_first,
                         int64_t deadline_ms, struct sqlite_reason *reason) MUST_CHECK;

/* Works on a zeroed struct, and twice. */
void sqlite_conn_close(struct sqlite_conn *conn);

/* true when the file has been deleted or another stands in its place: what is written then reaches
 * nobody. */
bool sqlite_conn_is_stale(const struct sqlite_conn *conn);

/* How long SQLite itself waits for another process's lock: until the deadline. */
void sqlite_conn_set_deadline(struct sqlite_conn *conn, int64_t deadline_ms);

/* One of SQLite's result codes as ours: what is neither success, memory nor a lock is RC_IO. */
enum rc sqlite_to_rc(int code);

/* Fills `reason` with the last error of `db`. */
void sqlite_explain(sqlite3 *db, struct sqlite_reason *reason);

/* Logs a failed call; RC_TIMEOUT is not logged, it is an answer. */
void sqlite_log(const struct sqlite_store *store, const char *call, enum rc rc,
                const struct sqlite_reason *reason);

/* --- sqlite_pool.c --- */

/* RC_OK; RC_NOMEM: nothing is left behind. */
enum rc sqlite_pool_init(struct sqlite_store *store) MUST_CHECK;

/* Closes all connections, which must be idle. */
void sqlite_pool_release(struct sqlite_store *store);

/* Takes a connection for this thread, opening one where that is needed.
 *
 * is_writer  it must be able to write: one that was opened while the file was read-only cannot
 * reason     set where a connection could not be opened
 *
 * RC_OK: give it back · RC_TIMEOUT · RC_NOMEM · RC_IO */
enum rc sqlite_pool_take(struct sqlite_store *store, bool is_writer, int64_t deadline_ms,
                         struct sqlite_conn **conn, struct sqlite_reason *reason) MUST_CHECK;

/* Gives it back. `rc` is what the call came to: after RC_IO the connection is closed, and the next
 * caller starts with a fresh one. */
void sqlite_pool_give(struct sqlite_store *store, struct sqlite_conn *conn, enum rc rc);

/* Waits for a change of the store, whose lock the caller has; false: the deadline has passed. */
bool sqlite_pool_wait(struct sqlite_store *store, int64_t deadline_ms);

/* --- sqlite_write.c --- */

/* Binds `view` as a BLOB, borrowed until the statement is reset; a NULL pointer would bind SQL's
 * NULL. The one error left, a value too large for SQLite, shows as a NOT NULL failure in the step.
 */
static inline void sqlite_bind_bytes(sqlite3_stmt *query, int position, struct bytes view)
{
    (void)sqlite3_bind_blob64(query, position, view.ptr ? view.ptr : "", view.len, SQLITE_STATIC);
}

/* Waits for the file's one place of a writer, until the deadline of the connection.
 * RC_OK: a transaction has begun · RC_TIMEOUT · RC_NOMEM · RC_IO, with `reason` set */
enum rc sqlite_write_begin(struct sqlite_conn *conn, struct sqlite_reason *reason) MUST_CHECK;

/* Judges and does all writes of the list `batch`, in their order, in the transaction that has
 * begun, and ends it. Where that fails, each has a transaction of its own: one that cannot be done
 * does not keep the others from it. Sets rc, and what stands with it, of each.
 *
 * RC_OK, or RC_IO where the connection had better be closed */
enum rc sqlite_write_batch(struct sqlite_conn *conn, struct sqlite_write *batch);

/* --- sqlite_queue.c --- */

/* Does `write`, alone or with those of other threads; its rc, which is logged where it is a fault.
 * RC_TIMEOUT: its deadline came before it was begun. */
enum rc sqlite_queue_run(struct sqlite_store *store, struct sqlite_write *write) MUST_CHECK;

#endif
