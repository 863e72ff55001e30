#include <criterion/criterion.h>

#include "runtime/core/uri.h"
#include "tests/support/guard.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define B BYTES_INIT

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(uri, .init = setup, .fini = teardown);

struct decode_row {
    const char *name;
    struct bytes raw;
    enum rc rc;
    struct bytes path, query; /* decoded as the one and as the other */
};

static const struct decode_row decode_rows[] = {
    {"nothing", B(""), RC_OK, B(""), B("")},
    {"plain", B("abc"), RC_OK, B("abc"), B("abc")},
    {"plus", B("a+b"), RC_OK, B("a+b"), B("a b")},
    {"an encoded plus", B("a%2Bb"), RC_OK, B("a+b"), B("a+b")},
    {"both", B("%2b+"), RC_OK, B("++"), B("+ ")},
    {"small and large digits", B("%e2%82%AC"), RC_OK, B("\xE2\x82\xAC"), B("\xE2\x82\xAC")},
    {"NUL", B("a%00b"), RC_OK, B("a\0b"), B("a\0b")},
    {"all bits", B("%ff"), RC_OK, B("\xFF"), B("\xFF")},
    {"slash", B("%2F"), RC_OK, B("/"), B("/")},
    {"decoded once", B("%2541"), RC_OK, B("%41"), B("%41")},
    {"bytes above ASCII stay", B("\xC3\xA9"), RC_OK, B("\xC3\xA9"), B("\xC3\xA9")},
    {"a percent at the end", B("a%"), RC_SYNTAX, B(""), B("")},
    {"one digit at the end", B("a%2"), RC_SYNTAX, B(""), B("")},
    {"no digits", B("%zz"), RC_SYNTAX, B(""), B("")},
    {"one digit and another letter", B("%4g"), RC_SYNTAX, B(""), B("")},
    {"two percents", B("%%41"), RC_SYNTAX, B(""), B("")},
    {"a sign", B("%+1"), RC_SYNTAX, B(""), B("")},
    {"broken behind a good one", B("%41%4"), RC_SYNTAX, B(""), B("")},
};

Test(uri, decodes_paths_and_queries)
{
    for (size_t i = 0; i < ROWS(decode_rows); i++) {
        const struct decode_row *row = &decode_rows[i];
        struct guard guard = guard_new(row->raw);
        struct bytes out = {NULL, 0};
        cr_expect_eq(uri_decode_path(&arena, guard.view, &out), row->rc, "%s", row->name);
        cr_expect(row->rc != RC_OK || bytes_eq(out, row->path), "%s", row->name);
        cr_expect_eq(uri_decode_query(&arena, guard.view, &out), row->rc, "%s", row->name);
        cr_expect(row->rc != RC_OK || bytes_eq(out, row->query), "%s", row->name);
        cr_expect_eq(uri_is_encoded(guard.view), row->rc == RC_OK, "%s", row->name);
        guard_free(&guard);
    }
}

Test(uri, all_bytes_come_back)
{
    char all[256];
    struct bytes encoded, decoded;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)i;
    cr_assert_eq(uri_encode(&arena, bytes_make(all, sizeof all), &encoded), RC_OK);
    cr_expect_eq(encoded.len, 66 + (256 - 66) * 3u, "66 characters are unreserved");
    cr_assert_eq(uri_decode_path(&arena, encoded, &decoded), RC_OK);
    cr_expect(bytes_eq(decoded, bytes_make(all, sizeof all)));
    cr_assert_eq(uri_decode_query(&arena, encoded, &decoded), RC_OK);
    cr_expect(bytes_eq(decoded, bytes_make(all, sizeof all)));
    cr_assert_eq(uri_encode(&arena, BYTES_LIT("a/\xAB ~"), &encoded), RC_OK);
    cr_expect(bytes_eq(encoded, BYTES_LIT("a%2F%AB%20~")));
}

Test(uri, no_memory_is_said_only_where_memory_is_needed)
{
    struct arena none;
    struct bytes out = {NULL, 0};
    arena_init(&none, 0);
    cr_expect_eq(uri_decode_path(&none, BYTES_LIT("abc"), &out), RC_OK);
    cr_expect_eq(uri_decode_path(&none, BYTES_LIT("%41"), &out), RC_NOMEM);
    cr_expect_eq(uri_decode_query(&none, BYTES_LIT("+"), &out), RC_NOMEM);
    cr_expect_eq(uri_encode(&none, BYTES_LIT("a"), &out), RC_NOMEM);
}

/* --- queries --- */

struct query_row {
    struct bytes query;
    const char *pieces; /* "key:value;" each */
};

static const struct query_row query_rows[] = {
    {B(""), ""},
    {B("&&&"), ""},
    {B("a"), "a:;"},
    {B("a="), "a:;"},
    {B("=b"), ":b;"},
    {B("="), ":;"},
    {B("a=b"), "a:b;"},
    {B("a=b=c"), "a:b=c;"},
    {B("&a=1&&b=2&"), "a:1;b:2;"},
    {B("a=1&a=2"), "a:1;a:2;"},
    {B("%61=%62+"), "%61:%62+;"},
    {B("a;b=c"), "a;b:c;"},
};

Test(uri, takes_queries_apart)
{
    for (size_t i = 0; i < ROWS(query_rows); i++) {
        struct guard guard = guard_new(query_rows[i].query);
        struct bytes rest = guard.view, key, value, text;
        char pieces[100] = "";
        while (uri_query_next(&rest, &key, &value)) {
            cr_assert_eq(
                arena_printf(&arena, &text, "%.*s:%.*s;", BYTES_ARG(key), BYTES_ARG(value)), RC_OK);
            strncat(pieces, text.ptr, sizeof pieces - strlen(pieces) - 1);
        }
        cr_expect_str_eq(pieces, query_rows[i].pieces);
        guard_free(&guard);
    }
}

Test(uri, a_target_is_all_but_blanks_and_control_bytes)
{
    for (int c = 0; c < 256; c++) {
        char text[] = {'/', (char)c, 'x'};
        cr_expect_eq(uri_is_target(bytes_make(text, 3)), c > 0x20 && c != 0x7F, "byte %d", c);
    }
}
