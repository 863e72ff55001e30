#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/alb/state_file.h"
#include "tests/support/tempdir.h"

enum { BIG = 1 << 20 };

static struct tempdir dir;
static struct buf text;

static void setup(void)
{
    tempdir_init(&dir);
    buf_init(&text, BIG);
}

static void teardown(void)
{
    buf_release(&text);
    tempdir_release(&dir);
}

TestSuite(state_file, .init = setup, .fini = teardown);

static void expect(const char *wanted)
{
    buf_reset(&text);
    cr_assert_eq(state_file_read(dir.path, "state.json", &text), RC_OK);
    cr_expect(bytes_eq(buf_bytes(&text), bytes_from_str(wanted)), "%.*s",
              BYTES_ARG(buf_bytes(&text)));
}

Test(state_file, what_is_written_is_read_and_replaced)
{
    struct stat info;
    char path[2 * TEMPDIR_PATH_MAX];
    cr_assert_eq(state_file_write(dir.path, "state.json", BYTES_LIT("first, a longer one")), RC_OK);
    expect("first, a longer one");
    cr_assert_eq(state_file_write(dir.path, "state.json", BYTES_LIT("second")), RC_OK);
    expect("second");
    cr_assert_eq(stat(tempdir_join(&dir, "", "state.json", path), &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0600);
    cr_expect_neq(access(tempdir_join(&dir, "", "state.json.new", path), F_OK), 0);
}

Test(state_file, what_a_crash_left_does_no_harm)
{
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&dir, "", "state.json.new", path), "half of a much longer te");
    cr_assert_eq(state_file_write(dir.path, "state.json", BYTES_LIT("whole")), RC_OK);
    expect("whole");
}

Test(state_file, a_missing_file_is_told_from_one_that_cannot_be_read)
{
    char path[2 * TEMPDIR_PATH_MAX];
    cr_expect_eq(state_file_read(dir.path, "state.json", &text), RC_NOT_FOUND);
    cr_assert_eq(mkdir(tempdir_join(&dir, "", "state.json", path), 0700), 0);
    cr_expect_eq(state_file_read(dir.path, "state.json", &text), RC_IO);
    cr_expect_eq(errno, EISDIR);
}

Test(state_file, a_write_that_fails_leaves_the_old_text)
{
    char path[2 * TEMPDIR_PATH_MAX];
    cr_expect_eq(state_file_write("/nonexistent/folder", "state.json", BYTES_LIT("x")), RC_IO);
    cr_expect_eq(errno, ENOENT);
    cr_assert_eq(state_file_write(dir.path, "state.json", BYTES_LIT("old")), RC_OK);
    cr_assert_eq(mkdir(tempdir_join(&dir, "", "state.json.new", path), 0700), 0);
    cr_expect_eq(state_file_write(dir.path, "state.json", BYTES_LIT("new")), RC_IO);
    expect("old");
}

Test(state_file, a_file_over_the_maximum_is_refused)
{
    static char big[BIG + 1];
    memset(big, 'x', sizeof big);
    cr_assert_eq(state_file_write(dir.path, "state.json", bytes_make(big, sizeof big)), RC_OK);
    cr_expect_eq(state_file_read(dir.path, "state.json", &text), RC_NOMEM);
}
