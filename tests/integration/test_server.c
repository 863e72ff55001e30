#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "runtime/core/limits.h"
#include "tests/support/client.h"
#include "tests/support/program.h"

/* The real server on loopback, with a memory store unless a test says otherwise. */

static struct program server;
static unsigned port;

static void start(const char *const *more_env)
{
    static const char *const argv[] = {"server", NULL};
    static const char *env[9] = {"PORT=0", "DUET_STORE=memory", "DUET_BIND=127.0.0.1",
                                 "DUET_LAME_DUCK_S=0"};
    for (size_t i = 0; more_env && more_env[i]; i++)
        env[4 + i] = more_env[i];
    program_start(&server, argv, env);
    port = program_number(&server, "\"port\":");
    cr_assert_gt(port, 0u, "%s", server.out.data ? server.out.data : "no output");
}

static void stop(void)
{
    int status = program_stop(&server);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d: %s", status,
              server.out.data);
    program_release(&server);
}

/* Sends `request` on a new connection and gives the status; the connection must be closed when
 * `closes`. */
static int status_of(struct bytes request, bool closes)
{
    struct client client;
    struct http1_response res = {0};
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, request));
    enum rc rc = client_read(&client, HTTP_GET, &res);
    cr_expect_eq(rc, RC_OK, "%s", rc_name(rc));
    if (closes)
        cr_expect(client_is_closed(&client), "status %d: still open", res.status);
    client_close(&client);
    return res.status;
}

Test(server, raises_the_limit_of_descriptors_that_a_shell_gives)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 200;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    start(NULL);
    cr_assert_eq(prlimit(server.id, RLIMIT_NOFILE, NULL, &limit), 0);
    cr_expect_gt(limit.rlim_cur, 200u);
    stop();
}

Test(server, answers_and_keeps_the_connection)
{
    struct client client;
    struct http1_response res;
    start(NULL);
    cr_assert(client_open(&client, port));
    for (int i = 0; i < 3; i++) {
        cr_assert(client_send(&client, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
        cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
        cr_expect_eq(res.status, 200);
        cr_expect(bytes_eq(res.body, BYTES_LIT("Hello world")));
        cr_expect_eq(client_field(&res, "date").len, (size_t)HTTP1_DATE_LEN);
    }
    cr_assert(client_send(&client, BYTES_LIT("GET /stats HTTP/1.1\r\nHost: x\r\n\r\n")));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_not_null(memmem(res.body.ptr, res.body.len, "\"home\":\"fargate\"", 16), "%.*s",
                       BYTES_ARG(res.body));
    client_close(&client);
    stop();
}

struct bad_row {
    const char *name;
    struct bytes request;
    int status;
};

static const struct bad_row bad_rows[] = {
    {"no request at all", BYTES_INIT("hello\r\n\r\n"), 400},
    {"bare line feeds", BYTES_INIT("GET / HTTP/1.1\nHost: x\n\n"), 400},
    {"no Host", BYTES_INIT("GET / HTTP/1.1\r\n\r\n"), 400},
    {"two lengths",
     BYTES_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na"),
     400},
    {"length and chunks",
     BYTES_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked"
                "\r\n\r\n0\r\n\r\n"),
     400},
    {"another coding", BYTES_INIT("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
     501},
    {"another version", BYTES_INIT("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505},
    {"body over the limit",
     BYTES_INIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n"), 413},
};

Test(server, refuses_malformed_requests_and_closes)
{
    start(NULL);
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        int status = status_of(bad_rows[i].request, true);
        cr_expect_eq(status, bad_rows[i].status, "%s: %d", bad_rows[i].name, status);
    }
    cr_expect_eq(status_of(BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"), false), 200);
    stop();
}

Test(server, refuses_what_is_over_a_limit)
{
    static char text[2 * LIMIT_HEAD_BYTES];
    char name[32];
    int n;
    start(NULL);
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    cr_expect_eq(status_of(bytes_make(text, LIMIT_REQUEST_LINE_BYTES + 10), true), 414);
    n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\nA: ");
    memset(text + n, 'b', LIMIT_FIELD_BYTES + 10);
    cr_expect_eq(status_of(bytes_make(text, (size_t)n + LIMIT_FIELD_BYTES + 10), true), 431);
    n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < LIMIT_FIELD_COUNT + 1; i++) {
        int len = snprintf(name, sizeof name, "A%d: 1\r\n", i);
        memcpy(text + n, name, (size_t)len);
        n += len;
    }
    cr_expect_eq(status_of(bytes_make(text, (size_t)n), true), 431);
    stop();
}

struct start_row {
    const char *name;
    const char *env[4];
    const char *wanted; /* in the log line */
};

static const struct start_row start_rows[] = {
    {"no number", {"PORT=http"}, "PORT is 'http': it must be a whole number from 0 to 65535"},
    {"port over the range", {"PORT=65536"}, "PORT is '65536'"},
    {"no switch", {"PORT=0", "DUET_ACCESS_LOG=yes"}, "DUET_ACCESS_LOG is 'yes'"},
    {"no address",
     {"PORT=0", "DUET_STORE=memory", "DUET_BIND=localhost"},
     "'localhost:0': not an IPv4 address"},
    {"unknown store", {"PORT=0", "DUET_STORE=paper:/x"}, "paper:/x"},
    {"unwritable database", {"PORT=0", "DUET_STORE=sqlite:/proc/duet.db"}, "/proc/duet.db"},
    {"no store on AWS",
     {"ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/x"},
     "DUET_STORE is not set"},
    {"no port in ECS",
     {"PORT=0", "DUET_STORE=memory", "ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/x"},
     "PORT is '0': in a container it must be"},
    {"a misspelt name",
     {"PORT=0", "DUET_STOER=memory"},
     "DUET_STOER is no setting: the nearest one is DUET_STORE"},
};

Test(server, a_start_that_fails_says_why)
{
    static const char *const argv[] = {"server", NULL};
    for (size_t i = 0; i < sizeof start_rows / sizeof *start_rows; i++) {
        const struct start_row *row = &start_rows[i];
        program_start(&server, argv, row->env);
        int status = program_wait(&server);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s: status %d", row->name,
                  status);
        cr_expect_not_null(server.out.data && strstr(server.out.data, row->wanted), "%s: %s",
                           row->name, server.out.data);
        program_release(&server);
    }
}

Test(server, a_taken_port_is_named_with_any_number_of_threads)
{
    static const char *const argv[] = {"server", NULL};
    char port_text[32], wanted[64];
    static const char *const two[] = {"DUET_THREADS=2", NULL};
    struct program second;
    start(two);
    (void)snprintf(port_text, sizeof port_text, "PORT=%u", port);
    const char *env[] = {port_text, "DUET_STORE=memory", "DUET_BIND=127.0.0.1", "DUET_THREADS=2",
                         NULL};
    program_start(&second, argv, env);
    int status = program_wait(&second);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    (void)snprintf(wanted, sizeof wanted, "'127.0.0.1:%u': Address already in use", port);
    cr_expect_not_null(strstr(second.out.data, wanted), "%s", second.out.data);
    program_release(&second);
    stop();
}

Test(server, metrics_tell_of_its_connections)
{
    struct client client;
    struct http1_response res;
    start(NULL);
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, BYTES_LIT("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_not_null(memmem(res.body.ptr, res.body.len, "\nduet_connections_open 1\n", 25));
    client_close(&client);
    stop();
}

Test(server, the_access_log_can_be_off)
{
    static const char *const off[] = {"DUET_ACCESS_LOG=off", NULL};
    start(off);
    cr_expect_eq(status_of(BYTES_LIT("GET /gtg HTTP/1.1\r\nHost: x\r\n\r\n"), false), 200);
    cr_expect_eq(program_stop(&server), 0);
    cr_expect_null(strstr(server.out.data, "\"path\":\"/gtg\""));
    program_release(&server);
}

Test(server, a_request_that_is_half_here_is_answered_after_sigterm)
{
    static const char *const one_loop[] = {"DUET_THREADS=1", "DUET_READ_TIMEOUT_S=300",
                                           "DUET_DRAIN_S=300", NULL};
    struct client idle, busy;
    struct http1_response res;
    start(one_loop); /* so that both connections see the signal at the same time */
    cr_assert(client_open(&busy, port));
    cr_assert(client_send(&busy, BYTES_LIT("POST /candidate/ada HTTP/1.1\r\nHost: x\r\n"
                                           "Expect: 100-continue\r\nContent-Length: 13\r\n\r\n")));
    char interim[25];
    cr_assert_eq(recv(busy.fd, interim, sizeof interim, MSG_WAITALL), (ssize_t)sizeof interim);
    cr_assert(client_open(&idle, port));
    cr_assert(client_send(&idle, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
    cr_assert_eq(client_read(&idle, HTTP_GET, &res), RC_OK);
    (void)kill(server.id, SIGTERM);
    cr_expect(client_is_closed(&idle));
    cr_assert(client_send(&busy, BYTES_LIT("{\"party\":\"x\"}")));
    cr_assert_eq(client_read(&busy, HTTP_POST, &res), RC_OK);
    cr_expect_eq(res.status, 201, "%d %.*s", res.status, BYTES_ARG(res.body));
    cr_expect(bytes_eq(client_field(&res, "connection"), BYTES_LIT("close")));
    client_close(&busy);
    client_close(&idle);
    int status = program_wait(&server);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    program_release(&server);
}
