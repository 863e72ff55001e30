#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/net/httpd.h"
#include "tests/support/client.h"

/*
 * Timeouts and limits of connections, all on one thread, by a clock that the test moves: nothing
 * depends on how fast the machine is.
 * link: -Wl,--wrap=clock_ms_monotonic
 */

static int64_t now_ms = 1000000;

int64_t __wrap_clock_ms_monotonic(void);
int64_t __wrap_clock_ms_monotonic(void)
{
    return now_ms;
}

#define HEAD "GET /hello HTTP/1.1\r\nHost: x\r\n"
enum { READ_S = 10, WRITE_S = 30, IDLE_S = 75, BIG_BYTES = 30 * 1000 * 1000 };

static struct loop loop;
static struct httpd *httpd;
static unsigned port;
static size_t drained_count;
static struct httpd_exchange *kept; /* of GET /keep, until the test answers */

static void on_request(struct httpd_exchange *exchange)
{
    static char big[BIG_BYTES];
    struct bytes body = BYTES_LIT("hello");
    if (bytes_eq(exchange->req.path, BYTES_LIT("/keep"))) {
        kept = exchange;
        return;
    }
    if (bytes_eq(exchange->req.path, BYTES_LIT("/big")))
        body = bytes_make(big, sizeof big);
    http_response_borrow(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"), body);
    httpd_respond(exchange);
}

static void on_drained(struct httpd *which)
{
    (void)which;
    drained_count++;
}

static void start(size_t connections_max)
{
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    log_set_level(LOG_FATAL);
    cr_assert_geq(fd, 0, "%s", error);
    port = httpd_port(fd);
    cr_assert_eq(loop_init(&loop), RC_OK);
    struct httpd_options options = {.loop = &loop,
                                    .listen_fd = fd,
                                    .on_request = on_request,
                                    .on_drained = on_drained,
                                    .idle_timeout_s = IDLE_S,
                                    .read_timeout_s = READ_S,
                                    .write_timeout_s = WRITE_S,
                                    .connections_max = connections_max};
    httpd = httpd_new(&options);
    cr_assert_not_null(httpd);
}

static void teardown(void)
{
    if (httpd) {
        httpd_free(httpd);
        loop_release(&loop);
    }
}

TestSuite(httpd_limits, .fini = teardown);

/* Serves what has come, and what is due. */
static void serve(void)
{
    int count;
    do {
        cr_assert_eq(loop_step(&loop, 20), RC_OK);
        count = loop._batch_len;
    } while (count > 0);
}

static void pass_s(int64_t seconds)
{
    now_ms += seconds * 1000;
    cr_assert_eq(loop_step(&loop, 0), RC_OK);
    serve();
}

static void open_served(struct client *client)
{
    cr_assert(client_open(client, port));
    serve();
}

static void send_text(struct client *client, const char *text)
{
    cr_assert(client_send(client, bytes_from_str(text)));
    serve();
}

static void expect_status(struct client *client, int status, const char *connection)
{
    struct http1_response res = {0};
    cr_assert_eq(client_read(client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, status, "%d", res.status);
    cr_expect(bytes_eq(client_field(&res, "connection"), bytes_from_str(connection)), "'%.*s'",
              BYTES_ARG(client_field(&res, "connection")));
}

/* Nothing of what a peer that is still there would say. */
static bool is_open(struct client *client)
{
    char byte;
    return recv(client->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

/* --- slow heads and bodies --- */

Test(httpd_limits, a_new_connection_without_a_byte_is_closed_without_a_word)
{
    struct client client;
    start(0);
    open_served(&client);
    pass_s(READ_S - 1);
    cr_expect(is_open(&client));
    pass_s(1);
    cr_expect(client_is_closed(&client));
    client_close(&client);
}

Test(httpd_limits, a_kept_connection_has_the_idle_timeout)
{
    struct client client;
    start(0);
    open_served(&client);
    send_text(&client, HEAD "\r\n");
    expect_status(&client, 200, "");
    pass_s(READ_S);
    pass_s(IDLE_S - READ_S - 1);
    cr_expect(is_open(&client));
    pass_s(1);
    cr_expect(client_is_closed(&client));
    client_close(&client);
}

Test(httpd_limits, a_head_has_one_timeout_however_its_bytes_come)
{
    struct client client;
    start(0);
    open_served(&client);
    send_text(&client, HEAD);
    for (int i = 0; i < READ_S - 1; i++) {
        pass_s(1);
        send_text(&client, "A: b\r\n");
        cr_expect(is_open(&client));
    }
    pass_s(1);
    expect_status(&client, 408, "close");
    cr_expect(client_is_closed(&client));
    client_close(&client);
}

static void send_body(struct client *client, size_t len)
{
    static char body[LIMIT_BODY_BYTES];
    cr_assert(client_send(client, bytes_make(body, len)));
    serve();
}

Test(httpd_limits, a_body_may_take_long_while_it_comes)
{
    enum { PIECE = READ_S * LIMIT_LEAST_BYTES_PER_S, PIECES = 20 };
    struct client client;
    char head[128];
    start(0);
    open_served(&client);
    (void)snprintf(head, sizeof head, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
                   PIECE * PIECES);
    send_text(&client, head);
    for (int i = 0; i < PIECES; i++) {
        cr_expect(is_open(&client), "piece %d", i);
        send_body(&client, PIECE);
        pass_s(READ_S);
    }
    expect_status(&client, 200, "");
    client_close(&client);
}

Test(httpd_limits, a_body_that_hardly_comes_is_answered_408)
{
    struct client client;
    start(0);
    open_served(&client);
    send_text(&client, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    /* What came early does not count later. */
    send_body(&client, 500000);
    pass_s(READ_S);
    cr_expect(is_open(&client));
    send_body(&client, READ_S * LIMIT_LEAST_BYTES_PER_S - 1);
    pass_s(READ_S);
    expect_status(&client, 408, "close");
    client_close(&client);
}

/* --- slow readers --- */

static void take(struct client *client, size_t len)
{
    static char waste[1 << 20];
    while (len) {
        ssize_t n = recv(client->fd, waste, len < sizeof waste ? len : sizeof waste, MSG_DONTWAIT);
        if (n > 0)
            len -= (size_t)n;
        else
            cr_assert_eq(errno, EAGAIN);
        cr_assert_eq(loop_step(&loop, n > 0 ? 0 : 20), RC_OK);
    }
}

Test(httpd_limits, a_client_that_takes_nothing_of_its_answer_is_reset)
{
    static char waste[1 << 20];
    struct client client;
    ssize_t n;
    start(0);
    open_served(&client);
    send_text(&client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    pass_s(WRITE_S); /* what the kernel took before is no sign of the client */
    pass_s(WRITE_S);
    cr_expect_eq(httpd_connection_count(httpd), 0u);
    while ((n = recv(client.fd, waste, sizeof waste, 0)) > 0)
        ;
    cr_expect(n < 0 && errno == ECONNRESET, "%zd %d", n, errno);
    client_close(&client);
}

Test(httpd_limits, a_client_that_reads_slowly_gets_all)
{
    struct client client;
    start(0);
    open_served(&client);
    send_text(&client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 9; i++) {
        take(&client, BIG_BYTES / 10);
        pass_s(WRITE_S);
    }
    take(&client, BIG_BYTES / 10);
    cr_expect_eq(httpd_connection_count(httpd), 1u);
    client_close(&client);
}

/* --- as many as there may be --- */

Test(httpd_limits, the_connection_that_is_idle_longest_makes_room)
{
    struct client clients[4];
    start(3);
    for (int i = 0; i < 3; i++) {
        open_served(&clients[i]);
        send_text(&clients[i], HEAD "\r\n");
        expect_status(&clients[i], 200, "");
        pass_s(1);
    }
    send_text(&clients[0], HEAD "\r\n"); /* so that the second is the one */
    expect_status(&clients[0], 200, "");
    open_served(&clients[3]);
    send_text(&clients[3], HEAD "\r\n");
    expect_status(&clients[3], 200, "");
    cr_expect(client_is_closed(&clients[1]));
    cr_expect(is_open(&clients[0]));
    cr_expect(is_open(&clients[2]));
    for (int i = 0; i < 4; i++)
        client_close(&clients[i]);
}

Test(httpd_limits, when_none_is_idle_the_next_waits_and_costs_nothing)
{
    struct client busy[2], next;
    start(2);
    for (int i = 0; i < 2; i++) {
        open_served(&busy[i]);
        send_text(&busy[i], HEAD);
    }
    open_served(&next);
    send_text(&next, HEAD "\r\n");
    cr_expect_eq(httpd_connection_count(httpd), 2u);
    cr_expect_eq(loop._batch_len, 0, "it is not looked at again and again");
    send_text(&busy[0], "Connection: close\r\n\r\n");
    expect_status(&busy[0], 200, "close");
    serve();
    expect_status(&next, 200, "");
    for (int i = 0; i < 2; i++)
        client_close(&busy[i]);
    client_close(&next);
}

Test(httpd_limits, without_descriptors_accepting_rests)
{
    struct rlimit before, none;
    struct client busy, next;
    start(0);
    open_served(&busy);
    send_text(&busy, HEAD);
    cr_assert(client_open(&next, port));
    cr_assert(client_send(&next, BYTES_LIT(HEAD "\r\n")));
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)next.fd + 1;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    serve();
    cr_expect_eq(httpd_connection_count(httpd), 1u);
    cr_assert_eq(loop_step(&loop, 0), RC_OK);
    cr_expect_eq(loop._batch_len, 0, "it is not tried again and again");
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    pass_s(1);
    expect_status(&next, 200, "");
    client_close(&next);
    client_close(&busy);
}

Test(httpd_limits, without_descriptors_an_idle_connection_makes_room)
{
    struct rlimit none;
    struct client idle, next;
    start(0);
    open_served(&idle);
    send_text(&idle, HEAD "\r\n");
    expect_status(&idle, 200, "");
    cr_assert(client_open(&next, port));
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &none), 0);
    none.rlim_cur = (rlim_t)next.fd + 1;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    send_text(&next, HEAD "\r\n");
    expect_status(&next, 200, "");
    cr_expect(client_is_closed(&idle));
    client_close(&next);
    client_close(&idle);
}

/* --- the end --- */

Test(httpd_limits, an_announced_end_is_said_in_answers_and_takes_new_connections)
{
    struct client kept_one, next;
    start(0);
    open_served(&kept_one);
    send_text(&kept_one, HEAD "\r\n");
    expect_status(&kept_one, 200, "");
    httpd_announce_end(httpd);
    serve();
    cr_expect(is_open(&kept_one), "an idle one stays until it is asked");
    open_served(&next);
    send_text(&next, HEAD "\r\n");
    expect_status(&next, 200, "close");
    cr_expect(client_is_closed(&next));
    send_text(&kept_one, HEAD "\r\n");
    expect_status(&kept_one, 200, "close");
    cr_expect(client_is_closed(&kept_one));
    client_close(&kept_one);
    client_close(&next);
}

/* true: the handshake is done. */
static bool connects(int fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

Test(httpd_limits, all_that_the_kernel_has_accepted_are_served_at_the_end)
{
    enum { COUNT = 40 };
    struct client clients[COUNT];
    start(0);
    for (int i = 0; i < COUNT; i++) {
        cr_assert(client_open(&clients[i], port));
        if (i % 2)
            cr_assert(client_send(&clients[i], BYTES_LIT(HEAD "\r\n")));
    }
    httpd_drain(httpd);
    int late = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    cr_expect_not(connects(late), "no handshake begins that accept will not see the end of");
    pass_s(0);
    now_ms += 500;
    serve();
    for (int i = 0; i < COUNT; i++) {
        if (i % 2 == 0) /* its request was on its way */
            send_text(&clients[i], HEAD "\r\n");
        expect_status(&clients[i], 200, "close");
        client_close(&clients[i]);
    }
    serve();
    cr_expect_eq(drained_count, 1u);
    (void)close(late);
}

Test(httpd_limits, a_new_connection_that_asks_nothing_does_not_hold_the_end)
{
    struct client silent, busy;
    start(0);
    open_served(&silent);
    open_served(&busy);
    send_text(&busy, "GET /keep HTTP/1.1\r\nHost: x\r\n\r\n");
    httpd_drain(httpd);
    pass_s(1);
    cr_expect(client_is_closed(&silent));
    cr_expect_eq(drained_count, 0u);
    http_response_borrow(&kept->res, &kept->arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("x"));
    httpd_respond(kept);
    expect_status(&busy, 200, "close");
    serve();
    cr_expect_eq(drained_count, 1u);
    client_close(&silent);
    client_close(&busy);
}
