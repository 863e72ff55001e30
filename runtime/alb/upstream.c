#include "runtime/alb/upstream_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/core/limits.h"

enum {
    SWITCHING_PROTOCOLS = 101,
    ANSWER_ARENA_BYTES = LIMIT_TARGET_BODY_BYTES + LIMIT_REQUEST_ARENA_BYTES,
    FIRST_READ_FIELDS_BYTES = 1024,
};

/* --- ends of a request --- */

void upstream_finish(struct upstream *upstream, enum rc rc, const struct http1_response *res)
{
    bool has_begun = upstream->in.len > 0;
    upstream->is_busy = false;
    upstream->on_done(upstream->context, upstream, rc, res, has_begun);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct upstream *upstream = (void *)((char *)timer - offsetof(struct upstream, timer));
    if (!upstream->is_busy)
        return;
    if (loop->now_ms >= upstream->deadline_ms && upstream->is_begun) {
        upstream->failure = RC_TIMEOUT;
        upstream->stream->on_more(upstream->context, upstream);
    } else if (loop->now_ms >= upstream->deadline_ms)
        upstream_finish(upstream, upstream->is_refused ? RC_IO : RC_TIMEOUT, NULL);
    else if (upstream->deadline_ms != INT64_MAX &&
             loop_timer_set(loop, timer, upstream->deadline_ms) != RC_OK)
        upstream_finish(upstream, RC_NOMEM, NULL);
}

bool upstream_set_timer(struct upstream *upstream)
{
    unsigned ms = upstream->timeout_ms;
    if (!upstream->is_connected && ms > UPSTREAM_CONNECT_MS)
        ms = UPSTREAM_CONNECT_MS;
    upstream->deadline_ms = upstream->loop->now_ms + (upstream->is_refused ? 0 : (int64_t)ms);
    if (upstream->timer._slot && upstream->timer.due_ms <= upstream->deadline_ms)
        return true;
    return loop_timer_set(upstream->loop, &upstream->timer, upstream->deadline_ms) == RC_OK;
}

/* --- bytes --- */

size_t upstream_send_now(struct upstream *upstream, struct bytes bytes)
{
    ssize_t n;
    if (bytes.len == 0)
        return 0;
    do
        n = upstream->tls ? tls_write(upstream->tls, bytes.ptr, bytes.len)
                          : send(upstream->io.fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return (size_t)n;
    return errno == EAGAIN ? 0 : bytes.len;
}

/* A record of TLS ends where it likes, so one that has been read says nothing of the next. */
ssize_t upstream_read(struct upstream *upstream, void *data, size_t len, bool *may_have_more)
{
    ssize_t n = upstream->tls ? tls_read(upstream->tls, data, len)
                              : recv(upstream->io.fd, data, len, 0); /* shorter than read */
    *may_have_more = upstream->tls ? n > 0 : n == (ssize_t)len;
    return n;
}

static void send_rest(struct upstream *upstream)
{
    size_t left = upstream->out.len - upstream->sent, n = left;
    while (n && left) {
        n = upstream_send_now(upstream, bytes_make(upstream->out.data + upstream->sent, left));
        upstream->sent += n;
        left -= n;
    }
    loop_io_set(upstream->loop, &upstream->io,
                left ? UPSTREAM_WATCHED | EPOLLOUT : UPSTREAM_WATCHED);
    if (!left)
        upstream_ask_for_part(upstream);
}

/* A body that is passed on may have any length. */
static size_t body_max(const struct upstream *upstream)
{
    return upstream->stream ? SIZE_MAX / 4 : LIMIT_TARGET_BODY_BYTES;
}

/* Most answers come whole with the first read. They are read and decoded on the stack, whose memory
 * is near: the connection's own was last used long ago, and each piece of it costs a wait. */
struct first_read {
    struct arena arena;
    alignas(max_align_t) char fields[FIRST_READ_FIELDS_BYTES];
    char bytes[UPSTREAM_READ_BYTES];
};

/* What is here of the answer, of which `all` is all, makes `res`; RC_AGAIN when it is not whole. */
static enum rc decode(struct upstream *upstream, struct bytes all, bool is_end, struct arena *arena,
                      struct http1_response *res)
{
    size_t consumed;
    enum rc rc = http1_decode_response(&upstream->decoder, all, is_end, upstream->method,
                                       body_max(upstream), arena, res, &consumed);
    if (rc == RC_OK && (is_end || consumed < all.len))
        res->keep_alive = false;
    if (rc == RC_OK && res->status == SWITCHING_PROTOCOLS)
        rc = RC_SYNTAX; /* no request asks for it: Upgrade is not passed on */
    return rc;
}

/* One read, and what it makes of the answer. After RC_AGAIN `in` has all that came. */
static enum rc read_once(struct upstream *upstream, struct first_read *first,
                         struct http1_response *res, bool *is_full, bool *is_end)
{
    struct buf *in = &upstream->in;
    struct bytes all = {first->bytes, sizeof first->bytes};
    struct arena *arena = in->len ? &upstream->arena : &first->arena;
    if (in->len && buf_reserve(in, UPSTREAM_READ_BYTES) != RC_OK)
        return RC_BODY_LIMIT;
    char *to = in->len ? in->data + in->len : first->bytes;
    size_t room = in->len ? in->cap - in->len : sizeof first->bytes;
    ssize_t n = upstream_read(upstream, to, room, is_full);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return RC_AGAIN;
    *is_end = n <= 0;
    all.len = n > 0 ? (size_t)n : 0;
    if (in->len) {
        in->len += all.len;
        all = buf_bytes(in);
    }
    enum rc rc = decode(upstream, all, *is_end, arena, res);
    if (rc == RC_AGAIN && !in->len)
        buf_append(in, all);
    return in->failed ? RC_NOMEM : rc;
}

/* A small answer is waited for, so that half of one is still told from a whole one, by a 502. */
static bool begins(const struct upstream *upstream)
{
    uint64_t length;
    if (!upstream->stream || !http1_decoder_has_head(&upstream->decoder))
        return false;
    return !http1_decoder_length(&upstream->decoder, &length) || length > UPSTREAM_READ_BYTES;
}

/* The loop tells of new bytes alone, so all that there is must be read; `has_end`: it has said that
 * the end is among it. */
static void read_some(struct upstream *upstream, bool has_end)
{
    struct http1_response res;
    struct first_read first;
    bool is_full = true, is_end = false;
    enum rc rc = RC_AGAIN;
    arena_init_with(&first.arena, ANSWER_ARENA_BYTES, first.fields, sizeof first.fields);
    while (rc == RC_AGAIN && !is_end && (is_full || has_end) && !begins(upstream)) {
        errno = 0;
        rc = read_once(upstream, &first, &res, &is_full, &is_end);
        if (rc == RC_AGAIN && errno == EAGAIN)
            break;
    }
    if (rc == RC_AGAIN && begins(upstream)) {
        upstream->may_have_bytes = is_full || has_end;
        upstream_begin_answer(upstream);
        return;
    }
    if (rc == RC_AGAIN) {
        if (!upstream_set_timer(upstream)) /* the time is for silence */
            upstream_finish(upstream, RC_NOMEM, NULL);
        return;
    }
    if (rc == RC_OK && (has_end || upstream->has_body_left))
        res.keep_alive = false;
    upstream_finish(upstream, rc, rc == RC_OK ? &res : NULL);
    arena_release(&first.arena);
}

static bool has_failed(const struct upstream *upstream)
{
    int error = 0;
    socklen_t len = sizeof error;
    return upstream->is_refused ||
           getsockopt(upstream->io.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0;
}

/* RC_OK: it has come about, and so has TLS. RC_AGAIN: not yet. RC_IO, RC_REFUSED, RC_NOMEM. */
static enum rc go_on_connecting(struct upstream *upstream)
{
    if (!upstream->has_socket && has_failed(upstream))
        return RC_IO;
    upstream->has_socket = true;
    enum rc rc = upstream->tls ? tls_handshake(upstream->tls) : RC_OK;
    if (rc == RC_IO)
        return RC_REFUSED;
    upstream->is_connected = rc == RC_OK;
    return rc == RC_OK && upstream->is_busy && !upstream_set_timer(upstream) ? RC_NOMEM : rc;
}

static bool end_connecting(struct upstream *upstream)
{
    enum rc rc = go_on_connecting(upstream);
    if (rc == RC_OK || rc == RC_AGAIN)
        return rc == RC_OK;
    upstream->is_refused = true;
    if (upstream->is_busy)
        upstream_finish(upstream, rc, NULL);
    return false;
}

/* Between two requests. What TLS has to say for itself, such as tickets, is none of the target's.
 */
static bool is_silent(struct upstream *upstream)
{
    char first;
    ssize_t n = upstream->tls ? tls_read(upstream->tls, &first, 1)
                              : recv(upstream->io.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && errno == EAGAIN;
}

static void on_event(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct upstream *upstream = (void *)((char *)io - offsetof(struct upstream, io));
    uint32_t ends = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    bool was_connected = upstream->is_connected;
    (void)loop;
    if (!was_connected && !end_connecting(upstream))
        return;
    if (!upstream->is_busy) {
        upstream->is_closed |= ends || ((events & EPOLLIN) && !is_silent(upstream));
        return;
    }
    upstream->is_in_event = true;
    if (upstream->is_begun && (ends || (events & EPOLLIN))) {
        upstream->may_have_bytes = true;
        upstream->stream->on_more(upstream->context, upstream);
    } else if (ends || (events & EPOLLIN))
        read_some(upstream, ends != 0);
    if (!upstream->is_closing && upstream->sent < upstream->out.len &&
        ((events & EPOLLOUT) || !was_connected))
        send_rest(upstream);
    upstream->is_in_event = false;
    if (upstream->is_closing)
        free(upstream);
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
    buf_init(&upstream->in, LIMIT_TARGET_BODY_BYTES + LIMIT_HEAD_BYTES + UPSTREAM_READ_BYTES);
    arena_init(&upstream->arena, ANSWER_ARENA_BYTES);
    if (upstream->io.fd < 0 ||
        loop_io_add(loop, &upstream->io, UPSTREAM_WATCHED | EPOLLOUT) != RC_OK) {
        upstream_close(upstream);
        return NULL;
    }
    (void)setsockopt(upstream->io.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* A refusal shows when the first request is sent. */
    int n = connect(upstream->io.fd, (const struct sockaddr *)to, sizeof *to);
    upstream->has_socket = upstream->is_connected = n == 0;
    upstream->is_refused = n != 0 && errno != EINPROGRESS;
    return upstream;
}

bool upstream_secure(struct upstream *upstream, struct tls_context *context)
{
    upstream->tls = tls_connect(context, upstream->io.fd);
    upstream->is_connected = false;
    return upstream->tls != NULL;
}

void upstream_count(struct upstream *upstream, struct metrics_connections *counts)
{
    upstream->counts = counts;
    counts->opened++;
}

void upstream_close(struct upstream *upstream)
{
    if (upstream->counts)
        upstream->counts->closed++;
    loop_timer_clear(upstream->loop, &upstream->timer);
    if (upstream->io.fd >= 0) {
        loop_io_remove(upstream->loop, &upstream->io);
        if (upstream->tls)
            tls_end(upstream->tls);
        (void)close(upstream->io.fd);
    }
    tls_free(upstream->tls);
    buf_release(&upstream->in);
    buf_release(&upstream->out);
    arena_release(&upstream->arena);
    upstream->is_closing = true;
    if (!upstream->is_in_event)
        free(upstream);
}

bool upstream_is_usable(struct upstream *upstream)
{
    return is_silent(upstream);
}

bool upstream_is_open(const struct upstream *upstream)
{
    return !upstream->is_closed;
}

enum rc upstream_send(struct upstream *upstream, struct bytes request, enum http_method method,
                      unsigned timeout_ms, upstream_done_fn *on_done, void *context)
{
    buf_reset(&upstream->out);
    buf_reset(&upstream->in);
    buf_shrink(&upstream->in, LIMIT_IDLE_BUFFER_BYTES);
    buf_shrink(&upstream->out, LIMIT_IDLE_BUFFER_BYTES);
    arena_reset(&upstream->arena);
    http1_decoder_init(&upstream->decoder);
    upstream->stream = NULL;
    upstream->has_body_left = upstream->is_begun = upstream->is_at_end = false;
    upstream->may_have_bytes = false;
    upstream->in_start = 0;
    upstream->failure = RC_OK;
    upstream->timeout_ms = timeout_ms;
    if (!upstream_set_timer(upstream))
        return RC_NOMEM;
    size_t n = upstream->is_connected ? upstream_send_now(upstream, request) : 0;
    buf_append(&upstream->out, bytes_skip(request, n));
    if (upstream->out.failed)
        return RC_NOMEM;
    upstream->sent = 0;
    upstream->method = method;
    upstream->on_done = on_done;
    upstream->context = context;
    upstream->is_busy = true;
    if (upstream->out.len && upstream->is_connected)
        loop_io_set(upstream->loop, &upstream->io, UPSTREAM_WATCHED | EPOLLOUT);
    return RC_OK;
}
