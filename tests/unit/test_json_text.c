#include <criterion/criterion.h>

#include "runtime/core/json_text.h"
#include "runtime/json/json.h"
#include "tests/support/guard.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define B BYTES_INIT

struct text_row {
    struct bytes plain, wanted;
};

static const struct text_row rows[] = {
    {B(""), B("\"\"")},
    {B("abc"), B("\"abc\"")},
    {B("\"\\/"), B("\"\\\"\\\\/\"")},
    {B("\b\f\n\r\t"), B("\"\\b\\f\\n\\r\\t\"")},
    {B("a\0b"), B("\"a\\u0000b\"")},
    {B("\x1f\x7f"), B("\"\\u001f\x7f\"")},
    {B("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), B("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"")},
    {B("a\xFF"), B("\"a\xEF\xBF\xBD\"")},
    {B("\xC3"), B("\"\xEF\xBF\xBD\"")},
    {B("\xE2\x82"), B("\"\xEF\xBF\xBD\xEF\xBF\xBD\"")},
    {B("\xE2\x82\xAC\x80z"), B("\"\xE2\x82\xAC\xEF\xBF\xBDz\"")},
    {B("\xED\xA0\x80"), B("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"")},
};

Test(json_text, writes_strings)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct guard guard = guard_new(rows[i].plain);
        struct buf out;
        buf_init(&out, 1000);
        json_text_string(&out, guard.view);
        cr_expect(bytes_eq(buf_bytes(&out), rows[i].wanted), "row %zu: %.*s", i,
                  BYTES_ARG(buf_bytes(&out)));
        cr_expect_eq(json_text_escaped_len(guard.view), rows[i].wanted.len - 2, "row %zu", i);
        buf_release(&out);
        guard_free(&guard);
    }
}

/* Every pair of bytes: the text is JSON, its length is the one foretold, and what was text before
 * is read back as it was. NUL is left to the table: our own reader refuses it. */
Test(json_text, is_json_whatever_the_bytes)
{
    struct arena arena;
    struct buf out;
    arena_init(&arena, 1 << 20);
    buf_init(&out, 1000);
    for (int a = 1; a < 256; a++)
        for (int b = 1; b < 256; b++) {
            char pair[] = {(char)a, (char)b};
            struct bytes plain = bytes_make(pair, 2);
            cJSON *root = NULL;
            buf_reset(&out);
            buf_append_char(&out, '[');
            json_text_string(&out, plain);
            buf_append_char(&out, ']');
            cr_assert_eq(json_text_escaped_len(plain), out.len - 4);
            arena_reset(&arena);
            cr_assert_eq(json_parse(&arena, buf_bytes(&out), &root, NULL), RC_OK, "%d %d", a, b);
            struct bytes back = json_bytes(cJSON_GetArrayItem(root, 0));
            cr_assert(!bytes_is_utf8(plain) || bytes_eq(back, plain), "%d %d", a, b);
        }
    buf_release(&out);
    arena_release(&arena);
}

/* Each byte at each place of a run that is looked at eight bytes at once, and one at a time. */
Test(json_text, plain_runs_end_at_the_first_other_byte)
{
    for (unsigned c = 0; c < 256; c++) {
        bool is_plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        for (size_t at = 0; at < 20; at++) {
            char text[20];
            memset(text, 'a', sizeof text);
            text[at] = (char)c;
            struct guard guard = guard_new(bytes_make(text, sizeof text));
            cr_expect_eq(json_text_plain_len(guard.view), is_plain ? sizeof text : at,
                         "byte %u at %zu", c, at);
            guard_free(&guard);
        }
    }
}
