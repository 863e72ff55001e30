#include <errno.h>

#include "runtime/core/limits.h"
#include "runtime/core/problem.h"
#include "runtime/net/conn.h"

/*
 * A round of a connection with a session: what has come is taken, what the session has to say is
 * written. While the socket takes no more, nothing is read either, so that a client that asks and
 * does not listen fills no memory.
 */

enum { READ_BYTES = 16 * 1024 };

/* --- time --- */

/* Something is to come, or to go, that waits for the client. */
static bool is_moving(const struct httpd_conn *conn)
{
    const struct session *session = conn->session;
    return conn->work->out.len || session->coming_count || session->leaving_count;
}

static int64_t progress(const struct httpd_conn *conn)
{
    return conn_progress(conn) + (int64_t)conn->session->taken_bytes;
}

static int64_t period_ms(const struct httpd_conn *conn)
{
    return (int64_t)conn->httpd->options.read_timeout_s * 1000;
}

static void begin_period(struct httpd_conn *conn)
{
    conn->work->progress_mark = progress(conn);
    conn_set_deadline(conn, period_ms(conn));
}

/* Frames that ask for nothing, such as pings, do not make an idle connection younger. */
static void set_time(struct httpd_conn *conn)
{
    const struct session *session = conn->session;
    enum session_rest before = conn->rest;
    if (is_moving(conn))
        conn->rest = SESSION_MOVES;
    else
        conn->rest = session->held_count ? SESSION_WAITS : SESSION_IDLE;
    bool has_asked = conn->asked_before != session->asked_count;
    conn->asked_before = session->asked_count;
    if (conn->rest == before && !(has_asked && conn->rest == SESSION_IDLE))
        return;
    if (conn->rest == SESSION_MOVES)
        begin_period(conn);
    else
        conn_set_deadline(conn, conn->rest == SESSION_WAITS
                                    ? 0
                                    : (int64_t)conn->httpd->options.idle_timeout_s * 1000);
}

/* --- bytes --- */

/* false: the connection is to end now. */
static bool write_out(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    for (;;) {
        if (work->out.len == 0 && !conn->session->protocol->give(conn->session, &work->out))
            conn->closes = true;
        if (work->out.len == 0 || work->out.failed)
            return !work->out.failed;
        ssize_t n =
            conn_write(conn, work->out.data + work->out_start, work->out.len - work->out_start);
        if (n < 0 && errno != EINTR)
            return errno == EAGAIN;
        if (n > 0) {
            work->out_start += (size_t)n;
            work->sent_total += (uint64_t)n;
        }
        if (work->out_start == work->out.len) {
            buf_reset(&work->out);
            work->out_start = 0;
        }
    }
}

void conn_session_round(struct httpd_conn *conn)
{
    conn->is_serving = true;
    bool is_open = write_out(conn);
    conn->is_serving = false;
    if (!is_open) {
        conn_close(conn);
        return;
    }
    bool has_out = conn->work->out.len > 0;
    if (!has_out && (conn->closes || conn->session->protocol->is_over(conn->session))) {
        conn_linger(conn);
        return;
    }
    set_time(conn);
    loop_io_set(conn->httpd->options.loop, &conn->io, has_out ? EPOLLOUT : EPOLLIN);
}

void conn_session_event(struct httpd_conn *conn, uint32_t events)
{
    char bytes[READ_BYTES];
    if (conn->work->out.len == 0 || (events & (EPOLLERR | EPOLLHUP))) {
        ssize_t n = conn_read(conn, bytes, sizeof bytes);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            conn_close(conn);
            return;
        }
        conn->is_serving = true;
        if (n > 0 && !conn->session->protocol->take(conn->session, bytes_make(bytes, (size_t)n)))
            conn->closes = true;
        conn->is_serving = false;
    }
    conn_session_round(conn);
}

void conn_session_late(struct httpd_conn *conn)
{
    int64_t least = period_ms(conn) / 1000 * LIMIT_LEAST_BYTES_PER_S;
    if (conn->rest == SESSION_MOVES) {
        if (progress(conn) - conn->work->progress_mark >= least) {
            begin_period(conn);
            return;
        }
        httpd_count(&conn->httpd->counts->late);
        conn_close(conn);
        return;
    }
    conn_session_retire(conn);
}

/* --- life --- */

bool conn_session_begin(struct httpd_conn *conn)
{
    const struct session_protocol *protocol = conn->httpd->options.second;
    conn->work = work_take(conn->httpd);
    conn->session = conn->work ? protocol->open(conn) : NULL;
    if (!conn->session)
        return false;
    conn->state = CONN_SESSION;
    conn->rest = SESSION_WAITS; /* so that the first round sets the time */
    conn_session_round(conn);
    return true;
}

void conn_session_retire(struct httpd_conn *conn)
{
    conn->session->protocol->retire(conn->session);
    if (!conn->is_serving)
        conn_session_round(conn);
}

bool conn_session_end(struct httpd_conn *conn, bool is_forced)
{
    struct session *session = conn->session;
    conn->is_serving = true;
    session->protocol->cut(session);
    conn->is_serving = false;
    if (session->held_count && !is_forced)
        return false;
    session->protocol->close(session);
    conn->session = NULL;
    return true;
}

/* The owner has done something: what has come of it goes out, unless a round is at it. */
static void go_on(struct httpd_conn *conn)
{
    if (conn->is_serving || (conn->state == CONN_LINGER && !conn->is_gone))
        return;
    if (conn->is_gone)
        conn_close(conn);
    else
        conn_session_round(conn);
}

void conn_session_respond(struct httpd_exchange *exchange)
{
    struct httpd_conn *conn = exchange->conn;
    conn->session->protocol->respond(exchange);
    go_on(conn);
}

void conn_session_wake(struct httpd_exchange *exchange)
{
    struct httpd_conn *conn = exchange->conn;
    conn->session->protocol->wake(exchange);
    go_on(conn);
}

void conn_session_body_next(struct httpd_exchange *exchange)
{
    struct httpd_conn *conn = exchange->conn;
    conn->session->protocol->body_next(exchange);
    go_on(conn);
}

/* --- exchanges --- */

void session_begin_exchange(struct session *session, struct httpd_exchange *exchange,
                            size_t received_bytes, enum rc fault)
{
    exchange->httpd = session->conn->httpd;
    exchange->req = (struct http_request){.arena = &exchange->arena, .method = HTTP_METHOD_OTHER};
    conn_begin_exchange(session->conn, exchange, received_bytes, fault);
}

void session_give_exchange(struct httpd_exchange *exchange)
{
    const struct httpd_options *options = &exchange->httpd->options;
    exchange->conn->session->asked_count++;
    if (exchange->fault == RC_OK)
        options->on_request(exchange);
    else if (options->on_fault)
        options->on_fault(exchange, exchange->fault);
    else
        problem_set_rc(&exchange->res, &exchange->arena, exchange->fault);
}

void session_leave_exchange(struct httpd_exchange *exchange)
{
    if (exchange->httpd->options.on_left)
        exchange->httpd->options.on_left(exchange);
}

void session_end_exchange(struct httpd_exchange *exchange)
{
    if (exchange->httpd->options.on_done)
        exchange->httpd->options.on_done(exchange);
}

struct bytes session_date(struct session *session)
{
    return conn_date(session->conn->httpd);
}

bool session_is_last(const struct session *session)
{
    const struct httpd_conn *conn = session->conn;
    return conn->httpd->is_lame || conn_is_over(conn);
}
