#include <criterion/criterion.h>

#include "runtime/alb/regex.h"
#include "runtime/core/limits.h"

static struct arena arena;
static char why[ALB_REGEX_WHY_MAX];

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(regex, .init = setup, .fini = teardown);

static struct alb_regex *make(const char *pattern, bool is_caseless)
{
    struct alb_regex *regex = alb_regex_new(bytes_from_str(pattern), is_caseless, why);
    cr_assert_not_null(regex, "%s: %s", pattern, why);
    return regex;
}

Test(regex, matches_anywhere_unless_it_is_anchored)
{
    static const struct {
        const char *pattern, *text;
        bool is_caseless, matches;
    } rows[] = {
        {"b+", "abbc", false, true},
        {"^b", "abbc", false, false},
        {"^/api/v[0-9]+/(.*)$", "/api/v12/x", false, true},
        {"^/api/v[0-9]+/(.*)$", "/api/vX/x", false, false},
        {"^ADMIN\\.", "admin.example.com", true, true},
        {"^ADMIN\\.", "admin.example.com", false, false},
        {"^$", "", false, true},
        {"a(?=b)", "ab", false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alb_regex *regex = make(rows[i].pattern, rows[i].is_caseless);
        cr_expect_eq(alb_regex_matches(regex, bytes_from_str(rows[i].text)), rows[i].matches,
                     "%s on %s", rows[i].pattern, rows[i].text);
        alb_regex_free(regex);
    }
}

Test(regex, what_is_none_is_told_with_its_place)
{
    cr_expect_null(alb_regex_new(BYTES_LIT("(abc"), false, why));
    cr_expect_str_eq(why, "missing closing parenthesis at 4");
    cr_expect_null(alb_regex_new(BYTES_LIT("[z-a]"), false, why));
    alb_regex_free(NULL);
}

Test(regex, replaces_the_first_match_and_knows_what_parentheses_matched)
{
    static const struct {
        const char *pattern, *text, *replacement, *made;
        enum rc rc;
    } rows[] = {
        {"^/api/(.*)$", "/api/x?y=1", "/v2/$1", "/v2/x?y=1", RC_OK},
        {"o", "foo", "0", "f0o", RC_OK},
        {"(a)|(b)", "b", "<$1${2}>", "<b>", RC_OK},
        {"b", "abc", "$$", "a$c", RC_OK},
        {"b", "abc", "", "ac", RC_OK},
        {"x", "abc", "y", "", RC_NOT_FOUND},
        {"b", "abc", "$1", "", RC_SYNTAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes made = {NULL, 0};
        struct alb_regex *regex = make(rows[i].pattern, false);
        enum rc rc = alb_regex_replace(regex, bytes_from_str(rows[i].text),
                                       bytes_from_str(rows[i].replacement), &arena, &made);
        cr_expect_eq(rc, rows[i].rc, "%s: %s", rows[i].pattern, rc_name(rc));
        if (rc == RC_OK)
            cr_expect(bytes_eq(made, bytes_from_str(rows[i].made)), "%.*s", BYTES_ARG(made));
        alb_regex_free(regex);
    }
}

/* Without a limit this one takes longer than anybody waits. */
Test(regex, one_that_runs_wild_is_stopped)
{
    struct bytes made,
        text = BYTES_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
    struct alb_regex *regex = make("^(a+)+$", false);
    cr_expect_not(alb_regex_matches(regex, text));
    cr_expect_eq(alb_regex_replace(regex, text, BYTES_LIT("x"), &arena, &made), RC_NOMEM);
    alb_regex_free(regex);
}
