#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "tests/fuzz/fuzz.h"

struct outcome {
    struct arena arena;
    struct http1_response res;
    size_t consumed;
    enum rc rc;
};

/* The first `first` bytes, then all, then the end. */
static void decode(struct outcome *self, struct bytes in, enum http_method method, size_t first)
{
    struct http1_decoder dec;
    *self = (struct outcome){.rc = RC_AGAIN};
    arena_init(&self->arena, LIMIT_REQUEST_ARENA_BYTES);
    http1_decoder_init(&dec);
    const size_t lens[] = {first, in.len, in.len};
    for (size_t i = 0; i < 3 && self->rc == RC_AGAIN; i++)
        self->rc =
            http1_decode_response(&dec, bytes_make(in.ptr, lens[i]), i == 2, method,
                                  LIMIT_BODY_BYTES, &self->arena, &self->res, &self->consumed);
    FUZZ_CHECK(self->rc != RC_AGAIN);
}

static void check_whole(const struct outcome *whole, struct bytes input)
{
    if (whole->rc != RC_OK)
        return;
    FUZZ_CHECK(whole->consumed > 0 && whole->consumed <= input.len);
    FUZZ_CHECK(whole->res.status >= 100 && whole->res.status <= 999);
    FUZZ_CHECK(whole->res.body.len <= LIMIT_BODY_BYTES);
    fuzz_check_fields(whole->res.fields, whole->res.field_count);
}

static void check_equal(const struct outcome *a, const struct outcome *b)
{
    FUZZ_CHECK(a->rc == b->rc);
    if (a->rc != RC_OK)
        return;
    FUZZ_CHECK(a->consumed == b->consumed && a->res.keep_alive == b->res.keep_alive);
    FUZZ_CHECK(a->res.status == b->res.status && a->res.field_count == b->res.field_count);
    FUZZ_CHECK(bytes_eq(a->res.body, b->res.body));
}

void fuzz_http1_response(struct bytes input)
{
    static const enum http_method methods[] = {HTTP_GET, HTTP_HEAD};
    for (size_t i = 0; i < 2; i++) {
        struct outcome whole, cut;
        decode(&whole, input, methods[i], input.len);
        check_whole(&whole, input);
        size_t step = input.len / 16 + 1;
        for (size_t first = 0; first < input.len; first += step) {
            decode(&cut, input, methods[i], first);
            check_equal(&whole, &cut);
            arena_release(&cut.arena);
        }
        arena_release(&whole.arena);
    }
}

FUZZ_TARGET(fuzz_http1_response);
