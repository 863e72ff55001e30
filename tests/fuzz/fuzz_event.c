#include "runtime/lambda/event.h"

#include "runtime/core/limits.h"
#include "tests/fuzz/fuzz.h"

void fuzz_event(struct bytes input)
{
    struct arena arena;
    struct http_request req;
    struct http_response res;
    struct event_context context;
    struct buf out;
    const char *fault = NULL;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&out, 4 * LIMIT_INVOCATION_BYTES);
    enum rc rc = event_decode(input, &arena, &req, &context, &fault);
    FUZZ_CHECK((rc != RC_SYNTAX && rc != RC_UNSUPPORTED) || fault);
    FUZZ_CHECK((rc == RC_UNSUPPORTED) <= (context.kind == EVENT_NONE));
    if (rc == RC_OK) {
        fuzz_check_request(&req);
        fuzz_answer(&req, &res);
        FUZZ_CHECK(event_encode(&res, &context, &out) == RC_OK);
    }
    buf_release(&out);
    arena_release(&arena);
}

FUZZ_TARGET(fuzz_event);
