#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>

#include "runtime/core/limits.h"
#include "tests/support/client.h"
#include "tests/support/program.h"

/* The access log of the real server: which lines there are, and what they say. */

static struct program server = {.out_fd = -1};
static struct client client;
static unsigned port;

static void start(const char *const *more_env)
{
    static const char *const argv[] = {"server", NULL};
    static const char *env[9] = {"PORT=0", "DUET_STORE=memory", "DUET_LAME_DUCK_S=0",
                                 "DUET_BIND=127.0.0.1", "DUET_METRICS=off"};
    for (size_t i = 0; more_env && more_env[i]; i++)
        env[5 + i] = more_env[i];
    program_start(&server, argv, env);
    port = program_number(&server, "\"port\":");
    cr_assert_gt(port, 0u, "%s", server.out.data ? server.out.data : "no output");
    cr_assert(client_open(&client, port));
}

static void teardown(void)
{
    program_release(&server);
}

TestSuite(access_log, .fini = teardown);

static void ask(const char *request, int status)
{
    struct http1_response res;
    cr_assert(client_send(&client, bytes_from_str(request)));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_assert_eq(res.status, status, "%s: %d", request, res.status);
}

/* Ends the server, so that all its lines are there. */
static void stop(void)
{
    client_close(&client);
    cr_expect_eq(program_stop(&server), 0, "%s", server.out.data);
}

static void expect_line(const char *text)
{
    cr_expect_not_null(strstr(server.out.data, text), "'%s' is not in %s", text, server.out.data);
}

static size_t count(const char *text)
{
    size_t n = 0;
    for (const char *at = server.out.data; (at = strstr(at, text)) != NULL; at += strlen(text))
        n++;
    return n;
}

Test(access_log, a_line_says_who_asked_for_what_and_how_it_went)
{
    start(NULL);
    ask("GET /hello?secret=1 HTTP/1.1\r\nHost: x\r\nUser-Agent: Mo\"zilla\r\nCookie: c=secret\r\n"
        "X-Forwarded-For: 9.9.9.9, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
        "X-Amzn-Trace-Id: Root=1-2-3\r\n\r\n",
        200);
    ask("POST /candidate/ada HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{\"party\":\"x\"}",
        201);
    ask("GET /nowhere HTTP/1.0\r\nHost: x\r\nX-Forwarded-For: fake\r\n\r\n", 404);
    stop();
    expect_line("\"message\":\"request\",\"requestId\":\"Root=1-2-3\",\"traceId\":\"Root=1-2-3\","
                "\"method\":\"GET\",\"path\":\"/hello\",\"route\":\"/hello\",\"status\":200,"
                "\"bytesIn\":");
    expect_line("\"client\":\"203.0.113.9\",\"scheme\":\"https\",\"userAgent\":\"Mo\\\"zilla\","
                "\"httpVersion\":\"HTTP/1.1\"}\n");
    expect_line("\"method\":\"POST\",\"path\":\"/candidate/ada\",\"route\":\"/candidate/{name}\","
                "\"status\":201,\"bytesIn\":74,\"bytesOut\":");
    expect_line("\"path\":\"/nowhere\",\"status\":404,");
    expect_line("\"client\":\"127.0.0.1\",\"scheme\":\"http\",\"httpVersion\":\"HTTP/1.0\"}\n");
    cr_expect_null(strstr(server.out.data, "secret"), "a query or a cookie may carry one");
}

Test(access_log, bytes_that_are_no_request_have_a_line_too)
{
    start(NULL);
    ask("GARBAGE\r\n\r\n", 400);
    stop();
    expect_line("\"status\":400,\"bytesIn\":11,");
    expect_line("\"client\":\"127.0.0.1\",\"scheme\":\"http\"}\n");
    expect_line("\"message\":\"request\",\"requestId\":\"");
}

Test(access_log, what_a_client_makes_up_is_cut)
{
    static char request[LIMIT_REQUEST_LINE_BYTES + LIMIT_FIELD_BYTES];
    static char path[LIMIT_REQUEST_LINE_BYTES - 100], agent[LIMIT_FIELD_BYTES - 100];
    memset(path, 'p', sizeof path - 1);
    memset(agent, '"', sizeof agent - 1);
    (void)snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n\r\n",
                   path, agent);
    start(NULL);
    ask(request, 404);
    stop();
    expect_line("\"path\":\"/ppp");
    expect_line("\"userAgent\":\"\\\"\\\"");
    expect_line("\"httpVersion\":\"HTTP/1.1\"}\n");
}

Test(access_log, a_share_of_the_requests_is_logged_and_every_failure)
{
    enum { COUNT = 200 }; /* few enough for the pipe that nobody reads meanwhile */
    static const char *const half[] = {"DUET_ACCESS_LOG_SAMPLE=50", NULL};
    start(half);
    for (int i = 0; i < COUNT; i++)
        ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    for (int i = 0; i < 20; i++)
        ask("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n", 501);
    stop();
    size_t lines = count("\"path\":\"/hello\",\"route\":\"/hello\",\"status\":200");
    /* Ten standard deviations: chance has no such day. */
    cr_expect(lines > COUNT / 2 - 70 && lines < COUNT / 2 + 70, "%zu lines", lines);
    cr_expect_eq(count("\"status\":501"), 20u);
}

Test(access_log, without_a_share_there_are_failures_alone)
{
    static const char *const none[] = {"DUET_ACCESS_LOG_SAMPLE=0", "DUET_TRUSTED_PROXIES=0", NULL};
    start(none);
    for (int i = 0; i < 50; i++)
        ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    ask("BREW /hello HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n", 501);
    stop();
    cr_expect_eq(count("\"message\":\"request\""), 1u, "%s", server.out.data);
    expect_line("\"client\":\"127.0.0.1\"");
}

/* The pipe is read at the end alone. */
Test(access_log, requests_do_not_wait_for_a_log_that_nobody_reads)
{
    enum { PIPE_BYTES = 64 * 1024 };
    start(NULL);
    cr_assert_eq(fcntl(server.out_fd, F_SETPIPE_SZ, PIPE_BYTES), PIPE_BYTES);
    for (int i = 0; i < 1000; i++)
        ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    cr_assert_not_null(program_wait_for(&server, "\"path\":\"/hello\""));
    ask("GET /gtg HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    stop();
    expect_line(
        "\"level\":\"WARN\",\"message\":\"log lines were lost: nobody read them\",\"count\":");
    cr_expect_lt(count("\"message\":\"request\""), 1000u);
}
