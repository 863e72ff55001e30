#include <criterion/criterion.h>

#include <sys/socket.h>
#include <time.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/lambda/rapi.h"
#include "tests/support/fake_rapi.h"

/*
 * What the client does after each reply that the Runtime API may give, row by row:
 *
 *   next: 200                                          test_rapi.c
 *   next: 403, 404, 5xx, no HTTP, wrong lengths        a_failed_next_is_tried_again
 *   next: the same for good                            a_next_that_fails_for_good_is_told
 *   next: after a long wait, as of a frozen sandbox    a_next_may_take_any_time
 *   response, error: 202                               every_reply_has_its_consequence
 *   response, error: 400 of each type, 403, 410, 413   every_reply_has_its_consequence
 *   response, error: 5xx, once and twice               every_reply_has_its_consequence
 *   response: 413, and no error after it               test_bootstrap: a_refused_answer_...
 *   response, error: the invocation id, said or not    the_invocation_id_is_sent_back
 *   init/error: 202, 4xx, 5xx                          every_reply_has_its_consequence
 *   init/error: then the process ends with 1           test_bootstrap: a_start_error_...
 *   extension/register: 200, 202, 403, 500             test_extension
 *   all posts: a connection lost                       every_reply_has_its_consequence
 *   next, response: lost or wrong at any byte          test_bootstrap_hostile
 *   all: nobody listens                                test_rapi: nobody_listening_is_told
 */

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

TestSuite(rapi_contract, .init = setup, .fini = teardown);

static void start(const struct fake_step *steps, size_t count)
{
    script = (struct fake_script){steps, count};
    fake = fake_rapi_new(fake_rapi_play, &script, true);
    fake_rapi_start(fake);
    rapi_init(&rapi, fake_rapi_address(fake));
}

#define EVENT                                                         \
    {                                                                 \
        .text = "{\"a\":1}", .status = 200, .fields = FAKE_ID("id-1") \
    }
#define STATUS(status_)                                    \
    {                                                      \
        .text = "{\"status\":\"OK\"}", .status = (status_) \
    }
#define REFUSED(status_, type_)                                                              \
    {                                                                                        \
        .text = "{\"errorMessage\":\"no\",\"errorType\":\"" type_ "\"}", .status = (status_) \
    }
#define DROP              \
    {                     \
        .end = FAKE_CLOSE \
    }

/* --- posts --- */

enum call { CALL_RESPONSE, CALL_ERROR, CALL_INIT_ERROR, CALL_COUNT };

static const char *const targets[CALL_COUNT] = {
    [CALL_RESPONSE] = "POST /2018-06-01/runtime/invocation/id-1/response",
    [CALL_ERROR] = "POST /2018-06-01/runtime/invocation/id-1/error",
    [CALL_INIT_ERROR] = "POST /2018-06-01/runtime/init/error",
};

static enum rc post(enum call call)
{
    switch (call) {
    case CALL_RESPONSE:
        return rapi_response(&rapi, &arena, &invocation, BYTES_LIT("{}"));
    case CALL_ERROR:
        return rapi_error(&rapi, &arena, &invocation, "Function.Xy", "no");
    case CALL_INIT_ERROR:
    case CALL_COUNT:
        break;
    }
    return rapi_init_error(&rapi, &arena, "Runtime.Xy", "no");
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
    {"a stale id", {REFUSED(400, "InvalidRequestID")}, RC_OK, 1, 1},
    {"a stale attempt", {REFUSED(400, "InvalidInvocationId")}, RC_OK, 1, 1},
    {"a wrong mode", {REFUSED(400, "InvalidFunctionResponseMode")}, RC_OK, 1, 1},
    {"a cut request", {REFUSED(400, "TruncatedHTTPRequest")}, RC_OK, 1, 1},
    {"a wrong state", {REFUSED(403, "InvalidStateTransition")}, RC_OK, 1, 1},
    {"too late", {REFUSED(410, "InvokeTimeout")}, RC_OK, 1, 1},
    {"too large", {REFUSED(413, "RequestEntityTooLarge")}, RC_OK, 1, 1},
    {"a refusal without a body", {{.text = "", .status = 400}}, RC_OK, 1, 1},
    {"a failure, then accepted", {REFUSED(500, "InternalServerError"), STATUS(202)}, RC_OK, 2, 2},
    {"a failure, then a stale id",
     {REFUSED(503, "ServiceUnavailable"), REFUSED(400, "InvalidRequestID")},
     RC_OK,
     2,
     2},
    {"a failure, then too late",
     {REFUSED(500, "InternalServerError"), REFUSED(410, "InvokeTimeout")},
     RC_OK,
     2,
     2},
    {"two failures",
     {REFUSED(500, "InternalServerError"), REFUSED(500, "InternalServerError")},
     RC_IO,
     2,
     2},
    {"a failure, then dropped", {REFUSED(500, "InternalServerError"), DROP}, RC_IO, 2, 2},
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

/* Every try sends the whole request again. */
static void expect_posts(enum call call, const struct post_row *row)
{
    for (size_t k = 1; k <= row->requests; k++) {
        cr_expect_str_eq(fake_rapi_request(fake, k)->target, targets[call], "%s", row->name);
        cr_expect(bytes_eq(fake_rapi_request(fake, k)->body, fake_rapi_request(fake, 1)->body),
                  "%s", row->name);
    }
    cr_expect_eq(fake_rapi_request(fake, row->requests)->connection, row->connections, "%s",
                 row->name);
}

Test(rapi_contract, every_reply_has_its_consequence)
{
    for (enum call call = CALL_RESPONSE; call < CALL_COUNT; call++) {
        for (size_t i = 0; i < sizeof post_rows / sizeof *post_rows; i++) {
            const struct post_row *row = &post_rows[i];
            struct fake_step steps[] = {EVENT, row->steps[0], row->steps[1]};
            start(steps, 1 + row->requests);
            cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK, "%s", row->name);
            cr_expect_eq(post(call), row->wanted, "%s, %s", targets[call], row->name);
            cr_assert(fake_rapi_wait(fake, 1 + row->requests), "%s", row->name);
            expect_posts(call, row);
            stop();
        }
    }
}

Test(rapi_contract, the_invocation_id_is_sent_back)
{
    static const char attempt[] = "\r\nLambda-Runtime-Invocation-Id: attempt-2\r\n";
    static const struct fake_step said = {
        .text = "x",
        .status = 200,
        .fields = FAKE_ID("id-1") "lambda-runtime-invocation-id: attempt-2\r\n"};
    for (enum call call = CALL_RESPONSE; call <= CALL_ERROR; call++) {
        const struct fake_step steps[] = {said, STATUS(202), EVENT, STATUS(202)};
        start(steps, 4);
        cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
        cr_assert_eq(post(call), RC_OK);
        cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
        cr_assert_eq(post(call), RC_OK);
        cr_expect(strstr(fake_rapi_request(fake, 1)->head, attempt), "%s", targets[call]);
        cr_expect(!strcasestr(fake_rapi_request(fake, 3)->head, "invocation-id"), "%s",
                  targets[call]);
        stop();
    }
}

/* --- next --- */

struct next_row {
    const char *name;
    struct fake_step first;
};

static const struct next_row next_rows[] = {
    {"dropped", DROP},
    {"a wrong state", REFUSED(403, "InvalidStateTransition")},
    {"a failure", REFUSED(500, "InternalServerError")},
    {"no such path", REFUSED(404, "NotFound")},
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

Test(rapi_contract, a_failed_next_is_tried_again)
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

Test(rapi_contract, a_next_that_fails_for_good_is_told)
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

/* Longer than any usual client's patience for a first byte would be in a test; the socket itself
 * says that there is no limit at all. */
static enum fake_end answer_late(void *context, size_t index, const struct fake_request *req,
                                 struct buf *out)
{
    struct timespec left = {.tv_sec = 3};
    (void)context;
    (void)index;
    (void)req;
    while (nanosleep(&left, &left) != 0) {
        /* a signal came */
    }
    fake_rapi_put(out, 200, FAKE_ID("id-1"), BYTES_LIT("{}"));
    return FAKE_KEEP;
}

Test(rapi_contract, a_next_may_take_any_time)
{
    struct timeval wait = {.tv_sec = 1};
    socklen_t len = sizeof wait;
    fake = fake_rapi_new(answer_late, NULL, true);
    fake_rapi_start(fake);
    rapi_init(&rapi, fake_rapi_address(fake));
    cr_assert_eq(rapi_next(&rapi, &arena, &invocation), RC_OK);
    cr_expect_eq(fake_rapi_request(fake, 0)->connection, 1u);
    cr_expect(fake_rapi_wait(fake, 1));
    cr_assert_eq(getsockopt(rapi._conn._fd, SOL_SOCKET, SO_RCVTIMEO, &wait, &len), 0);
    cr_expect_eq(wait.tv_sec + wait.tv_usec, 0);
}
