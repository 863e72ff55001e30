#include "runtime/lambda/apigw_v2_codec.h"

#include "runtime/core/limits.h"
#include "runtime/json/json.h"
#include "runtime/lambda/event_reader.h"
#include "tests/fuzz/fuzz.h"

static void answer(const struct http_request *req)
{
    struct http_response res;
    struct buf out;
    cJSON *root;
    buf_init(&out, 4 * LIMIT_INVOCATION_BYTES);
    fuzz_answer(req, &res);
    FUZZ_CHECK(apigw_v2_encode(&res, &out) == RC_OK);
    FUZZ_CHECK(json_parse(req->arena, buf_bytes(&out), &root, NULL) == RC_OK);
    buf_release(&out);
}

void fuzz_apigw_v2(struct bytes input)
{
    struct arena arena;
    struct http_request req;
    struct event_reader in;
    struct apigw_v2_context context;
    const char *fault = NULL;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    req = (struct http_request){.arena = &arena};
    enum rc rc = event_reader_init(&in, input, &arena, APIGW_V2_WHAT, &fault);
    if (rc == RC_OK)
        rc = apigw_v2_read(&in, &req, &context);
    FUZZ_CHECK(rc != RC_SYNTAX || fault);
    if (rc == RC_OK) {
        fuzz_check_request(&req);
        answer(&req);
    }
    arena_release(&arena);
}

FUZZ_TARGET(fuzz_apigw_v2);
