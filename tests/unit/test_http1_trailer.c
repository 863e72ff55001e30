#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "tests/support/guard.h"

/* Requests whose body is made while they are sent: head, chunks, trailer, there and back. */

static const struct http_field head[] = {{BYTES_INIT("Host"), BYTES_INIT("a")},
                                         {BYTES_INIT("Content-Length"), BYTES_INIT("9")}};
static const struct http_field trailer[] = {{BYTES_INIT("X-Error"), BYTES_INIT("one")},
                                            {BYTES_INIT("X-Body"), BYTES_INIT("eyJ9==")}};

static void encode(struct buf *out, size_t trailer_count)
{
    buf_init(out, LIMIT_HEAD_BYTES);
    http1_encode_request_head(out, BYTES_LIT("POST"), BYTES_LIT("/a"), head, 2, HTTP1_CHUNKS);
    http1_encode_chunk(out, BYTES_LIT("one "));
    http1_encode_chunk(out, BYTES_LIT(""));
    http1_encode_chunk(out, BYTES_LIT("two"));
    http1_encode_trailer(out, trailer, trailer_count);
    cr_assert_not(out->failed);
}

static enum rc decode(struct http1_decoder *dec, struct bytes in, struct arena *arena,
                      struct http_request *req)
{
    bool keep_alive;
    size_t consumed;
    return http1_decode_request(dec, in, arena, req, &keep_alive, &consumed);
}

Test(http1_trailer, a_head_says_chunked_and_no_length)
{
    struct buf out;
    encode(&out, 0);
    cr_expect(bytes_eq(buf_bytes(&out), BYTES_LIT("POST /a HTTP/1.1\r\nHost: a\r\n"
                                                  "Transfer-Encoding: chunked\r\n\r\n"
                                                  "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n")));
    buf_release(&out);
}

Test(http1_trailer, comes_back_however_it_is_cut)
{
    struct buf out;
    encode(&out, 2);
    for (size_t cut = 0; cut <= out.len; cut++) {
        struct http1_decoder dec;
        struct arena arena;
        struct http_request req = {.method = HTTP_GET};
        struct bytes value;
        arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
        http1_decoder_init(&dec);
        struct guard part = guard_new(bytes_make(out.data, cut));
        if (cut < out.len)
            cr_expect_eq(decode(&dec, part.view, &arena, &req), RC_AGAIN, "%zu", cut);
        guard_free(&part);
        struct guard all = guard_new(buf_bytes(&out));
        cr_assert_eq(decode(&dec, all.view, &arena, &req), RC_OK, "%zu", cut);
        cr_expect(bytes_eq(req.body, BYTES_LIT("one two")));
        cr_expect(http1_trailer_find(dec.trailer, "x-error", &value));
        cr_expect(bytes_eq(value, BYTES_LIT("one")));
        cr_expect(http1_trailer_find(dec.trailer, "X-Body", &value));
        cr_expect(bytes_eq(value, BYTES_LIT("eyJ9==")));
        cr_expect_not(http1_trailer_find(dec.trailer, "X-Bod", &value));
        guard_free(&all);
        arena_release(&arena);
    }
    buf_release(&out);
}

Test(http1_trailer, is_empty_without_one)
{
    static const struct bytes rows[] = {
        BYTES_INIT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BYTES_INIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"),
    };
    for (size_t i = 0; i < 2; i++) {
        struct http1_decoder dec;
        struct arena arena;
        struct http_request req;
        arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
        http1_decoder_init(&dec);
        cr_assert_eq(decode(&dec, rows[i], &arena, &req), RC_OK);
        cr_expect_eq(dec.trailer.len, 0u);
        arena_release(&arena);
    }
}

Test(http1_trailer, what_does_not_fit_is_told_and_left_out)
{
    struct buf out;
    buf_init(&out, 20);
    http1_encode_request_head(&out, BYTES_LIT("POST"), BYTES_LIT("/a"), head, 2, HTTP1_CHUNKS);
    cr_expect(out.failed);
    cr_expect_eq(out.len, 0u);
    buf_reset(&out);
    http1_encode_trailer(&out, trailer, 2);
    cr_expect(out.failed);
    cr_expect_eq(out.len, 0u);
    buf_release(&out);
}
