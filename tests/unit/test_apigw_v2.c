#include <criterion/criterion.h>

#include "tests/support/event_case.h"

/* Events of HTTP APIs with payload format 2.0, and of function URLs. */

static const struct event_case cases[] = {
    {.name = "apigw/v2_get", .path = "/hello"},
    {.name = "apigw/v2_query", .path = "/hello", .query = "tag=a&tag=b%20c&page=2"},
    {.name = "apigw/v2_odd_query", .path = "/hello", .query = "a=b%20c%23d&%C3%A9=?"},
    {.name = "apigw/v2_cookies",
     .path = "/hello",
     .fields = "accept: text/html,*/*\ncookie: a=1; b=2\n"},
    {.name = "apigw/v2_empty_cookies", .path = "/hello", .fields = "accept: */*\ncookie: c=3\n"},
    {.name = "apigw/v2_joined_headers",
     .path = "/hello",
     .fields = "accept: text/html,*/*\nx-b: 1,2\n"},
    {.name = "apigw/v2_no_headers", .path = "/hello", .fields = ""},
    {.name = "apigw/v2_post_text",
     .method = HTTP_POST,
     .path = "/candidate/ada",
     .body = BYTES_INIT("{\"party\":\"purple\"}")},
    {.name = "apigw/v2_post_base64",
     .method = HTTP_POST,
     .path = "/upload",
     .body = BYTES_INIT("\0\x01\x02\xFF\xFE\x80\n\r\0")},
    {.name = "apigw/v2_decoded_path", .path = "/caf%C3%A9/100%25/x%3Fy%23z%2541"},
    {.name = "apigw/v2_stage", .path = "/hello"},
    {.name = "apigw/v2_stage_alone", .path = "/"},
    {.name = "apigw/v2_stage_is_not_there", .path = "/production/hello"},
    {.name = "apigw/url_get", .path = "/hello", .is_function_url = true},
    {.name = "apigw/url_encoded_path", .path = "/caf%C3%A9/a%2Fb%25", .is_function_url = true},
    {.name = "apigw/url_stage_like_path", .path = "/prod/x", .is_function_url = true},
    {.name = "apigw/url_iam", .path = "/hello", .is_function_url = true},
    {.name = "alb/api_gateway_v2", .path = "/hello", .query = "a=1"},
};

Test(apigw_v2, takes_every_shape_of_an_event)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        event_case_expect(&cases[i], EVENT_APIGW_V2);
}

#define NOT_V2 "the event is not one of format 2.0: "

static const struct event_fault faults[] = {
    {"apigw/v2_no_method", NOT_V2 "'requestContext.http.method' is missing"},
    {"apigw/v2_no_raw_path", NOT_V2 "'rawPath' is missing"},
    {"apigw/v2_number_as_query", NOT_V2 "'rawQueryString' is no text"},
    {"apigw/v2_text_as_cookies", "'cookies' is no list of texts"},
    {"apigw/v2_number_in_cookies", "'cookies' is no list of texts"},
    {"apigw/v2_break_in_cookie", "the header 'cookie' has a character that HTTP forbids"},
    {"apigw/v2_list_as_header", "'headers' is no map"},
    {"apigw/v2_bad_base64", "'body' is not the base64 that 'isBase64Encoded' says it is"},
};

Test(apigw_v2, refuses_others_and_says_what_is_wrong)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        event_fault_expect(&faults[i], EVENT_APIGW_V2);
}

static const char *const others[] = {"other/schedule",   "other/alarm", "other/version_3",
                                     "other/websocket",  "other/list",  "other/number",
                                     "alb/not_an_object"};

Test(apigw_v2, an_event_without_a_request_is_told_from_a_broken_one)
{
    struct event_fault fault = {.message = "the event is no HTTP event: the 'requestContext' of a "
                                           "load balancer ('elb'), of API Gateway or of a function "
                                           "URL is missing"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        fault.name = others[i];
        event_fault_expect(&fault, EVENT_NONE);
    }
}

Test(apigw_v2, tells_the_trace_id)
{
    event_trace_expect("apigw/v2_get", "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e");
}

Test(apigw_v2, no_truncation_reads_too_far_or_passes)
{
    event_cuts_expect("apigw/v2_cookies");
    event_cuts_expect("apigw/v2_post_base64");
}

Test(apigw_v2, no_changed_byte_crashes)
{
    event_flips_expect("apigw/v2_cookies");
    event_flips_expect("apigw/v2_decoded_path");
}

Test(apigw_v2, limits_are_those_of_every_request)
{
    event_limits_expect("{\"version\":\"2.0\",\"rawPath\":\"/%s\",\"requestContext\":{\"http\":{"
                        "\"method\":\"POST\"}},\"headers\":{\"a\":\"%s\"},\"body\":\"%s\"}");
}

Test(apigw_v2, writes_an_answer)
{
    struct event_context context = {.kind = EVENT_APIGW_V2};
    event_answer_expect(&context, BYTES_LIT("hi"),
                        "{\"statusCode\":201,\"headers\":{\"Content-Type\":\"text/plain\",\"Vary\":"
                        "\"a,b\"},\"cookies\":[\"a=1\",\"b=2\"],\"body\":\"hi\","
                        "\"isBase64Encoded\":false}");
    event_answer_expect(&context, BYTES_LIT("\xFF"),
                        "{\"statusCode\":201,\"headers\":{\"Content-Type\":\"text/plain\",\"Vary\":"
                        "\"a,b\"},\"cookies\":[\"a=1\",\"b=2\"],\"body\":\"/w==\","
                        "\"isBase64Encoded\":true}");
}
