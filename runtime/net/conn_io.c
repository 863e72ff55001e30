#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/net/conn.h"

/* Between a connection and its socket: TLS, where the httpd has a certificate, or nothing. */

bool conn_secure(struct httpd_conn *conn)
{
    const struct httpd_options *options = &conn->httpd->options;
    bool offers = options->second && (!options->offers_second || *options->offers_second);
    if (!options->tls)
        return true;
    conn->tls = tls_accept(options->tls, conn->io.fd, offers ? options->second->name : NULL);
    conn->is_shaking = true;
    if (conn->tls && options->tls_versions)
        tls_limit(conn->tls, options->tls_versions(conn->httpd));
    if (conn->tls && options->tls_choose)
        tls_choose(conn->tls, options->tls_choose, options->context);
    return conn->tls != NULL;
}

/* After the last step nothing is read: what the client has sent behind it is in the socket still,
 * and the loop tells of it. */
bool conn_shake(struct httpd_conn *conn)
{
    enum rc rc = tls_handshake(conn->tls);
    conn->is_shaking = rc == RC_AGAIN;
    conn->has_second = rc == RC_OK && tls_speaks_second(conn->tls);
    conn_watch_input(conn);
    return rc == RC_OK || rc == RC_AGAIN;
}

ssize_t conn_read(struct httpd_conn *conn, void *data, size_t len)
{
    if (conn->tls)
        return tls_read(conn->tls, data, len);
    ssize_t n = recv(conn->io.fd, data, len, 0); /* a shorter way through the kernel than read */
    conn->may_have_more |= n == (ssize_t)len;
    return n;
}

ssize_t conn_write(struct httpd_conn *conn, const void *data, size_t len)
{
    return conn->tls ? tls_write(conn->tls, data, len) : send(conn->io.fd, data, len, MSG_NOSIGNAL);
}

bool conn_has_part(const struct httpd_conn *conn)
{
    return conn->tls && tls_has_part(conn->tls);
}

/* Edge-triggered, so that epoll does not look at the socket a second time after each request. */
uint32_t conn_input_events(const struct httpd_conn *conn)
{
    return conn->tls ? EPOLLIN : EPOLLIN | EPOLLRDHUP | EPOLLET;
}

/* Where the last read may have left something, the loop shall tell of it once more. */
void conn_watch_input(struct httpd_conn *conn)
{
    struct loop *loop = conn->httpd->options.loop;
    bool wants_write = conn->tls && tls_wants_write(conn->tls);
    uint32_t events = wants_write ? EPOLLOUT : conn_input_events(conn);
    if (conn->may_have_more && conn->io.events == events)
        loop_io_again(loop, &conn->io);
    conn->may_have_more = false;
    loop_io_set(loop, &conn->io, events);
}

void conn_describe(const struct httpd_conn *conn, struct httpd_exchange *exchange)
{
    struct tls_facts *facts = &exchange->tls;
    exchange->is_tls = conn->tls != NULL;
    if (!conn->tls)
        return;
    tls_describe(conn->tls, facts);
    if (facts->server_name.len &&
        arena_dup(&exchange->arena, facts->server_name, &facts->server_name) != RC_OK)
        facts->server_name = bytes_make(NULL, 0);
}

void conn_end_writing(struct httpd_conn *conn)
{
    if (conn->tls)
        tls_end(conn->tls);
}

/* What fills the kernel's buffers is not taken yet. */
int64_t conn_progress(const struct httpd_conn *conn)
{
    const struct work *work = conn->work;
    int waiting = 0;
    if (conn->state == CONN_BODY)
        return (int64_t)(work->in.len - work->in_start);
    (void)ioctl(conn->io.fd, SIOCOUTQ, &waiting);
    return (int64_t)work->sent_total - waiting;
}
