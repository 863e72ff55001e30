#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/local/apigw_lambda.h"
#include "tests/support/guard.h"

/* What API Gateway and function URLs make of a function's payload. */

struct row {
    const char *name;
    enum apigw_type type;
    struct bytes payload;
    int status;         /* 0: it is refused */
    const char *fields; /* "name: value\n" each; or why it is refused */
    struct bytes body;
};

#define B(text) BYTES_INIT(text)
#define NULS "\0\0\0\0\0\0\0\0"

static const struct row rows[] = {
    {"lists and texts", APIGW_REST,
     B("{\"statusCode\":201,\"headers\":{\"a\":\"1\",\"b\":\"2\"},\"multiValueHeaders\":{\"A\":["
       "\"3\",\"4\"]},\"body\":\"hi\"}"),
     201, "A: 3\nA: 4\nb: 2\n", B("hi")},
    {"no body, no headers", APIGW_REST, B("{\"statusCode\":204,\"headers\":null,\"body\":null}"),
     204, "", B("")},
    {"base64", APIGW_REST, B("{\"statusCode\":200,\"body\":\"/w==\",\"isBase64Encoded\":true}"),
     200, "", B("\xFF")},
    {"cookies", APIGW_HTTP,
     B("{\"statusCode\":200,\"headers\":{\"a\":\"1,2\",\"Content-Length\":\"7\"},\"cookies\":["
       "\"c=1\",\"d=2\"],\"body\":\"\"}"),
     200, "a: 1,2\nSet-Cookie: c=1\nSet-Cookie: d=2\n", B("")},
    {"no status", APIGW_HTTP, B("{\"message\":\"hi\"}"), 200, "Content-Type: application/json\n",
     B("{\"message\":\"hi\"}")},
    {"a text alone", APIGW_URL, B("\"hi\""), 200, "Content-Type: application/json\n", B("\"hi\"")},
    {"streamed", APIGW_URL, B("{\"statusCode\":200,\"cookies\":[\"c=1\"]}" NULS "a\0b"), 200,
     "Set-Cookie: c=1\n", B("a\0b")},
    {"streamed, without a body", APIGW_URL, B("{\"statusCode\":200}" NULS), 200, "", B("")},
    {"only a URL streams", APIGW_HTTP, B("{\"statusCode\":200}" NULS), 0, "the payload is no JSON",
     B("")},
    {"no JSON", APIGW_URL, B("hi"), 0, "the payload is no JSON", B("")},
    {"nothing", APIGW_REST, B(""), 0, "the payload is no JSON", B("")},
    {"format 1.0 needs a status", APIGW_REST, B("{}"), 0, "'statusCode' is not from 200 to 599",
     B("")},
    {"a status that is none", APIGW_URL, B("{\"statusCode\":100}"), 0,
     "'statusCode' is not from 200 to 599", B("")},
    {"a number as header", APIGW_REST, B("{\"statusCode\":200,\"headers\":{\"a\":1}}"), 0,
     "a header is no text, or has what HTTP does not allow", B("")},
    {"a line break in a cookie", APIGW_URL,
     B("{\"statusCode\":200,\"cookies\":[\"a=1\\r\\nb: 2\"]}"), 0,
     "a header is no text, or has what HTTP does not allow", B("")},
    {"a list as headers", APIGW_URL, B("{\"statusCode\":200,\"headers\":[]}"), 0,
     "the headers are no map", B("")},
    {"a text as cookies", APIGW_URL, B("{\"statusCode\":200,\"cookies\":\"a=1\"}"), 0,
     "'cookies' is no list", B("")},
    {"a number as body", APIGW_URL, B("{\"statusCode\":200,\"body\":1}"), 0, "'body' is no text",
     B("")},
    {"bad base64", APIGW_URL, B("{\"statusCode\":200,\"body\":\"!\",\"isBase64Encoded\":true}"), 0,
     "'body' is not base64", B("")},
};

static void expect_fields(const struct row *row, const struct http_response *res)
{
    struct buf text;
    buf_init(&text, LIMIT_HEAD_BYTES);
    for (size_t i = 0; i < res->field_count; i++)
        buf_printf(&text, "%.*s: %.*s\n", BYTES_ARG(res->fields[i].name),
                   BYTES_ARG(res->fields[i].value));
    cr_expect(bytes_eq(buf_bytes(&text), bytes_from_str(row->fields)), "%s: %.*s", row->name,
              BYTES_ARG(buf_bytes(&text)));
    buf_release(&text);
}

Test(apigw_lambda, an_answer_is_taken_or_refused_with_a_reason)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct arena arena;
        struct http_response res;
        const char *detail = NULL;
        struct guard payload = guard_new(row->payload);
        arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
        enum alb_lambda_reason reason =
            apigw_answer_parse(payload.view, row->type, &arena, &res, &detail);
        guard_free(&payload);
        if (row->status) {
            cr_expect_eq(reason, ALB_LAMBDA_OK, "%s: %s", row->name, detail);
            cr_expect_eq(res.status, row->status, "%s: %d", row->name, res.status);
            cr_expect(bytes_eq(res.body, row->body), "%s: %.*s", row->name, BYTES_ARG(res.body));
            expect_fields(row, &res);
        } else {
            cr_expect_eq(reason, ALB_LAMBDA_INVALID_RESPONSE, "%s", row->name);
            cr_expect_str_eq(detail, row->fields, "%s", row->name);
        }
        arena_release(&arena);
    }
}
