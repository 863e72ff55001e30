#include <criterion/criterion.h>

#include "runtime/core/base64.h"
#include "tests/support/guard.h"

struct pair_row {
    struct bytes plain, text;
};

/* RFC 4648 section 10, and bytes that use all of the alphabet's ends. */
static const struct pair_row pairs[] = {
    {BYTES_INIT(""), BYTES_INIT("")},
    {BYTES_INIT("f"), BYTES_INIT("Zg==")},
    {BYTES_INIT("fo"), BYTES_INIT("Zm8=")},
    {BYTES_INIT("foo"), BYTES_INIT("Zm9v")},
    {BYTES_INIT("foob"), BYTES_INIT("Zm9vYg==")},
    {BYTES_INIT("fooba"), BYTES_INIT("Zm9vYmE=")},
    {BYTES_INIT("foobar"), BYTES_INIT("Zm9vYmFy")},
    {BYTES_INIT("\0\0\0"), BYTES_INIT("AAAA")},
    {BYTES_INIT("\xFF\xFF\xFF"), BYTES_INIT("////")},
    {BYTES_INIT("\xFB\xEF\xBE"), BYTES_INIT("++++")},
    {BYTES_INIT("\xFF"), BYTES_INIT("/w==")},
};

Test(base64, encodes_and_decodes_the_vectors_of_the_rfc)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct pair_row *row = &pairs[i];
        struct guard plain = guard_new(row->plain), text = guard_new(row->text);
        char out[16];
        cr_assert_eq(base64_encoded_len(plain.view.len), text.view.len, "row %zu", i);
        base64_encode(plain.view, out);
        cr_expect(bytes_eq(bytes_make(out, text.view.len), text.view), "row %zu", i);
        cr_assert_eq(base64_decoded_len(text.view), plain.view.len, "row %zu", i);
        cr_expect_eq(base64_decode(text.view, out), RC_OK, "row %zu", i);
        cr_expect(bytes_eq(bytes_make(out, plain.view.len), plain.view), "row %zu", i);
        guard_free(&plain);
        guard_free(&text);
    }
}

static const struct bytes bad_texts[] = {
    BYTES_INIT("Z"),
    BYTES_INIT("Zg"),
    BYTES_INIT("Zg="),
    BYTES_INIT("Zm9vYg"),
    BYTES_INIT("===="),
    BYTES_INIT("Z==="),
    BYTES_INIT("Zg==Zg=="),
    BYTES_INIT("Zm8=Zm9v"),
    BYTES_INIT("Z=g="),
    BYTES_INIT("=Zg="),
    BYTES_INIT("Zh=="),
    BYTES_INIT("Zm9="),
    BYTES_INIT("Zm9v\r\n"),
    BYTES_INIT("Zm 9v "),
    BYTES_INIT("Zm9\n"),
    BYTES_INIT("Zm-_"),
    BYTES_INIT("Zm9\0"),
    BYTES_INIT("Zm9\xFF"),
    BYTES_INIT("Zm9vZm9.Zm9v"),
    BYTES_INIT("Zm9v===="),
};

Test(base64, refuses_all_that_is_not_strict)
{
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        struct guard text = guard_new(bad_texts[i]);
        char out[32];
        cr_expect_eq(base64_decode(text.view, out), RC_SYNTAX, "'%.*s'", BYTES_ARG(bad_texts[i]));
        guard_free(&text);
    }
}

/* Writes into memory that ends where the answer ends. */
Test(base64, gives_back_every_length_without_writing_too_far)
{
    char plain[257], text[400];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (char)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof plain; len++) {
        struct guard encoded = guard_new(bytes_make(text, base64_encoded_len(len)));
        struct guard decoded = guard_new(bytes_make(text, len));
        base64_encode(bytes_make(plain, len), (char *)(uintptr_t)encoded.view.ptr);
        cr_assert_eq(base64_decoded_len(encoded.view), len);
        cr_assert_eq(base64_decode(encoded.view, (char *)(uintptr_t)decoded.view.ptr), RC_OK);
        cr_expect(bytes_eq(decoded.view, bytes_make(plain, len)), "%zu bytes", len);
        guard_free(&encoded);
        guard_free(&decoded);
    }
}

Test(base64, any_single_wrong_byte_is_seen)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned c = 0; c < 256; c++) {
        char text[8], out[6];
        bool is_of_alphabet = c && strchr(alphabet, (int)c);
        for (size_t at = 0; at < sizeof text; at++) {
            memset(text, 'A', sizeof text);
            text[at] = (char)c;
            bool is_padding = c == '=' && at == sizeof text - 1;
            cr_expect_eq(base64_decode(bytes_make(text, sizeof text), out),
                         is_of_alphabet || is_padding ? RC_OK : RC_SYNTAX, "%u at %zu", c, at);
        }
    }
}

static const struct pair_row url_pairs[] = {
    {BYTES_INIT(""), BYTES_INIT("")},
    {BYTES_INIT("f"), BYTES_INIT("Zg")},
    {BYTES_INIT("fo"), BYTES_INIT("Zm8")},
    {BYTES_INIT("foo"), BYTES_INIT("Zm9v")},
    {BYTES_INIT("foob"), BYTES_INIT("Zm9vYg")},
    {BYTES_INIT("\xFF\xFF\xFF"), BYTES_INIT("____")},
    {BYTES_INIT("\xFB\xEF\xBE\xFF"), BYTES_INIT("----_w")},
};

Test(base64, for_addresses_has_other_ends_and_no_padding)
{
    for (size_t i = 0; i < sizeof url_pairs / sizeof *url_pairs; i++) {
        const struct pair_row *row = &url_pairs[i];
        struct guard plain = guard_new(row->plain), text = guard_new(row->text);
        char out[16];
        size_t len = 99;
        base64url_encode(plain.view, out);
        struct bytes encoded = bytes_make(out, base64url_encoded_len(plain.view.len));
        cr_expect(bytes_eq(encoded, text.view), "row %zu", i);
        cr_expect_eq(base64url_decode(text.view, out, &len), RC_OK, "row %zu", i);
        cr_expect(bytes_eq(bytes_make(out, len), plain.view), "row %zu", i);
        guard_free(&plain);
        guard_free(&text);
    }
}

static const struct bytes bad_url_texts[] = {
    BYTES_INIT("Z"),       BYTES_INIT("Zg=="), BYTES_INIT("Zg="),   BYTES_INIT("Zh"),
    BYTES_INIT("+Q"),      BYTES_INIT("/w"),   BYTES_INIT("Zm9v "), BYTES_INIT("Zm9\0"),
    BYTES_INIT("Zm9\xFF"), BYTES_INIT("===="), BYTES_INIT("Zm9vZ"),
};

Test(base64, for_addresses_is_read_strictly)
{
    static char large[BASE64URL_MAX + 4];
    char out[BASE64URL_MAX];
    size_t len;
    for (size_t i = 0; i < sizeof bad_url_texts / sizeof *bad_url_texts; i++)
        cr_expect_eq(base64url_decode(bad_url_texts[i], out, &len), RC_SYNTAX, "row %zu", i);
    memset(large, 'A', sizeof large);
    cr_expect_eq(base64url_decode(bytes_make(large, BASE64URL_MAX), out, &len), RC_OK);
    cr_expect_eq(len, (size_t)BASE64URL_MAX / 4 * 3);
    cr_expect_eq(base64url_decode(bytes_make(large, BASE64URL_MAX + 2), out, &len), RC_SYNTAX);
}
