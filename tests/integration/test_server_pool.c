#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>

#include "runtime/core/limits.h"
#include "runtime/net/fd_limit.h"
#include "tests/support/client.h"
#include "tests/support/program.h"
#include "tests/support/tempdir.h"

/* Handlers that wait: all workers are at it, and as many requests wait behind them as may. */

enum { WORKERS = 2, WAITING = WORKERS + LIMIT_WORKER_QUEUE + 1 };

static struct program server = {.out_fd = -1};
static struct tempdir folder;
static unsigned port;
static struct client waiting[WAITING];

static void setup(void)
{
    tempdir_init(&folder);
}

static void teardown(void)
{
    program_release(&server);
    tempdir_release(&folder);
}

TestSuite(server_pool, .init = setup, .fini = teardown, .timeout = 280);

static void start(const char *drain)
{
    static const char *const argv[] = {"tests/waiting_app", NULL};
    char store[2 * TEMPDIR_PATH_MAX];
    const char *env[] = {tempdir_join(&folder, "DUET_STORE=sqlite:", "store.db", store),
                         "PORT=0",
                         "DUET_BIND=127.0.0.1",
                         "DUET_WORKERS=2",
                         "DUET_THREADS=1", /* so that requests are taken in their order */
                         "DUET_ACCESS_LOG=off",
                         "DUET_LAME_DUCK_S=0",
                         drain,
                         NULL};
    fd_limit_raise();
    program_start(&server, argv, env);
    port = program_number(&server, "\"port\":");
    cr_assert_gt(port, 0u, "%s", server.out.data ? server.out.data : "no output");
}

static void ask(struct client *client, const char *path)
{
    char request[128];
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    cr_assert(client_send(client, bytes_make(request, (size_t)n)));
}

static void expect(struct client *client, int status, struct http1_response *res)
{
    *res = (struct http1_response){0};
    cr_assert_eq(client_read(client, HTTP_GET, res), RC_OK);
    cr_expect_eq(res->status, status, "%d: %.*s", res->status, BYTES_ARG(res->body));
}

static void wait_until_inside(struct client *client, const char *count)
{
    struct http1_response res;
    do {
        ask(client, "/inside");
        expect(client, 200, &res);
    } while (!bytes_eq(res.body, bytes_from_str(count)));
}

static void send_waiting(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        cr_assert(client_open(&waiting[i], port), "%zu", i);
        ask(&waiting[i], "/gate");
    }
}

/* The first of those that wait that has an answer. */
static size_t find_answered(void)
{
    static struct pollfd all[WAITING];
    for (size_t i = 0; i < WAITING; i++)
        all[i] = (struct pollfd){.fd = waiting[i].fd, .events = POLLIN};
    cr_assert_gt(poll(all, WAITING, 60000), 0);
    for (size_t i = 0; i < WAITING; i++)
        if (all[i].revents)
            return i;
    return WAITING;
}

Test(server_pool, requests_that_do_not_wait_are_answered_while_all_workers_do)
{
    struct client other;
    struct http1_response res;
    start("DUET_DRAIN_S=900");
    cr_assert(client_open(&other, port));
    send_waiting(0, WORKERS);
    wait_until_inside(&other, "2");
    send_waiting(WORKERS, WAITING); /* one more than may */
    size_t refused = find_answered();
    expect(&waiting[refused], 503, &res);
    cr_expect(bytes_eq(client_field(&res, "retry-after"), BYTES_LIT("1")));
    for (int i = 0; i < 50; i++) {
        ask(&other, "/hello");
        expect(&other, 200, &res);
    }
    ask(&other, "/open");
    expect(&other, 200, &res);
    for (size_t i = 0; i < WAITING; i++) {
        if (i != refused)
            expect(&waiting[i], 200, &res);
        client_close(&waiting[i]);
    }
    client_close(&other);
    int status = program_stop(&server);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
}

/* The last of them has not even begun. */
Test(server_pool, handlers_without_an_end_do_not_keep_the_server_from_its_own)
{
    struct client other;
    start("DUET_DRAIN_S=1");
    cr_assert(client_open(&other, port));
    send_waiting(0, WORKERS + 1);
    wait_until_inside(&other, "2");
    int status = program_stop(&server);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    cr_expect_not_null(strstr(server.out.data, "left with requests in hand"));
    cr_expect_not_null(strstr(server.out.data, "\"Route\":\"/inside\""), "no metrics");
    for (size_t i = 0; i <= WORKERS; i++)
        cr_expect(client_is_closed(&waiting[i]));
    client_close(&other);
}
