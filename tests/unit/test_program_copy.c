#include <criterion/criterion.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/local/program_copy.h"
#include "tests/support/tempdir.h"

static struct tempdir folder;
static struct program_copy copy;
static char source[2 * TEMPDIR_PATH_MAX], error[512];

static void setup(void)
{
    tempdir_init(&folder);
    (void)tempdir_join(&folder, "", "program", source);
}

static void teardown(void)
{
    program_copy_release(&copy);
    tempdir_release(&folder);
}

TestSuite(program_copy, .init = setup, .fini = teardown);

static off_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_size : -1;
}

Test(program_copy, is_executable_and_follows_its_source_when_told)
{
    tempdir_write(source, "one");
    cr_assert(program_copy_init(&copy, source, error, sizeof error), "%s", error);
    cr_expect_eq(access(copy.path, X_OK), 0);
    tempdir_write(source, "three");
    cr_expect_eq(size_of(copy.path), 3);
    cr_assert(program_copy_renew(&copy, error, sizeof error), "%s", error);
    cr_expect_eq(size_of(copy.path), 5);
}

Test(program_copy, a_source_that_is_gone_is_named_and_the_copy_stays)
{
    tempdir_write(source, "one");
    cr_assert(program_copy_init(&copy, source, error, sizeof error));
    cr_assert_eq(unlink(source), 0);
    cr_expect_not(program_copy_renew(&copy, error, sizeof error));
    cr_expect_not_null(strstr(error, source), "%s", error);
    cr_expect_eq(size_of(copy.path), 3);
}

Test(program_copy, its_end_removes_it)
{
    char path[PATH_MAX];
    tempdir_write(source, "one");
    cr_assert(program_copy_init(&copy, source, error, sizeof error));
    memcpy(path, copy.path, sizeof path);
    program_copy_release(&copy);
    cr_expect_eq(size_of(path), -1);
    program_copy_release(&copy);
}
