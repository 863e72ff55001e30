#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "tests/support/cuts.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define B BYTES_INIT
#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

enum { BODY_MAX = 100 };

/* One decoder on one arena, and what came out. */
struct probe {
    struct http1_decoder decoder;
    struct arena arena;
    struct http1_response res;
    size_t consumed;
    enum http_method method;
    size_t total; /* bytes that the peer sends; it closes behind them when `closes` */
    bool closes;
    const void *row;
};

static void probe_begin(void *context)
{
    struct probe *probe = context;
    arena_reset(&probe->arena);
    http1_decoder_init(&probe->decoder);
}

static enum rc probe_feed(void *context, struct bytes prefix)
{
    struct probe *probe = context;
    const char *before = probe->arena._next;
    bool at_end = probe->closes && prefix.len == probe->total;
    enum rc rc = http1_decode_response(&probe->decoder, prefix, at_end, probe->method, BODY_MAX,
                                       &probe->arena, &probe->res, &probe->consumed);
    if (rc == RC_AGAIN)
        cr_expect_eq(probe->arena._next, before, "the arena is untouched");
    enum rc again = http1_decode_response(&probe->decoder, prefix, at_end, probe->method, BODY_MAX,
                                          &probe->arena, &probe->res, &probe->consumed);
    cr_expect_eq(again, rc, "the second look says %s, not %s", rc_name(again), rc_name(rc));
    return again;
}

static void run(struct probe *probe, struct bytes input,
                void (*end)(void *context, const char *how, enum rc rc, size_t used))
{
    struct cuts cuts = {probe, probe_begin, probe_feed, end};
    probe->total = input.len;
    arena_init(&probe->arena, LIMIT_REQUEST_ARENA_BYTES);
    cuts_run(&cuts, input);
    arena_release(&probe->arena);
}

/* --- what is well-formed --- */

struct good_row {
    const char *name;
    struct bytes input;
    enum http_method method;
    bool closes; /* the peer closes behind the input */
    int status;
    struct bytes reason, body;
    bool keep_alive;
};

static const struct good_row good_rows[] = {
    {"a length", B(OK "Content-Length: 2\r\n\r\nab"), HTTP_GET, false, 200, B("OK"), B("ab"), true},
    {"a length of nothing", B(OK "Content-Length: 0\r\n\r\n"), HTTP_GET, false, 200, B("OK"), B(""),
     true},
    {"chunks", B(CHUNKED "2\r\nab\r\n1\r\nc\r\n0\r\nT: x\r\n\r\n"), HTTP_GET, false, 200, B("OK"),
     B("abc"), true},
    {"until the end", B(OK "\r\nab"), HTTP_GET, true, 200, B("OK"), B("ab"), false},
    {"nothing until the end", B(OK "\r\n"), HTTP_GET, true, 200, B("OK"), B(""), false},
    {"until the end in HTTP/1.0", B("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nab"),
     HTTP_GET, true, 200, B("OK"), B("ab"), false},
    {"closed behind its length", B(OK "Content-Length: 1\r\n\r\na"), HTTP_GET, true, 200, B("OK"),
     B("a"), true},
    {"Connection: close", B(OK "Connection: close\r\nContent-Length: 0\r\n\r\n"), HTTP_GET, false,
     200, B("OK"), B(""), false},
    {"HTTP/1.0", B("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na"), HTTP_GET, false, 200, B("OK"),
     B("a"), false},
    {"HTTP/1.0 that stays",
     B("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na"), HTTP_GET, false,
     200, B("OK"), B("a"), true},
    {"no reason", B("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n"), HTTP_GET, false, 404, B(""),
     B(""), true},
    {"no reason, and no blank", B("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n"), HTTP_GET, false,
     404, B(""), B(""), true},
    {"a long reason, with bytes above ASCII",
     B("HTTP/1.1 299 Tr\xC3\xA8s  bien\tfait\r\nContent-Length: 0\r\n\r\n"), HTTP_GET, false, 299,
     B("Tr\xC3\xA8s  bien\tfait"), B(""), true},
    {"a status of nobody", B("HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n"), HTTP_GET, false, 999,
     B("X"), B(""), true},
    {"HEAD", B(OK "Content-Length: 5\r\n\r\n"), HTTP_HEAD, false, 200, B("OK"), B(""), true},
    {"HEAD of a body over the limit", B(OK "Content-Length: 99999999999999999999999\r\n\r\n"),
     HTTP_HEAD, false, 200, B("OK"), B(""), true},
    {"HEAD, chunked", B(CHUNKED), HTTP_HEAD, false, 200, B("OK"), B(""), true},
    {"HEAD without a length", B(OK "\r\n"), HTTP_HEAD, false, 200, B("OK"), B(""), true},
    {"204", B("HTTP/1.1 204 No Content\r\n\r\n"), HTTP_GET, false, 204, B("No Content"), B(""),
     true},
    {"304 with a length", B("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), HTTP_GET,
     false, 304, B("Not Modified"), B(""), true},
    {"101", B("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), HTTP_GET, false, 101,
     B("Switching Protocols"), B(""), false},
    {"100 before", B("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\na"), HTTP_POST,
     false, 200, B("OK"), B("a"), true},
    {"100 and 103 before",
     B("HTTP/1.1 100\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: close\r\n\r\n" OK
       "Content-Length: 1\r\n\r\na"),
     HTTP_POST, false, 200, B("OK"), B("a"), true},
    {"many Hosts mean nothing here", B(OK "Host: a b\r\nHost: c\r\nContent-Length: 0\r\n\r\n"),
     HTTP_GET, false, 200, B("OK"), B(""), true},
};

static void end_good(void *context, const char *how, enum rc rc, size_t used)
{
    const struct probe *probe = context;
    const struct good_row *row = probe->row;
    cr_assert_eq(rc, RC_OK, "%s, %s: %s", row->name, how, rc_name(rc));
    cr_expect_eq(used, row->input.len, "%s, %s: whole after %zu bytes", row->name, how, used);
    cr_expect_eq(probe->consumed, row->input.len, "%s, %s: consumed", row->name, how);
    cr_expect_eq(probe->res.status, row->status, "%s, %s: status", row->name, how);
    cr_expect(bytes_eq(probe->res.reason, row->reason), "%s, %s: reason", row->name, how);
    cr_expect(bytes_eq(probe->res.body, row->body), "%s, %s: body", row->name, how);
    cr_expect_eq(probe->res.keep_alive, row->keep_alive, "%s, %s: keep-alive", row->name, how);
}

Test(http1_response, reads_what_is_well_formed_however_it_is_cut)
{
    for (size_t i = 0; i < ROWS(good_rows); i++) {
        const struct good_row *row = &good_rows[i];
        struct probe probe = {.row = row, .method = row->method, .closes = row->closes};
        run(&probe, row->input, end_good);
    }
}

Test(http1_response, fields_are_those_of_the_final_response)
{
    struct probe probe = {.method = HTTP_GET};
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    probe_begin(&probe);
    cr_assert_eq(probe_feed(&probe, BYTES_LIT("HTTP/1.1 103 Early Hints\r\nA: 1\r\nB: 2\r\n\r\n" OK
                                              "C: 3\r\nContent-Length: 0\r\n\r\nnext")),
                 RC_OK);
    cr_assert_eq(probe.res.field_count, 2u);
    cr_expect(bytes_eq(probe.res.fields[0].name, BYTES_LIT("C")));
    cr_expect(bytes_eq(probe.res.fields[0].value, BYTES_LIT("3")));
    cr_expect(bytes_eq(probe.res.fields[1].name, BYTES_LIT("Content-Length")));
    arena_release(&probe.arena);
}

Test(http1_response, leaves_what_follows_alone)
{
    static const struct bytes text =
        B(OK "Content-Length: 1\r\n\r\na" CHUNKED "1\r\nb\r\n0\r\n\r\nHTTP/1.1 204 N\r\n\r\n" OK
             "\r\nrest");
    static const struct bytes bodies[] = {B("a"), B("b"), B(""), B("rest")};
    struct probe probe = {.method = HTTP_GET, .closes = true};
    struct bytes rest = text;
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    for (size_t i = 0; i < ROWS(bodies); i++) {
        probe_begin(&probe);
        probe.total = rest.len;
        cr_assert_eq(probe_feed(&probe, rest), RC_OK, "response %zu", i);
        cr_expect(bytes_eq(probe.res.body, bodies[i]), "response %zu", i);
        rest = bytes_skip(rest, probe.consumed);
    }
    cr_expect_eq(rest.len, 0u);
    arena_release(&probe.arena);
}

/* --- what is not --- */

struct bad_row {
    const char *why;
    enum rc rc;
    struct bytes input;
};

#define STATUS(why, text)              \
    {                                  \
        why, RC_SYNTAX, B(text "\r\n") \
    }
#define FIELD(why, text)                  \
    {                                     \
        why, RC_SYNTAX, B(OK text "\r\n") \
    }

static const struct bad_row bad_rows[] = {
    STATUS("an empty line before", ""),
    STATUS("no status", "HTTP/1.1"),
    STATUS("no status, but a blank", "HTTP/1.1 "),
    STATUS("a status of two digits", "HTTP/1.1 20 OK"),
    STATUS("a status of four digits", "HTTP/1.1 2000 OK"),
    STATUS("a status with a letter", "HTTP/1.1 2x0 OK"),
    STATUS("a status below 100", "HTTP/1.1 099 OK"),
    STATUS("two blanks before the status", "HTTP/1.1  200 OK"),
    STATUS("a tab behind the status", "HTTP/1.1 200\tOK"),
    STATUS("a control byte in the reason", "HTTP/1.1 200 O\x01K"),
    STATUS("a NUL in the reason", "HTTP/1.1 200 O\0K"),
    STATUS("a bare CR in the reason", "HTTP/1.1 200 O\rK"),
    STATUS("another protocol", "ICY 200 OK and more"),
    STATUS("a version of one digit", "HTTP/2 200 OK and"),
    STATUS("HTTP in small letters", "http/1.1 200 OK"),
    {"an LF alone", RC_SYNTAX, B("HTTP/1.1 200 OK\n")},
    {"HTTP/2.0", RC_VERSION, B("HTTP/2.0 200 OK\r\n")},
    {"HTTP/1.2", RC_VERSION, B("HTTP/1.2 200 OK\r\n")},
    FIELD("a folded line", "A: b\r\n c"),
    FIELD("a blank before the colon", "A : b"),
    FIELD("two lengths that agree", "Content-Length: 1\r\nContent-Length: 1"),
    FIELD("both framings", "Content-Length: 1\r\nTransfer-Encoding: chunked"),
    FIELD("a length with a sign", "Content-Length: +1"),
    {"chunked in HTTP/1.0", RC_SYNTAX, B("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n")},
    {"another coding", RC_UNSUPPORTED, B(OK "Transfer-Encoding: gzip, chunked\r\n")},
    {"a body over the caller's limit", RC_BODY_LIMIT, B(OK "Content-Length: 101\r\n\r\n")},
    {"a length over all numbers", RC_BODY_LIMIT,
     B(OK "Content-Length: 99999999999999999999999\r\n\r\n")},
    {"chunks over the caller's limit", RC_BODY_LIMIT, B(CHUNKED "1\r\na\r\n64\r\n")},
    {"a bad interim response", RC_SYNTAX, B("HTTP/1.1 100 Continue\r\nA\r\n")},
    {"garbage behind an interim response", RC_SYNTAX, B("HTTP/1.1 100 Continue\r\n\r\nA\r\n")},
    {"an LF alone ends a chunk", RC_SYNTAX, B(CHUNKED "1\r\na\n")},
};

static void end_bad(void *context, const char *how, enum rc rc, size_t used)
{
    const struct probe *probe = context;
    const struct bad_row *row = probe->row;
    (void)used;
    cr_expect_eq(rc, row->rc, "%s, %s: %s", row->why, how, rc_name(rc));
}

Test(http1_response, refuses_what_is_not_as_soon_as_its_line_is_whole)
{
    for (size_t i = 0; i < ROWS(bad_rows); i++) {
        struct probe probe = {.row = &bad_rows[i], .method = HTTP_GET};
        run(&probe, bad_rows[i].input, end_bad);
    }
}

/* A fault outranks the end: it is what the peer did wrong first. */
Test(http1_response, refuses_the_same_when_the_peer_closes)
{
    for (size_t i = 0; i < ROWS(bad_rows); i++) {
        struct probe probe = {.row = &bad_rows[i], .method = HTTP_GET, .closes = true};
        run(&probe, bad_rows[i].input, end_bad);
    }
}

/* --- the end of the connection --- */

static const struct bad_row cut_off_rows[] = {
    {"nothing at all", RC_CLOSED, B("")},
    {"a part of the status line", RC_CLOSED, B("HTTP/1.1 2")},
    {"a part of the head", RC_CLOSED, B(OK "A: b\r\n")},
    {"the head without its end", RC_CLOSED, B(OK "\r")},
    {"a part of the body", RC_CLOSED, B(OK "Content-Length: 3\r\n\r\nab")},
    {"a part of a chunk", RC_CLOSED, B(CHUNKED "3\r\nab")},
    {"no last chunk", RC_CLOSED, B(CHUNKED "3\r\nabc\r\n")},
    {"a part of the trailer", RC_CLOSED, B(CHUNKED "0\r\nA: b\r\n")},
    {"an interim response alone", RC_CLOSED, B("HTTP/1.1 100 Continue\r\n\r\n")},
};

Test(http1_response, cut_off_is_closed)
{
    for (size_t i = 0; i < ROWS(cut_off_rows); i++) {
        struct probe probe = {.row = &cut_off_rows[i], .method = HTTP_GET, .closes = true};
        run(&probe, cut_off_rows[i].input, end_bad);
    }
}

Test(http1_response, a_body_until_the_end_has_the_limit_too)
{
    char text[sizeof OK "\r\n" - 1 + BODY_MAX + 1];
    struct probe probe = {.method = HTTP_GET};
    memset(text, 'x', sizeof text);
    memcpy(text, OK "\r\n", sizeof OK "\r\n" - 1);
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    probe_begin(&probe);
    cr_expect_eq(probe_feed(&probe, bytes_make(text, sizeof text - 1)), RC_AGAIN);
    cr_expect_eq(probe_feed(&probe, bytes_make(text, sizeof text)), RC_BODY_LIMIT);
    probe_begin(&probe);
    probe.closes = true;
    probe.total = sizeof text - 1;
    cr_expect_eq(probe_feed(&probe, bytes_make(text, sizeof text - 1)), RC_OK);
    cr_expect_eq(probe.res.body.len, (size_t)BODY_MAX);
    arena_release(&probe.arena);
}

/* --- the head's limit --- */

/* A head of `len` bytes: an interim response, and a final one with one long field. */
static enum rc decode_head_of(size_t len, const char *interim)
{
    struct probe probe = {.method = HTTP_GET};
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_append(&text, bytes_from_str(interim));
    buf_append(&text, BYTES_LIT("HTTP/1.1 204 N\r\nA: "));
    while (text.len < len - 4)
        buf_append_char(&text, 'x');
    buf_append(&text, BYTES_LIT("\r\n\r\n"));
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    probe_begin(&probe);
    enum rc rc = probe_feed(&probe, buf_bytes(&text));
    arena_release(&probe.arena);
    buf_release(&text);
    return rc;
}

Test(http1_response, one_field_may_fill_the_head)
{
    cr_expect_eq(decode_head_of(LIMIT_HEAD_BYTES, ""), RC_OK);
    cr_expect_eq(decode_head_of(LIMIT_HEAD_BYTES + 1, ""), RC_HEAD_LIMIT);
}

Test(http1_response, interim_heads_count)
{
    cr_expect_eq(decode_head_of(LIMIT_HEAD_BYTES, "HTTP/1.1 100 Continue\r\n\r\n"), RC_OK);
    cr_expect_eq(decode_head_of(LIMIT_HEAD_BYTES + 1, "HTTP/1.1 100 Continue\r\n\r\n"),
                 RC_HEAD_LIMIT);
}
