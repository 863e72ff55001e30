#include "runtime/net/conn.h"

#include <time.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"

/* --- answers --- */

static struct bytes date_now(struct httpd *httpd)
{
    int64_t now_s = (int64_t)time(NULL);
    if (now_s != httpd->date_s) {
        http1_date(now_s, httpd->date);
        httpd->date_s = now_s;
    }
    return bytes_make(httpd->date, HTTP1_DATE_LEN);
}

static void encode_answer(struct httpd_conn *conn, struct work *work)
{
    struct httpd_exchange *exchange = &work->exchange;
    struct http1_response_options how = {
        .method = exchange->req.method,
        .keep_alive = conn->keeps_alive && !conn->httpd->is_draining,
        .is_http10 = work->decoder.is_http10,
    };
    if (!exchange->has_date)
        how.date = date_now(conn->httpd);
    conn->closes |= !how.keep_alive;
    size_t before = work->out.len;
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

/* The end of one request: answer encoded, owner told, work ready for the next. */
void conn_finish(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    encode_answer(conn, work);
    if (conn->httpd->options.on_done)
        conn->httpd->options.on_done(&work->exchange);
    arena_reset(&work->exchange.arena);
    work_restart(conn->httpd, work);
    conn->state = CONN_IDLE;
}

/* --- requests --- */

static void begin_exchange(struct httpd_conn *conn, size_t received_bytes, enum rc fault)
{
    struct httpd_exchange *exchange = &conn->work->exchange;
    exchange->conn = conn;
    exchange->context = NULL;
    exchange->received_us = clock_us_monotonic();
    exchange->received_bytes = received_bytes;
    exchange->sent_bytes = 0;
    exchange->fault = fault;
    exchange->is_dropped = exchange->has_date = false;
    exchange->peer_addr_net = conn->peer.sin_addr.s_addr;
    exchange->peer_port_net = conn->peer.sin_port;
    http_response_init(&exchange->res);
}

void conn_fault(struct httpd_conn *conn, enum rc fault)
{
    struct httpd_exchange *exchange = &conn->work->exchange;
    exchange->req = (struct http_request){.arena = &exchange->arena, .method = HTTP_METHOD_OTHER};
    begin_exchange(conn, conn->work->in.len - conn->work->in_start, fault);
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
    if (rc == RC_AGAIN && in.len < LIMIT_INPUT_BYTES) {
        say_continue(work);
        return false;
    }
    if (rc != RC_OK) {
        conn_fault(conn, rc == RC_AGAIN ? RC_BODY_LIMIT : rc);
        return false;
    }
    work->in_start += consumed;
    begin_exchange(conn, consumed, RC_OK);
    conn->state = CONN_BUSY;
    conn->httpd->options.on_request(exchange);
    return conn->state != CONN_BUSY;
}

void conn_serve(struct httpd_conn *conn)
{
    while (serve_one(conn))
        ;
}
