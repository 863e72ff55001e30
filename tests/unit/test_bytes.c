#include <criterion/criterion.h>

#include "runtime/core/bytes.h"
#include "tests/support/guard.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define B BYTES_INIT

Test(bytes, empty_views_are_equal_wherever_they_point)
{
    cr_expect(bytes_eq(bytes_make(NULL, 0), BYTES_LIT("")));
    cr_expect(bytes_ieq(bytes_make(NULL, 0), BYTES_LIT("")));
    cr_expect(bytes_eq(bytes_from_str(NULL), bytes_from_str("")));
    cr_expect(bytes_starts_with(bytes_make(NULL, 0), bytes_make(NULL, 0)));
    cr_expect_eq(bytes_find(bytes_make(NULL, 0), 'x'), 0u);
    cr_expect_eq(bytes_trim(bytes_make(NULL, 0)).len, 0u);
    cr_expect(bytes_is_utf8(bytes_make(NULL, 0)));
}

Test(bytes, compare_all_bytes_nul_too)
{
    cr_expect(bytes_eq(BYTES_LIT("a\0b"), BYTES_LIT("a\0b")));
    cr_expect_not(bytes_eq(BYTES_LIT("a\0b"), BYTES_LIT("a\0c")));
    cr_expect_not(bytes_eq(BYTES_LIT("a"), BYTES_LIT("ab")));
    cr_expect(bytes_starts_with(BYTES_LIT("ab"), BYTES_LIT("a")));
    cr_expect_not(bytes_starts_with(BYTES_LIT("a"), BYTES_LIT("ab")));
}

/* Only A-Z and a-z have case: '@' and '`', '[' and '{' differ by the same bit. */
Test(bytes, case_is_that_of_ascii_letters_alone)
{
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            char x = (char)a, y = (char)b;
            bool is_letter = (a >= 'A' && a <= 'Z') || (a >= 'a' && a <= 'z');
            bool wanted = a == b || (is_letter && (a ^ b) == 0x20);
            cr_assert_eq(bytes_ieq(bytes_make(&x, 1), bytes_make(&y, 1)), wanted, "%d, %d", a, b);
        }
}

/* At every place of views of every length up to three words, and not a byte beyond them. */
Test(bytes, case_is_told_at_every_place)
{
    static const char odd[] = "aAzZ@[`{kK\x00\x20\x8b\xab\xcb\xeb-/09";
    for (size_t len = 1; len <= 24; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t i = 0; i < sizeof odd; i++)
                for (size_t k = 0; k < sizeof odd; k++) {
                    char x[24], y[24], one = odd[i], other = odd[k];
                    memset(x, 'm', len);
                    memset(y, 'M', len);
                    x[at] = one;
                    y[at] = other;
                    bool wanted = bytes_ieq(bytes_make(&one, 1), bytes_make(&other, 1));
                    cr_assert_eq(bytes_ieq(bytes_make(x, len), bytes_make(y, len)), wanted,
                                 "%zu of %zu: %d, %d", at, len, one, other);
                }
    for (size_t len = 0; len <= 24; len++) {
        struct guard guard = guard_new(bytes_make("content-length-and-so-on", len));
        cr_expect(bytes_ieq(guard.view, bytes_make("CONTENT-LENGTH-AND-SO-ON", len)));
        guard_free(&guard);
    }
}

/* Every length up to three words; not a byte beyond the source is read, none beyond the copy is
 * written. */
Test(bytes, a_copy_has_all_bytes_and_no_other)
{
    for (size_t len = 0; len <= 24; len++) {
        char to[25];
        struct guard guard = guard_new(bytes_make("content-length-and-so-on", len));
        memset(to, '#', sizeof to);
        cr_expect_eq(bytes_copy(to, guard.view), to + len);
        cr_expect(bytes_eq(bytes_make(to, len), guard.view), "%zu", len);
        cr_expect_eq(to[len], '#', "%zu", len);
        guard_free(&guard);
    }
    char one = '#';
    cr_expect_eq(bytes_copy(&one, bytes_make(NULL, 0)), &one);
}

/* Each byte value, in a word and behind the last. */
Test(bytes, letters_alone_get_small)
{
    for (int c = 0; c < 256; c++) {
        char text[11];
        char wanted = (char)(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
        memset(text, c, sizeof text);
        bytes_lower(text, sizeof text - 1);
        for (size_t i = 0; i < sizeof text - 1; i++)
            cr_assert_eq(text[i], wanted, "byte %d at %zu", c, i);
        cr_assert_eq(text[10], (char)c, "byte %d", c);
    }
}

struct trim_row {
    struct bytes view, wanted;
};

static const struct trim_row trim_rows[] = {
    {B(""), B("")},           {B(" \t \t"), B("")},
    {B("a"), B("a")},         {B(" \ta b\t "), B("a b")},
    {B("\va\v"), B("\va\v")}, {B("\na\r"), B("\na\r")},
};

Test(bytes, trim_takes_blanks_and_tabs)
{
    for (size_t i = 0; i < ROWS(trim_rows); i++) {
        struct guard guard = guard_new(trim_rows[i].view);
        cr_expect(bytes_eq(bytes_trim(guard.view), trim_rows[i].wanted), "row %zu", i);
        guard_free(&guard);
    }
}

struct number_row {
    struct bytes view;
    uint64_t max;
    bool is_number;
    uint64_t wanted;
};

static const struct number_row number_rows[] = {
    {B("0"), 0, true, 0},
    {B("1"), 0, false, 0},
    {B("007"), 7, true, 7},
    {B("65535"), 65535, true, 65535},
    {B("65536"), 65535, false, 0},
    {B("18446744073709551615"), UINT64_MAX, true, UINT64_MAX},
    {B("18446744073709551616"), UINT64_MAX, false, 0},
    {B("18446744073709551625"), UINT64_MAX, false, 0},
    {B("99999999999999999999"), UINT64_MAX, false, 0},
    {B("00000000000000000000000000001"), UINT64_MAX, true, 1},
    {B(""), UINT64_MAX, false, 0},
    {B("+1"), UINT64_MAX, false, 0},
    {B("-1"), UINT64_MAX, false, 0},
    {B(" 1"), UINT64_MAX, false, 0},
    {B("1 "), UINT64_MAX, false, 0},
    {B("1\0"), UINT64_MAX, false, 0},
    {B("0x1"), UINT64_MAX, false, 0},
    {B("1:"), UINT64_MAX, false, 0},
    {B("1/"), UINT64_MAX, false, 0},
    {B("\xB1"), UINT64_MAX, false, 0},
};

Test(bytes, numbers_are_digits_alone_and_never_wrap)
{
    for (size_t i = 0; i < ROWS(number_rows); i++) {
        const struct number_row *row = &number_rows[i];
        struct guard guard = guard_new(row->view);
        uint64_t value = 4711;
        cr_expect_eq(bytes_to_u64(guard.view, row->max, &value), row->is_number, "row %zu", i);
        cr_expect_eq(value, row->is_number ? row->wanted : 4711, "row %zu", i);
        guard_free(&guard);
    }
}

/* --- UTF-8, against RFC 3629's definition --- */

/* Writes code point `c` in `len` bytes, shortest form or not. */
static struct bytes utf8_write(uint32_t c, size_t len, char *text)
{
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len; i > 1; i--, c >>= 6)
        text[i - 1] = (char)(0x80 | (c & 0x3F));
    text[0] = (char)(leads[len] | c);
    return bytes_make(text, len);
}

static size_t utf8_len(uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

Test(bytes, utf8_is_each_code_point_in_its_shortest_form)
{
    char text[4];
    for (uint32_t c = 0; c < 0x200000; c++) {
        bool is_scalar = c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF);
        for (size_t len = utf8_len(c); len <= 4; len++)
            cr_assert_eq(bytes_is_utf8(utf8_write(c, len, text)), is_scalar && len == utf8_len(c),
                         "U+%X in %zu bytes", c, len);
    }
}

static const struct bytes not_utf8[] = {
    B("\x80"),
    B("a\xBF"),
    B("\xC3"),
    B("\xC3\x28"),
    B("\xE2\x82"),
    B("\xE2\x28"),
    B("\xE2\x82\x28"),
    B("\xF0\x9F\x98"),
    B("\xF5\x80\x80\x80"),
    B("\xFE"),
    B("\xFF"),
    B("\xC3\xA9\xC3"),
    B("\xF0\x9F\x98\xC0"),
};

Test(bytes, utf8_that_is_cut_or_mixed_is_none)
{
    for (size_t i = 0; i < ROWS(not_utf8); i++) {
        struct guard guard = guard_new(not_utf8[i]);
        cr_expect_not(bytes_is_utf8(guard.view), "row %zu", i);
        guard_free(&guard);
    }
}
