#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/tool/scaffold.h"

static char parent[64];
static char folder[96];
static char error[512];

static const struct scaffold_words words = {BYTES_INIT("ada"), BYTES_INIT("/opt/duet")};

static void setup(void)
{
    (void)snprintf(parent, sizeof parent, "/tmp/scaffold-XXXXXX");
    cr_assert(mkdtemp(parent));
    (void)snprintf(folder, sizeof folder, "%s/new", parent);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static bool is_there(const char *name)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void teardown(void)
{
    char path[160];
    const char *const names[] = {"a", "b", "mine"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    (void)remove(folder);
    cr_assert_eq(rmdir(parent), 0, "%s is not empty", parent);
}

TestSuite(scaffold, .init = setup, .fini = teardown);

struct name_row {
    const char *folder, *name;
};

static const struct name_row name_rows[] = {
    {"ada", "ada"},
    {"a/b/ada", "ada"},
    {"ada///", "ada"},
    {"My service.2", "My-service-2"},
    {"\"x\"\\", "-x--"},
    {"caf\xC3\xA9", "caf--"},
    {"..", "service"},
    {"/", "service"},
    {"", "service"},
    {"0123456789012345678901234567890123456789012345678901234567890123456789",
     "0123456789012345678901234567890123456789012345678901234567890123"},
};

Test(scaffold, names_a_service_after_its_folder)
{
    for (size_t i = 0; i < sizeof name_rows / sizeof *name_rows; i++) {
        char name[SCAFFOLD_NAME_MAX_BYTES + 1];
        scaffold_name(bytes_from_str(name_rows[i].folder), name);
        cr_expect_str_eq(name, name_rows[i].name);
    }
}

struct text_row {
    const char *text, *expanded;
};

static const struct text_row text_rows[] = {
    {"@NAME@ in @DUET@", "ada in /opt/duet"},
    {"@NAME@@NAME@", "adaada"},
    {"a@b.c @NAM @name@", "a@b.c @NAM @name@"},
    {"@@NAME@@", "@ada@"},
    {"@", "@"},
    {"", ""},
};

Test(scaffold, replaces_its_words_and_nothing_else)
{
    for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++) {
        struct buf out;
        buf_init(&out, 1024);
        scaffold_expand(bytes_from_str(text_rows[i].text), &words, &out);
        cr_expect(bytes_eq(buf_bytes(&out), bytes_from_str(text_rows[i].expanded)), "%s -> %.*s",
                  text_rows[i].text, BYTES_ARG(buf_bytes(&out)));
        buf_release(&out);
    }
}

static const struct embedded_file two_files[] = {
    {"a", BYTES_INIT("name: @NAME@\n")},
    {"b", BYTES_INIT("second\n")},
    {NULL, {NULL, 0}},
};

Test(scaffold, writes_all_files_into_a_new_folder)
{
    char text[64] = "", path[160];
    cr_assert_eq(scaffold_write(folder, two_files, &words, error, sizeof error), RC_OK, "%s",
                 error);
    (void)snprintf(path, sizeof path, "%s/a", folder);
    FILE *file = fopen(path, "r");
    cr_assert(file && fgets(text, sizeof text, file));
    cr_expect_str_eq(text, "name: ada\n");
    (void)fclose(file);
    cr_expect(is_there("b"));
}

Test(scaffold, takes_an_empty_folder)
{
    cr_assert_eq(mkdir(folder, 0755), 0);
    cr_expect_eq(scaffold_write(folder, two_files, &words, error, sizeof error), RC_OK, "%s",
                 error);
    cr_expect(is_there("b"));
}

Test(scaffold, leaves_a_folder_with_something_in_it_alone)
{
    char path[160];
    cr_assert_eq(mkdir(folder, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/mine", folder);
    put(path, "x");
    cr_expect_eq(scaffold_write(folder, two_files, &words, error, sizeof error), RC_EXISTS);
    cr_expect(strstr(error, folder), "%s", error);
    cr_expect(is_there("mine"));
    cr_expect(!is_there("a"));
}

Test(scaffold, leaves_a_file_alone)
{
    put(folder, "x");
    cr_expect_eq(scaffold_write(folder, two_files, &words, error, sizeof error), RC_EXISTS);
    cr_expect(strstr(error, folder), "%s", error);
    cr_expect_eq(access(folder, F_OK), 0);
}

Test(scaffold, names_a_parent_that_is_not_there)
{
    char deep[128];
    (void)snprintf(deep, sizeof deep, "%s/x/y", folder);
    cr_expect_eq(scaffold_write(deep, two_files, &words, error, sizeof error), RC_IO);
    cr_expect(strstr(error, deep), "%s", error);
}

/* The second name cannot be made: its folder is not there. */
static const struct embedded_file bad_files[] = {
    {"a", BYTES_INIT("first")},
    {"no/b", BYTES_INIT("second")},
    {NULL, {NULL, 0}},
};

Test(scaffold, removes_what_it_made_after_a_failure)
{
    cr_expect_eq(scaffold_write(folder, bad_files, &words, error, sizeof error), RC_IO);
    cr_expect(strstr(error, "no/b"), "%s", error);
    cr_expect_neq(access(folder, F_OK), 0);
}

Test(scaffold, keeps_the_folder_that_was_there_after_a_failure)
{
    cr_assert_eq(mkdir(folder, 0755), 0);
    cr_expect_eq(scaffold_write(folder, bad_files, &words, error, sizeof error), RC_IO);
    cr_expect_eq(access(folder, F_OK), 0);
    cr_expect(!is_there("a"));
}

Test(scaffold, removes_a_file_that_could_not_be_written_whole)
{
    static char long_text[4096];
    memset(long_text, 'x', sizeof long_text);
    const struct embedded_file files[] = {
        {"a", BYTES_INIT("short")}, {"b", {long_text, sizeof long_text}}, {NULL, {NULL, 0}}};
    struct rlimit limit = {1024, 1024};
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(scaffold_write(folder, files, &words, error, sizeof error), RC_IO);
    cr_expect(strstr(error, "/b': "), "%s", error);
    cr_expect_neq(access(folder, F_OK), 0);
}

Test(scaffold, a_text_over_the_maximum_is_refused)
{
    static char too_long[SCAFFOLD_TEXT_MAX_BYTES + 1];
    memset(too_long, 'x', sizeof too_long);
    const struct embedded_file files[] = {{"a", {too_long, sizeof too_long}}, {NULL, {NULL, 0}}};
    cr_expect_eq(scaffold_write(folder, files, &words, error, sizeof error), RC_NOMEM);
    cr_expect_neq(access(folder, F_OK), 0);
}
