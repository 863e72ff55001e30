#include <stdlib.h>

#include "runtime/core/base64.h"
#include "tests/fuzz/fuzz.h"

static void *need(size_t len)
{
    void *p = malloc(len ? len : 1);
    FUZZ_CHECK(p != NULL);
    return p;
}

/* The same of the form for addresses. */
static void check_url_form(struct bytes input)
{
    size_t len = 0;
    char *plain = need(input.len), *text = need(base64_encoded_len(input.len));
    if (base64url_decode(input, plain, &len) == RC_OK) {
        FUZZ_CHECK(base64url_encoded_len(len) == input.len && len <= input.len);
        base64url_encode(bytes_make(plain, len), text);
        FUZZ_CHECK(bytes_eq(bytes_make(text, input.len), input));
    }
    base64url_encode(input, text);
    struct bytes made = bytes_make(text, base64url_encoded_len(input.len));
    char *again = need(made.len);
    enum rc rc = base64url_decode(made, again, &len);
    FUZZ_CHECK(rc == (made.len > BASE64URL_MAX ? RC_SYNTAX : RC_OK));
    FUZZ_CHECK(rc != RC_OK || bytes_eq(bytes_make(again, len), input));
    free(again);
    free(text);
    free(plain);
}

/* There is one text for some bytes, and it is the one that is taken. */
void fuzz_base64(struct bytes input)
{
    check_url_form(input);
    size_t len = base64_decoded_len(input);
    char *plain = need(len), *text = need(base64_encoded_len(input.len));
    if (base64_decode(input, plain) == RC_OK) {
        FUZZ_CHECK(base64_encoded_len(len) == input.len);
        base64_encode(bytes_make(plain, len), text);
        FUZZ_CHECK(bytes_eq(bytes_make(text, input.len), input));
    }
    base64_encode(input, text);
    struct bytes made = bytes_make(text, base64_encoded_len(input.len));
    char *again = need(base64_decoded_len(made));
    FUZZ_CHECK(base64_decoded_len(made) == input.len && base64_decode(made, again) == RC_OK);
    FUZZ_CHECK(bytes_eq(bytes_make(again, input.len), input));
    free(again);
    free(text);
    free(plain);
}

FUZZ_TARGET(fuzz_base64);
