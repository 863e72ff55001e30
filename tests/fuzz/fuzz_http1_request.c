#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "tests/fuzz/fuzz.h"

struct outcome {
    struct arena arena;
    struct http1_decoder dec;
    struct http_request req;
    bool keep_alive;
    size_t consumed;
    enum rc rc;
};

/* The first `first` bytes, then all. */
static void decode(struct outcome *self, struct bytes in, size_t first)
{
    *self = (struct outcome){.consumed = 0};
    arena_init(&self->arena, LIMIT_REQUEST_ARENA_BYTES);
    http1_decoder_init(&self->dec);
    self->rc = RC_AGAIN;
    if (first < in.len)
        self->rc = http1_decode_request(&self->dec, bytes_make(in.ptr, first), &self->arena,
                                        &self->req, &self->keep_alive, &self->consumed);
    if (self->rc == RC_AGAIN)
        self->rc = http1_decode_request(&self->dec, in, &self->arena, &self->req, &self->keep_alive,
                                        &self->consumed);
}

static void check_equal(const struct outcome *a, const struct outcome *b)
{
    FUZZ_CHECK(a->rc == b->rc);
    if (a->rc != RC_OK)
        return;
    FUZZ_CHECK(a->consumed == b->consumed && a->keep_alive == b->keep_alive);
    FUZZ_CHECK(bytes_eq(a->req.path, b->req.path) && bytes_eq(a->req.query, b->req.query));
    FUZZ_CHECK(bytes_eq(a->req.body, b->req.body));
    FUZZ_CHECK(bytes_eq(a->dec.trailer, b->dec.trailer));
    FUZZ_CHECK(a->req.field_count == b->req.field_count);
    for (size_t i = 0; i < a->req.field_count; i++)
        FUZZ_CHECK(bytes_eq(a->req.fields[i].name, b->req.fields[i].name) &&
                   bytes_eq(a->req.fields[i].value, b->req.fields[i].value));
}

static void check_whole(const struct outcome *whole, struct bytes input)
{
    struct bytes value;
    if (whole->rc != RC_OK)
        return;
    FUZZ_CHECK(whole->consumed > 0 && whole->consumed <= input.len);
    fuzz_check_request(&whole->req);
    FUZZ_CHECK(http_request_header(&whole->req, "host") || whole->dec.is_http10);
    (void)http1_trailer_find(whole->dec.trailer, "x", &value);
}

void fuzz_http1_request(struct bytes input)
{
    struct outcome whole, cut;
    decode(&whole, input, input.len);
    check_whole(&whole, input);
    size_t step = input.len / 16 + 1;
    for (size_t first = 0; first < input.len; first += step) {
        decode(&cut, input, first);
        check_equal(&whole, &cut);
        arena_release(&cut.arena);
    }
    arena_release(&whole.arena);
}

FUZZ_TARGET(fuzz_http1_request);
