#include <criterion/criterion.h>

#include "tests/support/event_case.h"

/* Events of REST APIs, and of HTTP APIs with payload format 1.0. */

static const struct event_case cases[] = {
    {.name = "apigw/v1_get", .path = "/hello"},
    {.name = "apigw/v1_query",
     .path = "/hello",
     .query = "tag=a&tag=b%20c&date%5Bfrom%5D=100%25&a%3Db=x%26y&plus=1%2B1&e=%C3%A9"},
    {.name = "apigw/v1_single_query", .path = "/hello", .query = "tag=b%20c"},
    {.name = "apigw/v1_multi_headers",
     .path = "/hello",
     .fields = "accept: text/html\naccept: */*\ncookie: a=1\ncookie: b=2\n"},
    {.name = "apigw/v1_single_headers", .path = "/hello", .fields = "accept: text/html\n"},
    {.name = "apigw/v1_null_headers", .path = "/hello", .fields = ""},
    {.name = "apigw/v1_post_text",
     .method = HTTP_POST,
     .path = "/candidate/ada",
     .body = BYTES_INIT("{\"party\":\"purple\"}")},
    {.name = "apigw/v1_post_base64",
     .method = HTTP_POST,
     .path = "/upload",
     .body = BYTES_INIT("\0\x01\x02\xFF\xFE\x80\n\r\0")},
    {.name = "apigw/v1_encoded_path", .path = "/caf%C3%A9/a%2Fb%25"},
    {.name = "apigw/v1_http_api", .path = "/caf%C3%A9%20100%25"},
    {.name = "apigw/v1_http_api_default", .path = "/default/x"},
    {.name = "apigw/v1_test_invoke", .path = "/hello", .fields = ""},
    {.name = "alb/api_gateway_v1", .path = "/hello"},
};

Test(apigw_v1, takes_every_shape_of_an_event)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        event_case_expect(&cases[i], EVENT_APIGW_V1);
}

#define NOT_V1 "the event is not one of API Gateway's format 1.0: "

static const struct event_fault faults[] = {
    {"apigw/v1_no_path", NOT_V1 "'path' is missing"},
    {"apigw/v1_null_method", NOT_V1 "'httpMethod' is no text, or an empty one"},
    {"apigw/v1_bad_method", NOT_V1 "'httpMethod' is no method"},
    {"apigw/v1_no_slash", NOT_V1 "'path' is no path"},
    {"apigw/v1_number_in_header", "the header 'x-count' is no text"},
    {"apigw/v1_bad_base64", "'body' is not the base64 that 'isBase64Encoded' says it is"},
    {"apigw/v1_list_as_query",
     "'multiValueQueryStringParameters' is no map of texts or of lists of texts"},
};

Test(apigw_v1, refuses_others_and_says_what_is_wrong)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        event_fault_expect(&faults[i], EVENT_APIGW_V1);
}

Test(apigw_v1, tells_the_trace_id)
{
    event_trace_expect("apigw/v1_get", "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e");
}

Test(apigw_v1, no_truncation_reads_too_far_or_passes)
{
    event_cuts_expect("apigw/v1_query");
    event_cuts_expect("apigw/v1_post_base64");
}

Test(apigw_v1, no_changed_byte_crashes)
{
    event_flips_expect("apigw/v1_query");
    event_flips_expect("apigw/v1_http_api");
}

Test(apigw_v1, limits_are_those_of_every_request)
{
    event_limits_expect(
        "{\"path\":\"/%s\",\"httpMethod\":\"POST\",\"requestContext\":{\"stage\":\"p\"},"
        "\"headers\":{\"a\":\"%s\"},\"body\":\"%s\"}");
}

Test(apigw_v1, writes_an_answer)
{
    struct event_context context = {.kind = EVENT_APIGW_V1};
    event_answer_expect(
        &context, BYTES_LIT("hi"),
        "{\"statusCode\":201,\"multiValueHeaders\":{\"Content-Type\":[\"text/plain\"]"
        ",\"Vary\":[\"a\",\"b\"],\"Set-Cookie\":[\"a=1\",\"b=2\"]},\"body\":\"hi\","
        "\"isBase64Encoded\":false}");
    event_answer_expect(
        &context, BYTES_LIT("\xFF"),
        "{\"statusCode\":201,\"multiValueHeaders\":{\"Content-Type\":[\"text/plain\"]"
        ",\"Vary\":[\"a\",\"b\"],\"Set-Cookie\":[\"a=1\",\"b=2\"]},\"body\":\"/w==\","
        "\"isBase64Encoded\":true}");
}
