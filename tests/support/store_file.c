#include "tests/support/store_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/log.h"

struct store_file store_file;

void store_file_setup(void)
{
    struct store_file *file = &store_file;
    tempdir_init(&file->dir);
    arena_init(&file->arena, 1 << 26);
    (void)tempdir_join(&file->dir, "", "x.db", file->path);
    (void)tempdir_join(&file->dir, "sqlite:", "x.db", file->url);
    (void)tempdir_join(&file->dir, "", "log", file->log_path);
    log_set_fd(open(file->log_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

void store_file_teardown(void)
{
    arena_release(&store_file.arena);
    tempdir_release(&store_file.dir);
}

struct store *store_file_open(void)
{
    char error[512] = "";
    struct store *store = store_open(store_file.url, error, sizeof error);
    cr_assert_not_null(store, "%s", error);
    return store;
}

enum rc store_file_put(struct store *store, struct bytes name, int64_t deadline_ms)
{
    struct store_item item = {.name = name, .value = BYTES_LIT("v"), .created_ms = 1};
    return store_put(store, &item, (struct store_condition){.when = STORE_IF_ABSENT}, deadline_ms);
}

enum rc store_file_get(struct store *store, struct bytes name)
{
    struct store_item item;
    return store_get(store, name, 0, &store_file.arena, &item);
}

size_t store_file_count(struct store *store)
{
    struct store_page page;
    enum rc rc = store_list(store, bytes_make(NULL, 0), SIZE_MAX, 0, &store_file.arena, &page);
    cr_assert_eq(rc, RC_OK);
    cr_assert_not(page.has_more);
    return page.count;
}

enum rc store_file_check(struct store *store, int64_t deadline_ms)
{
    char *reason = store_file.reason;
    reason[0] = '\0';
    return store_check(store, deadline_ms, reason, sizeof store_file.reason);
}

bool store_file_log_has(const char *text)
{
    static char lines[1 << 16];
    int fd = open(store_file.log_path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, lines, sizeof lines - 1);
    (void)close(fd);
    lines[n > 0 ? n : 0] = '\0';
    return strstr(lines, text) != NULL;
}

sqlite3 *store_file_raw(void)
{
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(store_file.path, &db), SQLITE_OK);
    return db;
}

void store_file_run(sqlite3 *db, const char *sql)
{
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
}

static int keep_value(void *out, int count, char **values, char **names)
{
    (void)names;
    (void)snprintf(out, 32, "%s", count && values[0] ? values[0] : "");
    return 0;
}

const char *store_file_ask(const char *sql)
{
    static char value[32];
    sqlite3 *db = store_file_raw();
    cr_assert_eq(sqlite3_exec(db, sql, keep_value, value, NULL), SQLITE_OK);
    sqlite3_close(db);
    return value;
}

int store_file_wait(pid_t pid)
{
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
