#include <errno.h>

#include "runtime/core/limits.h"
#include "runtime/net/conn.h"

/*
 * The owner asks for each part, and nothing is read before it does: so a client is never faster
 * than the one that its body goes to. Inside a round (is_serving) only what is in the buffer is
 * given, since an end of the connection would pull it from under the round.
 */

enum { ROUND_PARTS = 16 };

enum rc conn_body_begin(struct httpd_conn *conn, struct bytes in)
{
    struct work *work = conn->work;
    struct httpd_exchange *exchange = &work->exchange;
    size_t len = http1_decoder_head_len(&work->decoder);
    work->said_continue = !work->decoder.wants_continue;
    /* What follows will lie where the head is now. */
    char *head = arena_alloc(&exchange->arena, len);
    if (!head)
        return RC_NOMEM;
    memcpy(head, in.ptr, len);
    work->in_start += len;
    work->has_body_left = true;
    return http1_decode_request_start(&work->decoder, bytes_make(head, len), &exchange->arena,
                                      &exchange->req, &conn->keeps_alive);
}

static void give(struct work *work, struct bytes part, enum rc rc)
{
    work->wants_part = false;
    work->has_body_left = rc == RC_AGAIN;
    work->exchange.on_body(&work->exchange, part, rc);
}

/* true: the part that was asked for has been given. */
static bool give_from_buffer(struct work *work)
{
    struct bytes in = bytes_skip(buf_bytes(&work->in), work->in_start), part;
    size_t consumed = 0;
    enum rc rc = http1_body_read(&work->decoder, in, false, SIZE_MAX / 4, &part, &consumed);
    work->in_start += consumed;
    work->exchange.received_bytes += consumed;
    if (rc == RC_AGAIN && part.len == 0)
        return false;
    if (rc != RC_OK && rc != RC_AGAIN)
        part.len = 0;
    work->exchange.trailer = work->decoder.trailer;
    give(work, part, rc);
    return true;
}

/* RC_OK: bytes have come. RC_AGAIN: none for now. RC_CLOSED. */
static enum rc read_more(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    if (!work_make_room(work))
        return RC_CLOSED;
    ssize_t n = conn_read(conn, work->in.data + work->in.len, work->in.cap - work->in.len);
    if (n > 0)
        work->in.len += (size_t)n;
    if (n > 0)
        return RC_OK;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? RC_AGAIN : RC_CLOSED;
}

/* As long as the owner wants more and there is some. What has been read is given, since no event
 * will tell of it; of the socket's rest one does. */
static enum rc give_all(struct httpd_conn *conn, bool may_read)
{
    struct work *work = conn->work;
    enum rc rc = RC_OK;
    work->is_feeding = true;
    for (int i = 0; rc == RC_OK && work->wants_part; i++)
        if (!give_from_buffer(work))
            rc = may_read && i < ROUND_PARTS ? read_more(conn) : RC_AGAIN;
    work->is_feeding = false;
    return rc;
}

bool conn_body_feed(struct httpd_conn *conn)
{
    bool was_busy = conn->state == CONN_BUSY;
    if (conn->is_serving) {
        (void)give_all(conn, false);
        return true;
    }
    conn->is_serving = true;
    enum rc rc = give_all(conn, true);
    conn->is_serving = false;
    if (rc == RC_CLOSED) {
        conn_close(conn);
        return false;
    }
    if (was_busy && conn->state != CONN_BUSY) {
        conn_round(conn); /* it was answered */
        return false;
    }
    conn_settle(conn); /* also after ROUND_PARTS: the others shall have their turn */
    return true;
}

void conn_body_fail(struct httpd_conn *conn, enum rc rc)
{
    if (conn->work->wants_part)
        give(conn->work, bytes_make(NULL, 0), rc);
}

void httpd_body_next(struct httpd_exchange *exchange)
{
    struct httpd_conn *conn = exchange->conn;
    struct work *work = conn->work;
    if (conn->session) {
        conn_session_body_next(exchange);
        return;
    }
    bool owes_continue = !work->said_continue;
    work->wants_part = true;
    if (conn->is_gone) {
        conn_body_fail(conn, RC_CLOSED);
        return;
    }
    work->said_continue = true;
    if (owes_continue)
        buf_append(&work->out, BYTES_LIT("HTTP/1.1 100 Continue\r\n\r\n"));
    if (!work->is_feeding)
        (void)conn_body_feed(conn);
}
