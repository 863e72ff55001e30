#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/lambda/rapi.h"
#include "tests/support/fake_rapi.h"

/* What the client sends and reads. What follows from each reply: test_rapi_contract.c. */

static struct arena arena;
static struct rapi rapi;
static struct rapi_invocation invocation;
static struct fake_rapi *fake;
static struct fake_script script;

static void setup(void)
{
    log_set_fd(-1);
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
}

/* Before the steps that it reads are gone. */
static void stop(void)
{
    rapi_release(&rapi);
    if (fake)
        fake_rapi_free(fake);
    fake = NULL;
}

static void teardown(void)
{
    stop();
    arena_release(&arena);
}

TestSuite(rapi, .init = setup, .fini = teardown);

static void start(const struct fake_step *steps, size_t count)
{
    script = (struct fake_script){steps, count};
    fake = fake_rapi_new(fake_rapi_play, &script, true);
    fake_rapi_start(fake);
    rapi_init(&rapi, fake_rapi_address(fake));
}

#define START(...)                                 \
    start((const struct fake_step[]){__VA_ARGS__}, \
          sizeof((const struct fake_step[]){__VA_ARGS__}) / sizeof(struct fake_step))

#define EVENT                                                         \
    {                                                                 \
        .text = "{\"a\":1}", .status = 200, .fields = FAKE_ID("id-1") \
    }
#define STATUS(status_)                                    \
    {                                                      \
        .text = "{\"status\":\"OK\"}", .status = (status_) \
    }
static bool head_has(size_t index, const char *line)
{
    return strstr(fake_rapi_request(fake, index)->head, line) != NULL;
}

Test(rapi, asks_and_answers_on_one_connection)
{
    START(EVENT, STATUS(202), EVENT, STATUS(202));
    for (size_t i = 0; i < 4; i += 2) {
        cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
        cr_expect(bytes_eq(invocation.event, BYTES_LIT("{\"a\":1}")));
        cr_assert_eq(rapi_response(&rapi, &arena, &invocation, BYTES_LIT("{}")), RC_OK);
        cr_expect_str_eq(fake_rapi_request(fake, i)->target,
                         "GET /2018-06-01/runtime/invocation/next");
        cr_expect(head_has(i, "\r\nHost: 127.0.0.1:"));
        cr_expect_str_eq(fake_rapi_request(fake, i + 1)->target,
                         "POST /2018-06-01/runtime/invocation/id-1/response");
        cr_expect(bytes_eq(fake_rapi_request(fake, i + 1)->body, BYTES_LIT("{}")));
        cr_expect(!head_has(i + 1, "Lambda-Runtime-Invocation-Id"));
        cr_expect_eq(fake_rapi_request(fake, i + 1)->connection, 1u);
    }
}

Test(rapi, reads_what_an_invocation_says_and_sends_its_id_back)
{
    static const char said[] =
        "LAMBDA-RUNTIME-AWS-REQUEST-ID: id-9\r\n"
        "lambda-runtime-deadline-ms: 1767225600000\r\n"
        "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n"
        "Lambda-Runtime-Invocation-Id: attempt-2\r\n";
    START({.text = "x", .status = 200, .fields = said}, STATUS(202), EVENT, STATUS(202));
    cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
    cr_expect(bytes_eq(invocation.lambda.request_id, BYTES_LIT("id-9")));
    cr_expect(bytes_eq(invocation.invocation_id, BYTES_LIT("attempt-2")));
    cr_expect(bytes_eq(invocation.lambda.trace_id,
                       BYTES_LIT("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")));
    cr_expect_eq(invocation.lambda.deadline_epoch_ms, INT64_C(1767225600000));
    cr_assert_eq(rapi_response(&rapi, &arena, &invocation, BYTES_LIT("{}")), RC_OK);
    cr_expect(head_has(1, "\r\nLambda-Runtime-Invocation-Id: attempt-2\r\n"));
    cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
    cr_expect_eq(invocation.invocation_id.len + invocation.lambda.trace_id.len, 0u);
    cr_expect_eq(invocation.lambda.deadline_epoch_ms, 0);
    cr_assert_eq(rapi_response(&rapi, &arena, &invocation, BYTES_LIT("{}")), RC_OK);
    cr_expect(!head_has(3, "Lambda-Runtime-Invocation-Id"));
}

Test(rapi, an_error_has_the_platforms_form)
{
    static const char body[] = "{\"errorMessage\":\"a \\\"b\\\"\\n\",\"errorType\":"
                               "\"Runtime.InvalidEvent\",\"stackTrace\":[]}";
    START(EVENT, STATUS(202), STATUS(202));
    cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
    cr_assert_eq(rapi_error(&rapi, &arena, &invocation, rapi_error_type(RC_SYNTAX), "a \"b\"\n"),
                 RC_OK);
    cr_expect_str_eq(fake_rapi_request(fake, 1)->target,
                     "POST /2018-06-01/runtime/invocation/id-1/error");
    cr_expect(head_has(1, "\r\nLambda-Runtime-Function-Error-Type: Runtime.InvalidEvent\r\n"));
    cr_expect(bytes_eq(fake_rapi_request(fake, 1)->body, bytes_from_str(body)), "%s",
              fake_rapi_request(fake, 1)->body.ptr);
    cr_expect(head_has(1, "\r\nLambda-Runtime-Function-XRay-Error-Cause: {\"working_directory\":"));
    cr_expect(head_has(1, "\"exceptions\":[{\"type\":\"Runtime.InvalidEvent\","
                          "\"message\":\"a \\\"b\\\"\\n\",\"stack\":[]}],\"paths\":[]}\r\n"));
    cr_assert_eq(rapi_init_error(&rapi, &arena, "no type of theirs", "no"), RC_OK);
    cr_expect_str_eq(fake_rapi_request(fake, 2)->target, "POST /2018-06-01/runtime/init/error");
    cr_expect(head_has(2, "\r\nLambda-Runtime-Function-Error-Type: Runtime.Unknown\r\n"));
    cr_expect(head_has(2, "\r\nLambda-Runtime-Function-XRay-Error-Cause: {"));
}

/* The platform takes an error type of this form alone. */
Test(rapi, every_result_has_an_error_type)
{
    for (int rc = RC_OK; rc <= RC_TIMEOUT; rc++) {
        struct bytes type = bytes_from_str(rapi_error_type((enum rc)rc));
        cr_assert(bytes_starts_with(type, BYTES_LIT("Runtime.")));
        type = bytes_skip(type, 8);
        cr_expect(type.len > 1 && type.ptr[0] >= 'A' && type.ptr[0] <= 'Z');
        for (size_t i = 0; i < type.len; i++)
            cr_expect((type.ptr[i] | 32) >= 'a' && (type.ptr[i] | 32) <= 'z');
    }
}

Test(rapi, bytes_behind_a_response_are_not_the_next_one)
{
    START({.text = "HTTP/1.1 200 OK\r\n" FAKE_ID(
               "id-7") "Content-Length: 2\r\n\r\n{}"
                       "HTTP/1.1 202 Smuggled\r\nContent-Length: 0\r\n\r\n"},
          STATUS(500), STATUS(500));
    cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
    cr_expect(bytes_eq(invocation.event, BYTES_LIT("{}")));
    cr_expect_eq(rapi_response(&rapi, &arena, &invocation, BYTES_LIT("{}")), RC_IO);
    cr_expect_eq(fake_rapi_request(fake, 1)->connection, 2u);
}

Test(rapi, a_connection_closed_between_invocations_is_made_anew)
{
    static const struct fake_step closing_event = {
        .text = "{}", .status = 200, .fields = FAKE_ID("id-1"), .end = FAKE_CLOSE};
    static const struct fake_step closing_reply = {.text = "", .status = 202, .end = FAKE_CLOSE};
    START(closing_event, closing_reply, closing_event, closing_reply);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
        cr_assert_eq(rapi_response(&rapi, &arena, &invocation, BYTES_LIT("{}")), RC_OK);
    }
    cr_expect_eq(fake_rapi_request(fake, 3)->connection, 4u);
}

Test(rapi, an_event_in_chunks_is_joined)
{
    START({.text = "HTTP/1.1 200 OK\r\n" FAKE_ID("id-1") "Transfer-Encoding: chunked\r\n\r\n"
                                                         "3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n"});
    cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
    cr_expect(bytes_eq(invocation.event, BYTES_LIT("{\"a\":1}")));
}

static enum fake_end answer_large(void *context, size_t index, const struct fake_request *req,
                                  struct buf *out)
{
    const struct bytes *event = context;
    (void)req;
    if (index == 0)
        fake_rapi_put(out, 200, FAKE_ID("id-1"), *event);
    else
        fake_rapi_put(out, 202, NULL, BYTES_LIT("{}"));
    return FAKE_KEEP;
}

Test(rapi, large_events_and_answers_come_whole)
{
    size_t len = LIMIT_INVOCATION_BYTES;
    char *text = malloc(len);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(i * 31 >> 7);
    struct bytes event = bytes_make(text, len);
    fake = fake_rapi_new(answer_large, &event, true);
    fake_rapi_start(fake);
    rapi_init(&rapi, fake_rapi_address(fake));
    cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
    cr_expect(bytes_eq(invocation.event, event));
    cr_assert_eq(rapi_response(&rapi, &arena, &invocation, event), RC_OK);
    cr_expect(bytes_eq(fake_rapi_request(fake, 1)->body, event));
    rapi_trim(&rapi);
    free(text);
}

Test(rapi, nobody_listening_is_told)
{
    struct fake_rapi *gone = fake_rapi_new(fake_rapi_play, &script, false);
    char address[32];
    memcpy(address, fake_rapi_address(gone), sizeof address);
    fake_rapi_free(gone);
    rapi_init(&rapi, address);
    cr_expect_eq(rapi_next(&rapi, &arena, &invocation), RC_IO);
    cr_expect_eq(rapi_init_error(&rapi, &arena, "Runtime.X", "no"), RC_IO);
}

Test(rapi, an_address_that_is_none_is_told)
{
    static const char *const bad[] = {"", ":", "127.0.0.1:99999", "a b:1", "127.0.0.1:x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rapi_init(&rapi, bad[i]);
        cr_expect_eq(rapi_init_error(&rapi, &arena, "Runtime.X", "no"), RC_IO, "'%s'", bad[i]);
        rapi_release(&rapi);
    }
}
