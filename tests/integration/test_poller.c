#include <criterion/criterion.h>

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/lambda_context.h"
#include "runtime/core/log.h"
#include "runtime/lambda/bootstrap.h"
#include "tests/support/fake_rapi.h"
#include "tests/support/program.h"

/* A service with AWS_LAMBDA_MAX_CONCURRENCY, in a process of its own, and a Runtime API that hands
 * out events on several connections at once. */

#define NEXT "GET /2018-06-01/runtime/invocation/next"
#define EVENT(path) "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"" path "\"}"
#define TEXT_PLAIN BYTES_LIT("text/plain")

enum { POLLERS = 4 };

static struct program program = {.out_fd = -1};
static struct fake_rapi *fake;
static int gate[2] = {-1, -1}; /* a byte in it lets handle_gate go on */

static void teardown(void)
{
    program_release(&program);
    if (fake)
        fake_rapi_free(fake);
}

TestSuite(poller, .fini = teardown);

/* --- the service --- */

static pthread_barrier_t all_in_handlers;

/* Returns when all pollers are in it. */
static void handle_together(const struct http_request *req, struct http_response *res)
{
    const char *trace = getenv("_X_AMZN_TRACE_ID");
    (void)pthread_barrier_wait(&all_in_handlers);
    http_response_printf(res, req->arena, 200, TEXT_PLAIN, "[%.*s %.*s %s]",
                         BYTES_ARG(req->lambda->request_id), BYTES_ARG(req->lambda->trace_id),
                         trace ? trace : "unset");
}

static void handle_gate(const struct http_request *req, struct http_response *res)
{
    char byte;
    log_event(LOG_INFO, "at the gate", LOG_TEXT("id", req->request_id));
    while (read(gate[0], &byte, 1) < 0) {
        /* a signal came */
    }
    http_response_borrow(res, req->arena, 200, TEXT_PLAIN, BYTES_LIT("through the gate"));
}

static void handle_id(const struct http_request *req, struct http_response *res)
{
    log_event(LOG_INFO, "a line", LOG_TEXT("id", req->request_id));
    http_response_printf(res, req->arena, 200, TEXT_PLAIN, "[%.*s]", BYTES_ARG(req->request_id));
}

static const struct route routes[] = {
    {HTTP_GET, "/together", handle_together, 0},
    {HTTP_GET, "/gate", handle_gate, 0},
    {HTTP_GET, "/id", handle_id, 0},
    ROUTES_END,
};

static const struct app_definition definition = {.name = "test", .version = "1", .routes = routes};

static void run_child(int fd)
{
    char count[8];
    (void)dup2(fd, STDOUT_FILENO);
    (void)pthread_barrier_init(&all_in_handlers, NULL, POLLERS);
    (void)snprintf(count, sizeof count, "%d", POLLERS);
    (void)setenv("AWS_LAMBDA_RUNTIME_API", fake_rapi_address(fake), 1);
    (void)setenv("AWS_LAMBDA_MAX_CONCURRENCY", count, 1);
    (void)setenv("AWS_LAMBDA_LOG_FORMAT", "Text", 1);
    (void)setenv("DUET_STORE", "memory", 1);
    _exit(duet_bootstrap_main(&definition));
}

/* The process is made before the fake has a thread. */
static void start(fake_answer_fn *answer, void *context)
{
    int ends[2];
    fake = fake_rapi_new(answer, context, true);
    fake_rapi_set_parallel(fake);
    buf_init(&program.out, 8 << 20);
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_eq(pipe2(gate, O_CLOEXEC), 0);
    program.id = fork();
    if (program.id == 0)
        run_child(ends[1]);
    cr_assert_gt(program.id, 0);
    (void)close(ends[1]);
    program.out_fd = ends[0];
    fake_rapi_start(fake);
}

static void put_event(struct buf *out, size_t id, const char *event)
{
    char fields[128];
    (void)snprintf(
        fields, sizeof fields,
        "Lambda-Runtime-Aws-Request-Id: id-%zu\r\nLambda-Runtime-Trace-Id: trace-%zu\r\n", id, id);
    fake_rapi_put(out, 200, fields, bytes_from_str(event));
}

/* --- all at once --- */

struct together {
    pthread_barrier_t all_asked;
};

/* Nobody gets an event before all have asked; each connection's next one is held. */
static enum fake_end answer_together(void *context, size_t index, const struct fake_request *req,
                                     struct buf *out)
{
    struct together *together = context;
    (void)index;
    if (strcmp(req->target, NEXT) != 0) {
        fake_rapi_put(out, 202, NULL, BYTES_LIT("{}"));
        return FAKE_KEEP;
    }
    if (req->number_on_connection > 0)
        return FAKE_HOLD;
    (void)pthread_barrier_wait(&together->all_asked);
    put_event(out, req->connection, EVENT("/together"));
    return FAKE_KEEP;
}

/* The answer to the event that was given on connection `number` came on it, too. */
static void expect_answered(unsigned number)
{
    char target[96], wanted[96];
    (void)snprintf(target, sizeof target, "POST /2018-06-01/runtime/invocation/id-%u/response",
                   number);
    (void)snprintf(wanted, sizeof wanted, "[id-%u trace-%u unset]", number, number);
    for (size_t i = 0; i < 3 * POLLERS; i++) {
        const struct fake_request *req = fake_rapi_request(fake, i);
        if (strcmp(req->target, target) != 0)
            continue;
        cr_expect_eq(req->connection, number);
        cr_expect(strstr(req->body.ptr, wanted), "%s", req->body.ptr);
        return;
    }
    cr_expect(false, "no answer on connection %u", number);
}

Test(poller, as_many_invocations_run_at_once_as_lambda_says)
{
    static struct together together;
    cr_assert_eq(pthread_barrier_init(&together.all_asked, NULL, POLLERS), 0);
    start(answer_together, &together);
    cr_assert(fake_rapi_wait(fake, 3 * POLLERS));
    for (unsigned number = 1; number <= POLLERS; number++)
        expect_answered(number);
    cr_expect_eq(program_stop(&program), 0, "SIGTERM ends it");
}

/* --- one is lost --- */

struct one {
    atomic_uint first; /* connection; 0: none yet */
    sem_t is_at_gate;
};

/* The first connection gets the event of the gate; all others fail for good, but not before that
 * event is in its handler. */
static enum fake_end answer_one(void *context, size_t index, const struct fake_request *req,
                                struct buf *out)
{
    struct one *one = context;
    unsigned none = 0;
    (void)index;
    if (strcmp(req->target, NEXT) != 0) {
        fake_rapi_put(out, 202, NULL, BYTES_LIT("{}"));
        return FAKE_KEEP;
    }
    if (!atomic_compare_exchange_strong(&one->first, &none, req->connection)) {
        while (sem_wait(&one->is_at_gate) != 0) {
            /* a signal came */
        }
        (void)sem_post(&one->is_at_gate);
        fake_rapi_put(out, 500, NULL, BYTES_LIT("{\"errorType\":\"InternalServerError\"}"));
        return FAKE_KEEP;
    }
    put_event(out, 1, EVENT("/gate"));
    return FAKE_KEEP;
}

/* The requests so far whose first line is `target`. */
static size_t count_requests(const char *target, size_t received)
{
    size_t count = 0;
    for (size_t i = 0; i < received; i++)
        count += strcmp(fake_rapi_request(fake, i)->target, target) == 0;
    return count;
}

Test(poller, a_lost_poller_ends_the_process_after_the_others_invocations)
{
    static struct one one;
    const char answered[] = "POST /2018-06-01/runtime/invocation/id-1/response";
    size_t failed = (POLLERS - 1) * 8; /* tries of the others */
    cr_assert_eq(sem_init(&one.is_at_gate, 0, 0), 0);
    start(answer_one, &one);
    cr_assert(program_wait_for(&program, "at the gate"), "%s", program.out.data);
    (void)sem_post(&one.is_at_gate);
    cr_assert(fake_rapi_wait(fake, 1 + failed), "all the others have given up");
    cr_assert(program_wait_for(&program, "\"a poller has lost the Runtime API\""));
    cr_expect_eq(count_requests(answered, 1 + failed), 0u);
    cr_assert_eq(write(gate[1], "x", 1), 1);
    cr_assert(fake_rapi_wait(fake, 2 + failed));
    cr_expect_eq(count_requests(answered, 2 + failed), 1u);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%d", status);
    cr_expect(strstr(program.out.data, "\"level\":\"FATAL\""), "%s", program.out.data);
}

/* --- many --- */

enum { MANY = 2000 };

struct many {
    atomic_size_t given, answered, wrong;
};

static enum fake_end answer_many(void *context, size_t index, const struct fake_request *req,
                                 struct buf *out)
{
    struct many *many = context;
    (void)index;
    if (strcmp(req->target, NEXT) == 0) {
        size_t id = atomic_fetch_add(&many->given, 1);
        if (id >= MANY)
            return FAKE_HOLD;
        put_event(out, id, EVENT("/id"));
        return FAKE_KEEP;
    }
    size_t id;
    char wanted[32];
    if (sscanf(req->target, "POST /2018-06-01/runtime/invocation/id-%zu/response", &id) != 1)
        id = MANY;
    (void)snprintf(wanted, sizeof wanted, "[id-%zu]", id);
    if (!strstr(req->body.ptr, wanted))
        atomic_fetch_add(&many->wrong, 1);
    atomic_fetch_add(&many->answered, 1);
    fake_rapi_put(out, 202, NULL, BYTES_LIT("{}"));
    return FAKE_KEEP;
}

static void expect_whole_lines(void)
{
    size_t lines = 0;
    for (char *line = program.out.data; line && *line; lines++) {
        char *end = strchr(line, '\n');
        cr_assert_not_null(end);
        bool is_log = strncmp(line, "{\"timestamp\":", 13) == 0;
        bool is_metrics = strncmp(line, "{\"_aws\":", 8) == 0;
        cr_expect((is_log || is_metrics) && end[-1] == '}', "%.*s", (int)(end - line), line);
        line = end + 1;
    }
    cr_expect_geq(lines, (size_t)2 * MANY);
}

Test(poller, many_invocations_have_each_their_answer_and_whole_log_lines)
{
    static struct many many;
    start(answer_many, &many);
    char last[32];
    (void)snprintf(last, sizeof last, "\"id-%d\"", MANY - 1);
    cr_assert(program_wait_for(&program, last), "%zu", (size_t)many.answered);
    cr_assert(fake_rapi_wait(fake, 2 * MANY + POLLERS));
    cr_expect_eq(program_stop(&program), 0);
    cr_expect_eq(many.answered, (size_t)MANY);
    cr_expect_eq(many.wrong, 0u);
    expect_whole_lines();
}
