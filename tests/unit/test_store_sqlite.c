#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/store_file.h"

TestSuite(store_sqlite, .init = store_file_setup, .fini = store_file_teardown);

/* --- the file --- */

static unsigned mode_of(const char *suffix)
{
    char name[2 * TEMPDIR_PATH_MAX + 8];
    struct stat status;
    (void)snprintf(name, sizeof name, "%s%s", store_file.path, suffix);
    cr_assert_eq(stat(name, &status), 0, "%s", name);
    return status.st_mode & 0777;
}

Test(store_sqlite, makes_a_file_for_its_owner_alone_and_names_it_duets)
{
    struct store *store = store_file_open();
    cr_assert_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
    cr_expect_eq(mode_of(""), 0600u);
    cr_expect_eq(mode_of("-wal"), 0600u);
    cr_expect_eq(mode_of("-shm"), 0600u);
    store_close(store);
    cr_expect_str_eq(store_file_ask("PRAGMA journal_mode"), "wal");
    cr_expect_str_eq(store_file_ask("PRAGMA user_version"), "1");
    cr_expect_str_eq(store_file_ask("PRAGMA application_id"), "1148544372");
}

Test(store_sqlite, keeps_its_items_across_closing)
{
    struct store *store = store_file_open();
    cr_assert_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
    store_close(store);
    store = store_file_open();
    cr_expect_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_EXISTS);
    cr_expect_eq(store_file_count(store), 1u);
    store_close(store);
}

Test(store_sqlite, takes_an_empty_file_for_its_own)
{
    tempdir_write(store_file.path, "");
    struct store *store = store_file_open();
    cr_expect_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
    store_close(store);
}

Test(store_sqlite, a_name_of_sqlites_own_is_a_file_like_any_other)
{
    static const char *const names[] = {"sqlite::memory:", "sqlite:file:x?mode=memory"};
    cr_assert_eq(chdir(store_file.dir.path), 0);
    for (size_t i = 0; i < 2; i++) {
        char error[512] = "";
        struct store *store = store_open(names[i], error, sizeof error);
        cr_assert_not_null(store, "%s", error);
        cr_assert_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
        store_close(store);
        cr_expect_eq(access(strchr(names[i], ':') + 1, F_OK), 0, "%s", names[i]);
    }
}

/* The first schema: what is in the file stays, and a program of its time goes on beside ours. */
static const char first_schema[] =
    "CREATE TABLE item (name BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL,"
    " created_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), checked_ms INTEGER NOT NULL,"
    " has_items INTEGER NOT NULL);"
    "PRAGMA application_id = 1148544372; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;"
    "INSERT INTO item VALUES (x'616461', x'6F6C64', 7)";

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *query = NULL;
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    return query;
}

Test(store_sqlite, a_file_of_the_first_schema_is_taken_over_while_its_program_runs)
{
    struct store_item item;
    sqlite3 *old = store_file_raw();
    store_file_run(old, first_schema);
    sqlite3_stmt *insert = prepare(old, "INSERT INTO item (name, value, created_ms)"
                                        " VALUES (x'626F62', x'6F6C64', 8) ON CONFLICT DO NOTHING");
    sqlite3_stmt *list = prepare(old, "SELECT name, value, created_ms FROM item");
    struct store *store = store_file_open();
    cr_assert_eq(store_get(store, BYTES_LIT("ada"), 0, &store_file.arena, &item), RC_OK);
    cr_expect(bytes_eq(item.value, BYTES_LIT("old")));
    cr_expect_eq(item.created_ms, 7);
    cr_expect_eq(item.version, 1u);
    cr_expect_eq(sqlite3_step(insert), SQLITE_DONE, "%s", sqlite3_errmsg(old));
    cr_assert_eq(store_get(store, BYTES_LIT("bob"), 0, &store_file.arena, &item), RC_OK);
    cr_expect_eq(item.version, 1u);
    cr_expect_eq(store_file_put(store, BYTES_LIT("cyd"), 0), RC_OK);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(sqlite3_step(list), SQLITE_ROW, "row %d: %s", i, sqlite3_errmsg(old));
    sqlite3_finalize(insert);
    sqlite3_finalize(list);
    sqlite3_close(old);
    store_close(store);
    cr_expect_str_eq(store_file_ask("PRAGMA user_version"), "1", "it can be started again");
    store = store_file_open();
    cr_expect_eq(store_file_count(store), 3u);
    store_close(store);
}

/* --- what cannot be opened --- */

/* `reason` is how the reason begins. */
static void expect_refused(const char *place, const char *reason)
{
    char error[1024] = "", wanted[1024];
    struct store *store = store_open(place, error, sizeof error);
    cr_expect_null(store, "%s", place);
    store_close(store);
    (void)snprintf(wanted, sizeof wanted, "cannot open the store '%s': %s", place, reason);
    cr_expect_eq(strncmp(error, wanted, strlen(wanted)), 0, "%s", error);
}

struct start_row {
    const char *name; /* in the test's folder, or from the root */
    const char *reason;
};

static const struct start_row bad_places[] = {
    {"no/such/folder.db", "cannot create the file (No such file or directory)"},
    {"file/x.db", "cannot create the file (Not a directory)"},
    {"folder", "unable to open database file (Is a directory)"},
    {"corrupt", "file is not a database"},
    {"loop", "unable to open database file"},
    {"/proc/duet.db", "cannot create the file ("}, /* the cause depends on who asks */
    {"/dev/null/x.db", "cannot create the file (Not a directory)"},
};

Test(store_sqlite, a_start_that_fails_names_the_file)
{
    char place[2 * TEMPDIR_PATH_MAX], text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    tempdir_write(tempdir_join(&store_file.dir, "", "file", place), "");
    tempdir_write(tempdir_join(&store_file.dir, "", "corrupt", place), text);
    cr_assert_eq(mkdir(tempdir_join(&store_file.dir, "", "folder", place), 0700), 0);
    cr_assert_eq(symlink("loop", tempdir_join(&store_file.dir, "", "loop", place)), 0);
    for (size_t i = 0; i < sizeof bad_places / sizeof *bad_places; i++) {
        const struct start_row *row = &bad_places[i];
        if (row->name[0] == '/')
            (void)snprintf(place, sizeof place, "sqlite:%s", row->name);
        else
            (void)tempdir_join(&store_file.dir, "sqlite:", row->name, place);
        expect_refused(place, row->reason);
    }
}

static const struct start_row foreign_files[] = {
    {"CREATE TABLE theirs (x)", "the file is a database of another application"},
    {"PRAGMA application_id = 7", "the file is a database of another application"},
    {"PRAGMA user_version = 1", "the file is a database of another application"},
    {"PRAGMA application_id = 1148544372; PRAGMA user_version = 2",
     "the file's schema has version 2, and this program knows 1 alone"},
    {"PRAGMA application_id = 1148544372; CREATE TABLE item (x)",
     "the file's schema has version 0, and this program knows 1 alone"},
    {"PRAGMA application_id = 1148544372; PRAGMA user_version = 1", "no such table: item"},
};

Test(store_sqlite, a_file_of_another_kind_is_refused_and_left_as_it_was)
{
    for (size_t i = 0; i < sizeof foreign_files / sizeof *foreign_files; i++) {
        (void)unlink(store_file.path);
        sqlite3 *db = store_file_raw();
        store_file_run(db, foreign_files[i].name);
        sqlite3_close(db);
        expect_refused(store_file.url, foreign_files[i].reason);
        cr_expect_str_eq(store_file_ask("SELECT count(*) FROM sqlite_schema WHERE name = 'probe'"),
                         "0");
        if (i < 5)
            cr_expect_str_eq(store_file_ask("PRAGMA journal_mode"), "delete", "row %zu", i);
    }
}

/* root may write anything, so the claim is made in a process that is nobody. */
static void expect_refused_for_nobody(const char *reason)
{
    char error[512] = "";
    pid_t pid = fork();
    if (pid == 0) {
        if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(3);
        if (store_open(store_file.url, error, sizeof error))
            _exit(1);
        _exit(strstr(error, reason) && strstr(error, store_file.path) ? 0 : 2);
    }
    cr_expect_eq(store_file_wait(pid), 0, "%s", reason);
}

Test(store_sqlite, a_file_that_may_not_be_written_is_refused)
{
    store_close(store_file_open());
    cr_assert_eq(chmod(store_file.path, 0444), 0);
    cr_assert_eq(chmod(store_file.dir.path, 0777), 0);
    expect_refused_for_nobody("the file is read-only");
}

Test(store_sqlite, a_folder_that_may_not_be_written_is_refused)
{
    cr_assert_eq(chmod(store_file.dir.path, 0555), 0);
    expect_refused_for_nobody("cannot create the file (Permission denied)");
    cr_assert_eq(chmod(store_file.dir.path, 0755), 0);
    store_close(store_file_open());
    cr_assert_eq(chmod(store_file.path, 0666), 0);
    cr_assert_eq(chmod(store_file.dir.path, 0555), 0);
    expect_refused_for_nobody("attempt to write a readonly database");
    cr_assert_eq(chmod(store_file.dir.path, 0755), 0);
}
