#include <sys/socket.h>
#include <unistd.h>

#include "runtime/net/conn.h"

/* Between a connection and its socket: TLS, where the httpd has a certificate, or nothing. */

bool conn_secure(struct httpd_conn *conn)
{
    struct tls_context *context = conn->httpd->options.tls;
    if (!context)
        return true;
    conn->tls = tls_accept(context, conn->io.fd);
    conn->is_shaking = true;
    return conn->tls != NULL;
}

/* After the last step nothing is read: what the client has sent behind it is in the socket still,
 * and the loop tells of it. */
bool conn_shake(struct httpd_conn *conn)
{
    enum rc rc = tls_handshake(conn->tls);
    conn->is_shaking = rc == RC_AGAIN;
    loop_io_set(conn->httpd->options.loop, &conn->io, conn_read_events(conn));
    return rc == RC_OK || rc == RC_AGAIN;
}

ssize_t conn_read(struct httpd_conn *conn, void *data, size_t len)
{
    return conn->tls ? tls_read(conn->tls, data, len) : read(conn->io.fd, data, len);
}

ssize_t conn_write(struct httpd_conn *conn, const void *data, size_t len)
{
    return conn->tls ? tls_write(conn->tls, data, len) : send(conn->io.fd, data, len, MSG_NOSIGNAL);
}

bool conn_has_part(const struct httpd_conn *conn)
{
    return conn->tls && tls_has_part(conn->tls);
}

uint32_t conn_read_events(const struct httpd_conn *conn)
{
    return conn->tls && tls_wants_write(conn->tls) ? EPOLLOUT : EPOLLIN;
}

void conn_end_writing(struct httpd_conn *conn)
{
    if (conn->tls)
        tls_end(conn->tls);
}
