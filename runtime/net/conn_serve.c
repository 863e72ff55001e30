#include "runtime/net/conn.h"

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"

enum { PRODUCE_BYTES = 64 * 1024 }; /* made in one round */

/* --- answers --- */

/* Written once a second; the loop's clock says when, which has been looked at anyway. */
struct bytes conn_date(struct httpd *httpd)
{
    int64_t now_ms = httpd->options.loop->now_ms;
    if (now_ms >= httpd->date_end_ms) {
        int64_t epoch_ms = clock_ms_epoch();
        http1_date(epoch_ms / 1000, httpd->date);
        httpd->date_end_ms = now_ms + 1000 - epoch_ms % 1000;
    }
    return bytes_make(httpd->date, HTTP1_DATE_LEN);
}

static bool has_produced_body(const struct httpd_exchange *exchange)
{
    return exchange->res.producer && !http_status_is_bodiless(exchange->res.status) &&
           !exchange->is_dropped;
}

static void set_framing(const struct httpd_conn *conn, struct http1_response_options *how)
{
    const struct httpd_exchange *exchange = &conn->work->exchange;
    if (!has_produced_body(exchange))
        return;
    how->framing = exchange->produced_bytes >= 0 ? HTTP1_BY_SAID_LENGTH
                   : how->is_http10              ? HTTP1_BY_CLOSE
                                                 : HTTP1_BY_CHUNKS;
    how->length = (uint64_t)exchange->produced_bytes;
    how->keep_alive &= how->framing != HTTP1_BY_CLOSE;
}

/* As set_framing has said. */
static bool is_chunked(const struct work *work)
{
    return !work->decoder.is_http10 && work->exchange.produced_bytes < 0;
}

bool conn_is_over(const struct httpd_conn *conn)
{
    return conn->end_ms && conn->httpd->options.loop->now_ms >= conn->end_ms;
}

static void encode_answer(struct httpd_conn *conn, struct work *work)
{
    struct httpd_exchange *exchange = &work->exchange;
    struct http1_response_options how = {
        .method = exchange->req.method,
        .keep_alive = conn->keeps_alive && !conn->httpd->is_lame && !conn_is_over(conn) &&
                      !exchange->is_last && !work->has_body_left,
        .is_http10 = work->decoder.is_http10,
    };
    if (!exchange->has_date)
        how.date = conn_date(conn->httpd);
    set_framing(conn, &how);
    conn->closes |= !how.keep_alive;
    size_t before = work->out.len;
    work_lend_out(conn->httpd, work);
    if (exchange->is_dropped)
        conn->closes = true;
    else
        http1_encode_response(&work->out, &exchange->res, &how);
    if (work->out.failed) {
        work->out.len = before;
        conn->closes = true;
    }
    exchange->sent_bytes = work->out.len - before;
}

void conn_end_exchange(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    struct loop *loop = conn->httpd->options.loop;
    /* The next request of this round begins where this one's answer was done: one look at the clock
     * for both. */
    if (work->exchange.req.answered_us > loop->now_us)
        loop->now_us = work->exchange.req.answered_us;
    work->exchange.is_gone = conn->is_gone && conn->state == CONN_BUSY;
    if (conn->httpd->options.on_done)
        conn->httpd->options.on_done(&work->exchange);
    conn->was_fault |= work->has_body_left;
    work->has_body_left = work->wants_part = false;
    arena_reset(&work->exchange.arena);
    http1_decoder_init(&work->decoder);
    work->said_continue = false;
    conn->state = CONN_IDLE;
}

void conn_finish(struct httpd_conn *conn)
{
    const struct httpd_exchange *exchange = &conn->work->exchange;
    encode_answer(conn, conn->work);
    if (has_produced_body(exchange) && exchange->req.method != HTTP_HEAD && !conn->is_gone)
        conn->state = CONN_PRODUCING;
    else
        conn_end_exchange(conn);
}

/* A client that is slow to read is not produced for: what it has not taken waits in `out`. */
void conn_produce(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    struct httpd_exchange *exchange = &work->exchange;
    enum rc rc = RC_AGAIN;
    size_t before = work->out.len, enough = exchange->is_live ? 1 : PRODUCE_BYTES;
    conn->is_resting = false;
    work_lend_out(conn->httpd, work);
    while (rc == RC_AGAIN && !conn->is_resting && work->out.len - work->out_start < enough) {
        buf_reset(&work->part);
        rc = exchange->res.producer(exchange->res.producer_context, &work->part);
        conn->is_resting = rc == RC_AGAIN && exchange->is_live && work->part.len == 0;
        if (work->part.failed)
            rc = RC_NOMEM;
        else if (is_chunked(work))
            http1_encode_chunk(&work->out, buf_bytes(&work->part));
        else
            buf_append(&work->out, buf_bytes(&work->part));
    }
    if (rc == RC_OK && is_chunked(work))
        http1_encode_last_chunk(&work->out);
    exchange->sent_bytes += work->out.len - before;
    if (rc == RC_AGAIN && !work->out.failed)
        return;
    conn->is_resting = false;
    /* Without its last chunk the client sees that the body is not whole. */
    conn->closes |= rc != RC_OK || work->out.failed;
    conn_end_exchange(conn);
}

/* --- requests --- */

void conn_begin_exchange(struct httpd_conn *conn, struct httpd_exchange *exchange,
                         size_t received_bytes, enum rc fault)
{
    exchange->conn = conn;
    exchange->context = NULL;
    exchange->received_us = conn->httpd->options.loop->now_us;
    exchange->received_bytes = received_bytes;
    exchange->sent_bytes = 0;
    exchange->fault = fault;
    exchange->is_live = exchange->is_dropped = exchange->is_last = exchange->has_date = false;
    exchange->is_body_coming = exchange->is_gone = false;
    exchange->coming_bytes = exchange->produced_bytes = HTTPD_UNKNOWN;
    exchange->input = bytes_make(NULL, 0);
    conn_describe(conn, exchange);
    exchange->is_http10 = !conn->session && conn->work->decoder.is_http10;
    exchange->is_http2 = conn->session != NULL;
    exchange->trailer = bytes_make(NULL, 0);
    exchange->conn_number = conn->number;
    exchange->peer_addr_net = conn->peer.sin_addr.s_addr;
    exchange->peer_port_net = conn->peer.sin_port;
    http_response_init(&exchange->res);
}

void conn_fault(struct httpd_conn *conn, enum rc fault)
{
    struct httpd_exchange *exchange = &conn->work->exchange;
    exchange->req = (struct http_request){.arena = &exchange->arena, .method = HTTP_METHOD_OTHER};
    conn_begin_exchange(conn, exchange, conn->work->in.len - conn->work->in_start, fault);
    exchange->input = bytes_skip(buf_bytes(&conn->work->in), conn->work->in_start);
    conn->keeps_alive = false;
    conn->was_fault = true;
    if (conn->httpd->options.on_fault)
        conn->httpd->options.on_fault(exchange, fault);
    else
        problem_set_rc(&exchange->res, &exchange->arena, fault);
    conn_finish(conn);
}

static void say_continue(struct work *work)
{
    if (work->decoder.wants_continue && !work->said_continue)
        buf_append(&work->out, BYTES_LIT("HTTP/1.1 100 Continue\r\n\r\n"));
    work->said_continue |= work->decoder.wants_continue;
}

static void give_to_owner(struct httpd_conn *conn)
{
    conn->state = CONN_BUSY;
    conn->httpd->options.on_request(&conn->work->exchange);
}

/* A request whose body is the owner's to ask for. */
static void serve_head(struct httpd_conn *conn, struct bytes in)
{
    struct httpd_exchange *exchange = &conn->work->exchange;
    size_t head_len = http1_decoder_head_len(&conn->work->decoder);
    uint64_t length;
    enum rc rc = conn_body_begin(conn, in);
    if (rc != RC_OK) {
        conn_fault(conn, rc);
        return;
    }
    conn_begin_exchange(conn, exchange, head_len, RC_OK);
    exchange->is_body_coming = true;
    if (http1_decoder_length(&conn->work->decoder, &length))
        exchange->coming_bytes = (int64_t)length;
    give_to_owner(conn);
}

/* Decodes one request and gives it to the owner. false: no whole one is here, or the owner keeps
 * it, or there will be no other. */
static bool serve_one(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    struct httpd_exchange *exchange = &work->exchange;
    struct bytes in = bytes_skip(buf_bytes(&work->in), work->in_start);
    size_t consumed;
    conn->is_stuffed = work->out.len - work->out_start > LIMIT_PIPELINE_OUT_BYTES;
    if (in.len == 0 || conn->closes || conn->is_stuffed)
        return false;
    exchange->req = (struct http_request){.arena = &exchange->arena};
    enum rc rc = http1_decode_request(&work->decoder, in, &exchange->arena, &exchange->req,
                                      &conn->keeps_alive, &consumed);
    if (rc == RC_AGAIN && conn->httpd->options.streams_bodies &&
        http1_decoder_has_head(&work->decoder)) {
        serve_head(conn, in);
        return conn->state != CONN_BUSY && conn->state != CONN_PRODUCING;
    }
    if (rc == RC_AGAIN && in.len < work_input_max(conn->httpd)) {
        say_continue(work);
        return false;
    }
    if (rc != RC_OK) {
        conn_fault(conn, rc == RC_AGAIN ? RC_BODY_LIMIT : rc);
        return false;
    }
    work->in_start += consumed;
    conn_begin_exchange(conn, exchange, consumed, RC_OK);
    exchange->trailer = work->decoder.trailer;
    give_to_owner(conn);
    return conn->state != CONN_BUSY && conn->state != CONN_PRODUCING;
}

void conn_serve(struct httpd_conn *conn)
{
    while (serve_one(conn))
        ;
}
