#include "runtime/core/limits.h"
#include "runtime/lambda/alb_codec.h"
#include "runtime/alb/alb_lambda.h"
#include "tests/fuzz/fuzz.h"

/* A request that came from an event can be answered, and the load balancer takes the answer. */
static void answer(const struct http_request *req, const struct alb_context *context)
{
    struct http_response res, got;
    struct buf out;
    buf_init(&out, 4 * LIMIT_INVOCATION_BYTES);
    fuzz_answer(req, &res);
    FUZZ_CHECK(alb_encode(&res, context, &out) == RC_OK);
    enum alb_lambda_reason reason =
        alb_answer_parse(buf_bytes(&out), context->is_multi_value, req->arena, &got, NULL);
    FUZZ_CHECK(reason == ALB_LAMBDA_OK || reason == ALB_LAMBDA_RESPONSE_TOO_LARGE);
    if (reason == ALB_LAMBDA_OK)
        FUZZ_CHECK(bytes_eq(got.body, res.body));
    buf_release(&out);
}

void fuzz_alb(struct bytes input)
{
    struct arena arena;
    struct http_request req;
    struct alb_context context;
    const char *fault = NULL;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    enum rc rc = alb_decode(input, &arena, &req, &context, &fault);
    FUZZ_CHECK(rc != RC_SYNTAX || fault);
    if (rc == RC_OK) {
        fuzz_check_request(&req);
        answer(&req, &context);
    }
    arena_release(&arena);
}

FUZZ_TARGET(fuzz_alb);
