#include <criterion/criterion.h>

#include "runtime/alb/sticky.h"

#define ARN_TAIL "targetgroup/fargate-a/0123456789abcdef"

static struct arena arena;
static struct sticky_key key;
static struct http_response res;
static struct sticky_claim claim;
static const int64_t now_ms = 1677769681000; /* Thu, 02 Mar 2023 15:08:01 GMT */

static void setup(void)
{
    arena_init(&arena, 1 << 20);
    http_response_init(&res);
    cr_assert_eq(sticky_key_make(&key), RC_OK);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(sticky, .init = setup, .fini = teardown);

static void write_group(unsigned duration_s)
{
    http_response_init(&res);
    cr_assert_eq(sticky_write(&key, STICKY_GROUP, BYTES_LIT(""), BYTES_LIT(ARN_TAIL), duration_s,
                              now_ms, &res, &arena),
                 RC_OK);
    cr_assert_eq(res.field_count, 2);
}

/* The value of the answer's field `i`, without name and attributes. */
static struct bytes value_of(size_t i)
{
    struct bytes field = res.fields[i].value;
    struct bytes value = bytes_skip(field, bytes_find(field, '=') + 1);
    return bytes_make(value.ptr, bytes_find(value, ';'));
}

static enum sticky_outcome read_cookies(enum sticky_kind kind, struct bytes scope, int64_t at_ms,
                                        const char *cookies)
{
    struct http_field fields[] = {{BYTES_LIT("cookie"), BYTES_LIT("theme=dark; AWSALBTGX=1")},
                                  {BYTES_LIT("Cookie"), bytes_from_str(cookies)}};
    struct http_request req = {.fields = fields, .field_count = 2};
    return sticky_read(&key, kind, scope, &req, at_ms, &claim);
}

static const char *cookie(const char *name, struct bytes value)
{
    struct bytes text;
    cr_assert_eq(arena_printf(&arena, &text, "a=b; %s=%.*s;c=d", name, BYTES_ARG(value)), RC_OK);
    return text.ptr;
}

Test(sticky, an_answer_has_both_cookies_as_recorded_from_aws)
{
    static const char plain[] = "; Expires=Thu, 09 Mar 2023 15:08:01 GMT; Path=/";
    write_group(60);
    for (size_t i = 0; i < 2; i++) {
        struct bytes field = res.fields[i].value, rest, wanted;
        const char *name = i ? "AWSALBTGCORS=" : "AWSALBTG=";
        cr_expect(bytes_eq(res.fields[i].name, BYTES_LIT("Set-Cookie")));
        cr_expect(bytes_starts_with(field, bytes_from_str(name)));
        cr_expect_eq(value_of(i).len, STICKY_VALUE_LEN);
        rest = bytes_skip(field, strlen(name) + STICKY_VALUE_LEN);
        cr_assert_eq(
            arena_printf(&arena, &wanted, "%s%s", plain, i ? "; SameSite=None; Secure" : ""),
            RC_OK);
        cr_expect(bytes_eq(rest, wanted), "%.*s", BYTES_ARG(rest));
    }
    cr_expect(bytes_eq(value_of(0), value_of(1)));
}

Test(sticky, a_value_comes_back_as_what_it_was_made_of)
{
    write_group(60);
    cr_expect_eq(
        read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms + 59999, cookie("AWSALBTG", value_of(0))),
        STICKY_VALID);
    cr_expect_str_eq(claim.subject, ARN_TAIL);
    cr_expect_eq(claim.made_ms, now_ms);
    cr_expect_eq(
        read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms, cookie("AWSALBTGCORS", value_of(1))),
        STICKY_VALID);
}

Test(sticky, it_binds_for_its_duration_and_no_longer)
{
    write_group(60);
    const char *cookies = cookie("AWSALBTG", value_of(0));
    cr_expect_eq(read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms + 60000, cookies),
                 STICKY_EXPIRED);
    write_group(604800);
    cookies = cookie("AWSALBTG", value_of(0));
    cr_expect_eq(read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms + 604799999, cookies),
                 STICKY_VALID);
}

Test(sticky, none_is_none)
{
    cr_expect_eq(read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms, ""), STICKY_NONE);
    cr_expect_eq(read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms, ";;AWSALBTG;  ; a=AWSALBTG=1"),
                 STICKY_NONE);
    cr_expect_eq(read_cookies(STICKY_TARGET, BYTES_LIT(""), now_ms, "AWSALBTG=1"), STICKY_NONE);
}

Test(sticky, the_cookie_for_other_sites_wins)
{
    struct bytes both;
    write_group(60);
    cr_assert_eq(
        arena_printf(&arena, &both, "AWSALBTG=x; AWSALBTGCORS=%.*s", BYTES_ARG(value_of(1))),
        RC_OK);
    cr_expect_eq(read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms, both.ptr), STICKY_VALID);
    cr_assert_eq(
        arena_printf(&arena, &both, "AWSALBTG=%.*s; AWSALBTGCORS=x", BYTES_ARG(value_of(0))),
        RC_OK);
    cr_expect_eq(read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms, both.ptr), STICKY_INVALID);
}

Test(sticky, a_changed_value_is_invalid_at_every_place)
{
    write_group(60);
    struct bytes value = value_of(0), copy;
    for (size_t i = 0; i < value.len; i++) {
        cr_assert_eq(arena_dup(&arena, value, &copy), RC_OK);
        char *bytes = (char *)(uintptr_t)copy.ptr;
        bytes[i] = bytes[i] == 'A' ? 'B' : 'A';
        cr_expect_eq(read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms, cookie("AWSALBTG", copy)),
                     STICKY_INVALID, "byte %zu", i);
    }
}

Test(sticky, what_is_no_value_of_ours_is_invalid)
{
    static const char *const values[] = {
        "", "x", "%2B%2F",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="};
    cr_expect_eq(strlen(values[3]), STICKY_VALUE_LEN);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        cr_expect_eq(read_cookies(STICKY_GROUP, BYTES_LIT(""), now_ms,
                                  cookie("AWSALBTG", bytes_from_str(values[i]))),
                     STICKY_INVALID, "'%s'", values[i]);
}

Test(sticky, a_value_of_another_key_kind_or_scope_is_invalid)
{
    struct bytes scope = BYTES_LIT("arn:a");
    cr_assert_eq(sticky_write(&key, STICKY_TARGET, scope, BYTES_LIT("127.0.0.1:8080"), 60, now_ms,
                              &res, &arena),
                 RC_OK);
    struct bytes value = value_of(0);
    cr_expect_eq(read_cookies(STICKY_TARGET, scope, now_ms, cookie("AWSALB", value)), STICKY_VALID);
    cr_expect_str_eq(claim.subject, "127.0.0.1:8080");
    cr_expect_eq(read_cookies(STICKY_TARGET, BYTES_LIT("arn:b"), now_ms, cookie("AWSALB", value)),
                 STICKY_INVALID);
    cr_expect_eq(read_cookies(STICKY_GROUP, scope, now_ms, cookie("AWSALBTG", value)),
                 STICKY_INVALID);
    cr_assert_eq(sticky_key_make(&key), RC_OK);
    cr_expect_eq(read_cookies(STICKY_TARGET, scope, now_ms, cookie("AWSALB", value)),
                 STICKY_INVALID);
}

Test(sticky, values_never_repeat_and_say_nothing_of_the_subject)
{
    write_group(60);
    struct bytes first = value_of(0);
    write_group(60);
    cr_expect_not(bytes_eq(first, value_of(0)));
    static char longest[STICKY_SUBJECT_MAX + 1];
    memset(longest, 'x', sizeof longest);
    http_response_init(&res);
    cr_expect_eq(sticky_write(&key, STICKY_GROUP, BYTES_LIT(""),
                              bytes_make(longest, STICKY_SUBJECT_MAX), 60, now_ms, &res, &arena),
                 RC_OK);
    cr_expect_eq(value_of(0).len, STICKY_VALUE_LEN);
    cr_expect_eq(sticky_write(&key, STICKY_GROUP, BYTES_LIT(""),
                              bytes_make(longest, sizeof longest), 60, now_ms, &res, &arena),
                 RC_NOMEM);
}
