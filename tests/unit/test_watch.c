#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>

#include "runtime/core/clock.h"
#include "runtime/local/watch.h"
#include "tests/support/tempdir.h"

static struct loop loop;
static struct tempdir folder;
static struct watch *watch;
static int changes;

static void on_changed(void *context)
{
    (void)context;
    changes++;
}

static void setup(void)
{
    char error[256];
    tempdir_init(&folder);
    cr_assert_eq(loop_init(&loop), RC_OK);
    watch = watch_new(&loop, folder.path, on_changed, NULL, error, sizeof error);
    cr_assert_not_null(watch, "%s", error);
}

static void teardown(void)
{
    watch_free(watch);
    loop_release(&loop);
    tempdir_release(&folder);
}

TestSuite(watch, .init = setup, .fini = teardown);

static void make_folder(const char *name)
{
    char path[2 * TEMPDIR_PATH_MAX];
    cr_assert_eq(mkdir(tempdir_join(&folder, "", name, path), 0700), 0);
}

static void write_file(const char *name)
{
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&folder, "", name, path), "x");
}

/* What is told at all is told some 0.15 s after it was done; a busy machine may need far longer. */
enum { SOON_MS = 60000, NEVER_MS = 1500 };

/* Runs the loop until a change is told, or for `limit_ms`. */
static bool is_told_within(int64_t limit_ms)
{
    int before = changes;
    int64_t end_ms = clock_ms_monotonic() + limit_ms;
    while (changes == before && clock_ms_monotonic() < end_ms)
        cr_assert_eq(loop_step(&loop, 50), RC_OK);
    return changes > before;
}

static bool is_told(void)
{
    return is_told_within(SOON_MS);
}

Test(watch, tells_of_a_file_that_was_written)
{
    write_file("a.c");
    cr_expect(is_told());
    write_file("a.c");
    cr_expect(is_told());
}

Test(watch, tells_of_files_in_folders_that_appear_later)
{
    make_folder("new");
    cr_expect(is_told());
    make_folder("new/inner");
    cr_expect(is_told());
    write_file("new/inner/b.c");
    cr_expect(is_told());
}

Test(watch, many_writes_at_once_are_one_change)
{
    char name[16];
    for (int i = 0; i < 50; i++) {
        (void)snprintf(name, sizeof name, "f%d.c", i);
        write_file(name);
    }
    cr_expect(is_told());
    cr_expect_eq(changes, 1);
}

Test(watch, is_silent_about_builds_and_hidden_files)
{
    make_folder("build");
    make_folder(".git");
    write_file(".swap");
    write_file("build/x.o");
    write_file(".git/index");
    cr_expect_not(is_told_within(NEVER_MS));
}

Test(watch, names_a_folder_that_is_not_there)
{
    char error[256];
    cr_expect_null(watch_new(&loop, "/nowhere", on_changed, NULL, error, sizeof error));
    cr_expect_str_eq(error, "cannot watch '/nowhere': No such file or directory");
}
