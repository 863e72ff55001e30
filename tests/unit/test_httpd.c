#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "runtime/core/limits.h"
#include "runtime/net/httpd.h"
#include "tests/support/client.h"

/*
 * An httpd on a thread of its own. The path says what the owner does: /now answers inside the
 * callback, /later by a job in a later round, /big/N with N bytes.
 */

static struct loop loop;
static struct httpd *httpd;
static pthread_t thread;
static unsigned port;
static struct loop_job drain_job;
static unsigned idle_timeout_s = 60, read_timeout_s = 60;

static void answer(struct httpd_exchange *exchange)
{
    const struct http_request *req = &exchange->req;
    unsigned len = 0;
    if (sscanf(req->path.ptr, "/big/%u", &len) == 1) {
        char *body = arena_alloc(&exchange->arena, len);
        cr_assert_not_null(body);
        memset(body, 'x', len);
        http_response_borrow(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"),
                             bytes_make(body, len));
    } else {
        http_response_printf(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"),
                             "%.*s %.*s %zu", BYTES_ARG(req->method_text), BYTES_ARG(req->path),
                             req->body.len);
    }
    httpd_respond(exchange);
}

static void answer_later(struct loop *l, struct loop_job *job)
{
    (void)l;
    answer((void *)((char *)job - offsetof(struct httpd_exchange, job)));
}

static void on_request(struct httpd_exchange *exchange)
{
    if (bytes_starts_with(exchange->req.path, BYTES_LIT("/later"))) {
        exchange->job.fn = answer_later;
        loop_post(&loop, &exchange->job);
    } else {
        answer(exchange);
    }
}

static void on_drained(struct httpd *which)
{
    (void)which;
    loop_stop(&loop);
}

static void start_drain(struct loop *l, struct loop_job *job)
{
    (void)l;
    (void)job;
    httpd_drain(httpd);
}

static void *run(void *arg)
{
    (void)arg;
    cr_assert_eq(loop_run(&loop), RC_OK);
    return NULL;
}

static void start(void)
{
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(fd, 0, "%s", error);
    port = httpd_port(fd);
    cr_assert_eq(loop_init(&loop), RC_OK);
    struct httpd_options options = {.loop = &loop,
                                    .listen_fd = fd,
                                    .on_request = on_request,
                                    .on_drained = on_drained,
                                    .idle_timeout_s = idle_timeout_s,
                                    .read_timeout_s = read_timeout_s};
    httpd = httpd_new(&options);
    cr_assert_not_null(httpd);
    cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void drain(void)
{
    drain_job.fn = start_drain;
    loop_post(&loop, &drain_job);
}

static void free_all(void)
{
    httpd_free(httpd);
    loop_release(&loop);
}

static void stop(void)
{
    loop_stop(&loop);
    (void)pthread_join(thread, NULL);
    free_all();
}

static void expect_body(struct client *client, const char *body)
{
    struct http1_response res;
    enum rc rc = client_read(client, HTTP_GET, &res);
    cr_assert_eq(rc, RC_OK, "%s instead of '%s'", rc_name(rc), body);
    cr_expect(bytes_eq(res.body, bytes_from_str(body)), "'%.*s' instead of '%s'",
              BYTES_ARG(res.body), body);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

Test(httpd, pipelined_requests_are_answered_in_order)
{
    struct client client;
    start();
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now/1") GET("/later/2") GET("/now/3")
                                                 GET("/later/4") GET("/now/5"))));
    expect_body(&client, "GET /now/1 0");
    expect_body(&client, "GET /later/2 0");
    expect_body(&client, "GET /now/3 0");
    expect_body(&client, "GET /later/4 0");
    expect_body(&client, "GET /now/5 0");
    client_close(&client);
    stop();
}

Test(httpd, a_request_may_come_byte_by_byte)
{
    static const char text[] = "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    struct client client;
    start();
    cr_assert(client_open(&client, port));
    for (size_t i = 0; i < sizeof text - 1; i++)
        cr_assert(client_send(&client, bytes_make(text + i, 1)));
    expect_body(&client, "POST /now 5");
    client_close(&client);
    stop();
}

Test(httpd, a_client_that_waits_for_100_is_told_to_go_on)
{
    struct client client;
    char first[25];
    start();
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, BYTES_LIT("POST /now HTTP/1.1\r\nHost: x\r\nExpect: 100-continue"
                                             "\r\nContent-Length: 2\r\n\r\n")));
    cr_assert_eq(recv(client.fd, first, sizeof first, MSG_WAITALL), (ssize_t)sizeof first);
    cr_expect(memcmp(first, "HTTP/1.1 100 Continue\r\n\r\n", sizeof first) == 0);
    cr_assert(client_send(&client, BYTES_LIT("ab")));
    expect_body(&client, "POST /now 2");
    client_close(&client);
    stop();
}

Test(httpd, bad_bytes_get_their_answer_and_then_the_end)
{
    struct client client;
    struct http1_response res;
    start();
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now") "GARBAGE\r\n\r\nmore of it")));
    expect_body(&client, "GET /now 0");
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 400);
    cr_expect(bytes_eq(client_field(&res, "connection"), BYTES_LIT("close")));
    cr_expect(bytes_eq(client_field(&res, "content-type"), BYTES_LIT("application/problem+json")));
    cr_expect(client_is_closed(&client));
    client_close(&client);
    stop();
}

Test(httpd, an_answer_larger_than_the_sockets_room_arrives_whole)
{
    struct client client;
    struct http1_response res;
    start();
    cr_assert(client_open(&client, port));
    /* Nobody reads until all are asked for, so the answers do not fit into the socket. */
    for (int i = 0; i < 8; i++)
        cr_assert(client_send(&client, BYTES_LIT(GET("/big/4000000"))));
    cr_assert(client_send(&client, BYTES_LIT(GET("/later/x"))));
    for (int i = 0; i < 8; i++) {
        cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
        cr_expect_eq(res.body.len, 4000000u);
    }
    expect_body(&client, "GET /later/x 0");
    client_close(&client);
    stop();
}

Test(httpd, connection_close_is_honoured)
{
    struct client client;
    start();
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client,
                          BYTES_LIT("GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")));
    expect_body(&client, "GET /now 0");
    cr_expect(client_is_closed(&client));
    client_close(&client);
    stop();
}

Test(httpd, http_1_0_is_kept_only_when_it_asks)
{
    struct client client;
    struct http1_response res;
    start();
    cr_assert(client_open(&client, port));
    cr_assert(
        client_send(&client, BYTES_LIT("GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect(bytes_eq(client_field(&res, "connection"), BYTES_LIT("keep-alive")));
    cr_assert(client_send(&client, BYTES_LIT("GET /now HTTP/1.0\r\n\r\n")));
    expect_body(&client, "GET /now 0");
    cr_expect(client_is_closed(&client));
    client_close(&client);
    stop();
}

Test(httpd, a_client_that_is_gone_before_its_answer_harms_nobody)
{
    struct client client;
    start();
    for (int i = 0; i < 200; i++) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        cr_assert(client_open(&client, port));
        cr_assert(client_send(&client, BYTES_LIT(GET("/later") GET("/later"))));
        (void)setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        client_close(&client);
    }
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
    expect_body(&client, "GET /now 0");
    client_close(&client);
    stop();
}

Test(httpd, half_a_request_is_answered_408_when_its_time_is_up)
{
    struct client client;
    struct http1_response res;
    read_timeout_s = 1;
    start();
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, BYTES_LIT("GET /now HTTP/1.1\r\nHost:")));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 408);
    cr_expect(client_is_closed(&client));
    client_close(&client);
    stop();
}

Test(httpd, an_idle_connection_is_closed_without_a_word)
{
    struct client client;
    idle_timeout_s = 1;
    start();
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
    expect_body(&client, "GET /now 0");
    cr_expect(client_is_closed(&client));
    client_close(&client);
    stop();
}

Test(httpd, draining_closes_idle_connections_and_answers_what_has_come)
{
    struct client idle, busy;
    struct http1_response res;
    start();
    cr_assert(client_open(&idle, port));
    cr_assert(client_send(&idle, BYTES_LIT(GET("/now"))));
    expect_body(&idle, "GET /now 0");
    cr_assert(client_open(&busy, port));
    cr_assert(
        client_send(&busy, BYTES_LIT("POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n")));
    cr_assert(
        client_send(&idle, BYTES_LIT(GET("/now")))); /* its answer: busy's head was read too */
    expect_body(&idle, "GET /now 0");
    drain();
    cr_expect(client_is_closed(&idle));
    cr_assert(client_send(&busy, BYTES_LIT("\r\nx")));
    cr_assert_eq(client_read(&busy, HTTP_POST, &res), RC_OK);
    cr_expect_eq(res.status, 200);
    cr_expect(bytes_eq(client_field(&res, "connection"), BYTES_LIT("close")));
    (void)pthread_join(thread, NULL); /* on_drained has stopped the loop */
    cr_expect_eq(httpd_connection_count(httpd), 0u);
    free_all();
    client_close(&idle);
    client_close(&busy);
}

Test(httpd, a_taken_port_is_named)
{
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    char wanted[64];
    cr_assert_geq(fd, 0);
    cr_expect_eq(httpd_listen("127.0.0.1", httpd_port(fd), false, error, sizeof error), -1);
    (void)snprintf(wanted, sizeof wanted, "cannot listen on '127.0.0.1:%u': Address already in use",
                   httpd_port(fd));
    cr_expect_str_eq(error, wanted);
    cr_expect_eq(httpd_listen("300.1.1.1", 80, false, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "'300.1.1.1:80'"));
}
