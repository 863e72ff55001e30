#include <criterion/criterion.h>

#include "runtime/core/limits.h"
#include "runtime/alb/alb_lambda.h"
#include "runtime/alb/alb_page.h"
#include "tests/support/guard.h"

/* What a load balancer makes of a function's payload; the way there is in test_alb_lambda.c. */

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(alb_answer, .init = setup, .fini = teardown);

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

Test(alb_answer, takes_what_an_alb_takes)
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

Test(alb_answer, refuses_what_an_alb_refuses_and_says_why)
{
    for (size_t i = 0; i < sizeof wrong_rows / sizeof *wrong_rows; i++) {
        if (wrong_rows[i].modes & S)
            expect_wrong(&wrong_rows[i], false);
        if (wrong_rows[i].modes & M)
            expect_wrong(&wrong_rows[i], true);
    }
}

Test(alb_answer, every_beginning_of_an_answer_is_refused)
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

Test(alb_answer, an_answer_may_have_a_megabyte_and_no_more)
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

Test(alb_answer, no_room_is_no_crash)
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

Test(alb_answer, the_page_names_the_status)
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
