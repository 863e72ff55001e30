#include <criterion/criterion.h>

#include <stdio.h>

#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "tests/support/invoke_rig.h"

/* Function URLs that stream, through the whole Lambda home, to a fake Runtime API. */

struct count {
    size_t made, parts, part_len;
    enum rc end; /* what the last call returns */
};

static struct count count;

static enum rc produce(void *context, struct buf *out)
{
    struct count *self = context;
    if (self->made == self->parts)
        return self->end;
    for (size_t i = 0; i < self->part_len; i++)
        buf_append_char(out, (char)('a' + self->made % 26));
    self->made++;
    return self->made == self->parts && self->end == RC_OK ? RC_OK : RC_AGAIN;
}

static void handle_produce(const struct http_request *req, struct http_response *res)
{
    count.made = 0;
    http_response_produce(res, req->arena, 200, BYTES_LIT("text/plain"), produce, &count);
    http_response_add(res, req->arena, BYTES_LIT("Set-Cookie"), BYTES_LIT("a=1"));
}

static void handle_plain(const struct http_request *req, struct http_response *res)
{
    http_response_borrow(res, req->arena, 201, BYTES_LIT("text/plain"), BYTES_LIT("\xFF whole"));
}

/* More than any other way of answering lets pass. */
static void handle_large(const struct http_request *req, struct http_response *res)
{
    size_t len = 8u << 20;
    char *body = arena_alloc(req->arena, len);
    if (body)
        memset(body, 'x', len);
    http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"),
                         bytes_make(body, body ? len : 0));
}

static void handle_empty(const struct http_request *req, struct http_response *res)
{
    (void)req;
    res->status = 204;
}

static const struct route routes[] = {{HTTP_GET, "/produce", handle_produce, 0},
                                      {HTTP_GET, "/plain", handle_plain, 0},
                                      {HTTP_GET, "/large", handle_large, 0},
                                      {HTTP_GET, "/empty", handle_empty, 0},
                                      ROUTES_END};
static const struct app_definition definition = {.name = "t", .version = "1", .routes = routes};

#define EVENT_OF(domain, method, path)                                                      \
    "{\"version\":\"2.0\",\"rawPath\":\"" path "\",\"rawQueryString\":\"\",\"headers\":{}," \
    "\"requestContext\":{\"domainName\":\"" domain "\",\"http\":{\"method\":\"" method "\"}}}"
#define URL "abc.lambda-url.eu-west-1.on.aws"
#define GET(path) EVENT_OF(URL, "GET", path)
#define STEP(json)                                                              \
    {                                                                           \
        .text = (json), .status = 200,                                          \
        .fields = FAKE_ID("id-1") "Lambda-Runtime-Invocation-Id: attempt-1\r\n" \
    }
#define REPLY(status_, end_)                                              \
    {                                                                     \
        .text = "{\"status\":\"OK\"}", .status = (status_), .end = (end_) \
    }

static const char *const on[] = {"DUET_LAMBDA_STREAMING=on", NULL};
static struct invoke_rig rig;
static struct fake_step steps[4];

static enum rc run(const char *const *settings, const char *event, struct fake_step reply)
{
    steps[0] = (struct fake_step)STEP(event);
    steps[1] = reply;
    steps[2] = (struct fake_step)STEP(GET("/plain"));
    steps[3] = (struct fake_step)REPLY(202, FAKE_CLOSE);
    invoke_rig_init(&rig, &definition, settings, steps, 4);
    return invoke_rig_run(&rig);
}

#define TAKEN ((struct fake_step)REPLY(202, FAKE_CLOSE))

#define PRELUDE(status, headers, cookies) \
    "{\"statusCode\":" #status ",\"headers\":" headers ",\"cookies\":" cookies "}\0\0\0\0\0\0\0\0"
#define TEXT "{\"Content-Type\":\"text/plain\"}"

struct row {
    const char *name, *event;
    struct count count;
    struct bytes body;
    size_t chunk_count;
};

static const struct row rows[] = {
    {"a produced body goes part by part",
     GET("/produce"),
     {0, 3, 2, RC_OK},
     BYTES_INIT(PRELUDE(200, TEXT, "[\"a=1\"]") "aabbcc"),
     4},
    {"a body in one piece streams too",
     GET("/plain"),
     {0},
     BYTES_INIT(PRELUDE(201, TEXT, "[]") "\xFF whole"),
     2},
    {"an empty body", GET("/empty"), {0}, BYTES_INIT(PRELUDE(204, "{}", "[]")), 1},
    {"a producer that makes nothing",
     GET("/produce"),
     {0, 0, 0, RC_OK},
     BYTES_INIT(PRELUDE(200, TEXT, "[\"a=1\"]")),
     1},
    {"HEAD makes no body",
     EVENT_OF(URL, "HEAD", "/produce"),
     {0, 3, 2, RC_OK},
     BYTES_INIT(PRELUDE(200, TEXT, "[\"a=1\"]")),
     1},
};

Test(stream, what_a_function_url_gets)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        count = row->count;
        cr_assert_eq(run(on, row->event, TAKEN), RC_OK, "%s", row->name);
        const struct fake_request *req = invoke_rig_request(&rig, 1);
        cr_expect(bytes_eq(req->body, row->body), "%s: %.*s", row->name, BYTES_ARG(req->body));
        cr_expect_eq(req->chunk_count, row->chunk_count, "%s: %zu", row->name, req->chunk_count);
        cr_expect_str_eq(req->trailer, "", "%s", row->name);
        invoke_rig_release(&rig);
    }
}

static const char *const head_lines[] = {
    "\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n",
    "\r\nTransfer-Encoding: chunked\r\n",
    "\r\nTrailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n",
    "\r\nContent-Type: application/vnd.awslambda.http-integration-response\r\n",
    "\r\nLambda-Runtime-Invocation-Id: attempt-1\r\n",
};

Test(stream, the_post_says_what_it_is_and_its_connection_is_closed)
{
    cr_assert_eq(run(on, GET("/plain"), (struct fake_step)REPLY(202, FAKE_KEEP)), RC_OK);
    const struct fake_request *req = invoke_rig_request(&rig, 1);
    cr_expect_str_eq(req->target, "POST /2018-06-01/runtime/invocation/id-1/response");
    for (size_t i = 0; i < sizeof head_lines / sizeof *head_lines; i++)
        cr_expect(strstr(req->head, head_lines[i]), "%s in %s", head_lines[i], req->head);
    cr_expect_null(strcasestr(req->head, "content-length"));
    cr_assert_eq(invoke_rig_run(&rig), RC_OK);
    cr_expect_eq(invoke_rig_request(&rig, 2)->connection, req->connection + 1);
    invoke_rig_release(&rig);
}

Test(stream, a_body_may_be_of_any_size)
{
    const size_t prelude_len = sizeof PRELUDE(200, TEXT, "[]") - 1;
    cr_assert_eq(run(on, GET("/large"), TAKEN), RC_OK);
    cr_expect_eq(invoke_rig_request(&rig, 1)->body.len, prelude_len + (8u << 20));
    invoke_rig_release(&rig);
    count = (struct count){0, 300, 100 * 1000, RC_OK};
    cr_assert_eq(run(on, GET("/produce"), TAKEN), RC_OK);
    cr_expect_gt(invoke_rig_request(&rig, 1)->body.len, 30u * 1000 * 1000);
    invoke_rig_release(&rig);
}

static const enum rc failures[] = {RC_IO, RC_CLOSED, RC_TIMEOUT};

Test(stream, a_producer_that_fails_is_told_in_the_trailer)
{
    static const char error[] = "{\"errorMessage\":\"the body could not be made to its end\","
                                "\"errorType\":\"Function.BodyFailed\",\"stackTrace\":[]}";
    char text[512], expected[1024];
    struct bytes plain = bytes_from_str(error);
    base64_encode(plain, text);
    (void)snprintf(expected, sizeof expected,
                   "Lambda-Runtime-Function-Error-Type: Function.BodyFailed\r\n"
                   "Lambda-Runtime-Function-Error-Body: %.*s\r\n",
                   (int)base64_encoded_len(plain.len), text);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        count = (struct count){0, 2, 1, failures[i]};
        cr_assert_eq(run(on, GET("/produce"), TAKEN), RC_OK);
        const struct fake_request *req = invoke_rig_request(&rig, 1);
        cr_expect_str_eq(req->trailer, expected);
        cr_expect_eq(req->chunk_count, 3u);
        cr_assert_eq(invoke_rig_run(&rig), RC_OK);
        cr_expect(invoke_rig_posted(&rig, 3, "response", "whole"));
        invoke_rig_release(&rig);
    }
}

static const unsigned early[] = {400, 403, 410, 413};

#define SECOND                                                          \
    {                                                                   \
        .text = GET("/plain"), .status = 200, .fields = FAKE_ID("id-2") \
    }

/* The producer would go on for hours; only the answer ends it. */
Test(stream, an_answer_before_the_end_ends_the_stream_and_not_the_runtime)
{
    for (size_t i = 0; i < sizeof early / sizeof *early; i++) {
        const struct fake_step script[] = {STEP(GET("/produce")), REPLY(early[i], FAKE_CLOSE),
                                           SECOND, REPLY(202, FAKE_CLOSE)};
        count = (struct count){0, SIZE_MAX, 1000, RC_OK};
        invoke_rig_init_held(&rig, &definition, on, script, 4);
        fake_rapi_answer_early(rig.fake, "id-1/response", 5000);
        fake_rapi_start(rig.fake);
        cr_assert_eq(invoke_rig_run(&rig), RC_OK, "%u", early[i]);
        cr_assert_eq(invoke_rig_run(&rig), RC_OK, "%u", early[i]);
        cr_expect(strstr(invoke_rig_request(&rig, 3)->target, "id-2/response"), "%u", early[i]);
        invoke_rig_release(&rig);
    }
}

Test(stream, a_lost_connection_ends_the_stream_and_not_the_runtime)
{
    count = (struct count){0, 3, 2, RC_OK};
    cr_assert_eq(run(on, GET("/produce"), (struct fake_step){.text = "", .end = FAKE_CLOSE}),
                 RC_OK);
    cr_assert_eq(invoke_rig_run(&rig), RC_OK);
    cr_expect(invoke_rig_posted(&rig, 3, "response", "whole"));
    invoke_rig_release(&rig);
}

Test(stream, a_failing_runtime_api_ends_the_runtime)
{
    count = (struct count){0, 3, 2, RC_OK};
    cr_expect_eq(run(on, GET("/produce"), (struct fake_step)REPLY(500, FAKE_CLOSE)), RC_IO);
    invoke_rig_release(&rig);
}

struct buffered_row {
    const char *const *settings;
    const char *event, *text;
};

static const struct buffered_row buffered[] = {
    {NULL, GET("/produce"), "\"body\":\"aabbcc\""},
    {on, EVENT_OF("abc.execute-api.eu-west-1.amazonaws.com", "GET", "/produce"),
     "\"body\":\"aabbcc\""},
    {on,
     "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"/produce\","
     "\"multiValueHeaders\":{}}",
     "\"body\":\"aabbcc\""},
};

Test(stream, all_others_get_their_answer_in_one_piece)
{
    for (size_t i = 0; i < sizeof buffered / sizeof *buffered; i++) {
        count = (struct count){0, 3, 2, RC_OK};
        cr_assert_eq(
            run(buffered[i].settings, buffered[i].event, (struct fake_step)REPLY(202, FAKE_KEEP)),
            RC_OK);
        cr_expect(invoke_rig_posted(&rig, 1, "response", buffered[i].text), "%zu", i);
        cr_expect_null(strcasestr(invoke_rig_request(&rig, 1)->head, "streaming"));
        invoke_rig_release(&rig);
    }
}
