#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define B BYTES_INIT

static struct arena arena;
static struct buf out;

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&out, 1 << 20);
}

static void teardown(void)
{
    arena_release(&arena);
    buf_release(&out);
}

TestSuite(http1_encode, .init = setup, .fini = teardown);

struct response_row {
    const char *name;
    int status;
    struct http_field field; /* one, or none when its name is empty */
    struct bytes body;
    struct http1_response_options options;
    struct bytes wanted;
};

#define KEPT               \
    {                      \
        .keep_alive = true \
    }

static const struct response_row response_rows[] = {
    {"200",
     200,
     {B("A"), B("b")},
     B("hi"),
     KEPT,
     B("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nhi")},
    {"404 without a body",
     404,
     {B(""), B("")},
     B(""),
     KEPT,
     B("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")},
    {"a status of nobody",
     599,
     {B(""), B("")},
     B(""),
     KEPT,
     B("HTTP/1.1 599 Unknown\r\nContent-Length: 0\r\n\r\n")},
    {"close",
     200,
     {B(""), B("")},
     B("x"),
     {.keep_alive = false},
     B("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")},
    {"close to HTTP/1.0",
     200,
     {B(""), B("")},
     B("x"),
     {.keep_alive = false, .is_http10 = true},
     B("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")},
    {"stay, to HTTP/1.0",
     200,
     {B(""), B("")},
     B("x"),
     {.keep_alive = true, .is_http10 = true},
     B("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx")},
    {"a date",
     200,
     {B(""), B("")},
     B(""),
     {.keep_alive = true, .date = B("today")},
     B("HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 0\r\n\r\n")},
    {"HEAD has the length alone",
     200,
     {B("A"), B("b")},
     B("hello"),
     {.keep_alive = true, .method = HTTP_HEAD},
     B("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\n")},
    {"HEAD through a proxy",
     200,
     {B("content-length"), B("12345")},
     B(""),
     {.keep_alive = true, .method = HTTP_HEAD},
     B("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")},
    {"HEAD's body outranks a said length",
     200,
     {B("Content-Length"), B("12345")},
     B("x"),
     {.keep_alive = true, .method = HTTP_HEAD},
     B("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")},
    {"204 has neither",
     204,
     {B(""), B("")},
     B("not sent"),
     KEPT,
     B("HTTP/1.1 204 No Content\r\n\r\n")},
    {"304 has neither",
     304,
     {B("ETag"), B("\"a\"")},
     B("not sent"),
     KEPT,
     B("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n")},
    {"100 has neither", 100, {B(""), B("")}, B(""), KEPT, B("HTTP/1.1 100 Continue\r\n\r\n")},
    {"Content-Length is ours",
     200,
     {B("cOntent-length"), B("7")},
     B("x"),
     KEPT,
     B("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")},
    {"Transfer-Encoding is ours",
     200,
     {B("Transfer-Encoding"), B("chunked")},
     B("x"),
     KEPT,
     B("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")},
    {"Connection is ours",
     200,
     {B("connection"), B("close")},
     B("x"),
     KEPT,
     B("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")},
    {"a field of no value",
     200,
     {B("A"), {NULL, 0}},
     B(""),
     KEPT,
     B("HTTP/1.1 200 OK\r\nA: \r\nContent-Length: 0\r\n\r\n")},
};

static struct http_response response_of(const struct response_row *row, struct http_field *field)
{
    struct http_response res;
    http_response_init(&res);
    *field = row->field;
    res.status = row->status;
    res.fields = field;
    res.field_count = row->field.name.len ? 1 : 0;
    res.body = row->body;
    return res;
}

Test(http1_encode, writes_responses)
{
    for (size_t i = 0; i < ROWS(response_rows); i++) {
        const struct response_row *row = &response_rows[i];
        struct http_field field;
        struct http_response res = response_of(row, &field);
        buf_reset(&out);
        http1_encode_response(&out, &res, &row->options);
        cr_expect(bytes_eq(buf_bytes(&out), row->wanted), "%s: %.*s", row->name,
                  BYTES_ARG(buf_bytes(&out)));
        cr_expect_not(out.failed);
    }
}

/* With the least room that is granted, nothing is written beyond it (the sanitizers look on). */
Test(http1_encode, appends_all_or_nothing)
{
    for (size_t i = 0; i < ROWS(response_rows); i++) {
        const struct response_row *row = &response_rows[i];
        struct http_field field;
        struct http_response res = response_of(row, &field);
        bool has_fitted = false;
        for (size_t max = 1; !has_fitted; max++) {
            cr_assert_lt(max, 1000u, "%s", row->name);
            struct buf small;
            buf_init(&small, max);
            buf_append_char(&small, '!');
            http1_encode_response(&small, &res, &row->options);
            has_fitted = !small.failed;
            cr_expect_eq(small.len, has_fitted ? 1 + row->wanted.len : 1, "%s", row->name);
            cr_expect_eq(small.data[0], '!');
            buf_release(&small);
        }
    }
}

Test(http1_encode, what_it_writes_is_read_back)
{
    for (size_t i = 0; i < ROWS(response_rows); i++) {
        const struct response_row *row = &response_rows[i];
        struct http1_decoder decoder;
        struct http1_response back;
        struct http_field field;
        struct http_response res = response_of(row, &field);
        size_t consumed;
        if (row->status == 100)
            continue; /* a reader waits for what follows it */
        buf_reset(&out);
        arena_reset(&arena);
        http1_encode_response(&out, &res, &row->options);
        http1_decoder_init(&decoder);
        cr_assert_eq(http1_decode_response(&decoder, buf_bytes(&out), false, row->options.method,
                                           100, &arena, &back, &consumed),
                     RC_OK, "%s", row->name);
        bool has_body = row->status == 200 && row->options.method != HTTP_HEAD;
        cr_expect_eq(consumed, out.len, "%s", row->name);
        cr_expect_eq(back.status, row->status, "%s", row->name);
        cr_expect_eq(back.keep_alive, row->options.keep_alive, "%s", row->name);
        cr_expect(bytes_eq(back.body, has_body ? row->body : BYTES_LIT("")), "%s", row->name);
    }
}

struct request_row {
    const char *name;
    struct bytes method, target;
    struct http_field extra; /* behind Host; none when its name is empty */
    struct bytes body, wanted;
};

static const struct request_row request_rows[] = {
    {"GET", B("GET"), B("/a?b"), {B(""), B("")}, B(""), B("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n")},
    {"GET with a body",
     B("GET"),
     B("/"),
     {B(""), B("")},
     B("x"),
     B("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")},
    {"POST",
     B("POST"),
     B("/"),
     {B("A"), B("b")},
     B("xyz"),
     B("POST / HTTP/1.1\r\nHost: h\r\nA: b\r\nContent-Length: 3\r\n\r\nxyz")},
    {"POST without a body",
     B("POST"),
     B("/"),
     {B(""), B("")},
     B(""),
     B("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")},
    {"PUT without a body",
     B("PUT"),
     B("/"),
     {B(""), B("")},
     B(""),
     B("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")},
    {"PATCH without a body",
     B("PATCH"),
     B("/"),
     {B(""), B("")},
     B(""),
     B("PATCH / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")},
    {"DELETE",
     B("DELETE"),
     B("/"),
     {B("Connection"), B("close")},
     B(""),
     B("DELETE / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")},
    {"the caller's length is left out",
     B("POST"),
     B("/"),
     {B("Content-Length"), B("9")},
     B("x"),
     B("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")},
    {"the caller's coding is left out",
     B("POST"),
     B("/"),
     {B("transfer-encoding"), B("chunked")},
     B("x"),
     B("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")},
};

Test(http1_encode, writes_requests_that_are_read_back)
{
    for (size_t i = 0; i < ROWS(request_rows); i++) {
        const struct request_row *row = &request_rows[i];
        struct http_field fields[] = {{BYTES_LIT("Host"), BYTES_LIT("h")}, row->extra};
        struct http1_decoder decoder;
        struct http_request back = {.arena = &arena};
        bool keep_alive;
        size_t consumed;
        buf_reset(&out);
        arena_reset(&arena);
        http1_encode_request(&out, row->method, row->target, fields, row->extra.name.len ? 2 : 1,
                             row->body);
        cr_expect(bytes_eq(buf_bytes(&out), row->wanted), "%s: %.*s", row->name,
                  BYTES_ARG(buf_bytes(&out)));
        http1_decoder_init(&decoder);
        cr_assert_eq(
            http1_decode_request(&decoder, buf_bytes(&out), &arena, &back, &keep_alive, &consumed),
            RC_OK, "%s", row->name);
        cr_expect_eq(consumed, out.len, "%s", row->name);
        cr_expect(bytes_eq(back.method_text, row->method), "%s", row->name);
        cr_expect(bytes_eq(back.body, row->body), "%s", row->name);
    }
}

Test(http1_encode, a_request_without_room_is_refused_whole)
{
    struct http_field host = {BYTES_LIT("Host"), BYTES_LIT("h")};
    struct buf small;
    buf_init(&small, 20);
    http1_encode_request(&small, BYTES_LIT("GET"), BYTES_LIT("/"), &host, 1, BYTES_LIT(""));
    cr_expect(small.failed);
    cr_expect_eq(small.len, 0u);
    buf_release(&small);
}

struct date_row {
    int64_t epoch_s;
    const char *wanted;
};

static const struct date_row date_rows[] = {
    {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
    {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
    {1709251199, "Thu, 29 Feb 2024 23:59:59 GMT"},
    {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
    {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
    {253402300800, "Fri, 31 Dec 9999 23:59:59 GMT"},
    {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"},
    {-1, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {INT64_MIN, "Thu, 01 Jan 1970 00:00:00 GMT"},
};

Test(http1_encode, dates_are_imf_fixdate)
{
    for (size_t i = 0; i < ROWS(date_rows); i++) {
        char text[HTTP1_DATE_LEN + 1];
        memset(text, '#', sizeof text);
        http1_date(date_rows[i].epoch_s, text);
        cr_expect_str_eq(text, date_rows[i].wanted);
    }
}
