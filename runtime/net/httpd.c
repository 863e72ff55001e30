#include "runtime/net/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/core/log.h"
#include "runtime/net/conn.h"

enum { ACCEPT_BATCH = 64, ACCEPT_PAUSE_MS = 100 };

/* --- accepting --- */

/* Out of descriptors or memory: what waits stays in the kernel's queue for a moment. */
static void pause_accepting(struct httpd *httpd)
{
    log_event(LOG_WARN, "cannot accept", LOG_STR("reason", strerror(errno)),
              LOG_NUM("connections", httpd->conn_count));
    loop_io_set(httpd->options.loop, &httpd->listen_io, 0);
    if (loop_timer_set(httpd->options.loop, &httpd->accept_timer,
                       httpd->options.loop->now_ms + ACCEPT_PAUSE_MS) != RC_OK)
        loop_io_set(httpd->options.loop, &httpd->listen_io, EPOLLIN);
}

static void on_accept_timer(struct loop *loop, struct loop_timer *timer)
{
    struct httpd *httpd = (void *)((char *)timer - offsetof(struct httpd, accept_timer));
    if (httpd->listen_io.fd >= 0)
        loop_io_set(loop, &httpd->listen_io, EPOLLIN);
}

/* true: one connection more; false: none waits, or accepting has been put off. */
static bool accept_one(struct httpd *httpd)
{
    struct sockaddr_in peer = {0};
    socklen_t len = sizeof peer;
    int fd =
        accept4(httpd->listen_io.fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        conn_open(httpd, fd, &peer);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        pause_accepting(httpd);
    return errno == ECONNABORTED || errno == EINTR;
}

static void on_listen(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct httpd *httpd = (void *)((char *)io - offsetof(struct httpd, listen_io));
    (void)loop;
    (void)events;
    for (int i = 0; i < ACCEPT_BATCH && accept_one(httpd); i++)
        ;
}

/* --- life --- */

struct httpd *httpd_new(const struct httpd_options *options)
{
    struct httpd *httpd = calloc(1, sizeof *httpd);
    if (httpd) {
        httpd->options = *options;
        httpd->listen_io = (struct loop_io){.fd = options->listen_fd, .fn = on_listen};
        httpd->accept_timer.fn = on_accept_timer;
        if (loop_io_add(options->loop, &httpd->listen_io, EPOLLIN) == RC_OK)
            return httpd;
    }
    (void)close(options->listen_fd);
    free(httpd);
    return NULL;
}

static void stop_listening(struct httpd *httpd)
{
    if (httpd->listen_io.fd < 0)
        return;
    loop_io_remove(httpd->options.loop, &httpd->listen_io);
    loop_timer_clear(httpd->options.loop, &httpd->accept_timer);
    (void)close(httpd->listen_io.fd);
    httpd->listen_io.fd = -1;
}

void httpd_tell_drained(struct httpd *httpd)
{
    if (httpd->is_draining && httpd->conn_count == 0 && httpd->options.on_drained)
        httpd->options.on_drained(httpd);
}

void httpd_drain(struct httpd *httpd)
{
    if (httpd->is_draining)
        return;
    httpd->is_draining = true;
    while (accept_one(httpd))
        ;
    stop_listening(httpd);
    struct httpd_conn *next;
    for (struct httpd_conn *conn = httpd->conns; conn; conn = next) {
        next = conn->next;
        if (conn->state == CONN_IDLE)
            conn_drain(conn);
    }
    httpd_tell_drained(httpd);
}

void httpd_free(struct httpd *httpd)
{
    if (!httpd)
        return;
    stop_listening(httpd);
    while (httpd->conns) {
        httpd->conns->state = CONN_IDLE; /* no owner comes back for a busy one */
        conn_close(httpd->conns);
    }
    while (httpd->free_works) {
        struct work *next = httpd->free_works->next;
        work_free(httpd->free_works);
        httpd->free_works = next;
    }
    free(httpd);
}

size_t httpd_connection_count(const struct httpd *httpd)
{
    return httpd->conn_count;
}

void *httpd_context(const struct httpd *httpd)
{
    return httpd->options.context;
}

const char *httpd_peer(struct httpd_exchange *exchange, unsigned *port)
{
    struct work *work = (struct work *)exchange;
    *port = ntohs(exchange->peer_port_net);
    return inet_ntop(AF_INET, &exchange->peer_addr_net, work->peer_text, sizeof work->peer_text);
}
