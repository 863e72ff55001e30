#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/support/client.h"
#include "tests/support/emf.h"
#include "tests/support/fake_rapi.h"
#include "tests/support/program.h"
#include "tests/support/program_port.h"
#include "tests/support/tempdir.h"

/* What the real programs write to stdout: logs as their settings say, and metrics whose sums are
 * the requests that were sent. */

#define ROWS(table) (sizeof(table) / sizeof *(table))

static struct program program = {.out_fd = -1};
static struct fake_rapi *fake;
static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 64 << 20);
}

static void teardown(void)
{
    program_release(&program);
    if (fake)
        fake_rapi_free(fake);
    fake = NULL;
    arena_release(&arena);
}

TestSuite(telemetry, .init = setup, .fini = teardown);

static bool printed(const char *text)
{
    return program.out.data && strstr(program.out.data, text);
}

/* --- the server --- */

struct sum {
    const char *route;
    int requests, errors, client_errors;
};

/* What all lines so far say of `route`. */
static struct sum sum_of(const char *route)
{
    struct sum sum = {.route = route};
    struct bytes rest = buf_bytes(&program.out);
    const cJSON *root;
    while ((root = emf_next(&arena, &rest)) != NULL) {
        if (!bytes_eq(emf_text(root, "Route"), bytes_from_str(route)))
            continue;
        sum.requests += (int)emf_number(root, "Requests");
        sum.errors += (int)emf_number(root, "Errors");
        sum.client_errors += (int)emf_number(root, "ClientErrors");
    }
    return sum;
}

static void expect_sums(const struct sum *sums, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sum sum = sum_of(sums[i].route);
        cr_expect_eq(sum.requests, sums[i].requests, "%s: %d", sum.route, sum.requests);
        cr_expect_eq(sum.errors, sums[i].errors, "%s: %d errors", sum.route, sum.errors);
        cr_expect_eq(sum.client_errors, sums[i].client_errors, "%s: %d client errors", sum.route,
                     sum.client_errors);
    }
}

/* Sends `request` `count` times, on a connection each. */
static void ask(unsigned port, int count, struct bytes request, int status)
{
    for (int i = 0; i < count; i++) {
        struct client client;
        struct http1_response res = {0};
        cr_assert(client_open(&client, port));
        cr_assert(client_send(&client, request));
        cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
        cr_expect_eq(res.status, status, "%d", res.status);
        client_close(&client);
    }
}

static void ask_all(unsigned port)
{
    ask(port, 30, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    ask(port, 5, BYTES_LIT("GET /candidate/nobody HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    ask(port, 3, BYTES_LIT("GET /nothing?secret=1 HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    ask(port, 2, BYTES_LIT("GET / HTTP/1.1\r\n\r\n"), 400);
    ask(port, 1, BYTES_LIT("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n"), 501);
}

static const struct sum once[] = {
    {"/hello", 30, 0, 0}, {"/candidate/{name}", 5, 0, 5}, {"unrouted", 6, 1, 5}};
static const struct sum twice[] = {
    {"/hello", 60, 0, 0}, {"/candidate/{name}", 10, 0, 10}, {"unrouted", 12, 2, 10}};

static unsigned start_server(const struct tempdir *folder, const char *variable)
{
    char store[2 * TEMPDIR_PATH_MAX];
    const char *env[] = {"PORT=0",
                         "DUET_BIND=127.0.0.1",
                         "DUET_THREADS=2",
                         "DUET_WORKERS=3",
                         "DUET_ACCESS_LOG=off",
                         tempdir_join(folder, "DUET_STORE=sqlite:", "store.db", store),
                         variable,
                         NULL};
    program_start(&program, (const char *const[]){"server", NULL}, env);
    return program_number(&program, "\"port\":");
}

Test(telemetry, the_servers_summaries_add_up_to_the_requests_sent)
{
    struct tempdir folder;
    tempdir_init(&folder);
    unsigned port = start_server(&folder, "DUET_METRICS_S=1");
    cr_assert_gt(port, 0u);
    ask_all(port);
    /* The summary of a period comes by itself; what is sent after it comes in the last one. */
    cr_assert(program_wait_for(&program, "\"Route\":\"unrouted\""));
    ask_all(port);
    cr_expect_eq(program_stop(&program), 0);
    expect_sums(twice, ROWS(twice));
    cr_expect_not(printed("secret"));
    cr_expect_not(printed("nobody"), "a path is no route");
    cr_expect_not(printed("ColdStart"));
    cr_expect(printed("\"Home\":\"fargate\""));
    tempdir_release(&folder);
}

Test(telemetry, a_server_that_ends_early_tells_all_at_its_end)
{
    struct tempdir folder;
    tempdir_init(&folder);
    unsigned port = start_server(&folder, "DUET_METRICS_NAMESPACE=Shop");
    ask_all(port);
    cr_expect_not(printed("_aws"));
    cr_expect_eq(program_stop(&program), 0);
    expect_sums(once, ROWS(once));
    cr_expect(printed("{\"Namespace\":\"Shop\","));
    tempdir_release(&folder);
}

Test(telemetry, a_servers_metrics_can_be_off)
{
    static const char *const off[] = {"DUET_METRICS=off", "DUET_METRICS_S=0"};
    for (size_t i = 0; i < ROWS(off); i++) {
        struct tempdir folder;
        tempdir_init(&folder);
        ask_all(start_server(&folder, off[i]));
        cr_expect_eq(program_stop(&program), 0);
        cr_expect_not(printed("_aws"), "%s", off[i]);
        program_release(&program);
        tempdir_release(&folder);
    }
}

Test(telemetry, a_server_logs_nothing_under_its_level)
{
    static const char *const env[] = {"PORT=0",
                                      "DUET_BIND=127.0.0.1",
                                      "DUET_STORE=memory",
                                      "DUET_METRICS=off",
                                      "DUET_LOG_LEVEL=WARN",
                                      "DUET_LAME_DUCK_S=0",
                                      NULL};
    program_start(&program, (const char *const[]){"server", NULL}, env);
    unsigned port = program_port(program.id); /* the line that would tell it is not there */
    cr_assert_gt(port, 0u, "it does not listen");
    ask(port, 3, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    cr_expect_eq(program_stop(&program), 0);
    cr_expect_eq(program.out.len, 0u, "%s", program.out.data);
}

Test(telemetry, a_fatal_line_is_there_at_any_level)
{
    static const char *const env[] = {"PORT=http", "DUET_LOG_LEVEL=FATAL", NULL};
    program_start(&program, (const char *const[]){"server", NULL}, env);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    cr_expect(printed("\"level\":\"FATAL\""));
    cr_expect(printed("PORT is 'http'"));
}

Test(telemetry, an_access_line_has_the_ids)
{
    struct tempdir folder;
    tempdir_init(&folder);
    unsigned port = start_server(&folder, "DUET_ACCESS_LOG=on");
    ask(port, 1, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\nX-Amzn-Trace-Id: Root=1-2-3\r\n\r\n"),
        200);
    ask(port, 1, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    cr_expect_eq(program_stop(&program), 0);
    const char *first =
        strstr(program.out.data, "\"message\":\"request\",\"requestId\":\"Root=1-2-3\",\"traceId\":"
                                 "\"Root=1-2-3\",\"method\":\"GET\"");
    cr_assert_not_null(first, "%s", program.out.data);
    const char *second = strstr(first + 1, "\"message\":\"request\",\"requestId\":\"");
    cr_expect(second && !strstr(second, "1-2-3") && !strstr(second, "traceId"),
              "the ids of one are not the next one's: %s", program.out.data);
    tempdir_release(&folder);
}

/* --- the bootstrap --- */

#define EVENT(method_, path_)                                                           \
    "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"" method_ "\",\"path\":\"" path_ \
    "\",\"headers\":{\"x-amzn-trace-id\":\"Root=1-2-3\",\"authorization\":\"hush\"},"   \
    "\"queryStringParameters\":{\"secret\":\"hush\"}}"
#define STEP(id_, text_)                                       \
    {                                                          \
        .text = (text_), .status = 200, .fields = FAKE_ID(id_) \
    }
#define REPLY(status_)                                     \
    {                                                      \
        .text = "{\"status\":\"OK\"}", .status = (status_) \
    }

/* A route, the root, a pattern with a parameter, a status of the client's fault, and no event. */
static const struct fake_step steps[] = {
    STEP("id-1", EVENT("GET", "/hello")),
    REPLY(202),
    STEP("id-2", EVENT("GET", "/hello")),
    REPLY(202),
    STEP("id-3", EVENT("GET", "/candidate/hush")),
    REPLY(202),
    STEP("id-4", EVENT("GET", "/hush")),
    REPLY(410),
    STEP("id-5", "{}"),
    REPLY(202),
};
static const struct fake_script script = {steps, ROWS(steps)};

struct invocation_row {
    const char *id, *route;
    int errors, client_errors;
};

static const struct invocation_row invocation_rows[] = {
    {"id-1", "/hello", 0, 0},   {"id-2", "/hello", 0, 0},   {"id-3", "/candidate/{name}", 0, 1},
    {"id-4", "unrouted", 0, 1}, {"id-5", "unrouted", 1, 0},
};

/* Runs all steps; the program has ended then. */
static void play(const char *first, const char *second)
{
    char address[64];
    fake = fake_rapi_new(fake_rapi_play, (void *)(uintptr_t)&script, true);
    (void)snprintf(address, sizeof address, "AWS_LAMBDA_RUNTIME_API=%s", fake_rapi_address(fake));
    const char *env[] = {address, "DUET_STORE=memory", first, second, NULL};
    program_start(&program, (const char *const[]){"bootstrap", NULL}, env);
    fake_rapi_start(fake);
    cr_assert(fake_rapi_wait(fake, ROWS(steps) + 1));
    cr_expect_eq(program_stop(&program), 0);
}

Test(telemetry, each_invocation_is_one_line_of_metrics)
{
    play("AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", NULL);
    struct bytes rest = buf_bytes(&program.out);
    for (size_t i = 0; i < ROWS(invocation_rows); i++) {
        const struct invocation_row *row = &invocation_rows[i];
        const cJSON *root = emf_next(&arena, &rest);
        cr_assert_not_null(root, "%s: %s", row->id, program.out.data);
        cr_expect(bytes_eq(emf_text(root, "requestId"), bytes_from_str(row->id)));
        cr_expect(bytes_eq(emf_text(root, "Route"), bytes_from_str(row->route)), "%s", row->id);
        cr_expect(bytes_eq(emf_text(root, "Home"), BYTES_LIT("lambda")));
        cr_expect_eq(emf_number(root, "Requests"), 1);
        cr_expect_eq(emf_number(root, "Errors"), row->errors, "%s", row->id);
        cr_expect_eq(emf_number(root, "ClientErrors"), row->client_errors, "%s", row->id);
        cr_expect_eq(emf_count(root, "Latency"), 1u);
        cr_expect_eq(emf_count(root, "ColdStart"), i == 0 ? 1u : 0u, "%s", row->id);
    }
    cr_expect_null(emf_next(&arena, &rest), "one line each");
    cr_expect_not(printed("hush"), "%s", program.out.data);
}

Test(telemetry, lines_of_an_invocation_have_its_ids_once)
{
    play("DUET_METRICS=off", NULL);
    cr_expect(printed("\"message\":\"an answer that the Runtime API refused\",\"requestId\":"
                      "\"id-4\",\"traceId\":\"Root=1-2-3\",\"status\":410"),
              "%s", program.out.data);
    const char *refused = strstr(program.out.data, "\"message\":\"event refused\"");
    cr_assert_not_null(refused, "%s", program.out.data);
    cr_expect_eq(strstr(refused, "\"requestId\":"), strstr(refused, "\"requestId\":\"id-5\""));
    cr_expect_null(strstr(strstr(refused, "\"requestId\":") + 1, "\"requestId\":"), "%s", refused);
}

Test(telemetry, a_functions_log_is_text_where_lambda_says_so)
{
    play("AWS_LAMBDA_LOG_FORMAT=Text", "DUET_METRICS=off");
    cr_expect(printed("Z WARN id-4 an answer that the Runtime API refused traceId=Root=1-2-3 "
                      "status=410"),
              "%s", program.out.data);
    cr_expect(printed("Z ERROR id-5 event refused errorType=Runtime.InvalidEvent errorMessage=\""),
              "%s", program.out.data);
}

Test(telemetry, a_functions_log_has_the_level_that_lambda_says)
{
    play("AWS_LAMBDA_LOG_LEVEL=ERROR", "DUET_METRICS=off");
    cr_expect(printed("event refused"), "an error");
    cr_expect_not(printed("the Runtime API refused"), "a warning");
}

Test(telemetry, an_init_error_is_logged_at_any_level_in_the_right_format)
{
    static const char *const env[] = {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:9", "DUET_STORE=paper:/x",
                                      "AWS_LAMBDA_LOG_LEVEL=FATAL", "AWS_LAMBDA_LOG_FORMAT=Text",
                                      NULL};
    program_start(&program, (const char *const[]){"bootstrap", NULL}, env);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    cr_expect(printed("Z FATAL - cannot start errorType="), "%s", program.out.data);
    cr_expect_not(printed(" ERROR "), "%s", program.out.data);
}
