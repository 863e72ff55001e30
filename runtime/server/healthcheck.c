#include "runtime/server/healthcheck.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "runtime/net/tls.h"

enum { READ_BYTES = 16 * 1024 }; /* a TLS record's, so that no data waits behind poll's back */

/* Every wait has the one deadline, so that a server that sends a byte now and then is not alive. */
struct ask {
    int fd;
    struct tls *tls; /* NULL: none */
    int64_t deadline_ms;
    char where[64]; /* the address, for reasons */
    char *reason;
    size_t reason_len;
};

static bool fail(struct ask *ask, const char *what)
{
    (void)snprintf(ask->reason, ask->reason_len, "%s %s", ask->where, what);
    return false;
}

static bool fail_errno(struct ask *ask, const char *what)
{
    (void)snprintf(ask->reason, ask->reason_len, "%s %s: %s", ask->where, what, strerror(errno));
    return false;
}

static bool wait_for(struct ask *ask, short events)
{
    struct pollfd poll_fd = {.fd = ask->fd, .events = events};
    int64_t left_ms = ask->deadline_ms - clock_ms_monotonic();
    int n = poll(&poll_fd, 1, left_ms > 0 ? (int)left_ms : 0);
    if (n > 0 || (n < 0 && errno == EINTR))
        return true;
    return fail(ask, "did not answer in time");
}

static bool connect_to(struct ask *ask, const struct config *config)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)config->port)};
    int error = 0;
    socklen_t len = sizeof error;
    if (inet_pton(AF_INET, config->bind_address, &at.sin_addr) != 1)
        return fail(ask, "is not an IPv4 address and port");
    if (at.sin_addr.s_addr == htonl(INADDR_ANY))
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ask->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (ask->fd < 0)
        return fail_errno(ask, "cannot be asked");
    if (connect(ask->fd, (struct sockaddr *)&at, sizeof at) == 0)
        return true;
    if (errno != EINPROGRESS)
        return fail_errno(ask, "cannot be reached");
    if (!wait_for(ask, POLLOUT))
        return false;
    if (getsockopt(ask->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0)
        errno = error;
    return error == 0 ? true : fail_errno(ask, "cannot be reached");
}

/* The certificate is for others to look at: this is the own process's port. */
static bool shake_hands(struct ask *ask, const struct config *config)
{
    enum rc rc = RC_OK;
    if (!config->tls_cert)
        return true;
    (void)signal(SIGPIPE, SIG_IGN);
    ask->tls = tls_connect_unverified(ask->fd);
    if (!ask->tls)
        return fail(ask, "cannot be asked: no memory");
    while ((rc = tls_handshake(ask->tls)) == RC_AGAIN)
        if (!wait_for(ask, tls_wants_write(ask->tls) ? POLLOUT : POLLIN))
            return false;
    return rc == RC_OK ? true : fail(ask, "does not speak TLS");
}

static ssize_t send_some(struct ask *ask, const char *data, size_t len)
{
    return ask->tls ? tls_write(ask->tls, data, len) : send(ask->fd, data, len, MSG_NOSIGNAL);
}

static ssize_t receive_some(struct ask *ask, char *data, size_t len)
{
    return ask->tls ? tls_read(ask->tls, data, len) : recv(ask->fd, data, len, 0);
}

/* Few bytes on a new connection: the socket has room for them. */
static bool send_request(struct ask *ask)
{
    static const char request[] = "GET /healthcheck HTTP/1.1\r\n"
                                  "Host: localhost\r\n"
                                  "User-Agent: duet-healthcheck\r\n"
                                  "Connection: close\r\n\r\n";
    if (send_some(ask, request, sizeof request - 1) == (ssize_t)sizeof request - 1)
        return true;
    return fail_errno(ask, "does not take the request");
}

/* Reads until the answer is whole. */
static bool read_answer(struct ask *ask, struct arena *arena, struct buf *in,
                        struct http1_response *res)
{
    struct http1_decoder decoder;
    enum rc rc = RC_AGAIN;
    size_t consumed;
    http1_decoder_init(&decoder);
    while (rc == RC_AGAIN) {
        if (!wait_for(ask, POLLIN))
            return false;
        if (buf_reserve(in, READ_BYTES) != RC_OK)
            return fail(ask, "answers with too much");
        ssize_t n = receive_some(ask, in->data + in->len, in->cap - in->len);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0)
            return fail_errno(ask, "breaks the connection");
        in->len += (size_t)n;
        rc = http1_decode_response(&decoder, buf_bytes(in), n == 0, HTTP_GET, LIMIT_BODY_BYTES,
                                   arena, res, &consumed);
    }
    return rc == RC_OK ? true : fail(ask, "does not answer in HTTP/1.1");
}

static bool get_status(struct ask *ask, int *status)
{
    struct arena arena;
    struct buf in;
    struct http1_response res;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&in, LIMIT_INPUT_BYTES);
    bool has_answer = send_request(ask) && read_answer(ask, &arena, &in, &res);
    if (has_answer)
        *status = res.status;
    buf_release(&in);
    arena_release(&arena);
    return has_answer;
}

bool healthcheck_ask(const struct config *config, char *reason, size_t reason_len)
{
    struct ask ask = {.fd = -1, .reason = reason, .reason_len = reason_len};
    int status = 0;
    (void)snprintf(ask.where, sizeof ask.where, "%.32s:%u", config->bind_address, config->port);
    ask.deadline_ms = clock_ms_monotonic() + LIMIT_HEALTHCHECK_MS;
    if (config->port == 0)
        return fail(&ask, "has a port that nobody knows: set PORT");
    bool has_answer =
        connect_to(&ask, config) && shake_hands(&ask, config) && get_status(&ask, &status);
    tls_free(ask.tls);
    if (ask.fd >= 0)
        (void)close(ask.fd);
    if (has_answer && status != 200)
        (void)snprintf(reason, reason_len, "%s answers /healthcheck with %d", ask.where, status);
    return has_answer && status == 200;
}
