#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/core/lambda_context.h"
#include "runtime/core/limits.h"
#include "runtime/lambda/bootstrap.h"
#include "tests/support/fake_rapi.h"
#include "tests/support/program.h"

/* A service of the test's own, run as a bootstrap in a process of its own: what a handler sees. */

#define TEXT_PLAIN BYTES_LIT("text/plain")

static void handle_trace(const struct http_request *req, struct http_response *res)
{
    const char *value = getenv("_X_AMZN_TRACE_ID");
    http_response_printf(res, req->arena, 200, TEXT_PLAIN, "[%s]", value ? value : "unset");
}

static void handle_deadline(const struct http_request *req, struct http_response *res)
{
    http_response_printf(res, req->arena, 200, TEXT_PLAIN, "left=%lld;",
                         (long long)(req->deadline_ms - clock_ms_monotonic()));
}

static void handle_id(const struct http_request *req, struct http_response *res)
{
    http_response_printf(res, req->arena, 200, TEXT_PLAIN, "%.*s", BYTES_ARG(req->request_id));
}

static void handle_echo(const struct http_request *req, struct http_response *res)
{
    http_response_borrow(res, req->arena, 200, TEXT_PLAIN, req->body);
}

static void handle_lambda(const struct http_request *req, struct http_response *res)
{
    const struct lambda_context *lambda = req->lambda;
    http_response_printf(res, req->arena, 200, TEXT_PLAIN, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%lld",
                         BYTES_ARG(lambda->request_id), BYTES_ARG(lambda->function_arn),
                         BYTES_ARG(lambda->trace_id), BYTES_ARG(lambda->client_context),
                         BYTES_ARG(lambda->cognito_identity), BYTES_ARG(lambda->tenant_id),
                         (long long)lambda->deadline_epoch_ms);
}

static const struct route routes[] = {
    {HTTP_GET, "/lambda", handle_lambda, 0},     {HTTP_GET, "/trace", handle_trace, 0},
    {HTTP_GET, "/deadline", handle_deadline, 0}, {HTTP_GET, "/id", handle_id, 0},
    {HTTP_POST, "/echo", handle_echo, 0},        ROUTES_END,
};

static const struct app_definition definition = {.name = "test", .version = "1", .routes = routes};

static struct program program = {.out_fd = -1};
static struct fake_rapi *fake;
static struct fake_script script;

static void teardown(void)
{
    program_release(&program);
    if (fake)
        fake_rapi_free(fake);
}

TestSuite(invoke, .fini = teardown);

static void run_child(const struct app_definition *service, int fd)
{
    (void)dup2(fd, STDOUT_FILENO);
    (void)setenv("AWS_LAMBDA_RUNTIME_API", fake_rapi_address(fake), 1);
    (void)setenv("DUET_STORE", "memory", 1);
    (void)setenv("DUET_REQUEST_TIMEOUT_MS", "300000", 1);
    _exit(duet_bootstrap_main(service));
}

/* The process is made before the fake has a thread. */
static void start(const struct app_definition *service, fake_answer_fn *answer, void *context)
{
    int ends[2];
    fake = fake_rapi_new(answer, context, true);
    buf_init(&program.out, 1 << 20);
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    program.id = fork();
    if (program.id == 0)
        run_child(service, ends[1]);
    cr_assert_gt(program.id, 0);
    (void)close(ends[1]);
    program.out_fd = ends[0];
    fake_rapi_start(fake);
}

#define PLAY(...)                                                                        \
    do {                                                                                 \
        static struct fake_step steps_[] = {__VA_ARGS__};                                \
        script = (struct fake_script){steps_, sizeof steps_ / sizeof(struct fake_step)}; \
        start(&definition, fake_rapi_play, &script);                                     \
        cr_assert(fake_rapi_wait(fake, script.count));                                   \
    } while (0)

#define EVENT(method, path, rest) \
    "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"" method "\",\"path\":\"" path "\"" rest "}"

#define GET(path_, fields_)                                                               \
    {                                                                                     \
        .text = EVENT("GET", path_, ""), .status = 200, .fields = FAKE_ID("id-1") fields_ \
    }
#define POST_ECHO(rest_)                                                                    \
    {                                                                                       \
        .text = EVENT("POST", "/echo", "," rest_), .status = 200, .fields = FAKE_ID("id-1") \
    }
#define TAKEN                     \
    {                             \
        .text = "", .status = 202 \
    }

/* The body that was posted as the request `index`. */
static const char *posted(size_t index)
{
    return fake_rapi_request(fake, index)->body.ptr;
}

#define EXPECT_POSTED(index, wanted) \
    cr_expect(strstr(posted(index), (wanted)), "%zu: %s", (size_t)(index), posted(index))

Test(invoke, the_trace_id_is_set_for_its_invocation_alone)
{
    PLAY(GET("/trace", "Lambda-Runtime-Trace-Id: Root=1-a;Sampled=0\r\n"), TAKEN, GET("/trace", ""),
         TAKEN, GET("/trace", ""), TAKEN,
         GET("/trace", "Lambda-Runtime-Trace-Id: Root=1-longer-than-the-first\r\n"), TAKEN,
         GET("/trace", "Lambda-Runtime-Trace-Id: b\r\n"), TAKEN);
    EXPECT_POSTED(1, "\"[Root=1-a;Sampled=0]\"");
    EXPECT_POSTED(3, "\"[unset]\"");
    EXPECT_POSTED(5, "\"[unset]\"");
    EXPECT_POSTED(7, "\"[Root=1-longer-than-the-first]\"");
    EXPECT_POSTED(9, "\"[b]\"");
}

/* 20 s from the platform, 300 s from the setting: the numbers are far from what a test takes. */
static enum fake_end say_deadline(void *context, size_t index, const struct fake_request *req,
                                  struct buf *out)
{
    char fields[128] = FAKE_ID("id-1");
    long long now_ms = (long long)clock_ms_epoch();
    (void)context;
    (void)req;
    if (index == 0)
        (void)snprintf(fields, sizeof fields,
                       FAKE_ID("id-1") "Lambda-Runtime-Deadline-Ms: %lld\r\n", now_ms + 20000);
    if (index == 4)
        (void)snprintf(fields, sizeof fields,
                       FAKE_ID("id-1") "Lambda-Runtime-Deadline-Ms: %lld\r\n", now_ms - 20000);
    if (index % 2)
        fake_rapi_put(out, 202, NULL, BYTES_LIT("{}"));
    else
        fake_rapi_put(out, 200, fields, BYTES_LIT(EVENT("GET", "/deadline", "")));
    return FAKE_KEEP;
}

static long left_ms(size_t index)
{
    const char *at = strstr(posted(index), "left=");
    cr_assert_not_null(at, "%s", posted(index));
    return strtol(at + 5, NULL, 10);
}

Test(invoke, the_deadline_is_the_nearer_of_setting_and_platform)
{
    start(&definition, say_deadline, NULL);
    cr_assert(fake_rapi_wait(fake, 6));
    cr_expect_leq(left_ms(1), 20000);
    cr_expect_gt(left_ms(3), 20000);
    cr_expect_leq(left_ms(3), 300000);
    cr_expect_leq(left_ms(5), 0);
}

Test(invoke, a_handler_sees_lambdas_request_id)
{
    PLAY(GET("/id", ""), TAKEN);
    EXPECT_POSTED(1, "\"body\":\"id-1\"");
}

Test(invoke, a_handler_sees_all_that_lambda_says_of_the_invocation)
{
    PLAY(GET("/lambda", "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:1:function:"
                        "f:live\r\n"
                        "lambda-runtime-trace-id: Root=1-a;Sampled=1\r\n"
                        "Lambda-Runtime-Client-Context: {\"custom\":{\"a\":1}}\r\n"
                        "Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"i\"}\r\n"
                        "Lambda-Runtime-Aws-Tenant-Id: blue\r\n"
                        "Lambda-Runtime-Deadline-Ms: 4102444800000\r\n"),
         TAKEN, GET("/lambda", ""), TAKEN);
    EXPECT_POSTED(1, "\"id-1|arn:aws:lambda:eu-west-1:1:function:f:live|Root=1-a;Sampled=1|"
                     "{\\\"custom\\\":{\\\"a\\\":1}}|{\\\"cognitoIdentityId\\\":\\\"i\\\"}|"
                     "blue|4102444800000\"");
    EXPECT_POSTED(3, "\"id-1||||||0\"");
}

Test(invoke, bodies_come_back_as_they_are)
{
    PLAY(POST_ECHO("\"body\":\"gr\\u00f6\\u00dfe\""), TAKEN, POST_ECHO("\"body\":\"a\\u0000b\""),
         TAKEN, POST_ECHO("\"body\":\"/w==\",\"isBase64Encoded\":true"), TAKEN,
         POST_ECHO("\"body\":\"Zm9v\",\"isBase64Encoded\":true"), TAKEN);
    EXPECT_POSTED(1, "\"body\":\"größe\",\"isBase64Encoded\":false");
    EXPECT_POSTED(3, "\"body\":\"YQBi\",\"isBase64Encoded\":true");
    EXPECT_POSTED(5, "\"body\":\"/w==\",\"isBase64Encoded\":true");
    EXPECT_POSTED(7, "\"body\":\"foo\",\"isBase64Encoded\":false");
}

/* Bodies of `context` bytes each. */
static enum fake_end say_body(void *context, size_t index, const struct fake_request *req,
                              struct buf *out)
{
    static const char before[] =
        "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"POST\",\"path\":\"/echo\","
        "\"multiValueHeaders\":{},\"body\":\"";
    const size_t *lens = context;
    (void)req;
    if (index % 2) {
        fake_rapi_put(out, 202, NULL, BYTES_LIT("{}"));
        return FAKE_KEEP;
    }
    if (lens[index / 2] == 0)
        return FAKE_HOLD;
    struct buf event;
    buf_init(&event, 8 << 20);
    buf_append(&event, bytes_from_str(before));
    for (size_t i = 0; i < lens[index / 2]; i++)
        buf_append_char(&event, 'a');
    buf_append(&event, BYTES_LIT("\"}"));
    fake_rapi_put(out, 200, FAKE_ID("id-1"), buf_bytes(&event));
    buf_release(&event);
    return FAKE_KEEP;
}

Test(invoke, large_bodies_are_answered_as_the_server_home_does)
{
    static size_t lens[] = {
        LIMIT_RESPONSE_JSON_BYTES - 512, LIMIT_BODY_BYTES, LIMIT_BODY_BYTES + 1, 7 << 20, 3, 0};
    start(&definition, say_body, lens);
    cr_assert(fake_rapi_wait(fake, 11));
    cr_expect(
        bytes_starts_with(fake_rapi_request(fake, 1)->body, BYTES_LIT("{\"statusCode\":200")));
    cr_expect_gt(fake_rapi_request(fake, 1)->body.len, (size_t)LIMIT_RESPONSE_JSON_BYTES - 512);
    EXPECT_POSTED(3, "{\"statusCode\":500");
    EXPECT_POSTED(3, "/problems/response-too-large");
    EXPECT_POSTED(5, "{\"statusCode\":413");
    EXPECT_POSTED(5, "\"multiValueHeaders\":{");
    EXPECT_POSTED(5, "/problems/body-limit");
    cr_expect_str_eq(fake_rapi_request(fake, 7)->target,
                     "POST /2018-06-01/runtime/invocation/id-1/error");
    EXPECT_POSTED(7, "\"errorType\":\"Runtime.EventTooLarge\"");
    EXPECT_POSTED(9, "\"body\":\"aaa\"");
}

Test(invoke, a_wrong_route_is_a_start_error)
{
    static const struct route wrong_routes[] = {{HTTP_GET, "no-slash", handle_id, 0}, ROUTES_END};
    static const struct app_definition wrong = {
        .name = "test", .version = "1", .routes = wrong_routes};
    static const struct fake_step steps[] = {TAKEN};
    script = (struct fake_script){steps, 1};
    start(&wrong, fake_rapi_play, &script);
    cr_expect_eq(program_wait(&program), 1 << 8);
    cr_expect(fake_rapi_wait(fake, 1));
    EXPECT_POSTED(0, "\"errorType\":\"Runtime.InvalidRoute\"");
    cr_expect(strstr(program.out.data, "'no-slash'"));
}
