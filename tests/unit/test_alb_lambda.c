#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/alb/alb_lambda.h"

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

Test(alb_lambda, reasons_have_the_access_logs_names)
{
    cr_expect_eq(alb_lambda_outcome(ALB_INVOKED_OK), ALB_LAMBDA_OK);
    cr_expect_str_eq(alb_lambda_reason_name(alb_lambda_outcome(ALB_INVOKED_ERROR)),
                     "LambdaUnhandled");
    cr_expect_str_eq(alb_lambda_reason_name(alb_lambda_outcome(ALB_INVOKED_UNREACHABLE)),
                     "LambdaConnectionError");
    cr_expect_str_eq(alb_lambda_reason_name(alb_lambda_outcome(ALB_INVOKED_THROTTLED)),
                     "LambdaThrottling");
    cr_expect_eq(alb_lambda_reason_status(ALB_LAMBDA_THROTTLING), 502);
    cr_expect_eq(alb_lambda_reason_status(ALB_LAMBDA_REQUEST_TOO_LARGE), 413);
}
