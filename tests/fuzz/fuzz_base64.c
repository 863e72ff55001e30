#include <stdlib.h>

#include "runtime/core/base64.h"
#include "tests/fuzz/fuzz.h"

static void *need(size_t len)
{
    void *p = malloc(len ? len : 1);
    FUZZ_CHECK(p != NULL);
    return p;
}

/* There is one text for some bytes, and it is the one that is taken. */
void fuzz_base64(struct bytes input)
{
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
