#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/support/data.h"
#include "tests/support/fake_rapi.h"
#include "tests/support/program.h"

/* The real binary against a Runtime API that behaves, and against one that does not. */

#define NEXT "GET /2018-06-01/runtime/invocation/next"
#define RESPONSE(id) "POST /2018-06-01/runtime/invocation/" id "/response"
#define ERROR(id) "POST /2018-06-01/runtime/invocation/" id "/error"
#define INIT_ERROR "POST /2018-06-01/runtime/init/error"

static struct program program = {.out_fd = -1};
static struct fake_rapi *fake;
static struct fake_script script;
static char address_variable[64];

static void teardown(void)
{
    program_release(&program);
    if (fake)
        fake_rapi_free(fake);
    fake = NULL;
}

TestSuite(bootstrap, .fini = teardown);

static void start(const char *variable)
{
    fake = fake_rapi_new(fake_rapi_play, &script, true);
    (void)snprintf(address_variable, sizeof address_variable, "AWS_LAMBDA_RUNTIME_API=%s",
                   fake_rapi_address(fake));
    const char *env[] = {address_variable, "DUET_STORE=memory", "DUET_METRICS=off", variable, NULL};
    program_start(&program, (const char *const[]){"bootstrap", NULL}, env);
    fake_rapi_start(fake);
}

static void play(const struct fake_step *steps, size_t count)
{
    script = (struct fake_script){steps, count};
    start(NULL);
}

/* Plays the steps, and waits until the step behind the last has been asked for. */
#define PLAY(...)                                                     \
    do {                                                              \
        static const struct fake_step steps_[] = {__VA_ARGS__};       \
        play(steps_, sizeof steps_ / sizeof(struct fake_step));       \
        cr_assert(fake_rapi_wait(fake, script.count + 1), "not all"); \
    } while (0)

#define GET_HELLO "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"/hello\"}"
#define EVENT(id_, text_)                                      \
    {                                                          \
        .text = (text_), .status = 200, .fields = FAKE_ID(id_) \
    }
#define REPLY(status_)                                     \
    {                                                      \
        .text = "{\"status\":\"OK\"}", .status = (status_) \
    }

static void expect_request(size_t index, const char *target, const char *in_body)
{
    const struct fake_request *req = fake_rapi_request(fake, index);
    cr_expect_str_eq(req->target, target, "%zu", index);
    cr_expect(strstr(req->body.ptr, in_body), "%zu: %s", index, req->body.ptr);
}

static void expect_next_at(size_t index)
{
    expect_request(index, NEXT, "");
}

Test(bootstrap, answers_one_event_after_another_on_one_connection)
{
    PLAY(EVENT("id-1", GET_HELLO), REPLY(202), EVENT("id-2", GET_HELLO), REPLY(202));
    expect_next_at(0);
    expect_request(1, RESPONSE("id-1"), "\"body\":\"Hello world\"");
    expect_request(1, RESPONSE("id-1"), "{\"statusCode\":200,\"statusDescription\":\"200 OK\",");
    expect_next_at(2);
    expect_request(3, RESPONSE("id-2"), "\"body\":\"Hello world\"");
    expect_next_at(4);
    cr_expect_eq(fake_rapi_request(fake, 4)->connection, 1u);
    cr_expect_eq(program_stop(&program), 0);
    cr_expect_eq(program.out.len, 0u, "%s", program.out.data);
}

struct refused_row {
    const char *file, *message;
};

static const struct refused_row refused_rows[] = {
    {"alb/missing_method.json", "'httpMethod' is missing"},
    {"alb/not_an_object.json", "the event is no HTTP event: the 'requestContext'"},
    {"alb/not_json.json", "it is no JSON at line 2, column 14"},
    {"alb/bad_base64.json", "'body' is not the base64"},
};

Test(bootstrap, an_event_that_is_none_is_an_error_and_the_next_is_answered)
{
    for (size_t i = 0; i < sizeof refused_rows / sizeof *refused_rows; i++) {
        struct bytes text = data_read(refused_rows[i].file);
        struct fake_step steps[] = {EVENT("id-1", text.ptr), REPLY(202), EVENT("id-2", GET_HELLO),
                                    REPLY(202)};
        play(steps, 4);
        cr_assert(fake_rapi_wait(fake, 5), "%s", refused_rows[i].file);
        expect_request(1, ERROR("id-1"), "\"errorType\":\"Runtime.InvalidEvent\"");
        expect_request(1, ERROR("id-1"), refused_rows[i].message);
        expect_request(3, RESPONSE("id-2"), "Hello world");
        cr_expect(program_wait_for(&program, "event refused"));
        teardown();
        free((void *)(uintptr_t)text.ptr);
    }
}

Test(bootstrap, sends_the_invocation_id_back)
{
    static const char attempt[] = "Lambda-Runtime-Invocation-Id: attempt-7\r\n";
    PLAY({.text = GET_HELLO,
          .status = 200,
          .fields = FAKE_ID("id-1") "Lambda-Runtime-Invocation-Id: attempt-7\r\n"},
         REPLY(202), EVENT("id-2", GET_HELLO), REPLY(202),
         {.text = "{}",
          .status = 200,
          .fields = FAKE_ID("id-3") "Lambda-Runtime-Invocation-Id: attempt-7\r\n"},
         REPLY(202));
    cr_expect(strstr(fake_rapi_request(fake, 1)->head, attempt));
    cr_expect(!strstr(fake_rapi_request(fake, 3)->head, "Invocation-Id"));
    expect_request(5, ERROR("id-3"), "missing");
    cr_expect(strstr(fake_rapi_request(fake, 5)->head, attempt));
}

static const unsigned refusals[] = {400, 403, 410, 413};

Test(bootstrap, a_refused_answer_is_logged_and_the_next_event_is_answered)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct fake_step steps[] = {EVENT("id-1", GET_HELLO), REPLY(refusals[i]),
                                    EVENT("id-2", "{}"),      REPLY(refusals[i]),
                                    EVENT("id-3", GET_HELLO), REPLY(202)};
        char logged[32];
        play(steps, 6);
        cr_assert(fake_rapi_wait(fake, 7), "%u", refusals[i]);
        expect_request(1, RESPONSE("id-1"), "Hello world");
        expect_next_at(2); /* and no error after a response */
        expect_request(3, ERROR("id-2"), "");
        expect_request(5, RESPONSE("id-3"), "Hello world");
        (void)snprintf(logged, sizeof logged, "\"status\":%u", refusals[i]);
        cr_expect(program_wait_for(&program, logged), "%u", refusals[i]);
        teardown();
    }
}

struct failing_row {
    const char *name;
    struct fake_step step;
};

static const struct failing_row failing_rows[] = {
    {"a failure of the API", REPLY(500)},
    {"a lost connection", {.end = FAKE_CLOSE}},
    {"a reply cut in its head", {.text = "HTTP/1.1 20", .end = FAKE_CLOSE}},
    {"a reply cut in its body",
     {.text = "HTTP/1.1 202 A\r\nContent-Length: 16\r\n\r\n{\"st", .end = FAKE_CLOSE}},
    {"a length that is none", {.text = "HTTP/1.1 202 A\r\nContent-Length: -1\r\n\r\n"}},
};

Test(bootstrap, a_lost_reply_is_asked_for_once_more)
{
    for (size_t i = 0; i < sizeof failing_rows / sizeof *failing_rows; i++) {
        struct fake_step steps[] = {EVENT("id-1", GET_HELLO), failing_rows[i].step, REPLY(202),
                                    EVENT("id-2", GET_HELLO), REPLY(202)};
        play(steps, 5);
        cr_assert(fake_rapi_wait(fake, 6), "%s", failing_rows[i].name);
        expect_request(1, RESPONSE("id-1"), "Hello world");
        expect_request(2, RESPONSE("id-1"), "Hello world");
        expect_request(4, RESPONSE("id-2"), "Hello world");
        cr_expect_eq(fake_rapi_request(fake, 5)->connection, 2u, "%s", failing_rows[i].name);
        teardown();
    }
}

Test(bootstrap, two_lost_replies_end_it)
{
    for (size_t i = 0; i < sizeof failing_rows / sizeof *failing_rows; i++) {
        struct fake_step steps[] = {EVENT("id-1", GET_HELLO), failing_rows[i].step,
                                    failing_rows[i].step};
        play(steps, 3);
        int status = program_wait(&program);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s", failing_rows[i].name);
        cr_expect(strstr(program.out.data, "\"level\":\"FATAL\""), "%s", program.out.data);
        cr_expect(strstr(program.out.data, fake_rapi_address(fake)), "%s", program.out.data);
        teardown();
    }
}

/* An event cut off is not an event: the platform gives it again. */
Test(bootstrap, a_lost_event_is_asked_for_again)
{
    static const struct failing_row rows[] = {
        {"before its first byte", {.end = FAKE_CLOSE}},
        {"in its head", {.text = "HTTP/1.1 200 OK\r\n" FAKE_ID("id-0"), .end = FAKE_CLOSE}},
        {"in its body",
         {.text = "HTTP/1.1 200 OK\r\n" FAKE_ID("id-0") "Content-Length: 70\r\n\r\n{\"requ",
          .end = FAKE_CLOSE}},
        {"a wrong state", REPLY(403)},
        {"a failure", REPLY(500)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_step steps[] = {rows[i].step, rows[i].step, EVENT("id-1", GET_HELLO),
                                    REPLY(202)};
        play(steps, 4);
        cr_assert(fake_rapi_wait(fake, 5), "%s", rows[i].name);
        expect_next_at(1);
        expect_request(3, RESPONSE("id-1"), "Hello world");
        teardown();
    }
}

Test(bootstrap, connections_may_close_between_requests)
{
    PLAY({.text = GET_HELLO, .status = 200, .fields = FAKE_ID("id-1"), .end = FAKE_CLOSE},
         {.text = "", .status = 202, .end = FAKE_CLOSE},
         {.text = GET_HELLO,
          .status = 200,
          .fields = FAKE_ID("id-2") "Connection: close\r\n",
          .end = FAKE_CLOSE},
         {.text = "", .status = 202, .fields = "Connection: close\r\n", .end = FAKE_CLOSE});
    expect_request(1, RESPONSE("id-1"), "Hello world");
    expect_request(3, RESPONSE("id-2"), "Hello world");
    cr_expect_eq(fake_rapi_request(fake, 4)->connection, 5u);
}

Test(bootstrap, a_runtime_api_that_is_gone_ends_it)
{
    static const struct fake_step steps[] = {
        EVENT("id-1", GET_HELLO), REPLY(202), {.end = FAKE_CLOSE}};
    play(steps, 3);
    cr_assert(fake_rapi_wait(fake, 3));
    fake_rapi_free(fake);
    fake = NULL;
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    cr_expect(strstr(program.out.data, "the Runtime API is lost"), "%s", program.out.data);
}

Test(bootstrap, sigterm_ends_it_at_once)
{
    static const struct fake_step waits_for_reply[] = {EVENT("id-1", GET_HELLO)};
    play(NULL, 0);
    cr_assert(fake_rapi_wait(fake, 1));
    cr_expect_eq(program_stop(&program), 0, "while it waits for an event");
    teardown();
    play(waits_for_reply, 1);
    cr_assert(fake_rapi_wait(fake, 2));
    cr_expect_eq(program_stop(&program), 0, "while it waits for a reply");
}

struct start_row {
    const char *variable, *error_type, *named;
};

static const struct start_row start_rows[] = {
    {"DUET_STORE=sqlite:/nowhere/at/all/duet.db", "Runtime.StoreUnavailable",
     "/nowhere/at/all/duet.db"},
    {"DUET_STORE=redis://x", "Runtime.StoreUnavailable", "redis://x"},
    {"DUET_REQUEST_TIMEOUT_MS=soon", "Runtime.InvalidSetting", "DUET_REQUEST_TIMEOUT_MS is 'soon'"},
};

Test(bootstrap, a_start_error_is_told_and_ends_it)
{
    static const struct fake_step steps[] = {REPLY(202)};
    for (size_t i = 0; i < sizeof start_rows / sizeof *start_rows; i++) {
        const struct start_row *row = &start_rows[i];
        script = (struct fake_script){steps, 1};
        start(row->variable);
        int status = program_wait(&program);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s", row->variable);
        cr_assert(fake_rapi_wait(fake, 1));
        expect_request(0, INIT_ERROR, row->error_type);
        expect_request(0, INIT_ERROR, row->named);
        cr_expect(strstr(program.out.data, "\"level\":\"FATAL\""), "%s", program.out.data);
        cr_expect(strstr(program.out.data, row->named), "%s", program.out.data);
        teardown();
    }
}

Test(bootstrap, a_missing_runtime_api_is_named)
{
    static const char *const env[] = {"AWS_LAMBDA_RUNTIME_API=", "DUET_STORE=memory", NULL};
    program_start(&program, (const char *const[]){"bootstrap", NULL}, env);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    cr_expect(strstr(program.out.data, "AWS_LAMBDA_RUNTIME_API is not set"), "%s",
              program.out.data);
}

Test(bootstrap, tells_its_version)
{
    program_start(&program, (const char *const[]){"bootstrap", "--version", NULL}, NULL);
    cr_expect_eq(program_wait(&program), 0);
    cr_expect(strstr(program.out.data, "(duet "), "%s", program.out.data);
}
