#ifndef TESTS_SUPPORT_STORE_FILE_H
#define TESTS_SUPPORT_STORE_FILE_H

/*
 * store_file — what the tests of the SQLite store share: a folder of their own with one file in
 * it, the log in another, and the file seen past the store.
 *
 * A failure inside fails the test.
 */

#include <sqlite3.h>
#include <sys/types.h>

#include "runtime/store/store.h"
#include "tests/support/tempdir.h"

struct store_file {
    struct tempdir dir;
    struct arena arena;
    char path[2 * TEMPDIR_PATH_MAX]; /* of the file, which is not there yet */
    char url[2 * TEMPDIR_PATH_MAX];  /* "sqlite:" and the path */
    char log_path[2 * TEMPDIR_PATH_MAX];
    char reason[256]; /* what the last store_file_check said */
};

/* .init and .fini of a suite; between them `store_file` is set. */
void store_file_setup(void);
void store_file_teardown(void);

extern struct store_file store_file;

/* Opens the store; the caller closes it. */
struct store *store_file_open(void);

/* Puts a small item under a `name` that is not taken. */
enum rc store_file_put(struct store *store, struct bytes name, int64_t deadline_ms);

/* Looks for `name`; what it holds is not told. */
enum rc store_file_get(struct store *store, struct bytes name);

/* How many items there are. */
size_t store_file_count(struct store *store);

/* store_check, with the reason in store_file.reason: "" when all is well. */
enum rc store_file_check(struct store *store, int64_t deadline_ms);

/* true when the log so far holds `text`. */
bool store_file_log_has(const char *text);

/* The file, opened by SQLite itself; close it by sqlite3_close. */
sqlite3 *store_file_raw(void);

/* Runs `sql` there. */
void store_file_run(sqlite3 *db, const char *sql);

/* The first value that `sql` gives, in static memory. */
const char *store_file_ask(const char *sql);

/* Waits for a child: its exit status, or 128 and its signal. */
int store_file_wait(pid_t pid);

#endif
