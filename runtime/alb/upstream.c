#include "runtime/alb/upstream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/core/limits.h"

enum { READ_BYTES = 16 * 1024 };

struct upstream {
    struct loop *loop;
    struct loop_io io;
    struct loop_timer timer;
    bool is_connected, is_refused, is_busy;
    struct buf out, in;
    size_t sent;
    struct arena arena;
    struct http1_decoder decoder;
    enum http_method method;
    upstream_done_fn *on_done;
    void *context;
};

/* --- ends of a request --- */

static void finish(struct upstream *upstream, enum rc rc, const struct http1_response *res)
{
    bool has_begun = upstream->in.len > 0;
    upstream->is_busy = false;
    loop_timer_clear(upstream->loop, &upstream->timer);
    /* Nothing is watched between requests: upstream_is_usable looks before the next. */
    loop_io_set(upstream->loop, &upstream->io, 0);
    upstream->on_done(upstream->context, upstream, rc, res, has_begun);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct upstream *upstream = (void *)((char *)timer - offsetof(struct upstream, timer));
    (void)loop;
    finish(upstream, RC_TIMEOUT, NULL);
}

/* --- bytes --- */

static void send_some(struct upstream *upstream)
{
    struct buf *out = &upstream->out;
    while (upstream->sent < out->len) {
        ssize_t n = send(upstream->io.fd, out->data + upstream->sent, out->len - upstream->sent,
                         MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            loop_io_set(upstream->loop, &upstream->io, EPOLLIN | EPOLLOUT);
            return;
        }
        if (n < 0)
            break; /* the target may have answered before it closed: reading tells */
        upstream->sent += (size_t)n;
    }
    loop_io_set(upstream->loop, &upstream->io, EPOLLIN);
}

static void read_some(struct upstream *upstream)
{
    struct buf *in = &upstream->in;
    struct http1_response res;
    size_t consumed;
    if (buf_reserve(in, READ_BYTES) != RC_OK) {
        finish(upstream, RC_BODY_LIMIT, NULL);
        return;
    }
    ssize_t n = read(upstream->io.fd, in->data + in->len, in->cap - in->len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        in->len += (size_t)n;
    enum rc rc = http1_decode_response(&upstream->decoder, buf_bytes(in), n <= 0, upstream->method,
                                       LIMIT_TARGET_BODY_BYTES, &upstream->arena, &res, &consumed);
    if (rc == RC_AGAIN)
        return;
    if (rc == RC_OK && (n <= 0 || consumed < in->len))
        res.keep_alive = false;
    finish(upstream, rc, rc == RC_OK ? &res : NULL);
}

static bool connect_is_done(struct upstream *upstream)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (upstream->is_refused ||
        getsockopt(upstream->io.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0)
        return false;
    upstream->is_connected = true;
    return true;
}

static void on_event(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct upstream *upstream = (void *)((char *)io - offsetof(struct upstream, io));
    if (!upstream->is_busy) {
        loop_io_remove(loop, io); /* a hang-up between requests is reported unasked */
        return;
    }
    if (!upstream->is_connected && !connect_is_done(upstream)) {
        finish(upstream, RC_IO, NULL);
        return;
    }
    if (upstream->sent < upstream->out.len && (events & EPOLLOUT))
        send_some(upstream);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read_some(upstream);
}

/* --- life --- */

struct sockaddr_in upstream_loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

struct upstream *upstream_open(struct loop *loop, const struct sockaddr_in *to)
{
    int one = 1;
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (!upstream)
        return NULL;
    upstream->loop = loop;
    upstream->timer.fn = on_timer;
    upstream->io = (struct loop_io){
        .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .fn = on_event};
    buf_init(&upstream->out, LIMIT_INPUT_BYTES);
    buf_init(&upstream->in, LIMIT_TARGET_BODY_BYTES + LIMIT_HEAD_BYTES + READ_BYTES);
    arena_init(&upstream->arena, LIMIT_TARGET_BODY_BYTES + LIMIT_REQUEST_ARENA_BYTES);
    if (upstream->io.fd < 0 || loop_io_add(loop, &upstream->io, 0) != RC_OK) {
        upstream_close(upstream);
        return NULL;
    }
    (void)setsockopt(upstream->io.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* A refusal shows when the first request is sent. */
    int n = connect(upstream->io.fd, (const struct sockaddr *)to, sizeof *to);
    upstream->is_connected = n == 0;
    upstream->is_refused = n != 0 && errno != EINPROGRESS;
    return upstream;
}

void upstream_close(struct upstream *upstream)
{
    loop_timer_clear(upstream->loop, &upstream->timer);
    if (upstream->io.fd >= 0) {
        loop_io_remove(upstream->loop, &upstream->io);
        (void)close(upstream->io.fd);
    }
    buf_release(&upstream->in);
    buf_release(&upstream->out);
    arena_release(&upstream->arena);
    free(upstream);
}

bool upstream_is_usable(const struct upstream *upstream)
{
    char first;
    return recv(upstream->io.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

enum rc upstream_send(struct upstream *upstream, struct bytes request, enum http_method method,
                      unsigned timeout_ms, upstream_done_fn *on_done, void *context)
{
    buf_reset(&upstream->out);
    buf_reset(&upstream->in);
    buf_shrink(&upstream->in, LIMIT_IDLE_BUFFER_BYTES);
    arena_reset(&upstream->arena);
    http1_decoder_init(&upstream->decoder);
    buf_append(&upstream->out, request);
    if (upstream->out.failed || loop_timer_set(upstream->loop, &upstream->timer,
                                               upstream->loop->now_ms + timeout_ms) != RC_OK)
        return RC_NOMEM;
    upstream->sent = 0;
    upstream->method = method;
    upstream->on_done = on_done;
    upstream->context = context;
    upstream->is_busy = true;
    if (upstream->is_connected)
        send_some(upstream);
    else
        loop_io_set(upstream->loop, &upstream->io, EPOLLIN | EPOLLOUT);
    return RC_OK;
}
