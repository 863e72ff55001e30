#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/store/sqlite_internal.h"

/*
 * Whose file it is, is asked and settled inside one write transaction: of two processes that start
 * at the same moment, the second waits for the first and then finds the schema made. Only after
 * that is the file switched to WAL, so that a file which is refused has not been changed.
 *
 * `application_id` and `user_version` are two numbers in a SQLite file's header for this very use.
 * `user_version` says which programs may use the file, so it stays what it is when a table gets a
 * column that older programs need not know: they go on beside newer ones, and can be started again
 * (a release may be taken back). The first schema had no `version`; a file without that column gets
 * it here, and what an older program inserts later begins with the column's default.
 */

enum { APPLICATION_ID = 0x44756574 /* "Duet" */, SCHEMA_VERSION = 1 };
#define VERSION_COLUMN "version INTEGER NOT NULL DEFAULT 1"
enum { RETRY_MS = 5 };

static const char schema[] =
    "CREATE TABLE item (name BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL,"
    " created_ms INTEGER NOT NULL, " VERSION_COLUMN ") WITHOUT ROWID;"
    /* One row that store_check writes, so that it says what a put would meet. */
    "CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), checked_ms INTEGER NOT NULL,"
    " has_items INTEGER NOT NULL);"
    "PRAGMA application_id = 0x44756574;"
    "PRAGMA user_version = 1;";

enum rc sqlite_file_create(const char *path, struct sqlite_reason *reason)
{
    /* O_EXCL: opening a file that SQLite has open, and closing it, would drop SQLite's locks. */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)close(fd);
    if (fd >= 0 || errno == EEXIST)
        return RC_OK;
    (void)snprintf(reason->text, sizeof reason->text, "cannot create the file (%s)",
                   strerror(errno));
    return RC_IO;
}

static int read_number(sqlite3 *db, const char *sql, int *number)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &query, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(query)) == SQLITE_ROW) {
        *number = sqlite3_column_int(query, 0);
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(query);
    return code;
}

static bool is_ours(int application, int version, struct sqlite_reason *reason)
{
    if (application != APPLICATION_ID)
        (void)snprintf(reason->text, sizeof reason->text,
                       "the file is a database of another application");
    else if (version != SCHEMA_VERSION)
        (void)snprintf(reason->text, sizeof reason->text,
                       "the file's schema has version %d, and this program knows %d alone", version,
                       SCHEMA_VERSION);
    else
        return true;
    return false;
}

static int add_what_is_missing(sqlite3 *db)
{
    int has_version = 0;
    int code = read_number(
        db, "SELECT count(*) FROM pragma_table_info('item') WHERE name = 'version'", &has_version);
    if (code == SQLITE_OK && !has_version)
        code = sqlite3_exec(db, "ALTER TABLE item ADD COLUMN " VERSION_COLUMN, NULL, NULL, NULL);
    return code;
}

/* Inside the transaction. RC_IO with `reason` set also stands for a file that is not ours. */
static enum rc settle(sqlite3 *db, struct sqlite_reason *reason)
{
    int application = 0, version = 0, table_count = 0;
    int code = read_number(db, "PRAGMA application_id", &application);
    if (code == SQLITE_OK)
        code = read_number(db, "PRAGMA user_version", &version);
    if (code == SQLITE_OK)
        code = read_number(db, "SELECT count(*) FROM sqlite_schema", &table_count);
    if (code == SQLITE_OK) {
        bool is_empty = application == 0 && version == 0 && table_count == 0;
        if (!is_empty && !is_ours(application, version, reason))
            return RC_IO;
        code = is_empty ? sqlite3_exec(db, schema, NULL, NULL, NULL) : add_what_is_missing(db);
    }
    if (code != SQLITE_OK)
        sqlite_explain(db, reason);
    return sqlite_to_rc(code);
}

static enum rc run(sqlite3 *db, const char *sql, struct sqlite_reason *reason)
{
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        sqlite_explain(db, reason);
    return sqlite_to_rc(code);
}

/* SQLite answers the switch with the mode that the file is in afterwards, and with success. */
static int note_wal(void *is_wal, int column_count, char **values, char **names)
{
    (void)names;
    *(bool *)is_wal = column_count == 1 && values[0] && strcmp(values[0], "wal") == 0;
    return 0;
}

static enum rc set_wal(sqlite3 *db, struct sqlite_reason *reason)
{
    bool is_wal = false;
    int code = sqlite3_exec(db, "PRAGMA journal_mode = WAL", note_wal, &is_wal, NULL);
    if (code != SQLITE_OK) {
        sqlite_explain(db, reason);
        return sqlite_to_rc(code);
    }
    if (!is_wal)
        (void)snprintf(reason->text, sizeof reason->text,
                       "the file cannot be switched to a write-ahead log");
    return is_wal ? RC_OK : RC_IO;
}

static enum rc prepare_once(sqlite3 *db, struct sqlite_reason *reason)
{
    enum rc rc = run(db, "BEGIN IMMEDIATE", reason);
    if (rc != RC_OK)
        return rc;
    rc = settle(db, reason);
    if (rc == RC_OK)
        rc = run(db, "COMMIT", reason);
    if (rc != RC_OK)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc == RC_OK ? set_wal(db, reason) : rc;
}

enum rc sqlite_file_prepare(sqlite3 *db, int64_t deadline_ms, struct sqlite_reason *reason)
{
    if (sqlite3_db_readonly(db, "main") == 1) {
        (void)snprintf(reason->text, sizeof reason->text, "the file is read-only");
        return RC_IO;
    }
    /* SQLite waits for others in all that this does but in the switch to WAL: there it reads first
     * and then asks for the lock, and a reader that waited could wait for another such reader. */
    enum rc rc = prepare_once(db, reason);
    while (rc == RC_TIMEOUT && clock_ms_monotonic() < deadline_ms) {
        (void)sqlite3_sleep(RETRY_MS);
        rc = prepare_once(db, reason);
    }
    return rc;
}
