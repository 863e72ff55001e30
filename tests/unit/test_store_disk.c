#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/store_file.h"

/* The disk refuses in the middle of the work: each call says so, and the log says why. */

TestSuite(store_disk, .init = store_file_setup, .fini = store_file_teardown);

Test(store_disk, a_deleted_file_is_noticed_and_one_that_is_back_is_taken)
{
    char aside[2 * TEMPDIR_PATH_MAX];
    struct store *store = store_file_open();
    cr_assert_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
    cr_assert_eq(rename(store_file.path, tempdir_join(&store_file.dir, "", "aside.db", aside)), 0);
    cr_expect_eq(store_file_put(store, BYTES_LIT("bob"), 0), RC_IO);
    cr_expect_eq(store_file_get(store, BYTES_LIT("ada")), RC_IO);
    cr_expect_eq(store_file_check(store, 0), RC_IO);
    cr_expect_str_eq(store_file.reason, "unable to open database file (No such file or directory)");
    cr_expect_neq(access(store_file.path, F_OK), 0, "nobody makes it anew");
    cr_expect(store_file_log_has(store_file.path));
    cr_expect(store_file_log_has("unable to open database file (No such file or directory)"));
    cr_assert_eq(rename(aside, store_file.path), 0);
    cr_expect_eq(store_file_get(store, BYTES_LIT("ada")), RC_OK);
    cr_expect_eq(store_file_put(store, BYTES_LIT("bob"), 0), RC_OK);
    store_close(store);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(store_disk, a_full_disk_is_told_and_the_store_goes_on_once_there_is_room)
{
    static char large[16384];
    struct store_item item = {.value = bytes_make(large, sizeof large)};
    enum rc rc = RC_OK;
    unsigned i = 0;
    (void)signal(SIGXFSZ, SIG_IGN);
    struct store *store = store_file_open();
    cr_assert_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
    limit_files(256 * 1024);
    for (; rc == RC_OK && i < 100; i++) {
        item.name = bytes_make((const char *)&i, sizeof i);
        rc = store_put(store, &item, (struct store_condition){.when = STORE_IF_ABSENT}, 0);
    }
    cr_expect_eq(rc, RC_IO);
    cr_expect(store_file_log_has("\"call\":\"put\""));
    cr_expect(store_file_log_has("disk"));
    cr_expect_eq(store_file_get(store, BYTES_LIT("ada")), RC_OK, "reading goes on");
    limit_files(RLIM_INFINITY);
    cr_expect_eq(store_put(store, &item, (struct store_condition){.when = STORE_IF_ABSENT}, 0),
                 RC_OK);
    cr_expect_eq(store_file_count(store), (size_t)i + 1);
    store_close(store);
}

/* The schema is on the file's first page, the items are on the next: they are made nonsense. */
Test(store_disk, a_corrupt_page_is_told)
{
    struct store *store = store_file_open();
    cr_assert_eq(store_file_put(store, BYTES_LIT("ada"), 0), RC_OK);
    store_close(store);
    int fd = open(store_file.path, O_WRONLY | O_CLOEXEC);
    for (off_t at = 4096; at < 3 * 4096; at += 8)
        cr_assert_eq(pwrite(fd, "\xDE\xAD\xBE\xEF\xDE\xAD\xBE\xEF", 8, at), 8);
    (void)close(fd);
    store = store_file_open();
    cr_expect_eq(store_file_get(store, BYTES_LIT("ada")), RC_IO);
    cr_expect_eq(store_file_put(store, BYTES_LIT("bob"), 0), RC_IO);
    cr_expect_eq(store_file_check(store, 0), RC_IO);
    cr_expect_str_eq(store_file.reason, "database disk image is malformed");
    cr_expect(store_file_log_has("database disk image is malformed"));
    store_close(store);
}

/* root may write anything, so the claim is made in a process that is nobody. */
static void write_as_nobody(const char *aside)
{
    static const char *const steps[] = {"put", "aside", "read-only", "read", "check", "again"};
    size_t step = 0;
    if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        _exit(1);
    struct store *store = store_file_open();
    bool is_so = store_file_put(store, BYTES_LIT("ada"), 0) == RC_OK && ++step &&
                 rename(store_file.path, aside) == 0 && chmod(aside, 0444) == 0 &&
                 store_file_put(store, BYTES_LIT("bob"), 0) == RC_IO && ++step &&
                 rename(aside, store_file.path) == 0 &&
                 store_file_put(store, BYTES_LIT("bob"), 0) == RC_IO && ++step &&
                 store_file_get(store, BYTES_LIT("ada")) == RC_OK && ++step &&
                 store_file_check(store, 0) == RC_IO &&
                 strstr(store_file.reason, "readonly database") && ++step &&
                 chmod(store_file.path, 0644) == 0 &&
                 store_file_put(store, BYTES_LIT("bob"), 0) == RC_OK;
    if (!is_so)
        (void)fprintf(stderr, "%s: %s\n", steps[step], store_file.reason);
    store_close(store);
    arena_release(&store_file.arena);
    _exit(is_so ? 0 : 2);
}

Test(store_disk, a_file_that_becomes_read_only_is_told_and_is_written_again_when_it_can_be)
{
    char aside[2 * TEMPDIR_PATH_MAX];
    (void)tempdir_join(&store_file.dir, "", "aside.db", aside);
    cr_assert_eq(chmod(store_file.dir.path, 0777), 0);
    pid_t pid = fork();
    if (pid == 0)
        write_as_nobody(aside);
    cr_expect_eq(store_file_wait(pid), 0);
    cr_expect(store_file_log_has("readonly database"));
}
