#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/tool/duet_home.h"

static char root[64];

static void setup(void)
{
    (void)snprintf(root, sizeof root, "/tmp/duet-home-XXXXXX");
    cr_assert(mkdtemp(root));
}

static void make_folder(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    cr_assert_eq(mkdir(path, 0755), 0, "%s", path);
}

static void make_file(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "w");
    cr_assert(file && fclose(file) == 0);
}

/* Deepest first; each test makes some of them. */
static const char *const made[] = {"runtime/duet.h", "include/duet/duet.h", "include/duet",
                                   "include", "runtime"};

static void teardown(void)
{
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", root, made[i]);
        (void)remove(path);
    }
    cr_assert_eq(rmdir(root), 0);
}

TestSuite(duet_home, .init = setup, .fini = teardown);

static bool find(const char *program, char home[DUET_HOME_MAX_BYTES], char *error, size_t len)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", root, program);
    return duet_home_find(path, home, error, len);
}

Test(duet_home, is_the_checkout_of_a_program_in_build_or_build_mode)
{
    char home[DUET_HOME_MAX_BYTES], error[256];
    make_folder("runtime");
    make_file("runtime/duet.h");
    cr_assert(find("build/duet", home, error, sizeof error), "%s", error);
    cr_expect_str_eq(home, root);
    cr_assert(find("build/asan/duet", home, error, sizeof error), "%s", error);
    cr_expect_str_eq(home, root);
    cr_expect(!find("a/b/c/duet", home, error, sizeof error));
}

Test(duet_home, is_the_prefix_of_an_installed_program)
{
    char home[DUET_HOME_MAX_BYTES], error[256];
    make_folder("include");
    make_folder("include/duet");
    make_file("include/duet/duet.h");
    cr_assert(find("bin/duet", home, error, sizeof error), "%s", error);
    cr_expect_str_eq(home, root);
}

Test(duet_home, says_what_it_looked_for)
{
    char home[DUET_HOME_MAX_BYTES], error[256];
    cr_expect(!find("bin/duet", home, error, sizeof error));
    cr_expect(strstr(error, root) && strstr(error, "duet.h"), "%s", error);
    cr_expect(!duet_home_find("duet", home, error, sizeof error));
}

Test(duet_home, refuses_a_path_that_is_too_long)
{
    static char program[DUET_HOME_MAX_BYTES + 1];
    char home[DUET_HOME_MAX_BYTES], error[256];
    memset(program, 'x', sizeof program - 1);
    program[0] = '/';
    cr_expect(!duet_home_find(program, home, error, sizeof error));
}
