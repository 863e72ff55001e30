#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * fuzz — targets of `make fuzz`: what any bytes may do to a reader of bytes from outside.
 *
 * Each file has one target, a function that reads the input and checks what it got; FUZZ_TARGET
 * makes it libFuzzer's where the build is one for fuzzing. In every other build it is a plain
 * function, through which test_fuzz_corpus.c runs the kept inputs.
 */

#include "runtime/core/arena.h"
#include "runtime/core/http.h"

typedef void fuzz_target_fn(struct bytes input);

fuzz_target_fn fuzz_alb, fuzz_aws_error, fuzz_aws_profile, fuzz_apigw_v1, fuzz_apigw_v2,
    fuzz_alb_answer, fuzz_base64, fuzz_cbor, fuzz_desync, fuzz_event, fuzz_http1_request,
    fuzz_http1_response, fuzz_json, fuzz_query;

#ifdef DUET_FUZZ
#define FUZZ_TARGET(name)                                        \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len); \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)  \
    {                                                            \
        name(bytes_make((const char *)data, len));               \
        return 0;                                                \
    }                                                            \
    extern fuzz_target_fn name
#else
#define FUZZ_TARGET(name) extern fuzz_target_fn name
#endif

/* Aborts, and says which claim is broken, unless it holds. */
#define FUZZ_CHECK(claim) fuzz_check((claim), __FILE__, __LINE__, #claim)
void fuzz_check(bool holds, const char *file, int line, const char *claim);

/* --- what every request or response holds, whoever decoded it --- */

void fuzz_check_fields(const struct http_field *fields, size_t count);

/* What a codec of events gives. */
void fuzz_check_request(const struct http_request *req);

/* A response with the fields and the body of `req`, in its arena. */
void fuzz_answer(const struct http_request *req, struct http_response *res);

#endif
