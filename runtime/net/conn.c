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

enum { READ_BYTES = 16 * 1024, LINGER_MS = 2000 };

static struct loop *conn_loop(const struct httpd_conn *conn)
{
    return conn->httpd->options.loop;
}

/* --- time --- */

/* The timer is only moved when it would ring too late; a later deadline is found when it rings. */
static void set_deadline(struct httpd_conn *conn, int64_t after_ms)
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

static void set_state(struct httpd_conn *conn, enum conn_state state)
{
    const struct httpd_options *options = &conn->httpd->options;
    if (conn->state == state && state == CONN_READING)
        return; /* one limit for the whole request */
    conn->state = state;
    switch (state) {
    case CONN_READING:
        set_deadline(conn, (int64_t)options->read_timeout_s * 1000);
        break;
    case CONN_IDLE:
    case CONN_PRODUCING:
    case CONN_WRITING:
        set_deadline(conn, (int64_t)options->idle_timeout_s * 1000);
        break;
    case CONN_BUSY:
        set_deadline(conn, 0);
        break;
    case CONN_LINGER:
        set_deadline(conn, LINGER_MS);
        break;
    }
}

/* --- end --- */

void conn_close(struct httpd_conn *conn)
{
    struct httpd *httpd = conn->httpd;
    if (conn->io.fd >= 0) {
        loop_io_remove(conn_loop(conn), &conn->io);
        conn_end_writing(conn);
        (void)close(conn->io.fd);
        conn->io.fd = -1;
    }
    tls_free(conn->tls);
    conn->tls = NULL;
    loop_timer_clear(conn_loop(conn), &conn->timer);
    conn->is_gone = true;
    if (conn->state == CONN_BUSY)
        return; /* httpd_respond comes back for the rest */
    if (conn->state == CONN_PRODUCING)
        conn_end_exchange(conn);
    if (conn->work)
        work_give(httpd, conn->work);
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        httpd->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    httpd->conn_count--;
    free(conn);
    httpd_tell_drained(httpd);
}

static void start_linger(struct httpd_conn *conn)
{
    conn_end_writing(conn);
    (void)shutdown(conn->io.fd, SHUT_WR);
    set_state(conn, CONN_LINGER);
    loop_io_set(conn_loop(conn), &conn->io, EPOLLIN);
}

static void linger(struct httpd_conn *conn)
{
    char waste[READ_BYTES];
    ssize_t n = read(conn->io.fd, waste, sizeof waste);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        conn_close(conn);
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
    }
    buf_reset(&work->out);
    work->out_start = 0;
    return true;
}

/* After a round: which state, and which events to wait for. */
static void settle(struct httpd_conn *conn)
{
    struct work *work = conn->work;
    bool has_out = work->out.len > 0;
    bool has_in = work->in.len > work->in_start || conn_has_part(conn);
    if (conn->state == CONN_BUSY) {
        set_state(conn, CONN_BUSY);
        loop_io_set(conn_loop(conn), &conn->io, has_out ? EPOLLIN | EPOLLOUT : EPOLLIN);
    } else if (conn->state == CONN_PRODUCING) {
        set_state(conn, CONN_PRODUCING);
        loop_io_set(conn_loop(conn), &conn->io, EPOLLOUT);
    } else if (has_out) {
        set_state(conn, CONN_WRITING);
        loop_io_set(conn_loop(conn), &conn->io, EPOLLOUT);
    } else if (conn->closes) {
        if (conn->was_fault || has_in)
            start_linger(conn);
        else
            conn_close(conn);
    } else if (has_in) {
        set_state(conn, CONN_READING);
        loop_io_set(conn_loop(conn), &conn->io, conn_read_events(conn));
    } else {
        conn->work = NULL;
        work_give(conn->httpd, work);
        set_state(conn, CONN_IDLE);
        loop_io_set(conn_loop(conn), &conn->io, conn_read_events(conn));
        if (conn->httpd->is_draining || conn->closes)
            conn_close(conn);
    }
}

/* Serves all that the input holds, and writes the answers. */
static void serve(struct httpd_conn *conn)
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
        settle(conn);
    else
        conn_close(conn);
}

/* Room for the next read: earlier requests make place first. */
static bool make_room(struct work *work)
{
    if (work->in_start) {
        buf_consume(&work->in, work->in_start);
        work->in_start = 0;
    }
    size_t want = work->in.len < READ_BYTES ? READ_BYTES : work->in.len;
    size_t left = LIMIT_INPUT_BYTES - work->in.len;
    return left > 0 && buf_reserve(&work->in, want < left ? want : left) == RC_OK;
}

static void on_readable(struct httpd_conn *conn)
{
    if (conn->is_shaking) {
        if (!conn_shake(conn))
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
    struct work *work = conn->work;
    if (!make_room(work)) {
        conn_close(conn);
        return;
    }
    ssize_t n = conn_read(conn, work->in.data + work->in.len, work->in.cap - work->in.len);
    if (n > 0) {
        work->in.len += (size_t)n;
        serve(conn);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        conn_close(conn);
    } else {
        settle(conn);
    }
}

static void on_event(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct httpd_conn *conn = (void *)((char *)io - offsetof(struct httpd_conn, io));
    (void)loop;
    if (conn->state == CONN_LINGER) {
        linger(conn);
    } else if (conn->state == CONN_BUSY) {
        /* The owner works. More input waits in the kernel; a reset ends the connection. */
        if (events & (EPOLLERR | EPOLLHUP))
            conn_close(conn);
        else if ((events & EPOLLOUT) && !flush(conn))
            conn_close(conn);
        else
            loop_io_set(loop, io, conn->work->out.len ? EPOLLOUT : 0);
    } else if (conn->state == CONN_WRITING || conn->state == CONN_PRODUCING) {
        serve(conn);
    } else {
        on_readable(conn);
    }
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct httpd_conn *conn = (void *)((char *)timer - offsetof(struct httpd_conn, timer));
    if (loop->now_ms < conn->deadline_ms) {
        if (conn->deadline_ms != INT64_MAX &&
            loop_timer_set(loop, timer, conn->deadline_ms) != RC_OK)
            conn_close(conn);
    } else if (conn->state == CONN_READING) {
        conn_fault(conn, RC_TIMEOUT);
        serve(conn);
    } else {
        conn_close(conn);
    }
}

/* --- called by httpd.c and the owner --- */

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
    if (!conn_secure(conn) || loop_io_add(httpd->options.loop, &conn->io, EPOLLIN) != RC_OK) {
        tls_free(conn->tls);
        (void)close(fd);
        free(conn);
        return;
    }
    conn->next = httpd->conns;
    if (httpd->conns)
        httpd->conns->prev = conn;
    httpd->conns = conn;
    httpd->conn_count++;
    /* A new connection owes its first request within the time that a request may take. */
    conn->state = CONN_IDLE;
    set_deadline(conn, (int64_t)httpd->options.idle_timeout_s * 1000);
}

void conn_drain(struct httpd_conn *conn)
{
    char first;
    if (recv(conn->io.fd, &first, 1, MSG_PEEK) > 0)
        on_readable(conn);
    else
        conn_close(conn);
}

void httpd_respond(struct httpd_exchange *exchange)
{
    struct httpd_conn *conn = exchange->conn;
    conn_finish(conn);
    if (conn->is_gone)
        conn_close(conn);
    else if (!conn->is_serving)
        serve(conn);
}
