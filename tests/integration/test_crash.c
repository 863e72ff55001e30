#include <criterion/criterion.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/client.h"
#include "tests/support/fake_rapi.h"
#include "tests/support/program.h"

/* A service that crashes in every way: what the Runtime API, the log and the parent are told. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#define NEXT "GET /2018-06-01/runtime/invocation/next"
#define ERROR(id) "POST /2018-06-01/runtime/invocation/" id "/error"

static struct program program = {.out_fd = -1};
static struct fake_rapi *fake;
static struct fake_script script;

static void teardown(void)
{
    program_release(&program);
    if (fake)
        fake_rapi_free(fake);
    fake = NULL;
}

TestSuite(crash, .fini = teardown);

static void start_against(const char *host, const char *variable)
{
    static char address[128];
    (void)snprintf(address, sizeof address, "AWS_LAMBDA_RUNTIME_API=%s%s", host,
                   strchr(fake_rapi_address(fake), ':'));
    const char *env[] = {address, "DUET_STORE=memory", variable, NULL};
    program_start(&program, (const char *const[]){"tests/crashing_app", NULL}, env);
    fake_rapi_start(fake);
}

static void start(const char *host, const char *variable)
{
    fake = fake_rapi_new(fake_rapi_play, &script, true);
    start_against(host, variable);
}

static void play(const char *host, const struct fake_step *steps, size_t count)
{
    script = (struct fake_script){steps, count};
    start(host, NULL);
}

/* One event for `path`. The fake talks to one connection at a time: the first one ends. */
static struct fake_step event_for(const char *path)
{
    static char event[256];
    (void)snprintf(event, sizeof event,
                   "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"%s\"}",
                   path);
    return (struct fake_step){.text = event,
                              .status = 200,
                              .end = FAKE_CLOSE,
                              .fields =
                                  FAKE_ID("id-1") "Lambda-Runtime-Invocation-Id: attempt-7\r\n"};
}

static const struct fake_step taken = {.text = "{\"status\":\"OK\"}", .status = 202};

static void expect_death(int signal)
{
    int status = program_wait(&program);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == signal, "status %x: %s", status,
              program.out.data);
}

static void expect_said(const char *text)
{
    cr_expect(program.out.data && strstr(program.out.data, text), "%s is not in: %s", text,
              program.out.data ? program.out.data : "nothing");
}

static void expect_report(size_t index, const char *target, const char *type)
{
    const struct fake_request *req = fake_rapi_request(fake, index);
    char field[128], member[128];
    cr_expect_str_eq(req->target, target);
    (void)snprintf(field, sizeof field, "\r\nLambda-Runtime-Function-Error-Type: %s\r\n", type);
    (void)snprintf(member, sizeof member, "\"errorType\":\"%s\"", type);
    cr_expect(strstr(req->head, field), "%s", req->head);
    cr_expect(strstr(req->body.ptr, member), "%s", req->body.ptr);
    expect_said(member);
}

struct way {
    const char *path;
    int signal;
    const char *type, *message;
};

static const struct way ways[] = {
    {"/by_write", SIGSEGV, "Runtime.SegmentationFault", "crashed by SIGSEGV at address 0x0\""},
    {"/by_library", SIGSEGV, "Runtime.SegmentationFault", "crashed by SIGSEGV at address 0x0\""},
    {"/in_callback", SIGSEGV, "Runtime.SegmentationFault", "crashed by SIGSEGV at address 0x0\""},
    {"/by_raise", SIGSEGV, "Runtime.SegmentationFault", "crashed by SIGSEGV\""},
    {"/by_bus", SIGBUS, "Runtime.BusError", "crashed by SIGBUS at address 0x"},
    {"/by_instruction", SIGILL, "Runtime.IllegalInstruction", "crashed by SIGILL at address 0x"},
    {"/by_division", SIGFPE, "Runtime.ArithmeticError", "crashed by SIGFPE"},
    {"/by_abort", SIGABRT, "Runtime.Abort", "crashed by SIGABRT\""},
    {"/by_overflow", SIGSEGV, "Runtime.StackOverflow", ", the end of the stack\""},
};

Test(crash, every_way_is_an_invocation_error_a_line_and_a_true_end)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const struct way *way = &ways[i];
        struct fake_step steps[] = {event_for(way->path), taken};
        play("127.0.0.1", steps, 2);
        expect_death(way->signal);
        cr_assert(fake_rapi_wait(fake, 2), "%s", way->path);
        expect_report(1, ERROR("id-1"), way->type);
        const struct fake_request *req = fake_rapi_request(fake, 1);
        cr_expect(strstr(req->body.ptr, way->message), "%s: %s", way->path, req->body.ptr);
        cr_expect(strstr(req->head, "\r\nLambda-Runtime-Invocation-Id: attempt-7\r\n"));
        cr_expect_eq(req->connection, 2u, "%s: on a connection of its own", way->path);
        expect_said(way->message);
        expect_said("\"requestId\":\"id-1\"");
        expect_said("\"reportStatus\":202,");
        expect_said("\"buildId\":\"");
        teardown();
    }
}

Test(crash, a_named_runtime_api_is_found_again_without_its_name)
{
    struct fake_step steps[] = {event_for("/by_write"), taken};
    play("localhost", steps, 2);
    expect_death(SIGSEGV);
    expect_said("\"reportStatus\":202,");
    cr_assert(fake_rapi_wait(fake, 2));
    expect_report(1, ERROR("id-1"), "Runtime.SegmentationFault");
    cr_expect(strstr(fake_rapi_request(fake, 1)->head, "\r\nHost: localhost:"));
}

Test(crash, at_the_start_it_is_an_init_error)
{
    script = (struct fake_script){&taken, 1};
    start("127.0.0.1", "CRASH_AT_INIT=yes");
    expect_death(SIGSEGV);
    cr_assert(fake_rapi_wait(fake, 1));
    expect_report(0, "POST /2018-06-01/runtime/init/error", "Runtime.SegmentationFault");
    expect_said("\"reportStatus\":202,");
}

/* A Runtime API that is gone, or that never replies, does not hold the end up for ever. */
static const struct fake_step no_replies[] = {
    {.text = "", .end = FAKE_CLOSE},
    {.text = "HTTP/1.1 20", .end = FAKE_CLOSE},
    {.text = "nonsense nonsense nonsense", .end = FAKE_CLOSE},
    {.text = "", .end = FAKE_HOLD},
};

Test(crash, without_a_reply_there_is_a_line_and_an_end)
{
    for (size_t i = 0; i < sizeof no_replies / sizeof *no_replies; i++) {
        struct fake_step steps[] = {event_for("/by_abort"), no_replies[i]};
        play("127.0.0.1", steps, 2);
        expect_death(SIGABRT);
        expect_said("\"message\":\"crashed by SIGABRT\"");
        cr_expect(!strstr(program.out.data, "reportStatus"), "%s", program.out.data);
        teardown();
    }
}

Test(crash, between_invocations_nobody_is_told)
{
    struct fake_step steps[] = {event_for("/hello"), taken};
    steps[0].end = FAKE_KEEP;
    play("127.0.0.1", steps, 2);
    cr_assert(fake_rapi_wait(fake, 3));
    cr_expect_str_eq(fake_rapi_request(fake, 2)->target, NEXT);
    cr_expect_eq(kill(program.id, SIGABRT), 0);
    expect_death(SIGABRT);
    expect_said("\"message\":\"crashed by SIGABRT\"");
    cr_expect(!strstr(program.out.data, "reportStatus"), "%s", program.out.data);
    const char *line = strstr(program.out.data, "FATAL");
    cr_expect(line && !strstr(line, "requestId"), "%s", program.out.data);
}

/* --- several pollers --- */

enum { POLLERS = 4 };

struct pollers {
    atomic_size_t next_count, report_index;
};

/* The last poller that asks gets an event, and its stack overflows; the others wait for theirs. */
static enum fake_end answer_pollers(void *context, size_t index, const struct fake_request *req,
                                    struct buf *out)
{
    struct pollers *self = context;
    if (strcmp(req->target, NEXT) != 0) {
        atomic_store(&self->report_index, index);
        fake_rapi_put(out, 202, NULL, BYTES_LIT("{}"));
        return FAKE_KEEP;
    }
    if (atomic_fetch_add(&self->next_count, 1) != POLLERS - 1)
        return FAKE_HOLD;
    struct fake_step step = event_for("/by_overflow");
    fake_rapi_put(out, step.status, step.fields, bytes_from_str(step.text));
    return FAKE_KEEP;
}

Test(crash, a_poller_among_others_reports_its_own_invocation)
{
    static struct pollers pollers;
    fake = fake_rapi_new(answer_pollers, &pollers, true);
    fake_rapi_set_parallel(fake);
    start_against("127.0.0.1", "AWS_LAMBDA_MAX_CONCURRENCY=4");
    expect_death(SIGSEGV);
    cr_assert(fake_rapi_wait(fake, POLLERS + 1));
    expect_report(atomic_load(&pollers.report_index), ERROR("id-1"), "Runtime.StackOverflow");
    expect_said("\"requestId\":\"id-1\"");
    expect_said("\"reportStatus\":202,");
}

/* --- the other home --- */

Test(crash, the_server_writes_the_same_line_and_dies_by_the_signal)
{
    static const char *const env[] = {"DUET_STORE=memory", "PORT=0", "DUET_THREADS=2",
                                      "DUET_LAME_DUCK_S=0", NULL};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct client client;
        char request[128];
        program_start(&program, (const char *const[]){"tests/crashing_app", NULL}, env);
        unsigned port = program_number(&program, "\"port\":");
        cr_assert(client_open(&client, port));
        (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", ways[i].path);
        cr_assert(client_send(&client, bytes_from_str(request)));
        expect_death(ways[i].signal);
        expect_said(ways[i].message);
        expect_said(ways[i].type);
        expect_said("\"addresses\":[\"0x");
        cr_expect(!strstr(program.out.data, "reportStatus"), "%s", program.out.data);
        client_close(&client);
        teardown();
    }
}

#else
/* Their own handlers take the signals there; that ours stay away is test_crash's claim. */
Test(crash, is_left_to_the_sanitizers)
{
    static const char *const env[] = {"DUET_STORE=memory", "PORT=0", "DUET_LAME_DUCK_S=0", NULL};
    static struct program program = {.out_fd = -1};
    program_start(&program, (const char *const[]){"tests/crashing_app", NULL}, env);
    cr_expect_neq(program_number(&program, "\"port\":"), 0u);
    cr_expect_eq(program_stop(&program), 0);
    program_release(&program);
}
#endif
