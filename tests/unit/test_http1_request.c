#include <criterion/criterion.h>

#include "tests/support/guard.h"
#include "tests/support/request_probe.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

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
    {"absolute form of the asterisk", B("OPTIONS http://b:81 HTTP/1.1\r\nHost: a\r\n\r\n"),
     HTTP_OPTIONS, B("*"), B(""), B("b:81"), B(""), true},
    {"absolute form of the root", B("OPTIONS http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_OPTIONS,
     B("/"), B(""), B("b"), B(""), true},
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
    {"chunk extensions", B(CHUNKED "1;a=\"b\\\";\";c;d=e\r\nx\r\n000;d=\"\"\r\n\r\n"), HTTP_POST,
     B("/"), B(""), B("a"), B("x"), true},
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
    const struct request_probe *probe = context;
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
        request_probe_run(&good_rows[i], good_rows[i].input, end_good);
}

Test(http1_request, one_byte_less_than_whole_is_incomplete)
{
    for (size_t i = 0; i < ROWS(good_rows); i++) {
        struct request_probe probe;
        request_probe_init(&probe);
        struct bytes input = good_rows[i].input;
        struct guard guard = guard_new(bytes_make(input.ptr, input.len - 1));
        cr_expect_eq(request_probe_feed(&probe, guard.view), RC_AGAIN, "%s", good_rows[i].name);
        guard_free(&guard);
        request_probe_release(&probe);
    }
}

/* --- what nobody thought of --- */

/* Numbers that look random and are the same in every run (Knuth's 64-bit constants). */
static unsigned next_number(uint64_t *state, unsigned below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*state >> 33) % below;
}

/* A well-formed request with one or two bytes changed to those that matter most. */
static struct bytes damage(uint64_t *state, char *text, size_t room)
{
    static const char bytes[] = "\r\n :;,0123fG/#%\t\x01\x7F\xFF\0";
    struct bytes input = good_rows[next_number(state, ROWS(good_rows))].input;
    size_t len = input.len < room ? input.len : room;
    memcpy(text, input.ptr, len);
    for (unsigned i = next_number(state, 2) + 1; i > 0; i--)
        text[next_number(state, (unsigned)len)] = bytes[next_number(state, sizeof bytes)];
    return bytes_make(text, len);
}

struct outcome {
    const char *text;
    bool is_first;
    enum rc rc;
    size_t consumed, body_len;
};

static void end_same(void *context, const char *how, enum rc rc, size_t used)
{
    const struct request_probe *probe = context;
    struct outcome *outcome = (void *)(uintptr_t)probe->row;
    size_t consumed = rc == RC_OK ? probe->consumed : 0;
    size_t body_len = rc == RC_OK ? probe->req.body.len : 0;
    (void)used;
    if (outcome->is_first)
        *outcome = (struct outcome){outcome->text, false, rc, consumed, body_len};
    cr_expect_eq(rc, outcome->rc, "%s, %s: %s, whole %s", outcome->text, how, rc_name(rc),
                 rc_name(outcome->rc));
    cr_expect_eq(consumed, outcome->consumed, "%s, %s", outcome->text, how);
    cr_expect_eq(body_len, outcome->body_len, "%s, %s", outcome->text, how);
}

Test(http1_request, has_one_answer_to_damaged_bytes_however_they_are_cut)
{
    uint64_t state = 1;
    size_t counts[RC_TIMEOUT + 1] = {0};
    for (int i = 0; i < 1000; i++) {
        char text[256] = "";
        struct outcome outcome = {.text = text, .is_first = true};
        request_probe_run(&outcome, damage(&state, text, sizeof text - 1), end_same);
        counts[outcome.rc]++;
    }
    cr_expect_gt(counts[RC_OK], 0u, "some damage is harmless");
    cr_expect_gt(counts[RC_SYNTAX], 0u, "some is not");
    cr_expect_gt(counts[RC_AGAIN], 0u, "and some makes it longer");
}

/* --- pipelining --- */

Test(http1_request, leaves_the_next_request_alone)
{
    static const struct bytes pipeline = BYTES_INIT(GET "\r\n" CHUNKED "2\r\nab\r\n0\r\n\r\n" POST
                                                        "Content-Length: 1\r\n\r\nc" GET "\r\n");
    static const struct bytes bodies[] = {B(""), B("ab"), B("c"), B("")};
    struct request_probe probe;
    struct bytes rest = pipeline;
    request_probe_init(&probe);
    for (size_t i = 0; i < ROWS(bodies); i++) {
        request_probe_begin(&probe);
        cr_assert_eq(request_probe_feed(&probe, rest), RC_OK, "request %zu", i);
        cr_expect(bytes_eq(probe.req.body, bodies[i]), "request %zu", i);
        rest = bytes_skip(rest, probe.consumed);
    }
    cr_expect_eq(rest.len, 0u);
    request_probe_release(&probe);
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
    const struct request_probe *probe = context;
    const struct continue_row *row = probe->row;
    (void)used;
    cr_expect_eq(rc, RC_AGAIN, "%s, %s: %s", row->name, how, rc_name(rc));
    cr_expect_eq(probe->decoder.wants_continue, row->wants, "%s, %s", row->name, how);
}

Test(http1_request, says_when_the_client_waits_for_100_continue)
{
    for (size_t i = 0; i < ROWS(continue_rows); i++)
        request_probe_run(&continue_rows[i], continue_rows[i].head, end_continue);
}

Test(http1_request, forgets_100_continue_when_the_body_comes)
{
    struct request_probe probe;
    struct bytes text = BYTES_LIT(POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
    request_probe_init(&probe);
    cr_expect_eq(request_probe_feed(&probe, bytes_make(text.ptr, text.len - 2)), RC_AGAIN);
    cr_expect(probe.decoder.wants_continue);
    cr_expect_eq(request_probe_feed(&probe, bytes_make(text.ptr, text.len - 1)), RC_AGAIN);
    cr_expect_not(probe.decoder.wants_continue);
    cr_expect_eq(request_probe_feed(&probe, text), RC_OK);
    cr_expect_not(probe.decoder.wants_continue);
    request_probe_release(&probe);
}

/* --- what is left alone --- */

Test(http1_request, touches_nothing_else_of_the_request)
{
    struct request_probe probe;
    request_probe_init(&probe);
    probe.req.request_id = BYTES_LIT("id");
    probe.req.deadline_ms = 7;
    cr_expect_eq(request_probe_feed(&probe, BYTES_LIT(GET "\r\n")), RC_OK);
    cr_expect(bytes_eq(probe.req.request_id, BYTES_LIT("id")));
    cr_expect_eq(probe.req.deadline_ms, 7);
    cr_expect_eq(probe.req.arena, &probe.arena);
    cr_expect_null(probe.req.route);
    request_probe_release(&probe);
}

Test(http1_request, tells_http10_from_http11)
{
    struct request_probe probe;
    request_probe_init(&probe);
    cr_expect_eq(request_probe_feed(&probe, BYTES_LIT("GET / HTTP/1.0\r\n\r\n")), RC_OK);
    cr_expect(probe.decoder.is_http10);
    request_probe_begin(&probe);
    cr_expect_eq(request_probe_feed(&probe, BYTES_LIT(GET "\r\n")), RC_OK);
    cr_expect_not(probe.decoder.is_http10);
    request_probe_release(&probe);
}
