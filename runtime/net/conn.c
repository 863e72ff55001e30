#include "runtime/net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/core/limits.h"

/*
 * A round of a connection: read what is there, decode as many whole requests as it holds, give each
 * to the owner, gather the answers, write them at once. When the owner keeps a request the round
 * ends, and httpd_respond begins the next.
 */

enum { READ_BYTES = 16 * 1024, FIRST_REQUEST_MS = 1000 };

static struct loop *conn_loop(const struct httpd_conn *conn)
{
    return conn->httpd->options.loop;
}

/* --- time --- */

/* The timer is only moved when it would ring too late; a later deadline is found when it rings. */
void conn_set_deadline(struct httpd_conn *conn, int64_t after_ms)
{
    if (after_ms == 0) {
        conn->deadline_ms = INT64_MAX;
        return;
    }
    conn->deadline_ms = conn_loop(conn)->now_ms + after_ms;
    if (conn->timer._slot && conn->timer.due_ms <= conn->deadline_ms)
        return;
    if (loop_timer_set(conn_loop(conn), &conn->timer, conn->deadline_ms) != RC_OK)
        conn->closes = true; /* without a timer it shall not stay */
}

/* How long a state may last, or for those that go on while bytes do, until it is looked at. */
static int64_t state_ms(const struct httpd_conn *conn)
{
    const struct httpd_options *options = &conn->httpd->options;
    switch (conn->state) {
    case CONN_READING:
    case CONN_BODY:
        return (int64_t)options->read_timeout_s * 1000;
    case CONN_PRODUCING:
    case CONN_WRITING:
        return (int64_t)options->write_timeout_s * 1000;
    case CONN_IDLE:
        return (int64_t)options->idle_timeout_s * 1000;
    case CONN_LINGER:
    case CONN_SESSION:
    case CONN_BUSY:
        break;
    }
    return 0;
}

static void begin_period(struct httpd_conn *conn)
{
    conn->work->progress_mark = conn_progress(conn);
    conn_set_deadline(conn, state_ms(conn));
}

/* At the end of a period: when enough has gone, another begins. */
static bool goes_on(struct httpd_conn *conn)
{
    int64_t least = state_ms(conn) / 1000 * LIMIT_LEAST_BYTES_PER_S;
    if (conn_progress(conn) - conn->work->progress_mark < least)
        return false;
    begin_period(conn);
    return true;
}

static void set_state(struct httpd_conn *conn, enum conn_state state)
{
    bool is_same = conn->state == state;
    conn->state = state;
    switch (state) {
    case CONN_READING:
        if (!is_same) /* one limit for the whole head */
            conn_set_deadline(conn, state_ms(conn));
        break;
    case CONN_BODY:
    case CONN_PRODUCING:
    case CONN_WRITING:
        if (!is_same)
            begin_period(conn);
        break;
    case CONN_IDLE:
    case CONN_BUSY:
        conn_set_deadline(conn, state_ms(conn));
        break;
    case CONN_SESSION:
    case CONN_LINGER:
        break; /* they have their own */
    }
}

/* --- bytes --- */

/* Writes what is ready. false: the connection is gone. */
static bool flush(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    while (work->out_start < work->out.len) {
        ssize_t n =
            conn_write(conn, work->out.data + work->out_start, work->out.len - work->out_start);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        work->out_start += (size_t)n;
        work->sent_total += (size_t)n;
    }
    work_return_out(conn->httpd, work);
    return true;
}

/* A client is silent for too long when nothing of its body comes. */
static void wait_for_part(struct httpd_conn *conn)
{
    conn_set_deadline(conn, (int64_t)conn->httpd->options.read_timeout_s * 1000);
    loop_io_again(conn_loop(conn), &conn->io); /* what has come meanwhile was not told */
}

/* In CONN_BUSY. A client's end that came with its request was told before there was an owner. */
static void wait_for_owner(struct httpd_conn *conn, bool has_out)
{
    uint32_t left = conn_left_events(conn), unsent = EPOLLIN | EPOLLOUT | left;
    loop_io_set(conn_loop(conn), &conn->io, has_out ? unsent : conn_input_events(conn));
    if (conn->work->wants_part)
        wait_for_part(conn);
    else if (left && conn->may_have_more)
        loop_io_again(conn_loop(conn), &conn->io);
}

void conn_settle(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    bool has_out = work->out.len > 0;
    bool has_in = work->in.len > work->in_start || conn_has_part(conn);
    if (conn->state == CONN_BUSY) {
        set_state(conn, CONN_BUSY);
        wait_for_owner(conn, has_out);
    } else if (conn->state == CONN_PRODUCING) {
        set_state(conn, CONN_PRODUCING);
        if (conn->is_resting)
            conn_set_deadline(conn, 0);
        loop_io_set(conn_loop(conn), &conn->io,
                    (conn->is_resting ? EPOLLRDHUP : EPOLLOUT) |
                        (work->wants_part ? (uint32_t)EPOLLIN : 0));
    } else if (has_out) {
        set_state(conn, CONN_WRITING);
        loop_io_set(conn_loop(conn), &conn->io, EPOLLOUT);
    } else if (conn->closes) {
        if (conn->was_fault || has_in)
            conn_linger(conn);
        else
            conn_close(conn);
    } else if (has_in) {
        set_state(conn, http1_decoder_has_head(&work->decoder) ? CONN_BODY : CONN_READING);
        conn_watch_input(conn);
    } else {
        conn->work = NULL;
        work_give(conn->httpd, work);
        set_state(conn, CONN_IDLE);
        conn_watch_input(conn);
        if (conn->httpd->is_draining || conn->closes)
            conn_close(conn);
    }
}

void conn_round(struct httpd_conn *conn)
{
    bool is_open;
    conn->is_serving = true;
    do {
        if (conn->state == CONN_PRODUCING)
            conn_produce(conn);
        if (conn->state != CONN_PRODUCING)
            conn_serve(conn);
        is_open = flush(conn);
        /* Where answers had to go out first, the input goes on. */
    } while (is_open && conn->is_stuffed && conn->work->out.len == 0);
    conn->is_serving = false;
    if (is_open)
        conn_settle(conn);
    else
        conn_close(conn);
}

/* As read(2), to the end of `in`. Most requests come whole with the first read: that one goes to
 * the stack, whose memory is near, and `in` gets as little as what has come. ENOMEM: there is no
 * room. */
static __attribute__((noinline)) ssize_t read_input(struct httpd_conn *conn, struct work *work)
{
    char first[READ_BYTES];
    bool is_first = work->in.len == 0;
    errno = ENOMEM;
    if (!is_first && !work_make_room(work))
        return -1;
    ssize_t n = is_first
                    ? conn_read(conn, first, sizeof first)
                    : conn_read(conn, work->in.data + work->in.len, work->in.cap - work->in.len);
    if (n > 0 && is_first)
        buf_append(&work->in, bytes_make(first, (size_t)n));
    else if (n > 0)
        work->in.len += (size_t)n;
    errno = work->in.failed ? ENOMEM : errno;
    return work->in.failed ? -1 : n;
}

static void on_readable(struct httpd_conn *conn)
{
    if (conn->is_shaking) {
        if (!conn_shake(conn) || (conn->has_second && !conn_session_begin(conn)))
            conn_close(conn);
        return;
    }
    if (!conn->work) {
        conn->work = work_take(conn->httpd);
        if (!conn->work) {
            conn_close(conn);
            return;
        }
        work_restart(conn->httpd, conn->work);
    }
    ssize_t n = read_input(conn, conn->work);
    if (n > 0) {
        conn->has_asked = true;
        conn_round(conn);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        conn_close(conn);
    } else {
        conn_settle(conn);
    }
}

/* The owner works. More input waits in the kernel; a reset ends the connection, and where the owner
 * asks after it, so does the client's end. */
static void on_event_busy(struct httpd_conn *conn, uint32_t events)
{
    bool wants_part = conn->work->wants_part;
    if (conn_has_left(conn, events) || ((events & EPOLLOUT) && !flush(conn)))
        conn_close(conn);
    else if (wants_part)
        (void)conn_body_feed(conn);
    else
        loop_io_set(conn_loop(conn), &conn->io,
                    (conn->work->out.len ? (uint32_t)EPOLLOUT : 0) | conn_left_events(conn));
}

static void on_event(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct httpd_conn *conn = (void *)((char *)io - offsetof(struct httpd_conn, io));
    (void)loop;
    conn->may_have_more |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (conn->state == CONN_LINGER) {
        conn_read_waste(conn);
    } else if (conn->state == CONN_SESSION) {
        conn_session_event(conn, events);
    } else if (conn->state == CONN_BUSY) {
        on_event_busy(conn, events);
    } else if (conn->state == CONN_PRODUCING && (events & EPOLLIN)) {
        if (conn_body_feed(conn) && !conn->is_resting)
            conn_round(conn);
    } else if (conn->is_resting) {
        conn_close(conn); /* nothing else is watched for: the client has left */
    } else if (conn->state == CONN_WRITING || conn->state == CONN_PRODUCING) {
        conn_round(conn);
    } else {
        on_readable(conn);
    }
}

/* The client has had its time. */
static void on_late(struct httpd_conn *conn)
{
    if (conn->state == CONN_SESSION) {
        conn_session_late(conn);
        return;
    }
    bool is_moving =
        conn->state == CONN_BODY || conn->state == CONN_PRODUCING || conn->state == CONN_WRITING;
    if (is_moving && goes_on(conn))
        return;
    if (is_moving || conn->state == CONN_READING || !conn->has_asked)
        httpd_count(&conn->httpd->counts->late);
    if (conn->state == CONN_READING || conn->state == CONN_BODY) {
        conn_fault(conn, RC_TIMEOUT);
        conn_round(conn);
    } else if (conn->state == CONN_BUSY) {
        conn_body_fail(conn, RC_TIMEOUT);
    } else if (is_moving) {
        conn_abort(conn);
    } else {
        conn_close(conn);
    }
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct httpd_conn *conn = (void *)((char *)timer - offsetof(struct httpd_conn, timer));
    if (loop->now_ms >= conn->deadline_ms)
        on_late(conn);
    else if (conn->deadline_ms != INT64_MAX &&
             loop_timer_set(loop, timer, conn->deadline_ms) != RC_OK)
        conn_close(conn);
}

/* --- called by httpd.c and the owner --- */

/* A new connection owes its first request within the time that a request's head may take. */
static int64_t first_request_ms(const struct httpd_conn *conn)
{
    const struct httpd *httpd = conn->httpd;
    if (httpd->is_draining)
        return FIRST_REQUEST_MS;
    return httpd->options.read_timeout_s ? (int64_t)httpd->options.read_timeout_s * 1000
                                         : state_ms(conn);
}

void conn_open(struct httpd *httpd, int fd, const struct sockaddr_in *peer)
{
    struct httpd_conn *conn = calloc(1, sizeof *conn);
    if (!conn) {
        (void)close(fd);
        return;
    }
    conn->httpd = httpd;
    conn->io = (struct loop_io){.fd = fd, .fn = on_event};
    conn->timer.fn = on_timer;
    conn->peer = *peer;
    if (httpd->options.lifetime_ms)
        conn->end_ms = httpd->options.loop->now_ms + httpd->options.lifetime_ms;
    if (!conn_secure(conn) ||
        loop_io_add(httpd->options.loop, &conn->io, conn_input_events(conn)) != RC_OK) {
        tls_free(conn->tls);
        (void)close(fd);
        free(conn);
        return;
    }
    httpd_remember(httpd, conn);
    conn->state = CONN_IDLE;
    conn_set_deadline(conn, first_request_ms(conn));
}

bool conn_is_idle(const struct httpd_conn *conn)
{
    char first;
    return conn->state == CONN_IDLE && recv(conn->io.fd, &first, 1, MSG_PEEK) < 0 &&
           errno == EAGAIN;
}

void conn_drain(struct httpd_conn *conn)
{
    if (!conn_is_idle(conn))
        on_readable(conn);
    else if (conn->has_asked)
        conn_close(conn);
    else
        conn_set_deadline(conn, FIRST_REQUEST_MS);
}

void httpd_respond(struct httpd_exchange *exchange)
{
    struct httpd_conn *conn = exchange->conn;
    if (conn->session) {
        conn_session_respond(exchange);
        return;
    }
    conn_finish(conn);
    if (conn->is_gone)
        conn_close(conn);
    else if (!conn->is_serving)
        conn_round(conn);
}

void httpd_wake(struct httpd_exchange *exchange)
{
    struct httpd_conn *conn = exchange->conn;
    if (conn->session)
        conn_session_wake(exchange);
    if (conn->session || !conn->is_resting)
        return;
    begin_period(conn);
    conn_round(conn);
}
