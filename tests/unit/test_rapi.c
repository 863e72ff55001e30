#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/lambda/rapi.h"
#include "tests/support/fake_rapi.h"

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

TestSuite(rapi, .init = setup, .fini = teardown, .timeout = 60);

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
#define DROP              \
    {                     \
        .end = FAKE_CLOSE \
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

struct post_row {
    const char *name;
    struct fake_step steps[2];
    enum rc wanted;
    size_t requests;      /* that the answer took */
    unsigned connections; /* the number of the last one */
};

static const struct post_row post_rows[] = {
    {"accepted", {STATUS(202)}, RC_OK, 1, 1},
    {"accepted otherwise", {STATUS(200)}, RC_OK, 1, 1},
    {"a stale id", {STATUS(400)}, RC_OK, 1, 1},
    {"a wrong state", {STATUS(403)}, RC_OK, 1, 1},
    {"too late", {STATUS(410)}, RC_OK, 1, 1},
    {"too large", {STATUS(413)}, RC_OK, 1, 1},
    {"a failure, then accepted", {STATUS(500), STATUS(202)}, RC_OK, 2, 2},
    {"a failure, then a stale id", {STATUS(503), STATUS(400)}, RC_OK, 2, 2},
    {"two failures", {STATUS(500), STATUS(500)}, RC_IO, 2, 2},
    {"dropped, then accepted", {DROP, STATUS(202)}, RC_OK, 2, 2},
    {"dropped twice", {DROP, DROP}, RC_IO, 2, 2},
    {"cut in the head",
     {{.text = "HTTP/1.1 202 Acc", .end = FAKE_CLOSE}, STATUS(202)},
     RC_OK,
     2,
     2},
    {"cut in the body",
     {{.text = "HTTP/1.1 202 A\r\nContent-Length: 9\r\n\r\n{", .end = FAKE_CLOSE}, STATUS(202)},
     RC_OK,
     2,
     2},
    {"no HTTP", {{.text = "SSH-2.0-OpenSSH_9.2\r\n"}, STATUS(202)}, RC_OK, 2, 2},
    {"more than its length",
     {{.text = "HTTP/1.1 202 A\r\nContent-Length: 1\r\n\r\n{}"}},
     RC_OK,
     1,
     1},
    {"a reply that never ends",
     {{.text = "HTTP/1.1 202 A\r\nContent-Length: 99999999\r\n\r\n"}, STATUS(202)},
     RC_OK,
     2,
     2},
};

Test(rapi, every_reply_to_an_answer_has_its_consequence)
{
    for (size_t i = 0; i < sizeof post_rows / sizeof *post_rows; i++) {
        const struct post_row *row = &post_rows[i];
        struct fake_step steps[3] = {EVENT, row->steps[0], row->steps[1]};
        start(steps, 1 + row->requests);
        cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK, "%s", row->name);
        cr_expect_eq(rapi_response(&rapi, &arena, &invocation, BYTES_LIT("{}")), row->wanted, "%s",
                     row->name);
        cr_assert(fake_rapi_wait(fake, 1 + row->requests), "%s", row->name);
        for (size_t k = 1; k <= row->requests; k++)
            cr_expect(bytes_eq(fake_rapi_request(fake, k)->body, BYTES_LIT("{}")), "%s", row->name);
        cr_expect_eq(fake_rapi_request(fake, row->requests)->connection, row->connections, "%s",
                     row->name);
        stop();
    }
}

struct next_row {
    const char *name;
    struct fake_step first;
};

static const struct next_row next_rows[] = {
    {"dropped", DROP},
    {"a wrong state", STATUS(403)},
    {"a failure", STATUS(500)},
    {"no such path", STATUS(404)},
    {"no request id", {.text = "{}", .status = 200}},
    {"an id that is no part of a path", {.text = "{}", .status = 200, .fields = FAKE_ID("a b")}},
    {"cut in the head", {.text = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws", .end = FAKE_CLOSE}},
    {"cut in the body",
     {.text = "HTTP/1.1 200 OK\r\n" FAKE_ID("id-0") "Content-Length: 9\r\n\r\n{\"a\"",
      .end = FAKE_CLOSE}},
    {"a length that is none",
     {.text = "HTTP/1.1 200 OK\r\n" FAKE_ID("id-0") "Content-Length: 7x\r\n\r\n{\"a\":1}"}},
    {"two lengths",
     {.text = "HTTP/1.1 200 OK\r\n" FAKE_ID("id-0") "Content-Length: 7\r\nContent-Length: 8\r\n\r\n"
                                                    "{\"a\":1}"}},
    {"over all limits",
     {.text = "HTTP/1.1 200 OK\r\n" FAKE_ID("id-0") "Content-Length: 99999999\r\n\r\n"}},
    {"no HTTP", {.text = "hello\r\n\r\n"}},
};

Test(rapi, a_failed_next_is_tried_again)
{
    for (size_t i = 0; i < sizeof next_rows / sizeof *next_rows; i++) {
        struct fake_step steps[] = {next_rows[i].first, EVENT};
        start(steps, 2);
        cr_expect_eq(rapi_next(&rapi, &arena, &invocation), RC_OK, "%s", next_rows[i].name);
        cr_expect(bytes_eq(invocation.lambda.request_id, BYTES_LIT("id-1")), "%s",
                  next_rows[i].name);
        stop();
    }
}

Test(rapi, a_next_that_fails_for_good_is_told)
{
    struct fake_step steps[8];
    /* Every third of the rows: each takes all the pauses. */
    for (size_t i = 0; i < sizeof next_rows / sizeof *next_rows; i += 3) {
        for (size_t k = 0; k < 8; k++)
            steps[k] = next_rows[i].first;
        start(steps, 8);
        cr_expect_eq(rapi_next(&rapi, &arena, &invocation), RC_IO, "%s", next_rows[i].name);
        cr_expect(fake_rapi_wait(fake, 8), "%s", next_rows[i].name);
        stop();
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

Test(rapi, a_name_is_resolved_and_its_connection_kept)
{
    char address[40];
    START({.text = "{}", .status = 200, .fields = FAKE_ID("id-1")}, STATUS(202));
    (void)snprintf(address, sizeof address, "localhost%s", strchr(fake_rapi_address(fake), ':'));
    rapi_release(&rapi);
    rapi_init(&rapi, address);
    cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
    cr_assert_eq(rapi_response(&rapi, &arena, &invocation, BYTES_LIT("{}")), RC_OK);
    cr_expect(head_has(0, "\r\nHost: localhost:"));
    cr_expect_eq(fake_rapi_request(fake, 1)->connection, 1u);
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
