#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/local/alb_lambda.h"
#include "runtime/local/alb_page.h"
#include "tests/support/guard.h"

#define ARN \
    "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/lambda-a/0123456789abcdef"
#define HEAD "{\"requestContext\":{\"elb\":{\"targetGroupArn\":\"" ARN "\"}},\"httpMethod\":"

static struct arena arena;
static struct buf out;

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&out, LIMIT_INVOCATION_BYTES);
}

static void teardown(void)
{
    buf_release(&out);
    arena_release(&arena);
}

TestSuite(alb_lambda, .init = setup, .fini = teardown);

/* --- events --- */

enum { FIELDS = 8 };

struct event_row {
    const char *name;
    const char *method;
    struct bytes path, query;
    struct http_field fields[FIELDS];
    struct bytes body;
    const char *single; /* behind HEAD */
    const char *multi;
};

#define FIELD(name_, value_)                  \
    {                                         \
        BYTES_INIT(name_), BYTES_INIT(value_) \
    }

static const struct event_row event_rows[] = {
    {"a health check has its agent alone, and no host",
     "GET",
     BYTES_INIT("/gtg"),
     BYTES_INIT(""),
     {FIELD("user-agent", "ELB-HealthChecker/2.0")},
     BYTES_INIT(""),
     "\"GET\",\"path\":\"/gtg\",\"queryStringParameters\":{},"
     "\"headers\":{\"user-agent\":\"ELB-HealthChecker/2.0\"},\"body\":\"\",\"isBase64Encoded\":"
     "false}",
     "\"GET\",\"path\":\"/gtg\",\"multiValueQueryStringParameters\":{},"
     "\"multiValueHeaders\":{\"user-agent\":[\"ELB-HealthChecker/2.0\"]},\"body\":\"\","
     "\"isBase64Encoded\":false}"},
    {"names are lower case; of one name the last value, or all in their order",
     "GET",
     BYTES_INIT("/"),
     BYTES_INIT("a=1&b=2&a=3"),
     {FIELD("Cookie", "x=1"), FIELD("Accept", "*/*"), FIELD("COOKIE", "y=2")},
     BYTES_INIT(""),
     "\"GET\",\"path\":\"/\",\"queryStringParameters\":{\"a\":\"3\",\"b\":\"2\"},"
     "\"headers\":{\"cookie\":\"y=2\",\"accept\":\"*/*\"},\"body\":\"\",\"isBase64Encoded\":false}",
     "\"GET\",\"path\":\"/\",\"multiValueQueryStringParameters\":{\"a\":[\"1\",\"3\"],\"b\":[\"2\"]"
     "},\"multiValueHeaders\":{\"cookie\":[\"x=1\",\"y=2\"],\"accept\":[\"*/*\"]},\"body\":\"\","
     "\"isBase64Encoded\":false}"},
    {"path and query stay encoded as they were sent",
     "GET",
     BYTES_INIT("/foo%25bar/%c3%A9"),
     BYTES_INIT("date%5Bfrom%5D=a+b%20c&plain[x]=1&empty=&bare&&=v&k=a=b"),
     {{{NULL, 0}, {NULL, 0}}},
     BYTES_INIT(""),
     "\"GET\",\"path\":\"/foo%25bar/%c3%A9\",\"queryStringParameters\":{\"date%5Bfrom%5D\":"
     "\"a+b%20c\",\"plain[x]\":\"1\",\"empty\":\"\",\"bare\":\"\",\"\":\"v\",\"k\":\"a=b\"},"
     "\"headers\":{},\"body\":\"\",\"isBase64Encoded\":false}",
     "\"GET\",\"path\":\"/foo%25bar/%c3%A9\",\"multiValueQueryStringParameters\":{"
     "\"date%5Bfrom%5D\":[\"a+b%20c\"],\"plain[x]\":[\"1\"],\"empty\":[\"\"],\"bare\":[\"\"],\"\":["
     "\"v\"],\"k\":[\"a=b\"]},\"multiValueHeaders\":{},\"body\":\"\",\"isBase64Encoded\":false}"},
    {"text is sent as it is, with JSON's escapes",
     "POST",
     BYTES_INIT("/candidate/ada"),
     BYTES_INIT(""),
     {FIELD("Content-Type", "Application/JSON ; charset=utf-8")},
     BYTES_INIT("{\"party\":\"\xC3\xA9\"}\n"),
     "\"POST\",\"path\":\"/candidate/ada\",\"queryStringParameters\":{},\"headers\":{"
     "\"content-type\":\"Application/JSON ; "
     "charset=utf-8\",\"content-length\":\"15\"},\"body\":\"{\\\"party\\\":\\\"\xC3\xA9"
     "\\\"}\\n\",\"isBase64Encoded\":false}",
     NULL},
    {"a body without a type is base64",
     "POST",
     BYTES_INIT("/"),
     BYTES_INIT(""),
     {FIELD("Content-Length", "2")},
     BYTES_INIT("hi"),
     "\"POST\",\"path\":\"/\",\"queryStringParameters\":{},\"headers\":{\"content-length\":\"2\"},"
     "\"body\":\"aGk=\",\"isBase64Encoded\":true}",
     NULL},
    {"an encoded body is base64 even when its type is text",
     "POST",
     BYTES_INIT("/"),
     BYTES_INIT(""),
     {FIELD("Content-Type", "text/plain"), FIELD("Content-Encoding", "gzip")},
     BYTES_INIT("\x1F\x8B\xFF"),
     "\"POST\",\"path\":\"/\",\"queryStringParameters\":{},\"headers\":{\"content-type\":"
     "\"text/plain\",\"content-encoding\":\"gzip\",\"content-length\":\"3\"},\"body\":\"H4v/"
     "\",\"isBase64Encoded\":true}",
     NULL},
    {"what the client says of its connection is left out",
     "GET",
     BYTES_INIT("/"),
     BYTES_INIT(""),
     {FIELD("Connection", "keep-alive"), FIELD("TE", "trailers"), FIELD("Expect", "100-continue"),
      FIELD("Keep-Alive", "5"), FIELD("Transfer-Encoding", "chunked"), FIELD("Te2", "stays")},
     BYTES_INIT(""),
     "\"GET\",\"path\":\"/\",\"queryStringParameters\":{},\"headers\":{\"te2\":\"stays\"},"
     "\"body\":\"\",\"isBase64Encoded\":false}",
     NULL},
};

static struct http_request request_of(const struct event_row *row)
{
    struct http_request req = {
        .method = http_method_parse(bytes_from_str(row->method)),
        .method_text = bytes_from_str(row->method),
        .path = row->path,
        .query = row->query,
        .fields = row->fields,
        .body = row->body,
        .arena = &arena,
    };
    while (req.field_count < FIELDS && row->fields[req.field_count].name.ptr)
        req.field_count++;
    return req;
}

static void expect_event(const struct event_row *row, bool is_multi_value, const char *tail)
{
    struct http_request req = request_of(row);
    buf_reset(&out);
    cr_assert_eq(alb_event_build(&req, BYTES_LIT(ARN), is_multi_value, &out), ALB_LAMBDA_OK, "%s",
                 row->name);
    struct bytes event = buf_bytes(&out);
    cr_assert(bytes_starts_with(event, BYTES_LIT(HEAD)), "%s: %.*s", row->name, BYTES_ARG(event));
    event = bytes_skip(event, sizeof HEAD - 1);
    cr_expect(bytes_eq(event, bytes_from_str(tail)), "%s: got %.*s", row->name, BYTES_ARG(event));
}

Test(alb_lambda, builds_the_event_that_an_alb_sends)
{
    for (size_t i = 0; i < sizeof event_rows / sizeof *event_rows; i++) {
        expect_event(&event_rows[i], false, event_rows[i].single);
        if (event_rows[i].multi)
            expect_event(&event_rows[i], true, event_rows[i].multi);
    }
}

struct type_row {
    struct bytes type;
    bool is_base64;
};

static const struct type_row type_rows[] = {
    {BYTES_INIT("text/plain"), false},
    {BYTES_INIT("TEXT/CSV;header=present"), false},
    {BYTES_INIT("application/json"), false},
    {BYTES_INIT("application/javascript"), false},
    {BYTES_INIT("application/xml ;charset=utf-8"), false},
    {BYTES_INIT("application/problem+json"), true},
    {BYTES_INIT("application/x-www-form-urlencoded"), true},
    {BYTES_INIT("application/jsonp"), true},
    {BYTES_INIT("text"), true},
    {BYTES_INIT("text/"), true},
    {BYTES_INIT("image/png"), true},
    {BYTES_INIT(""), true},
};

Test(alb_lambda, the_content_type_says_whether_the_body_is_base64)
{
    for (size_t i = 0; i < sizeof type_rows / sizeof *type_rows; i++) {
        struct http_field field = {BYTES_LIT("Content-Type"), type_rows[i].type};
        struct http_request req = {.method_text = BYTES_LIT("PUT"),
                                   .path = BYTES_LIT("/"),
                                   .fields = &field,
                                   .field_count = 1,
                                   .body = BYTES_LIT("x"),
                                   .arena = &arena};
        buf_reset(&out);
        cr_assert_eq(alb_event_build(&req, BYTES_LIT(ARN), true, &out), ALB_LAMBDA_OK);
        struct bytes tail = type_rows[i].is_base64
                                ? BYTES_LIT("\"body\":\"eA==\",\"isBase64Encoded\":true}")
                                : BYTES_LIT("\"body\":\"x\",\"isBase64Encoded\":false}");
        cr_assert_gt(out.len, tail.len);
        cr_expect(bytes_eq(bytes_skip(buf_bytes(&out), out.len - tail.len), tail), "%.*s",
                  BYTES_ARG(type_rows[i].type));
    }
}

struct refused_row {
    const char *name;
    struct bytes path, query;
    struct http_field field;
    struct bytes body;
    enum alb_lambda_reason reason;
};

static const struct refused_row refused_rows[] = {
    {"path", BYTES_INIT("/\xFF"), BYTES_INIT(""), FIELD("a", "b"), BYTES_INIT(""),
     ALB_LAMBDA_BAD_REQUEST},
    {"query", BYTES_INIT("/"), BYTES_INIT("a=\xC0\xAF"), FIELD("a", "b"), BYTES_INIT(""),
     ALB_LAMBDA_BAD_REQUEST},
    {"field", BYTES_INIT("/"), BYTES_INIT(""), FIELD("a", "caf\xE9"), BYTES_INIT(""),
     ALB_LAMBDA_BAD_REQUEST},
    {"text body", BYTES_INIT("/"), BYTES_INIT(""), FIELD("content-type", "text/plain"),
     BYTES_INIT("\xED\xA0\x80"), ALB_LAMBDA_BAD_REQUEST},
    {"other bodies may hold any byte", BYTES_INIT("/"), BYTES_INIT(""),
     FIELD("content-type", "image/png"), BYTES_INIT("\xED\xA0\x80"), ALB_LAMBDA_OK},
    {"upgrade", BYTES_INIT("/"), BYTES_INIT(""), FIELD("Upgrade", "websocket"), BYTES_INIT(""),
     ALB_LAMBDA_NO_WEBSOCKET},
};

Test(alb_lambda, a_request_that_no_event_can_hold_has_its_reason)
{
    for (size_t i = 0; i < sizeof refused_rows / sizeof *refused_rows; i++) {
        const struct refused_row *row = &refused_rows[i];
        struct http_request req = {.method_text = BYTES_LIT("POST"),
                                   .path = row->path,
                                   .query = row->query,
                                   .fields = &row->field,
                                   .field_count = 1,
                                   .body = row->body,
                                   .arena = &arena};
        buf_reset(&out);
        cr_expect_eq(alb_event_build(&req, BYTES_LIT(ARN), false, &out), row->reason, "%s",
                     row->name);
    }
}

Test(alb_lambda, a_body_may_have_a_megabyte_and_no_more)
{
    size_t len = LIMIT_BODY_BYTES + 1;
    char *body = arena_zalloc(&arena, len);
    cr_assert_not_null(body);
    struct http_request req = {
        .method_text = BYTES_LIT("POST"), .path = BYTES_LIT("/"), .arena = &arena};
    req.body = bytes_make(body, len - 1);
    cr_expect_eq(alb_event_build(&req, BYTES_LIT(ARN), false, &out), ALB_LAMBDA_OK);
    req.body = bytes_make(body, len);
    buf_reset(&out);
    cr_expect_eq(alb_event_build(&req, BYTES_LIT(ARN), false, &out), ALB_LAMBDA_REQUEST_TOO_LARGE);
}

Test(alb_lambda, a_full_buffer_is_told)
{
    struct http_request req = {
        .method_text = BYTES_LIT("GET"), .path = BYTES_LIT("/"), .arena = &arena};
    struct buf small;
    buf_init(&small, 20);
    cr_expect_eq(alb_event_build(&req, BYTES_LIT(ARN), false, &small), ALB_LAMBDA_NO_MEMORY);
    buf_release(&small);
}

/* --- answers --- */

#define S 1u /* with single-value headers */
#define M 2u /* with multi-value headers */

struct answer_row {
    const char *payload;
    unsigned modes;
    int status;
    const char *fields; /* "name: value\n" each */
    struct bytes body;
};

static const struct answer_row answer_rows[] = {
    {"{\"statusCode\":200}", S | M, 200, "", BYTES_INIT("")},
    {"{\"isBase64Encoded\":false,\"statusCode\":201,\"statusDescription\":\"201 Created\","
     "\"headers\":{\"Content-Type\":\"text/plain\",\"X-A\":\" b \"},\"body\":\"h\\u00e9\"}",
     S, 201, "Content-Type: text/plain\nX-A: b\n", BYTES_INIT("h\xC3\xA9")},
    {"{\"statusCode\":200,\"multiValueHeaders\":{\"Set-Cookie\":[\"a=1\",\"b=2\"],\"none\":[]},"
     "\"headers\":{\"x\":\"y\"},\"body\":\"\"}",
     M, 200, "Set-Cookie: a=1\nSet-Cookie: b=2\n", BYTES_INIT("")},
    {"{\"statusCode\":200,\"multiValueHeaders\":{\"a\":[\"1\"]},\"headers\":{\"b\":\"2\"}}", S, 200,
     "b: 2\n", BYTES_INIT("")},
    {"{\"statusCode\":200,\"headers\":{\"Connection\":\"close\",\"content-length\":\"99\","
     "\"Transfer-Encoding\":\"chunked\",\"Keep-Alive\":\"1\",\"e\":\"\"}}",
     S, 200, "e: \n", BYTES_INIT("")},
    {"{\"statusCode\":200,\"isBase64Encoded\":true,\"body\":\"AP8=\"}", S | M, 200, "",
     BYTES_INIT("\0\xFF")},
    {"{\"statusCode\":200,\"isBase64Encoded\":true,\"body\":\"\"}", S | M, 200, "", BYTES_INIT("")},
    {"{\"statusCode\":200,\"isBase64Encoded\":true}", S | M, 200, "", BYTES_INIT("")},
    {"{\"statusCode\":200,\"body\":\"a\\u0000b\\\\u0000\x7F\"}", S | M, 200, "",
     BYTES_INIT("a\0b\\u0000\x7F")},
    {"{\"statusCode\":200,\"cookies\":null,\"more\":{\"x\":1}}", S | M, 200, "", BYTES_INIT("")},
    {"{\"statusCode\":404,\"statusCode\":200}", S | M, 200, "", BYTES_INIT("")},
    {" {\"statusCode\":2.0e2}\n", S | M, 200, "", BYTES_INIT("")},
};

static const char *fields_text(const struct http_response *res)
{
    struct bytes text = {"", 0};
    for (size_t i = 0; i < res->field_count; i++)
        cr_assert_eq(arena_printf(&arena, &text, "%.*s%.*s: %.*s\n", BYTES_ARG(text),
                                  BYTES_ARG(res->fields[i].name), BYTES_ARG(res->fields[i].value)),
                     RC_OK);
    return text.ptr;
}

static void expect_answer(const struct answer_row *row, bool is_multi_value)
{
    struct guard guard = guard_new(bytes_from_str(row->payload));
    struct http_response res;
    const char *detail = NULL;
    enum alb_lambda_reason reason =
        alb_answer_parse(guard.view, is_multi_value, &arena, &res, &detail);
    guard_free(&guard);
    cr_assert_eq(reason, ALB_LAMBDA_OK, "%s: %s", row->payload, detail);
    cr_expect_eq(res.status, row->status, "%s", row->payload);
    cr_expect_str_eq(fields_text(&res), row->fields, "%s", row->payload);
    cr_expect(bytes_eq(res.body, row->body), "%s: body '%.*s'", row->payload, BYTES_ARG(res.body));
}

Test(alb_lambda, takes_what_an_alb_takes)
{
    for (size_t i = 0; i < sizeof answer_rows / sizeof *answer_rows; i++) {
        if (answer_rows[i].modes & S)
            expect_answer(&answer_rows[i], false);
        if (answer_rows[i].modes & M)
            expect_answer(&answer_rows[i], true);
    }
}

struct wrong_row {
    const char *payload;
    unsigned modes;
    const char *detail;
};

static const struct wrong_row wrong_rows[] = {
    {"", S | M, "the payload is no JSON: byte 0"},
    {"{\"statusCode\":200", S | M, "the payload is no JSON: byte 16"},
    {"{\"statusCode\":200}}", S | M, "the payload is no JSON: byte 18"},
    {"\"hello\"", S | M, "the payload is no JSON object"},
    {"null", S | M, "the payload is no JSON object"},
    {"[{\"statusCode\":200}]", S | M, "the payload is no JSON object"},
    {"{}", S | M, "'statusCode' is missing"},
    {"{\"StatusCode\":200}", S | M, "'statusCode' is missing"},
    {"{\"statusCode\":\"200\"}", S | M, "'statusCode' is not a whole number"},
    {"{\"statusCode\":200.5}", S | M, "'statusCode' is not a whole number"},
    {"{\"statusCode\":1e99}", S | M, "'statusCode' is not a whole number"},
    {"{\"statusCode\":100}", S | M, "'statusCode' is not from 200 to 599"},
    {"{\"statusCode\":-200}", S | M, "'statusCode' is not from 200 to 599"},
    {"{\"statusCode\":null}", S | M, "'statusCode' is null"},
    {"{\"statusCode\":200,\"statusDescription\":null}", S | M, "'statusDescription' is null"},
    {"{\"statusCode\":200,\"statusDescription\":200}", S | M,
     "'statusDescription' is not a string"},
    {"{\"statusCode\":200,\"headers\":null,\"multiValueHeaders\":{}}", S | M, "'headers' is null"},
    {"{\"statusCode\":200,\"headers\":{},\"multiValueHeaders\":null}", S | M,
     "'multiValueHeaders' is null"},
    {"{\"statusCode\":200,\"body\":null}", S | M, "'body' is null"},
    {"{\"statusCode\":200,\"isBase64Encoded\":null}", S | M, "'isBase64Encoded' is null"},
    {"{\"statusCode\":200,\"isBase64Encoded\":\"true\"}", S | M,
     "'isBase64Encoded' is not true or false"},
    {"{\"statusCode\":200,\"body\":{\"a\":1}}", S | M, "'body' is not a string"},
    {"{\"statusCode\":200,\"headers\":{\"a\":\"b\"}}", M,
     "'headers' stands where 'multiValueHeaders' is needed"},
    {"{\"statusCode\":200,\"multiValueHeaders\":{\"a\":[\"b\"]}}", S,
     "'multiValueHeaders' stands where 'headers' is needed"},
    {"{\"statusCode\":200,\"headers\":[]}", S, "'headers' is not an object"},
    {"{\"statusCode\":200,\"multiValueHeaders\":\"a\"}", M, "'multiValueHeaders' is not an object"},
    {"{\"statusCode\":200,\"headers\":{\"a\":true}}", S, "header 'a' is not a string"},
    {"{\"statusCode\":200,\"headers\":{\"a\":5}}", S, "header 'a' is not a string"},
    {"{\"statusCode\":200,\"headers\":{\"a\":null}}", S, "header 'a' is not a string"},
    {"{\"statusCode\":200,\"headers\":{\"a\":[\"b\"]}}", S, "header 'a' is not a string"},
    {"{\"statusCode\":200,\"headers\":{\"a b\":\"c\"}}", S,
     "header 'a b' has a name that HTTP does not allow"},
    {"{\"statusCode\":200,\"headers\":{\"a\":\"b\\r\\nc: d\"}}", S,
     "header 'a' has a value that HTTP does not allow"},
    {"{\"statusCode\":200,\"headers\":{\"a\":\"b\\u0000\"}}", S,
     "header 'a' has a value that HTTP does not allow"},
    {"{\"statusCode\":200,\"multiValueHeaders\":{\"a\":\"b\"}}", M,
     "header 'a' is not a list of strings"},
    {"{\"statusCode\":200,\"multiValueHeaders\":{\"a\":[\"b\",1]}}", M,
     "header 'a' is not a string"},
    {"{\"statusCode\":200,\"isBase64Encoded\":true,\"body\":\"A\"}", S | M, "'body' is not base64"},
    {"{\"statusCode\":200,\"isBase64Encoded\":true,\"body\":\"AP8=\\r\\nAP8=\"}", S | M,
     "'body' is not base64"},
};

static void expect_wrong(const struct wrong_row *row, bool is_multi_value)
{
    struct guard guard = guard_new(bytes_from_str(row->payload));
    struct http_response res;
    const char *detail = "";
    enum alb_lambda_reason reason =
        alb_answer_parse(guard.view, is_multi_value, &arena, &res, &detail);
    guard_free(&guard);
    cr_expect_eq(reason, ALB_LAMBDA_INVALID_RESPONSE, "%s", row->payload);
    cr_expect_str_eq(detail, row->detail, "%s: %s", row->payload, detail);
}

Test(alb_lambda, refuses_what_an_alb_refuses_and_says_why)
{
    for (size_t i = 0; i < sizeof wrong_rows / sizeof *wrong_rows; i++) {
        if (wrong_rows[i].modes & S)
            expect_wrong(&wrong_rows[i], false);
        if (wrong_rows[i].modes & M)
            expect_wrong(&wrong_rows[i], true);
    }
}

Test(alb_lambda, every_beginning_of_an_answer_is_refused)
{
    struct bytes whole = BYTES_LIT("{\"statusCode\":200,\"multiValueHeaders\":{\"a\":[\"b\"]},"
                                   "\"isBase64Encoded\":true,\"body\":\"AP8=\\u0000\"}");
    struct http_response res;
    for (size_t len = 0; len < whole.len; len++) {
        struct guard guard = guard_new(bytes_make(whole.ptr, len));
        cr_expect_eq(alb_answer_parse(guard.view, true, &arena, &res, NULL),
                     ALB_LAMBDA_INVALID_RESPONSE, "%zu bytes", len);
        guard_free(&guard);
    }
}

Test(alb_lambda, an_answer_may_have_a_megabyte_and_no_more)
{
    size_t len = LIMIT_RESPONSE_JSON_BYTES + 1;
    char *text = arena_alloc(&arena, len);
    struct http_response res;
    cr_assert_not_null(text);
    memset(text, ' ', len);
    memcpy(text, "{\"statusCode\":200}", 18);
    cr_expect_eq(alb_answer_parse(bytes_make(text, len - 1), true, &arena, &res, NULL),
                 ALB_LAMBDA_OK);
    cr_expect_eq(alb_answer_parse(bytes_make(text, len), true, &arena, &res, NULL),
                 ALB_LAMBDA_RESPONSE_TOO_LARGE);
}

Test(alb_lambda, no_room_is_no_crash)
{
    for (size_t room = 0; room < 4096; room += 64) {
        struct arena small;
        struct http_response res;
        arena_init(&small, room);
        enum alb_lambda_reason reason =
            alb_answer_parse(BYTES_LIT("{\"statusCode\":200,\"headers\":{\"a\":\"b\"},"
                                       "\"isBase64Encoded\":true,\"body\":\"AP8=\"}"),
                             false, &small, &res, NULL);
        cr_expect(reason == ALB_LAMBDA_OK || reason == ALB_LAMBDA_NO_MEMORY, "room %zu: %s", room,
                  alb_lambda_reason_name(reason));
        arena_release(&small);
    }
}

Test(alb_lambda, reasons_have_the_access_logs_names)
{
    cr_expect_eq(alb_lambda_outcome(FUNCTION_OK), ALB_LAMBDA_OK);
    cr_expect_str_eq(alb_lambda_reason_name(alb_lambda_outcome(FUNCTION_ERROR)), "LambdaUnhandled");
    cr_expect_str_eq(alb_lambda_reason_name(alb_lambda_outcome(FUNCTION_TIMEOUT)),
                     "LambdaUnhandled");
    cr_expect_str_eq(alb_lambda_reason_name(alb_lambda_outcome(FUNCTION_THROTTLED)),
                     "LambdaThrottling");
    cr_expect_eq(alb_lambda_reason_status(ALB_LAMBDA_THROTTLING), 502);
    cr_expect_eq(alb_lambda_reason_status(ALB_LAMBDA_REQUEST_TOO_LARGE), 413);
}

Test(alb_lambda, the_page_names_the_status)
{
    struct http_response res;
    alb_page_set(&res, &arena, 502);
    cr_expect_eq(res.status, 502);
    cr_expect_str_eq(fields_text(&res), "Server: awselb/2.0\nContent-Type: text/html\n");
    cr_expect(
        bytes_eq(res.body, BYTES_LIT("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
                                     "<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
                                     "</body>\r\n</html>\r\n")));
}
