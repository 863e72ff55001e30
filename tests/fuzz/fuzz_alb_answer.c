#include "runtime/core/limits.h"
#include "runtime/alb/alb_lambda.h"
#include "tests/fuzz/fuzz.h"

void fuzz_alb_answer(struct bytes input)
{
    for (int is_multi_value = 0; is_multi_value < 2; is_multi_value++) {
        struct arena arena;
        struct http_response res;
        const char *detail = NULL;
        arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
        enum alb_lambda_reason reason =
            alb_answer_parse(input, is_multi_value, &arena, &res, &detail);
        if (reason == ALB_LAMBDA_OK) {
            FUZZ_CHECK(res.status >= 100 && res.status <= 999);
            FUZZ_CHECK(!res.is_out_of_memory && !res.producer);
            for (size_t i = 0; i < res.field_count; i++)
                FUZZ_CHECK(http_is_token(res.fields[i].name) &&
                           http_is_field_value(res.fields[i].value));
        } else {
            FUZZ_CHECK(detail);
        }
        arena_release(&arena);
    }
}

FUZZ_TARGET(fuzz_alb_answer);
