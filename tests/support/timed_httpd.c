#include "tests/support/timed_httpd.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "runtime/core/log.h"
#include "runtime/net/conn.h"

struct timed_httpd timed_httpd = {.now_ms = 1000000};

int64_t __wrap_clock_us_monotonic(void);
int64_t __wrap_clock_us_monotonic(void)
{
    return timed_httpd.now_ms * 1000;
}

static void on_request(struct httpd_exchange *exchange)
{
    static char big[TIMED_BIG_BYTES];
    struct bytes body = BYTES_LIT("hello");
    timed_httpd.request_count++;
    if (bytes_eq(exchange->req.path, BYTES_LIT("/keep"))) {
        timed_httpd.kept = exchange;
        return;
    }
    if (bytes_eq(exchange->req.path, BYTES_LIT("/big")))
        body = bytes_make(big, sizeof big);
    http_response_borrow(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"), body);
    httpd_respond(exchange);
}

static void on_drained(struct httpd *httpd)
{
    (void)httpd;
    timed_httpd.drained_count++;
}

void timed_httpd_start(size_t connections_max)
{
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    log_set_level(LOG_FATAL);
    cr_assert_geq(fd, 0, "%s", error);
    timed_httpd.port = httpd_port(fd);
    cr_assert_eq(loop_init(&timed_httpd.loop), RC_OK);
    struct httpd_options options = {.loop = &timed_httpd.loop,
                                    .listen_fd = fd,
                                    .on_request = on_request,
                                    .on_drained = on_drained,
                                    .counts = &timed_httpd.counts,
                                    .tls = timed_httpd.tls,
                                    .idle_timeout_s = TIMED_IDLE_S,
                                    .read_timeout_s = TIMED_READ_S,
                                    .write_timeout_s = TIMED_WRITE_S,
                                    .connections_max = connections_max};
    timed_httpd.httpd = httpd_new(&options);
    cr_assert_not_null(timed_httpd.httpd);
}

void timed_httpd_stop(void)
{
    if (!timed_httpd.httpd)
        return;
    httpd_free(timed_httpd.httpd);
    loop_release(&timed_httpd.loop);
    timed_httpd.httpd = NULL;
}

void timed_httpd_serve(void)
{
    do
        cr_assert_eq(loop_step(&timed_httpd.loop, 20), RC_OK);
    while (timed_httpd.loop._batch_len > 0);
}

void timed_httpd_serve_to_the_end(void)
{
    do
        timed_httpd_serve();
    while (timed_httpd.drained_count == 0);
}

void timed_httpd_pass(int64_t ms)
{
    timed_httpd.now_ms += ms;
    cr_assert_eq(loop_step(&timed_httpd.loop, 0), RC_OK);
    timed_httpd_serve();
}

static bool is_accepted(const struct client *client)
{
    struct sockaddr_in at = {0};
    socklen_t len = sizeof at;
    const struct httpd *httpd = timed_httpd.httpd;
    const struct httpd_conn *conn = httpd->conns;
    cr_assert_eq(getsockname(client->fd, (struct sockaddr *)&at, &len), 0);
    while (conn && conn->peer.sin_port != at.sin_port)
        conn = conn->next;
    return conn != NULL;
}

/* A busy machine may put it into the queue late. */
void timed_httpd_open(struct client *client)
{
    cr_assert(client_open(client, timed_httpd.port));
    do
        timed_httpd_serve();
    while (!timed_httpd.httpd->is_full && !is_accepted(client));
}

/* On a socket that does not wait, since both ends are on one thread. */
bool timed_httpd_shake(struct client *client)
{
    int flags = fcntl(client->fd, F_GETFL);
    if (!client->tls)
        client->tls = tls_connect_unverified(client->fd);
    cr_assert(client->tls && fcntl(client->fd, F_SETFL, flags | O_NONBLOCK) == 0);
    enum rc rc = tls_handshake(client->tls);
    cr_assert(rc == RC_OK || rc == RC_AGAIN, "%s", rc_name(rc));
    cr_assert_eq(fcntl(client->fd, F_SETFL, flags), 0);
    timed_httpd_serve();
    return rc == RC_OK;
}

void timed_httpd_send(struct client *client, struct bytes data)
{
    int unsent = 0;
    cr_assert(client_send(client, data));
    do /* until the server's side has all of it */
        timed_httpd_serve();
    while (ioctl(client->fd, SIOCOUTQ, &unsent) == 0 && unsent > 0);
    timed_httpd_serve();
}

void timed_httpd_expect(struct client *client, int status, const char *connection)
{
    struct http1_response res = {0};
    /* The server is this thread: on a busy machine what was sent may reach it late. */
    while (client->in.len == client->consumed && timed_httpd_is_open(client))
        timed_httpd_serve();
    cr_assert_eq(client_read(client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, status, "%d", res.status);
    cr_expect(bytes_eq(client_field(&res, "connection"), bytes_from_str(connection)), "'%.*s'",
              BYTES_ARG(client_field(&res, "connection")));
}

bool timed_httpd_is_open(struct client *client)
{
    char byte;
    return recv(client->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}
