#include <criterion/criterion.h>

#include "runtime/control/cbor.h"
#include "runtime/core/limits.h"
#include "tests/support/datum_text.h"
#include "tests/support/guard.h"

struct row {
    const char *name;
    struct bytes input;
    const char *tree; /* NULL: `rc` */
    enum rc rc;
};

#define GOOD(name, hex, tree)              \
    {                                      \
        name, BYTES_INIT(hex), tree, RC_OK \
    }
#define BAD(name, hex, rc)              \
    {                                   \
        name, BYTES_INIT(hex), NULL, rc \
    }

/* The first rows are from RFC 8949's appendix A. */
static const struct row rows[] = {
    GOOD("nothing", "", "{}"),
    GOOD("0", "\x00", "0"),
    GOOD("23", "\x17", "23"),
    GOOD("24", "\x18\x18", "24"),
    GOOD("1000", "\x19\x03\xe8", "1000"),
    GOOD("1000000", "\x1a\x00\x0f\x42\x40", "1000000"),
    GOOD("1000000000000", "\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00", "1000000000000"),
    GOOD("the largest", "\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", "9223372036854775807"),
    BAD("one more", "\x1b\x80\x00\x00\x00\x00\x00\x00\x00", RC_UNSUPPORTED),
    GOOD("-1", "\x20", "-1"),
    GOOD("-1000", "\x39\x03\xe7", "-1000"),
    GOOD("the least", "\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", "-9223372036854775808"),
    BAD("one less", "\x3b\x80\x00\x00\x00\x00\x00\x00\x00", RC_UNSUPPORTED),
    GOOD("half 0.0", "\xf9\x00\x00", "f0"),
    GOOD("half 1.0", "\xf9\x3c\x00", "f1"),
    GOOD("half 1.5", "\xf9\x3e\x00", "f1.5"),
    GOOD("half 65504", "\xf9\x7b\xff", "f65504"),
    GOOD("half, subnormal", "\xf9\x00\x01", "f5.9604644775390625e-08"),
    GOOD("half, smallest normal", "\xf9\x04\x00", "f6.103515625e-05"),
    GOOD("half -4.0", "\xf9\xc4\x00", "f-4"),
    GOOD("half infinity", "\xf9\x7c\x00", "finf"),
    GOOD("half -infinity", "\xf9\xfc\x00", "f-inf"),
    GOOD("half NaN", "\xf9\x7e\x00", "fnan"),
    GOOD("float 100000.0", "\xfa\x47\xc3\x50\x00", "f100000"),
    GOOD("double 1.1", "\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a", "f1.1000000000000001"),
    GOOD("false", "\xf4", "false"),
    GOOD("true", "\xf5", "true"),
    GOOD("null", "\xf6", "null"),
    GOOD("undefined", "\xf7", "null"),
    BAD("simple(16)", "\xf0", RC_UNSUPPORTED),
    BAD("simple(255)", "\xf8\xff", RC_UNSUPPORTED),
    BAD("simple(24), which has no such form", "\xf8\x18", RC_SYNTAX),
    GOOD("a time", "\xc1\x1a\x51\x4b\x67\xb0", "t1363896240"),
    GOOD("a time with a fraction", "\xc1\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00", "t1363896240.5"),
    BAD("a time of text", "\xc1\x61z", RC_SYNTAX),
    BAD("a time that is none", "\xc1\xf9\x7e\x00", RC_SYNTAX),
    BAD("a date's text", "\xc0\x61z", RC_UNSUPPORTED),
    BAD("a big number", "\xc2\x41\x01", RC_UNSUPPORTED),
    GOOD("bytes", "\x44\x01\x02\x03\x04", "h'01020304'"),
    GOOD("text", "\x64IETF", "\"IETF\""),
    GOOD("text of UTF-8", "\x62\xc3\xbc", "\"\xc3\xbc\""),
    BAD("text that is not UTF-8", "\x61\xff", RC_SYNTAX),
    GOOD("pieces of text", "\x7f\x65strea\x64ming\xff", "\"streaming\""),
    GOOD("no pieces", "\x7f\xff", "\"\""),
    BAD("pieces that cut a character", "\x7f\x61\xc3\x61\xbc\xff", RC_SYNTAX),
    GOOD("pieces of bytes", "\x5f\x42\x01\x02\x43\x03\x04\x05\xff", "h'0102030405'"),
    BAD("pieces of another kind", "\x5f\x61z\xff", RC_SYNTAX),
    BAD("pieces in pieces", "\x5f\x5f\x41z\xff\xff", RC_SYNTAX),
    GOOD("a list", "\x83\x01\x02\x03", "[1,2,3]"),
    GOOD("a list without a length", "\x9f\x01\x82\x02\x03\x9f\x04\xff\xff", "[1,[2,3],[4]]"),
    GOOD("a map",
         "\xa2\x61"
         "a\x01\x61"
         "b\x82\x02\x03",
         "{a:1,b:[2,3]}"),
    GOOD("a map without a length",
         "\xbf\x63"
         "Fun\xf5\x63"
         "Amt\x21\xff",
         "{Fun:true,Amt:-2}"),
    BAD("a key that is a number", "\xa1\x01\x02", RC_SYNTAX),
    BAD("a key twice",
        "\xa2\x61"
        "a\x01\x61"
        "a\x02",
        RC_SYNTAX),
    BAD("a map with half a pair",
        "\xbf\x61"
        "a\xff",
        RC_SYNTAX),
    BAD("a break alone", "\xff", RC_SYNTAX),
    BAD("a break in a list with a length", "\x81\xff", RC_SYNTAX),
    BAD("reserved information", "\x1c", RC_SYNTAX),
    BAD("an integer without a length", "\x1f", RC_SYNTAX),
    BAD("a tag without a number", "\xdf\x00", RC_SYNTAX),
    BAD("cut in its head", "\x19\x03", RC_SYNTAX),
    BAD("cut in its text", "\x62z", RC_SYNTAX),
    BAD("a list that promises too much", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff", RC_SYNTAX),
    BAD("a text that promises too much", "\x7b\xff\xff\xff\xff\xff\xff\xff\xff", RC_SYNTAX),
    BAD("bytes behind", "\x00\x00", RC_SYNTAX),
};

Test(cbor, reads_what_the_protocol_uses_and_refuses_the_rest)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena;
        struct buf text;
        struct datum *root = NULL;
        struct guard input = guard_new(rows[i].input);
        arena_init(&arena, 1 << 20);
        buf_init(&text, 1 << 16);
        enum rc rc = cbor_parse(&arena, input.view, &root);
        cr_expect_eq(rc, rows[i].rc, "%s: %s", rows[i].name, rc_name(rc));
        if (rc == RC_OK) {
            datum_print(&text, root);
            buf_append_char(&text, '\0');
            cr_expect_str_eq(text.data, rows[i].tree, "%s", rows[i].name);
        }
        buf_release(&text);
        arena_release(&arena);
        guard_free(&input);
    }
}

static enum rc parse_repeated(const char *begin, char c, size_t count)
{
    struct arena arena;
    struct buf input;
    struct datum *root;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&input, 1 << 20);
    buf_append(&input, bytes_from_str(begin));
    while (count--)
        buf_append_char(&input, c);
    enum rc rc = cbor_parse(&arena, buf_bytes(&input), &root);
    buf_release(&input);
    arena_release(&arena);
    return rc;
}

Test(cbor, depth_and_number_of_items_have_limits)
{
    cr_expect_eq(parse_repeated("", '\x81', LIMIT_CONTROL_DEPTH + 1), RC_BODY_LIMIT);
    cr_expect_eq(parse_repeated("", '\xc1', LIMIT_CONTROL_DEPTH + 1), RC_BODY_LIMIT);
    cr_expect_eq(parse_repeated("\x9f", '\x01', LIMIT_CONTROL_ITEMS), RC_BODY_LIMIT);
    cr_expect_eq(parse_repeated("\x9f", '\x01', LIMIT_CONTROL_ITEMS - 1), RC_SYNTAX);
}

Test(cbor, writes_what_it_reads_with_the_shortest_heads)
{
    static const struct bytes trees[] = {
        BYTES_INIT("\xa0"),
        BYTES_INIT("\xa1\x61"
                   "a\x83\x17\x18\x18\x19\x01\x00"),
        BYTES_INIT("\x1a\x00\x01\x00\x00"),
        BYTES_INIT("\x1b\x00\x00\x00\x01\x00\x00\x00\x00"),
        BYTES_INIT("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"),
        BYTES_INIT("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"),
        BYTES_INIT("\xc1\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00"),
        BYTES_INIT("\x84\xf4\xf5\xf6\x42\x00\xff"),
    };
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        struct arena arena;
        struct buf out;
        struct datum *root = NULL;
        arena_init(&arena, 1 << 20);
        buf_init(&out, 1 << 16);
        cr_assert_eq(cbor_parse(&arena, trees[i], &root), RC_OK, "%zu", i);
        cbor_write(&out, root);
        cr_expect(bytes_eq(buf_bytes(&out), trees[i]), "%zu", i);
        buf_release(&out);
        arena_release(&arena);
    }
}
