#include "runtime/control/cbor.h"
#include "runtime/core/limits.h"
#include "tests/fuzz/fuzz.h"

/* What is read writes itself as bytes that are read as the same, and write the same again. */
void fuzz_cbor(struct bytes input)
{
    struct arena arena;
    struct buf once, twice;
    struct datum *root = NULL, *again = NULL;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&once, LIMIT_TARGET_BODY_BYTES);
    buf_init(&twice, LIMIT_TARGET_BODY_BYTES);
    enum rc rc = cbor_parse(&arena, input, &root);
    FUZZ_CHECK(rc == RC_OK || rc == RC_SYNTAX || rc == RC_UNSUPPORTED || rc == RC_BODY_LIMIT ||
               rc == RC_NOMEM);
    if (rc == RC_OK) {
        cbor_write(&once, root);
        FUZZ_CHECK(!once.failed);
        rc = cbor_parse(&arena, buf_bytes(&once), &again);
        FUZZ_CHECK(rc == RC_OK || rc == RC_NOMEM);
        if (rc == RC_OK) {
            cbor_write(&twice, again);
            FUZZ_CHECK(bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
        }
    }
    buf_release(&once);
    buf_release(&twice);
    arena_release(&arena);
}

FUZZ_TARGET(fuzz_cbor);
