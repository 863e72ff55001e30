#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/lambda/alb_codec.h"
#include "tests/support/data.h"
#include "tests/support/guard.h"

static struct arena arena;
static struct http_request req;
static struct alb_context context;
static const char *fault;

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(alb_decode, .init = setup, .fini = teardown);

/* Decodes a file of tests/data/alb, whose last byte is the last that can be read. */
static enum rc decode_file(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "alb/%s.json", name);
    struct bytes text = data_read(path);
    struct guard event = guard_new(text);
    fault = NULL;
    enum rc rc = alb_decode(event.view, &arena, &req, &context, &fault);
    free((void *)(uintptr_t)text.ptr);
    guard_free(&event);
    return rc;
}

struct good_row {
    const char *name;
    bool is_multi_value;
    enum http_method method;
    struct bytes path, query, body;
    struct http_field field; /* one that must be there; no name: there is none at all */
};

#define ACCEPT                                  \
    {                                           \
        BYTES_INIT("accept"), BYTES_INIT("*/*") \
    }

static const struct good_row good_rows[] = {
    {"get",
     false,
     HTTP_GET,
     BYTES_INIT("/hello"),
     BYTES_INIT("name=ada&limit=25"),
     {NULL, 0},
     ACCEPT},
    {"post_text",
     false,
     HTTP_POST,
     BYTES_INIT("/candidate/ada"),
     {NULL, 0},
     BYTES_INIT("{\"party\":\"purple\"}"),
     ACCEPT},
    {"post_base64",
     false,
     HTTP_POST,
     BYTES_INIT("/upload"),
     {NULL, 0},
     BYTES_INIT("\0\x01\x02\xFF\xFE\x80\n\r\0"),
     ACCEPT},
    {"multi_value",
     true,
     HTTP_GET,
     BYTES_INIT("/hello"),
     BYTES_INIT("tag=a&tag=b%20c&tag&page=2"),
     {NULL, 0},
     {BYTES_INIT("accept"), BYTES_INIT("text/html")}},
    {"both_families",
     true,
     HTTP_GET,
     BYTES_INIT("/hello"),
     BYTES_INIT("k=first&k=last"),
     {NULL, 0},
     {BYTES_INIT("x"), BYTES_INIT("first")}},
    {"encoded_query",
     false,
     HTTP_GET,
     BYTES_INIT("/caf%C3%A9/a%2Fb%25"),
     BYTES_INIT("q=caf%C3%A9+au+lait&date%5Bfrom%5D=2026-01-02&empty"),
     {NULL, 0},
     ACCEPT},
    {"mixed_encoding",
     false,
     HTTP_GET,
     BYTES_INIT("/hello"),
     BYTES_INIT("date%5Bto%5D=100%25&date[from]=a=b&a%3Db=c%26d&sp%20ace=x%20y&h%23sh=%231"
                "&%C3%A9=%C3%BC&percent=50%"),
     {NULL, 0},
     ACCEPT},
    {"no_host", false, HTTP_GET, BYTES_INIT("/hello"), {NULL, 0}, {NULL, 0}, ACCEPT},
    {"health_check",
     false,
     HTTP_GET,
     BYTES_INIT("/gtg"),
     {NULL, 0},
     {NULL, 0},
     {BYTES_INIT("user-agent"), BYTES_INIT("ELB-HealthChecker/2.0")}},
    {"empty_body_flag_true", false, HTTP_GET, BYTES_INIT("/hello"), {NULL, 0}, {NULL, 0}, ACCEPT},
    {"empty_body_flag_false", false, HTTP_GET, BYTES_INIT("/hello"), {NULL, 0}, {NULL, 0}, ACCEPT},
    {"no_body", false, HTTP_GET, BYTES_INIT("/hello"), {NULL, 0}, {NULL, 0}, ACCEPT},
    {"null_maps",
     false,
     HTTP_GET,
     BYTES_INIT("/hello"),
     {NULL, 0},
     {NULL, 0},
     {{NULL, 0}, {NULL, 0}}},
    {"null_multi_value_maps",
     true,
     HTTP_GET,
     BYTES_INIT("/hello"),
     {NULL, 0},
     {NULL, 0},
     {{NULL, 0}, {NULL, 0}}},
    {"no_maps",
     false,
     HTTP_GET,
     BYTES_INIT("/hello"),
     {NULL, 0},
     {NULL, 0},
     {{NULL, 0}, {NULL, 0}}},
    {"nul_in_body",
     false,
     HTTP_POST,
     BYTES_INIT("/hello"),
     {NULL, 0},
     BYTES_INIT("a\0b\x7F"
                "0\x7F"
                "1\\u0000\0"),
     ACCEPT},
    {"utf8",
     false,
     HTTP_POST,
     BYTES_INIT("/candidate/%E2%82%AC"),
     {NULL, 0},
     BYTES_INIT("{\"party\":\"größe €💡\"}"),
     {BYTES_INIT("x-name"), BYTES_INIT("Zoë 💡")}},
    {"escaped_utf8",
     false,
     HTTP_POST,
     BYTES_INIT("/hello"),
     {NULL, 0},
     BYTES_INIT("{\"party\":\"größe €💡\"}"),
     {BYTES_INIT("x-name"), BYTES_INIT("Zoë 💡")}},
    {"padded_header",
     false,
     HTTP_GET,
     BYTES_INIT("/hello"),
     {NULL, 0},
     {NULL, 0},
     {BYTES_INIT("X-Padded"), BYTES_INIT("v w")}},
    {"unknown_members", false, HTTP_GET, BYTES_INIT("/hello"), {NULL, 0}, {NULL, 0}, ACCEPT},
    {"brew", false, HTTP_METHOD_OTHER, BYTES_INIT("/pot"), {NULL, 0}, {NULL, 0}, ACCEPT},
    {"options_asterisk", false, HTTP_OPTIONS, BYTES_INIT("*"), {NULL, 0}, {NULL, 0}, ACCEPT},
};

Test(alb_decode, takes_every_shape_of_an_event)
{
    for (size_t i = 0; i < sizeof good_rows / sizeof *good_rows; i++) {
        const struct good_row *row = &good_rows[i];
        cr_assert_eq(decode_file(row->name), RC_OK, "%s: %s", row->name, fault);
        cr_expect_eq(context.is_multi_value, row->is_multi_value, "%s", row->name);
        cr_expect_eq(req.method, row->method, "%s", row->name);
        cr_expect(bytes_eq(req.path, row->path), "%s: path %.*s", row->name, BYTES_ARG(req.path));
        cr_expect(bytes_eq(req.query, row->query), "%s: query %.*s", row->name,
                  BYTES_ARG(req.query));
        cr_expect(bytes_eq(req.body, row->body), "%s: body %.*s", row->name, BYTES_ARG(req.body));
        if (row->field.name.len == 0) {
            cr_expect_eq(req.field_count, 0u, "%s", row->name);
            continue;
        }
        const struct bytes *value = http_request_header(&req, row->field.name.ptr);
        cr_assert_not_null(value, "%s", row->name);
        cr_expect(bytes_eq(*value, row->field.value), "%s: %.*s", row->name, BYTES_ARG(*value));
    }
}

struct bad_row {
    const char *name, *fault;
};

#define NOT_ALB "the event is not an ALB event: "

static const struct bad_row bad_rows[] = {
    {"missing_method", NOT_ALB "'httpMethod' is missing"},
    {"missing_path", NOT_ALB "'path' is missing"},
    {"api_gateway_v1", NOT_ALB "'requestContext.elb' is missing"},
    {"api_gateway_v2", NOT_ALB "'requestContext.elb' is missing"},
    {"not_an_object", NOT_ALB "it is no JSON object"},
    {"not_json", NOT_ALB "it is no JSON at line 2, column 14"},
    {"cut_off", NOT_ALB "it is no JSON at line 1, column 45"},
    {"number_as_method", NOT_ALB "'httpMethod' is no text, or an empty one"},
    {"bad_method", NOT_ALB "'httpMethod' is no method"},
    {"bad_path", NOT_ALB "'path' is no path"},
    {"blank_in_path", NOT_ALB "'path' is no path"},
    {"bad_base64", "'body' is not the base64 that 'isBase64Encoded' says it is"},
    {"mime_base64", "'body' is not the base64 that 'isBase64Encoded' says it is"},
    {"number_as_body", "'body' is no text"},
    {"text_as_flag", "'isBase64Encoded' is neither true nor false"},
    {"number_as_header", "the header 'content-length' is no text"},
    {"line_break_in_header", "the header 'x-a' has a character that HTTP forbids"},
    {"blank_in_header_name", "the header 'x a' has a character that HTTP forbids"},
    {"list_as_headers", "'headers' is no map"},
    {"null_in_header_list", "the header 'a' is no text"},
    {"number_as_query_value", "'queryStringParameters' is no map of texts or of lists of texts"},
    {"number_in_query_list",
     "'multiValueQueryStringParameters' is no map of texts or of lists of texts"},
};

Test(alb_decode, refuses_others_and_says_what_is_wrong)
{
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        const struct bad_row *row = &bad_rows[i];
        cr_expect_eq(decode_file(row->name), RC_SYNTAX, "%s", row->name);
        cr_assert_not_null(fault, "%s", row->name);
        cr_expect_str_eq(fault, row->fault, "%s: %s", row->name, fault);
    }
}

Test(alb_decode, keeps_the_order_of_fields)
{
    static const struct http_field wanted[] = {
        {BYTES_INIT("accept"), BYTES_INIT("text/html")},
        {BYTES_INIT("accept"), BYTES_INIT("*/*;q=0.1")},
        {BYTES_INIT("host"), BYTES_INIT("duet.example.com")},
    };
    cr_assert_eq(decode_file("multi_value"), RC_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        cr_expect(bytes_eq(req.fields[i].name, wanted[i].name), "field %zu", i);
        cr_expect(bytes_eq(req.fields[i].value, wanted[i].value), "field %zu", i);
    }
    cr_expect(bytes_eq(req.fields[req.field_count - 1].value, BYTES_LIT("b=2")));
}

Test(alb_decode, tells_the_trace_id)
{
    cr_assert_eq(decode_file("get"), RC_OK);
    cr_expect(bytes_eq(req.trace_id, BYTES_LIT("Root=1-67e2a1f0-0a1b2c3d4e5f60718293a4b5")));
    cr_assert_eq(decode_file("health_check"), RC_OK);
    cr_expect_eq(req.trace_id.len, 0u);
}

/* Every value of mixed_encoding.json is found under the key that a server would find it under. */
Test(alb_decode, rebuilt_queries_read_as_the_client_meant)
{
    static const char *const rows[][2] = {
        {"date[to]", "100%"}, {"date[from]", "a=b"}, {"a=b", "c&d"},
        {"sp ace", "x y"},    {"h#sh", "#1"},        {"é", "ü"},
    };
    struct bytes value;
    cr_assert_eq(decode_file("mixed_encoding"), RC_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(http_query_get(&req, rows[i][0], &value), RC_OK, "%s", rows[i][0]);
        cr_expect(bytes_eq(value, bytes_from_str(rows[i][1])), "%s", rows[i][0]);
    }
    cr_expect_eq(http_query_get(&req, "percent", &value), RC_SYNTAX);
}

/* Each prefix of each event ends at an unreadable page. None is an event. */
Test(alb_decode, no_truncation_reads_too_far_or_passes)
{
    for (size_t i = 0; i < sizeof good_rows / sizeof *good_rows; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "alb/%s.json", good_rows[i].name);
        struct bytes text = data_read(path);
        for (size_t len = 0; len + 2 < text.len; len++) {
            struct guard cut = guard_new(bytes_make(text.ptr, len));
            fault = NULL;
            enum rc rc = alb_decode(cut.view, &arena, &req, &context, &fault);
            cr_assert_eq(rc, RC_SYNTAX, "%s at %zu", path, len);
            cr_assert_not_null(fault);
            guard_free(&cut);
            arena_reset(&arena);
        }
        free((void *)(uintptr_t)text.ptr);
    }
}

/* One byte of a good event made another: it may pass or not, but must not crash. */
Test(alb_decode, no_changed_byte_crashes)
{
    static const char others[] = "\"\\{}[]:,0tnu\x7F\xC3";
    struct bytes text = data_read("alb/nul_in_body.json");
    char *changed = malloc(text.len);
    for (size_t at = 0; at < text.len; at++) {
        for (size_t k = 0; k < sizeof others; k++) {
            memcpy(changed, text.ptr, text.len);
            changed[at] = others[k];
            struct guard event = guard_new(bytes_make(changed, text.len));
            enum rc rc = alb_decode(event.view, &arena, &req, &context, &fault);
            cr_assert(rc == RC_OK || rc == RC_SYNTAX, "%zu: %s", at, rc_name(rc));
            guard_free(&event);
            arena_reset(&arena);
        }
    }
    free(changed);
    free((void *)(uintptr_t)text.ptr);
}

Test(alb_decode, an_arena_without_room_is_told)
{
    struct bytes text = data_read("alb/get.json");
    size_t told = 0;
    for (size_t max = 0; max < 16384; max += 64) {
        struct arena small;
        arena_init(&small, max);
        enum rc rc = alb_decode(text, &small, &req, &context, &fault);
        cr_assert(rc == RC_OK || rc == RC_NOMEM, "%zu bytes: %s", max, rc_name(rc));
        told += rc == RC_NOMEM;
        arena_release(&small);
    }
    cr_expect_gt(told, 0u);
    free((void *)(uintptr_t)text.ptr);
}
