#include "runtime/alb/desync.h"
#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "tests/fuzz/fuzz.h"

/* A request that our strict reader has cut is judged like its bytes. */
static void check_cut(struct bytes input, struct arena *arena)
{
    struct http1_decoder decoder;
    struct http_request req = {.method = HTTP_METHOD_OTHER};
    bool keep_alive;
    size_t consumed;
    http1_decoder_init(&decoder);
    if (http1_decode_request(&decoder, input, arena, &req, &keep_alive, &consumed) != RC_OK)
        return;
    struct desync_request cut = {
        .method = req.method_text,
        .uri = req.path,
        .version = decoder.is_http10 ? BYTES_LIT("HTTP/1.0") : BYTES_LIT("HTTP/1.1"),
        .fields = req.fields,
        .field_count = req.field_count,
    };
    FUZZ_CHECK(desync_judge(&cut) == desync_judge_head(input));
}

void fuzz_desync(struct bytes input)
{
    struct arena arena;
    enum desync_reason reason = desync_judge_head(input);
    FUZZ_CHECK((unsigned)reason < DESYNC_REASON_COUNT && desync_reason_name(reason));
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    /* The reader passes over empty lines before the request, which a head does not begin with. */
    if (input.len && input.ptr[0] != '\r' && input.ptr[0] != '\n')
        check_cut(input, &arena);
    arena_release(&arena);
}

FUZZ_TARGET(fuzz_desync);
