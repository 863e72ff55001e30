#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/net/conn.h"

/* The ends of a connection. */

enum { READ_BYTES = 16 * 1024, LINGER_MS = 2000 };

/* The connection may be gone after it. */
static void tell_owner(struct httpd_conn *conn)
{
    httpd_left_fn *on_left = conn->httpd->options.on_left;
    if (conn->work->wants_part)
        conn_body_fail(conn, RC_CLOSED);
    else if (on_left)
        on_left(&conn->work->exchange);
}

uint32_t conn_left_events(const struct httpd_conn *conn)
{
    return conn->httpd->options.on_left && !conn->has_ended ? (uint32_t)EPOLLRDHUP : 0;
}

bool conn_has_left(struct httpd_conn *conn, uint32_t events)
{
    const struct httpd_options *options = &conn->httpd->options;
    int64_t asked_us = loop_now_us(options->loop) - conn->work->exchange.received_us;
    if (events & (EPOLLERR | EPOLLHUP))
        return true;
    if (conn->work->wants_part || !(events & conn_left_events(conn)))
        return false;
    conn->has_ended = asked_us <= options->half_close_ms * 1000;
    return !conn->has_ended;
}

void conn_close(struct httpd_conn *conn)
{
    struct httpd *httpd = conn->httpd;
    if (conn->io.fd >= 0) {
        loop_io_remove(conn->httpd->options.loop, &conn->io);
        conn_end_writing(conn);
        (void)close(conn->io.fd);
        conn->io.fd = -1;
    }
    tls_free(conn->tls);
    conn->tls = NULL;
    loop_timer_clear(conn->httpd->options.loop, &conn->timer);
    conn->is_gone = true;
    if (conn->session && !conn_session_end(conn, conn->state == CONN_IDLE))
        return;
    if (conn->state == CONN_BUSY) {
        tell_owner(conn);
        return; /* httpd_respond comes back for the rest */
    }
    if (conn->state == CONN_PRODUCING)
        conn_end_exchange(conn);
    if (conn->work)
        work_give(httpd, conn->work);
    httpd_forget(httpd, conn);
    free(conn);
}

void conn_abort(struct httpd_conn *conn)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(conn->io.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    conn_close(conn);
}

void conn_linger(struct httpd_conn *conn)
{
    if (conn->session && !conn_session_end(conn, false)) {
        /* it stays until the owner has answered all, also when the connection does not */
    }
    conn_end_writing(conn);
    (void)shutdown(conn->io.fd, SHUT_WR);
    conn->state = CONN_LINGER;
    conn_set_deadline(conn, LINGER_MS);
    loop_io_set(conn->httpd->options.loop, &conn->io, EPOLLIN);
}

void conn_read_waste(struct httpd_conn *conn)
{
    char waste[READ_BYTES];
    ssize_t n = read(conn->io.fd, waste, sizeof waste);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        conn_close(conn);
}
