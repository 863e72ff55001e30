#include <errno.h>
#include <sys/socket.h>

#include "runtime/alb/upstream_internal.h"

/*
 * Bodies that are passed on as they come. One part of each direction is in memory: the request's
 * next one is asked for when the socket has taken the last, the answer's when the client has.
 */

/* The target has what there was: its silence counts from now on, or the client's does. */
void upstream_ask_for_part(struct upstream *upstream)
{
    if (!upstream->has_body_left)
        return;
    upstream->deadline_ms = INT64_MAX;
    upstream->stream->on_taken(upstream->context, upstream);
}

/* An answer whose head is here and whose body is not. */
void upstream_begin_answer(struct upstream *upstream)
{
    struct http1_response res;
    enum rc rc = http1_decode_response_start(&upstream->decoder, buf_bytes(&upstream->in),
                                             &upstream->arena, &res);
    if (rc != RC_OK) {
        upstream_finish(upstream, rc, NULL);
        return;
    }
    upstream->in_start = http1_decoder_head_len(&upstream->decoder);
    upstream->keeps_alive = res.keep_alive;
    upstream->is_begun = true;
    upstream->deadline_ms = INT64_MAX;
    upstream->stream->on_begun(upstream->context, upstream, &res);
}

void upstream_stream(struct upstream *upstream, const struct upstream_stream *stream, bool has_body)
{
    upstream->stream = stream;
    upstream->has_body_left = has_body;
    if (upstream->is_connected && !upstream->out.len)
        upstream_ask_for_part(upstream);
}

bool upstream_push(struct upstream *upstream, struct bytes part, bool is_last)
{
    upstream->has_body_left = !is_last;
    if (upstream->sent == upstream->out.len) {
        buf_reset(&upstream->out);
        upstream->sent = 0;
        part = bytes_skip(part, upstream_send_now(upstream, part));
    }
    buf_append(&upstream->out, part);
    bool has_gone = upstream->sent == upstream->out.len;
    if (!has_gone)
        loop_io_set(upstream->loop, &upstream->io, UPSTREAM_WATCHED | EPOLLOUT);
    if (!has_gone || is_last)
        (void)upstream_set_timer(upstream); /* without one the client's own time ends it */
    return has_gone;
}

/* RC_OK: bytes, or the end, have come. */
static enum rc read_part(struct upstream *upstream)
{
    struct buf *in = &upstream->in;
    buf_consume(in, upstream->in_start);
    upstream->in_start = 0;
    if (!upstream->may_have_bytes)
        return RC_AGAIN;
    if (buf_reserve(in, UPSTREAM_READ_BYTES) != RC_OK)
        return RC_NOMEM;
    size_t room = in->cap - in->len;
    ssize_t n = upstream_read(upstream, in->data + in->len, room, &upstream->may_have_bytes);
    if (n < 0 && errno == EINTR)
        return RC_OK;
    if (n < 0 && errno == EAGAIN)
        return RC_AGAIN;
    upstream->is_at_end = n <= 0;
    in->len += n > 0 ? (size_t)n : 0;
    return RC_OK;
}

/* What `in` holds. RC_AGAIN: no part is left in it. */
static enum rc pull_buffered(struct upstream *upstream, struct buf *out)
{
    enum rc rc;
    struct bytes part;
    do {
        struct bytes in = bytes_skip(buf_bytes(&upstream->in), upstream->in_start);
        size_t consumed = 0;
        rc = http1_body_read(&upstream->decoder, in, upstream->is_at_end, SIZE_MAX / 4, &part,
                             &consumed);
        upstream->in_start += consumed;
        buf_append(out, part);
    } while (rc == RC_AGAIN && part.len);
    return rc;
}

enum rc upstream_pull(struct upstream *upstream, struct buf *out, bool *is_reusable)
{
    enum rc rc = RC_AGAIN, more = RC_OK;
    *is_reusable = false;
    while (rc == RC_AGAIN && more == RC_OK && out->len < UPSTREAM_PART_BYTES) {
        rc = pull_buffered(upstream, out);
        if (rc == RC_AGAIN)
            more = upstream->failure == RC_OK ? read_part(upstream) : upstream->failure;
    }
    if (rc == RC_OK) {
        *is_reusable = upstream->keeps_alive && !upstream->is_at_end && !upstream->has_body_left &&
                       upstream->in_start == upstream->in.len;
        upstream->is_busy = upstream->is_begun = false;
        return RC_OK;
    }
    if (rc == RC_AGAIN && more != RC_OK && more != RC_AGAIN)
        return more;
    if (out->len)
        upstream->deadline_ms = INT64_MAX; /* the client's turn */
    else if (rc == RC_AGAIN && !upstream_set_timer(upstream))
        return RC_NOMEM;
    return rc;
}
