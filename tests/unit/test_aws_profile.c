#include <criterion/criterion.h>

#include <stdio.h>

#include "runtime/aws/profile.h"
#include "tests/support/guard.h"
#include "tests/support/tempdir.h"

static struct arena arena;
static struct aws_profiles profiles;

static void setup(void)
{
    arena_init(&arena, 1 << 22);
    profiles = (struct aws_profiles){0};
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(aws_profile, .init = setup, .fini = teardown);

static enum rc parse(const char *text, bool is_config, size_t *line)
{
    struct guard guard = guard_new(bytes_from_str(text));
    enum rc rc = aws_profiles_parse(&arena, guard.view, is_config, &profiles, line);
    guard_free(&guard);
    return rc;
}

static void expect(const char *profile, const char *name, const char *value)
{
    struct bytes found = aws_profile_get(&profiles, bytes_from_str(profile), name);
    cr_expect(bytes_eq(found, bytes_from_str(value)), "[%s] %s: '%.*s' instead of '%s'", profile,
              name, BYTES_ARG(found), value ? value : "nothing");
    cr_expect(!found.ptr || found.ptr[found.len] == '\0');
}

Test(aws_profile, reads_sections_and_properties)
{
    size_t line;
    cr_assert_eq(parse("# a comment\n\n[default]\r\nregion = eu-west-1 # here\r\nA_b=c#d;e\n"
                       "  ; another\n[profile  other ] ; behind\nregion=us-east-1\nempty =\n"
                       "s3 =\n  region = nested\nlast = one",
                       true, &line),
                 RC_OK);
    expect("default", "region", "eu-west-1");
    expect("default", "a_b", "c#d;e");
    expect("other", "region", "us-east-1");
    expect("other", "empty", NULL);
    expect("other", "last", "one");
    expect("nobody", "region", NULL);
}

Test(aws_profile, passes_over_sections_that_are_no_profiles)
{
    size_t line;
    cr_assert_eq(
        parse("[sso-session x]\nregion = a\n[other]\nregion = b\n[services s]\ndynamodb =\n"
              "  endpoint_url = c\n",
              true, &line),
        RC_OK);
    cr_expect_eq(profiles.count, 0);
    cr_assert_eq(parse("[other]\nregion = b\n[profile x]\nregion = c\n", false, &line), RC_OK);
    expect("other", "region", "b");
    expect("profile x", "region", "c");
}

Test(aws_profile, lets_what_comes_later_go_before)
{
    size_t line;
    cr_assert_eq(parse("[default]\nregion = a\nk = 1\n", true, &line), RC_OK);
    cr_assert_eq(parse("[default]\nregion = b\n", false, &line), RC_OK);
    expect("default", "region", "b");
    expect("default", "k", "1");
}

Test(aws_profile, names_the_line_that_is_wrong)
{
    static const struct row {
        const char *text;
        size_t line;
    } rows[] = {{"region = x\n", 1},          {"[default\n", 1},       {"[]\n", 1},
                {"[default]\nregion\n", 2},   {"[default]\n= x\n", 2}, {"[default] x\n", 1},
                {"\n\n[a]\nb=c\nnonsense", 5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t line = 0;
        cr_expect_eq(parse(rows[i].text, true, &line), RC_SYNTAX, "%s", rows[i].text);
        cr_expect_eq(line, rows[i].line, "%s: line %zu", rows[i].text, line);
    }
}

static const char *home;

static const char *lookup(const char *name)
{
    return strcmp(name, "HOME") == 0 ? home : NULL;
}

Test(aws_profile, takes_no_files_for_empty_ones)
{
    struct tempdir dir;
    struct text why;
    struct aws_asking asking = {lookup, 0, &arena, &why};
    text_init(&why, &arena);
    tempdir_init(&dir);
    home = dir.path;
    cr_expect_eq(aws_profiles_load(&asking, &profiles), RC_OK);
    cr_expect_eq(profiles.count, 0);
    home = NULL;
    cr_expect_eq(aws_profiles_load(&asking, &profiles), RC_OK);
    cr_expect_eq(profiles.count, 0);
    tempdir_release(&dir);
}
