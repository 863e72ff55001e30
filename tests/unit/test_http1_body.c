#include <criterion/criterion.h>

#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "tests/support/guard.h"

/* Messages whose head is used at once, and whose body is used as it comes: each is cut at each
 * position, and what is handed out is dropped before more comes. */

enum { NO_LIMIT = 1000 };

#define POST "POST /a HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

struct reader {
    struct http1_decoder dec;
    struct buf in;   /* not used yet */
    struct buf body; /* all that was handed out */
    size_t max;
    char trailer[16]; /* the value of the field X in it */
};

/* Uses what is there. */
static enum rc drain(struct reader *reader, bool at_end)
{
    enum rc rc;
    struct bytes part;
    do {
        struct guard in = guard_new(buf_bytes(&reader->in));
        size_t consumed = 0;
        rc = http1_body_read(&reader->dec, in.view, at_end, reader->max, &part, &consumed);
        cr_assert_leq(consumed, reader->in.len);
        if (rc == RC_OK || rc == RC_AGAIN)
            buf_append(&reader->body, part);
        struct bytes value;
        if (rc == RC_OK && http1_trailer_find(reader->dec.trailer, "x", &value))
            (void)snprintf(reader->trailer, sizeof reader->trailer, "%.*s", BYTES_ARG(value));
        buf_consume(&reader->in, consumed);
        guard_free(&in);
    } while (rc == RC_AGAIN && part.len);
    return rc;
}

static size_t head_len(struct bytes message)
{
    const char *end = memmem(message.ptr, message.len, "\r\n\r\n", 4);
    return (size_t)(end + 4 - message.ptr);
}

/* The decoder after a head, of which part of the body may have been looked at before. */
static void begin(struct reader *reader, struct bytes message, size_t seen, bool is_response)
{
    struct arena arena;
    struct http_request req;
    struct http1_response res;
    bool keep_alive;
    size_t consumed;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    http1_decoder_init(&reader->dec);
    struct bytes in = bytes_make(message.ptr, seen), head = bytes_make(message.ptr, 0);
    enum rc rc = is_response
                     ? http1_decode_response(&reader->dec, in, false, HTTP_GET, SIZE_MAX / 4,
                                             &arena, &res, &consumed)
                     : http1_decode_request(&reader->dec, in, &arena, &req, &keep_alive, &consumed);
    cr_assert_eq(rc, RC_AGAIN, "%zu: %s", seen, rc_name(rc));
    cr_assert(http1_decoder_has_head(&reader->dec));
    head.len = http1_decoder_head_len(&reader->dec);
    cr_expect_eq(head.len, head_len(message));
    if (is_response)
        cr_assert_eq(http1_decode_response_start(&reader->dec, head, &arena, &res), RC_OK);
    else
        cr_assert_eq(http1_decode_request_start(&reader->dec, head, &arena, &req, &keep_alive),
                     RC_OK);
    if (is_response)
        cr_expect_eq(res.status, 200);
    else
        cr_expect(bytes_eq(req.path, BYTES_LIT("/a")));
    arena_release(&arena);
}

/* What comes of it when it is cut at `cut` and at `seen`. */
static enum rc read_cut(struct bytes message, size_t seen, size_t cut, bool is_response, size_t max,
                        struct buf *body)
{
    struct reader reader = {.max = max};
    buf_init(&reader.in, NO_LIMIT);
    buf_init(&reader.body, NO_LIMIT);
    begin(&reader, message, seen, is_response);
    size_t used = head_len(message);
    buf_append(&reader.in, bytes_make(message.ptr + used, cut - used));
    enum rc rc = drain(&reader, false);
    if (rc == RC_AGAIN) {
        buf_append(&reader.in, bytes_skip(message, cut));
        rc = drain(&reader, false);
    }
    if (rc == RC_AGAIN)
        rc = drain(&reader, true);
    *body = reader.body;
    buf_release(&reader.in);
    return rc;
}

static const struct {
    const char *name;
    struct bytes message, body;
    bool is_response;
    enum rc rc;
    size_t max;
} rows[] = {
    {"length", BYTES_INIT(POST "Content-Length: 6\r\n\r\nonetwo"), BYTES_INIT("onetwo"), false,
     RC_OK, NO_LIMIT},
    {"chunks", BYTES_INIT(CHUNKED "3\r\none\r\n3;a=b\r\ntwo\r\n0\r\nX: y\r\n\r\n"),
     BYTES_INIT("onetwo"), false, RC_OK, NO_LIMIT},
    {"answer until the end", BYTES_INIT("HTTP/1.1 200 OK\r\n\r\nonetwo"), BYTES_INIT("onetwo"),
     true, RC_OK, NO_LIMIT},
    {"answer in chunks",
     BYTES_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "6\r\nonetwo\r\n0\r\n\r\n"),
     BYTES_INIT("onetwo"), true, RC_OK, NO_LIMIT},
    {"half a length", BYTES_INIT(POST "Content-Length: 9\r\n\r\nonetwo"), BYTES_INIT("onetwo"),
     false, RC_CLOSED, NO_LIMIT},
    {"half a chunk", BYTES_INIT(CHUNKED "9\r\nonetwo"), BYTES_INIT("onetwo"), false, RC_CLOSED,
     NO_LIMIT},
    {"half a size", BYTES_INIT(CHUNKED "6\r\nonetwo\r\n1"), BYTES_INIT("onetwo"), false, RC_CLOSED,
     NO_LIMIT},
    {"too many chunks", BYTES_INIT(CHUNKED "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"), BYTES_INIT("one"),
     false, RC_BODY_LIMIT, 5},
    {"no size", BYTES_INIT(CHUNKED "6\r\nonetwo\r\nzz\r\n"), BYTES_INIT("onetwo"), false, RC_SYNTAX,
     NO_LIMIT},
};

Test(http1_body, comes_in_parts_however_it_is_cut)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes message = rows[i].message;
        size_t head = head_len(message);
        for (size_t cut = head; cut <= message.len; cut++) {
            struct buf body;
            enum rc rc = read_cut(message, head, cut, rows[i].is_response, rows[i].max, &body);
            cr_expect_eq(rc, rows[i].rc, "%s, %zu: %s", rows[i].name, cut, rc_name(rc));
            cr_expect(bytes_eq(buf_bytes(&body), rows[i].body), "%s, %zu", rows[i].name, cut);
            buf_release(&body);
        }
    }
}

Test(http1_body, begins_anew_where_part_of_it_had_been_looked_at)
{
    struct bytes message = rows[1].message;
    for (size_t seen = head_len(message); seen < message.len; seen++) {
        struct buf body;
        cr_expect_eq(read_cut(message, seen, seen, false, NO_LIMIT, &body), RC_OK, "%zu", seen);
        cr_expect(bytes_eq(buf_bytes(&body), rows[1].body), "%zu", seen);
        buf_release(&body);
    }
}

Test(http1_body, its_length_is_known_where_the_head_says_it)
{
    struct reader reader;
    uint64_t length = 1;
    begin(&reader, rows[0].message, head_len(rows[0].message), false);
    cr_expect(http1_decoder_length(&reader.dec, &length));
    cr_expect_eq(length, 6u);
    begin(&reader, rows[1].message, head_len(rows[1].message), false);
    cr_expect_not(http1_decoder_length(&reader.dec, &length));
}

Test(http1_body, a_trailer_is_shown_wherever_it_was_cut)
{
    struct bytes message = BYTES_LIT(CHUNKED "3\r\none\r\n0\r\nFirst: of two\r\nX: shown\r\n\r\n");
    for (size_t cut = head_len(message); cut < message.len; cut++) {
        struct reader reader = {.max = NO_LIMIT};
        buf_init(&reader.in, NO_LIMIT);
        buf_init(&reader.body, NO_LIMIT);
        begin(&reader, message, head_len(message), false);
        buf_append(&reader.in,
                   bytes_make(message.ptr + head_len(message), cut - head_len(message)));
        cr_expect_eq(drain(&reader, false), RC_AGAIN);
        cr_expect_str_eq(reader.trailer, "");
        buf_append(&reader.in, bytes_skip(message, cut));
        cr_expect_eq(drain(&reader, false), RC_OK, "cut at %zu", cut);
        cr_expect_str_eq(reader.trailer, "shown", "cut at %zu", cut);
        buf_release(&reader.in);
        buf_release(&reader.body);
    }
}
