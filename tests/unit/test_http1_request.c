#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "tests/support/cuts.h"
#include "tests/support/guard.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

/* One decoder on one arena, and what came out. */
struct probe {
    struct http1_decoder decoder;
    struct arena arena;
    struct http_request req;
    bool keep_alive;
    size_t consumed;
    const void *row;
};

static void probe_begin(void *context)
{
    struct probe *probe = context;
    arena_reset(&probe->arena);
    http1_decoder_init(&probe->decoder);
    probe->req = (struct http_request){.arena = &probe->arena};
}

/* Every call is made twice: an answer may not change when nothing more has come. */
static enum rc probe_feed(void *context, struct bytes prefix)
{
    struct probe *probe = context;
    const char *before = probe->arena._next;
    enum rc rc = http1_decode_request(&probe->decoder, prefix, &probe->arena, &probe->req,
                                      &probe->keep_alive, &probe->consumed);
    if (rc == RC_AGAIN)
        cr_expect_eq(probe->arena._next, before, "the arena is untouched");
    enum rc again = http1_decode_request(&probe->decoder, prefix, &probe->arena, &probe->req,
                                         &probe->keep_alive, &probe->consumed);
    cr_expect_eq(again, rc, "the second look says %s, not %s", rc_name(again), rc_name(rc));
    return again;
}

static void run(const void *row, struct bytes input,
                void (*end)(void *context, const char *how, enum rc rc, size_t used))
{
    struct probe probe = {.row = row};
    struct cuts cuts = {&probe, probe_begin, probe_feed, end};
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    cuts_run(&cuts, input);
    arena_release(&probe.arena);
}

/* --- what is well-formed --- */

struct good_row {
    const char *name;
    struct bytes input;
    enum http_method method;
    struct bytes path, query, host, body;
    bool keep_alive;
};

#define B BYTES_INIT

static const struct good_row good_rows[] = {
    {"the smallest", B(GET "\r\n"), HTTP_GET, B("/"), B(""), B("a"), B(""), true},
    {"a query", B("GET /x?a=1?b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET, B("/x"), B("a=1?b"),
     B("a"), B(""), true},
    {"an empty query", B("GET /x? HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET, B("/x"), B(""), B("a"),
     B(""), true},
    {"two slashes are no authority", B("GET //b/x HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET,
     B("//b/x"), B(""), B("a"), B(""), true},
    {"bytes above ASCII in the target", B("GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET,
     B("/\xC3\xA9"), B(""), B("a"), B(""), true},
    {"an unknown method", B("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_METHOD_OTHER, B("/pot"),
     B(""), B("a"), B(""), true},
    {"methods have case", B("get / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_METHOD_OTHER, B("/"), B(""),
     B("a"), B(""), true},
    {"asterisk form", B("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_OPTIONS, B("*"), B(""),
     B("a"), B(""), true},
    {"absolute form outranks Host", B("GET http://b:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET,
     B("/x"), B("y"), B("b:81"), B(""), true},
    {"absolute form, scheme in capitals", B("GET HTTPS://b/ HTTP/1.1\r\nhOST: a\r\n\r\n"), HTTP_GET,
     B("/"), B(""), B("b"), B(""), true},
    {"absolute form without a path", B("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET,
     B("/"), B(""), B("b"), B(""), true},
    {"absolute form, query alone", B("GET http://b?x HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_GET,
     B("/"), B("x"), B("b"), B(""), true},
    {"absolute form without Host in 1.0", B("GET http://b/ HTTP/1.0\r\n\r\n"), HTTP_GET, B("/"),
     B(""), B("b"), B(""), false},
    {"an empty line before", B("\r\n" GET "\r\n"), HTTP_GET, B("/"), B(""), B("a"), B(""), true},
    {"two empty lines before", B("\r\n\r\n" GET "\r\n"), HTTP_GET, B("/"), B(""), B("a"), B(""),
     true},
    {"an empty Host", B("GET / HTTP/1.1\r\nHost:\r\n\r\n"), HTTP_GET, B("/"), B(""), B(""), B(""),
     true},
    {"an IPv6 Host", B("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), HTTP_GET, B("/"), B(""),
     B("[::1]:80"), B(""), true},
    {"blanks around a value", B("GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n"), HTTP_GET, B("/"), B(""),
     B("a"), B(""), true},
    {"an empty value, a tab inside, UTF-8", B(GET "X:\r\nY: a\tb\r\nZ: \xC3\xA9\r\n\r\n"), HTTP_GET,
     B("/"), B(""), B("a"), B(""), true},
    {"a body", B(POST "Content-Length: 3\r\n\r\nabc"), HTTP_POST, B("/"), B(""), B("a"), B("abc"),
     true},
    {"zeros before the length", B(POST "Content-Length: 00000000000000000000003\r\n\r\nabc"),
     HTTP_POST, B("/"), B(""), B("a"), B("abc"), true},
    {"an empty body", B(POST "content-length:0\r\n\r\n"), HTTP_POST, B("/"), B(""), B("a"), B(""),
     true},
    {"a body of GET", B(GET "Content-Length: 1\r\n\r\nx"), HTTP_GET, B("/"), B(""), B("a"), B("x"),
     true},
    {"chunks", B(CHUNKED "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), HTTP_POST, B("/"), B(""),
     B("a"), B("abc0123456789"), true},
    {"chunked in capitals", B(POST "TRANSFER-ENCODING: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
     HTTP_POST, B("/"), B(""), B("a"), B("x"), true},
    {"chunks with CR LF inside", B(CHUNKED "4\r\n\r\n\r\n\r\n00\r\n\r\n"), HTTP_POST, B("/"), B(""),
     B("a"), B("\r\n\r\n"), true},
    {"chunk extensions", B(CHUNKED "1;a=\"b\";c\r\nx\r\n000;d\r\n\r\n"), HTTP_POST, B("/"), B(""),
     B("a"), B("x"), true},
    {"sixteen digits of a chunk", B(CHUNKED "000000000000000a\r\n0123456789\r\n0\r\n\r\n"),
     HTTP_POST, B("/"), B(""), B("a"), B("0123456789"), true},
    {"no chunk", B(CHUNKED "0\r\n\r\n"), HTTP_POST, B("/"), B(""), B("a"), B(""), true},
    {"a trailer", B(CHUNKED "1\r\nx\r\n0\r\nA: b\r\nHost: c\r\n\r\n"), HTTP_POST, B("/"), B(""),
     B("a"), B("x"), true},
    {"close", B(GET "Connection: close\r\n\r\n"), HTTP_GET, B("/"), B(""), B("a"), B(""), false},
    {"close in a list", B(GET "Connection: x , CLOSE,,\r\n\r\n"), HTTP_GET, B("/"), B(""), B("a"),
     B(""), false},
    {"close on the second line", B(GET "Connection: x\r\nConnection: close\r\n\r\n"), HTTP_GET,
     B("/"), B(""), B("a"), B(""), false},
    {"close outranks keep-alive", B(GET "Connection: keep-alive, close\r\n\r\n"), HTTP_GET, B("/"),
     B(""), B("a"), B(""), false},
    {"not close, but closer", B(GET "Connection: closer\r\n\r\n"), HTTP_GET, B("/"), B(""), B("a"),
     B(""), true},
    {"HTTP/1.0", B("GET / HTTP/1.0\r\n\r\n"), HTTP_GET, B("/"), B(""), B("(none)"), B(""), false},
    {"HTTP/1.0 that stays", B("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), HTTP_GET, B("/"),
     B(""), B("(none)"), B(""), true},
    {"Expect, and the body is here", B(POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx"),
     HTTP_POST, B("/"), B(""), B("a"), B("x"), true},
    {"another Expect", B(GET "Expect: rain\r\n\r\n"), HTTP_GET, B("/"), B(""), B("a"), B(""), true},
};

static void end_good(void *context, const char *how, enum rc rc, size_t used)
{
    const struct probe *probe = context;
    const struct good_row *row = probe->row;
    const struct http_request *req = &probe->req;
    cr_assert_eq(rc, RC_OK, "%s, %s: %s", row->name, how, rc_name(rc));
    cr_expect_eq(used, row->input.len, "%s, %s: whole after %zu bytes", row->name, how, used);
    cr_expect_eq(probe->consumed, row->input.len, "%s, %s: consumed", row->name, how);
    cr_expect_eq(req->method, row->method, "%s, %s: method", row->name, how);
    cr_expect(bytes_eq(req->path, row->path), "%s, %s: path", row->name, how);
    cr_expect(bytes_eq(req->query, row->query), "%s, %s: query", row->name, how);
    cr_expect(bytes_eq(req->body, row->body), "%s, %s: body", row->name, how);
    cr_expect_eq(probe->keep_alive, row->keep_alive, "%s, %s: keep-alive", row->name, how);
    const struct bytes *host = http_request_header(req, "Host");
    cr_expect(bytes_eq(host ? *host : BYTES_LIT("(none)"), row->host), "%s, %s: Host", row->name,
              how);
}

Test(http1_request, reads_what_is_well_formed_however_it_is_cut)
{
    for (size_t i = 0; i < ROWS(good_rows); i++)
        run(&good_rows[i], good_rows[i].input, end_good);
}

/* --- what is not --- */

/* Each input ends where the fault is known at the latest: the error may not wait for more. */
struct bad_row {
    const char *why;
    enum rc rc;
    struct bytes input;
};

#define LINE(why, text)                         \
    {                                           \
        why, RC_SYNTAX, B(text " HTTP/1.1\r\n") \
    }
#define FIELD(why, text)                   \
    {                                      \
        why, RC_SYNTAX, B(GET text "\r\n") \
    }
#define CHUNK(why, text)                \
    {                                   \
        why, RC_SYNTAX, B(CHUNKED text) \
    }

static const struct bad_row bad_rows[] = {
    LINE("no method", " /"),
    LINE("a method that is no token", "G@T /"),
    LINE("a NUL in the method", "G\0T /"),
    LINE("two blanks before the target", "GET  /"),
    LINE("two blanks before the version", "GET / "),
    LINE("a tab for a blank", "GET\t/"),
    LINE("a blank before the method", " GET /"),
    LINE("a blank inside the target", "GET /a b"),
    LINE("a control byte in the target", "GET /\x01"),
    LINE("DEL in the target", "GET /\x7F"),
    LINE("a bare CR in the target", "GET /\r"),
    LINE("no target", "GET"),
    LINE("an empty target", "GET "),
    LINE("a target of no form", "GET x"),
    LINE("a fragment", "GET /#a"),
    LINE("a fragment in the query", "GET /?b#a"),
    LINE("asterisk form of GET", "GET *"),
    LINE("asterisk and more", "OPTIONS */"),
    LINE("authority form", "CONNECT a:80"),
    LINE("CONNECT in origin form", "CONNECT /"),
    LINE("authority form of GET", "GET a:80"),
    LINE("another scheme", "GET ftp://a/"),
    LINE("a scheme without slashes", "GET http:/a"),
    LINE("an empty authority", "GET http:///a"),
    LINE("a port without a host", "GET http://:80/"),
    LINE("user information", "GET http://u@a/"),
    LINE("a port that is no number", "GET http://a:8x/"),
    LINE("a broken IPv6 host", "GET http://[::1/"),
    {"HTTP/0.9", RC_SYNTAX, B("GET /\r\n")},
    {"HTTP in small letters", RC_SYNTAX, B("GET / http/1.1\r\n")},
    {"a version of one digit", RC_SYNTAX, B("GET / HTTP/1\r\n")},
    {"a version of three digits", RC_SYNTAX, B("GET / HTTP/1.10\r\n")},
    {"a version that is no number", RC_SYNTAX, B("GET / HTTP/x.1\r\n")},
    {"a blank behind the version", RC_SYNTAX, B("GET / HTTP/1.1 \r\n")},
    {"an LF alone ends the request line", RC_SYNTAX, B("GET / HTTP/1.1\n")},
    {"two CRs end the request line", RC_SYNTAX, B("GET / HTTP/1.1\r\r\n")},
    {"HTTP/2.0", RC_VERSION, B("GET / HTTP/2.0\r\n")},
    {"HTTP/2's preface", RC_VERSION, B("PRI * HTTP/2.0\r\n")},
    {"HTTP/1.2", RC_VERSION, B("GET / HTTP/1.2\r\n")},
    {"HTTP/0.9, said", RC_VERSION, B("GET / HTTP/0.9\r\n")},
    {"three empty lines before", RC_SYNTAX, B("\r\n\r\n\r\n")},
    {"an LF alone as the empty line before", RC_SYNTAX, B("\n")},
    {"TLS on a plain port", RC_SYNTAX, B("\x16\x03\x01\x02\x00\x01\x00\n")},

    FIELD("no colon", "X"),
    FIELD("an empty name", ": x"),
    FIELD("a blank before the colon", "X : x"),
    FIELD("a tab before the colon", "X\t: x"),
    FIELD("a blank inside the name", "X Y: x"),
    FIELD("a folded line", "X: a\r\n b"),
    FIELD("a line folded with a tab", "X: a\r\n\tb"),
    FIELD("a blank line that is not empty", " "),
    FIELD("a control byte in the name", "X\x01: a"),
    FIELD("a NUL in the name", "X\0: a"),
    FIELD("a byte above ASCII in the name", "\xC3\xA9: a"),
    FIELD("a parenthesis in the name", "X(: a"),
    FIELD("a NUL in the value", "X: a\0b"),
    FIELD("a control byte in the value", "X: a\x08"),
    FIELD("a control byte late in a long value", "X: 0123456789abcdef\x1F 0123456789"),
    FIELD("DEL in the value", "X: \x7F"),
    FIELD("a vertical tab is no blank", "X: \x0B x"),
    FIELD("a bare CR in the value", "X: a\rb"),
    FIELD("a bare CR at the value's end", "X: a\r"),
    {"an LF alone ends a field", RC_SYNTAX, B(GET "X: a\n")},
    {"an LF alone ends the head", RC_SYNTAX, B(GET "\n")},
    {"a folded line first", RC_SYNTAX, B("GET / HTTP/1.1\r\n Host: a\r\n")},

    {"no Host", RC_SYNTAX, B("GET / HTTP/1.1\r\n\r\n")},
    {"absolute form, but no Host", RC_SYNTAX, B("GET http://a/ HTTP/1.1\r\n\r\n")},
    FIELD("two Hosts", "Host: b"),
    FIELD("two Hosts that agree", "HOST: a"),
    {"two Hosts in HTTP/1.0", RC_SYNTAX, B("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n")},
    {"a Host with a path", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: a/b\r\n")},
    {"a Host with a blank", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: a b\r\n")},
    {"a Host with a user", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: u@a\r\n")},
    {"a Host with two ports", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: a:1:2\r\n")},
    {"a Host of brackets", RC_SYNTAX, B("GET / HTTP/1.1\r\nHost: []\r\n")},

    FIELD("a length with a sign", "Content-Length: +1"),
    FIELD("a negative length", "Content-Length: -1"),
    FIELD("an empty length", "Content-Length:"),
    FIELD("a hex length", "Content-Length: 0x1"),
    FIELD("a list of lengths", "Content-Length: 1,1"),
    FIELD("a list of lengths with a blank", "Content-Length: 1, 1"),
    FIELD("two numbers", "Content-Length: 1 1"),
    FIELD("a fraction", "Content-Length: 1.0"),
    FIELD("two lengths that agree", "Content-Length: 1\r\nContent-Length: 1"),
    FIELD("two lengths", "Content-Length: 1\r\ncontent-length: 2"),
    FIELD("both framings, length first", "Content-Length: 1\r\nTransfer-Encoding: chunked"),
    FIELD("both framings, chunked first", "Transfer-Encoding: chunked\r\nContent-Length: 1"),
    FIELD("chunked on two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    FIELD("chunked twice", "Transfer-Encoding: chunked, chunked"),
    FIELD("chunked not last", "Transfer-Encoding: chunked, gzip"),
    FIELD("chunked and an empty element", "Transfer-Encoding: chunked,"),
    FIELD("chunked with a parameter", "Transfer-Encoding: chunked;a=b"),
    FIELD("no coding", "Transfer-Encoding:"),
    FIELD("a coding that is no token", "Transfer-Encoding: \"chunked\""),
    {"chunked in HTTP/1.0", RC_SYNTAX, B("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n")},
    {"a coding before chunked", RC_UNSUPPORTED, B(POST "Transfer-Encoding: gzip, chunked\r\n")},
    {"identity", RC_UNSUPPORTED, B(POST "Transfer-Encoding: identity\r\n")},
    {"nearly chunked", RC_UNSUPPORTED, B(POST "Transfer-Encoding: xchunked\r\n")},
    {"a body over the limit", RC_BODY_LIMIT, B(POST "Content-Length: 1048577\r\n")},
    {"a length of 64 bits and one", RC_BODY_LIMIT,
     B(POST "Content-Length: 18446744073709551616\r\n")},
    {"a length of 64 bits and three", RC_BODY_LIMIT,
     B(POST "Content-Length: 18446744073709551619\r\n")},

    CHUNK("a chunk without a size", "\r\n"),
    CHUNK("a chunk size with a sign", "+1\r\n"),
    CHUNK("a negative chunk size", "-1\r\n"),
    CHUNK("a chunk size with 0x", "0x1\r\n"),
    CHUNK("a chunk size that is no number", "g\r\n"),
    CHUNK("a blank before the chunk size", " 1\r\n"),
    CHUNK("a blank behind the chunk size", "1 \r\n"),
    CHUNK("a blank before an extension", "1 ;a\r\n"),
    CHUNK("a chunk size of 17 digits", "00000000000000001\r\n"),
    CHUNK("an LF alone behind the chunk size", "1\n"),
    CHUNK("an LF alone behind an extension", "1;a\n"),
    CHUNK("a bare CR in an extension", "1;a\rb\r\n"),
    CHUNK("a NUL in an extension", "1;a\0\r\n"),
    CHUNK("a chunk longer than it says", "1\r\nxy"),
    CHUNK("an LF alone behind a chunk", "1\r\nx\n"),
    CHUNK("a CR alone behind a chunk", "1\r\nx\r0"),
    CHUNK("an LF alone at the very end", "0\r\n\n"),
    CHUNK("a trailer without a colon", "0\r\nabc\r\n"),
    CHUNK("a folded trailer", "0\r\nA: b\r\n c\r\n"),
    CHUNK("a control byte in a trailer", "0\r\nA: \x01\r\n"),
    CHUNK("a second chunk that is bad", "1\r\nx\r\nz\r\n"),
    {"a chunk over the limit", RC_BODY_LIMIT, B(CHUNKED "100001\r\n")},
    {"two chunks over the limit", RC_BODY_LIMIT, B(CHUNKED "1\r\nx\r\n100000\r\n")},
    {"a chunk of 64 bits", RC_BODY_LIMIT, B(CHUNKED "ffffffffffffffff\r\n")},
    {"a chunk that would wrap around", RC_BODY_LIMIT, B(CHUNKED "1\r\nx\r\nffffffffffffffff\r\n")},
};

static void end_bad(void *context, const char *how, enum rc rc, size_t used)
{
    const struct probe *probe = context;
    const struct bad_row *row = probe->row;
    (void)used;
    cr_expect_eq(rc, row->rc, "%s, %s: %s", row->why, how, rc_name(rc));
}

Test(http1_request, refuses_what_is_not_as_soon_as_its_line_is_whole)
{
    for (size_t i = 0; i < ROWS(bad_rows); i++)
        run(&bad_rows[i], bad_rows[i].input, end_bad);
}

Test(http1_request, one_byte_less_than_whole_is_incomplete)
{
    for (size_t i = 0; i < ROWS(good_rows); i++) {
        struct probe probe = {.row = NULL};
        arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
        probe_begin(&probe);
        struct bytes input = good_rows[i].input;
        struct guard guard = guard_new(bytes_make(input.ptr, input.len - 1));
        cr_expect_eq(probe_feed(&probe, guard.view), RC_AGAIN, "%s", good_rows[i].name);
        guard_free(&guard);
        arena_release(&probe.arena);
    }
}

/* --- pipelining --- */

Test(http1_request, leaves_the_next_request_alone)
{
    static const struct bytes pipeline = BYTES_INIT(GET "\r\n" CHUNKED "2\r\nab\r\n0\r\n\r\n" POST
                                                        "Content-Length: 1\r\n\r\nc" GET "\r\n");
    static const struct bytes bodies[] = {B(""), B("ab"), B("c"), B("")};
    struct probe probe = {.row = NULL};
    struct bytes rest = pipeline;
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    for (size_t i = 0; i < ROWS(bodies); i++) {
        probe_begin(&probe);
        cr_assert_eq(probe_feed(&probe, rest), RC_OK, "request %zu", i);
        cr_expect(bytes_eq(probe.req.body, bodies[i]), "request %zu", i);
        rest = bytes_skip(rest, probe.consumed);
    }
    cr_expect_eq(rest.len, 0u);
    arena_release(&probe.arena);
}

/* --- 100-continue --- */

struct continue_row {
    const char *name;
    struct bytes head;
    bool wants;
};

static const struct continue_row continue_rows[] = {
    {"a length", B(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n"), true},
    {"chunks", B(POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"), true},
    {"no Expect", B(POST "Content-Length: 1\r\n\r\n"), false},
    {"another Expect", B(POST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n"), false},
    {"HTTP/1.0", B("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"), false},
    {"the head is not whole", B(POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r"), false},
    {"the body has begun", B(POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\na"), false},
    {"the chunks have begun", B(POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n1"),
     false},
};

static void end_continue(void *context, const char *how, enum rc rc, size_t used)
{
    const struct probe *probe = context;
    const struct continue_row *row = probe->row;
    (void)used;
    cr_expect_eq(rc, RC_AGAIN, "%s, %s: %s", row->name, how, rc_name(rc));
    cr_expect_eq(probe->decoder.wants_continue, row->wants, "%s, %s", row->name, how);
}

Test(http1_request, says_when_the_client_waits_for_100_continue)
{
    for (size_t i = 0; i < ROWS(continue_rows); i++)
        run(&continue_rows[i], continue_rows[i].head, end_continue);
}

Test(http1_request, forgets_100_continue_when_the_body_comes)
{
    struct probe probe = {.row = NULL};
    struct bytes text = BYTES_LIT(POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    probe_begin(&probe);
    cr_expect_eq(probe_feed(&probe, bytes_make(text.ptr, text.len - 2)), RC_AGAIN);
    cr_expect(probe.decoder.wants_continue);
    cr_expect_eq(probe_feed(&probe, bytes_make(text.ptr, text.len - 1)), RC_AGAIN);
    cr_expect_not(probe.decoder.wants_continue);
    cr_expect_eq(probe_feed(&probe, text), RC_OK);
    cr_expect_not(probe.decoder.wants_continue);
    arena_release(&probe.arena);
}

/* --- what is left alone --- */

Test(http1_request, touches_nothing_else_of_the_request)
{
    struct probe probe = {.row = NULL};
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    probe_begin(&probe);
    probe.req.request_id = BYTES_LIT("id");
    probe.req.deadline_ms = 7;
    cr_expect_eq(probe_feed(&probe, BYTES_LIT(GET "\r\n")), RC_OK);
    cr_expect(bytes_eq(probe.req.request_id, BYTES_LIT("id")));
    cr_expect_eq(probe.req.deadline_ms, 7);
    cr_expect_eq(probe.req.arena, &probe.arena);
    cr_expect_null(probe.req.route);
    arena_release(&probe.arena);
}

Test(http1_request, tells_http10_from_http11)
{
    struct probe probe = {.row = NULL};
    arena_init(&probe.arena, LIMIT_REQUEST_ARENA_BYTES);
    probe_begin(&probe);
    cr_expect_eq(probe_feed(&probe, BYTES_LIT("GET / HTTP/1.0\r\n\r\n")), RC_OK);
    cr_expect(probe.decoder.is_http10);
    probe_begin(&probe);
    cr_expect_eq(probe_feed(&probe, BYTES_LIT(GET "\r\n")), RC_OK);
    cr_expect_not(probe.decoder.is_http10);
    arena_release(&probe.arena);
}
