#include "runtime/net/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/core/log.h"
#include "runtime/net/conn.h"

enum {
    ACCEPT_BATCH = 64,
    ACCEPT_PAUSE_MS = 100,
    ACCEPT_WARN_MS = 10000,
    HANDSHAKE_MS = 50, /* a round trip and more: a balancer is near */
    HAND_STEPS = 64,
};

/* --- the connections --- */

void httpd_remember(struct httpd *httpd, struct httpd_conn *conn)
{
    conn->next = httpd->conns;
    if (httpd->conns)
        httpd->conns->prev = conn;
    httpd->conns = conn;
    httpd->conn_count++;
    conn->number = ++httpd->last_number;
    httpd_count(&httpd->counts->opened);
}

static void tell_drained(struct httpd *httpd)
{
    if (httpd->is_draining && httpd->listen_io.fd < 0 && httpd->conn_count == 0 &&
        httpd->options.on_drained)
        httpd->options.on_drained(httpd);
}

void httpd_forget(struct httpd *httpd, struct httpd_conn *conn)
{
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        httpd->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    if (httpd->hand == conn)
        httpd->hand = conn->next;
    httpd->conn_count--;
    httpd_count(&httpd->counts->closed);
    if (httpd->is_full && httpd->listen_io.fd >= 0)
        loop_io_set(httpd->options.loop, &httpd->listen_io, EPOLLIN);
    httpd->is_full = false;
    tell_drained(httpd);
}

/* Of the next few connections, the one that has been idle longest makes room. A list by idleness
 * would cost each request; this costs those that come when all is full. false: none was idle. */
static bool close_idle(struct httpd *httpd)
{
    struct httpd_conn *oldest = NULL;
    for (int i = 0; i < HAND_STEPS && httpd->conns; i++) {
        struct httpd_conn *conn = httpd->hand ? httpd->hand : httpd->conns;
        httpd->hand = conn->next;
        if ((!oldest || conn->deadline_ms < oldest->deadline_ms) && conn_is_idle(conn))
            oldest = conn;
    }
    if (!oldest)
        return false;
    httpd_count(&httpd->counts->displaced);
    conn_close(oldest);
    return true;
}

/* --- accepting --- */

/* Out of descriptors or memory: what waits stays in the kernel's queue for a moment. */
static void pause_accepting(struct httpd *httpd)
{
    struct loop *loop = httpd->options.loop;
    int error = errno;
    httpd_count(&httpd->counts->put_off);
    if (httpd->accept_warned_ms == 0 || loop->now_ms - httpd->accept_warned_ms >= ACCEPT_WARN_MS) {
        httpd->accept_warned_ms = loop->now_ms;
        log_event(LOG_WARN, "cannot accept", LOG_STR("reason", strerror(error)),
                  LOG_NUM("connections", httpd->conn_count));
    }
    loop_io_set(loop, &httpd->listen_io, 0);
    if (loop_timer_set(loop, &httpd->accept_timer, loop->now_ms + ACCEPT_PAUSE_MS) != RC_OK)
        loop_io_set(loop, &httpd->listen_io, EPOLLIN);
}

static bool has_room(const struct httpd *httpd)
{
    size_t max = httpd->options.connections_max;
    return max == 0 || httpd->conn_count < max;
}

/* Somebody waits. When all is full the next connection that closes makes room. */
static bool make_room(struct httpd *httpd)
{
    if (has_room(httpd) || close_idle(httpd))
        return true;
    httpd->is_full = true;
    httpd_count(&httpd->counts->put_off);
    loop_io_set(httpd->options.loop, &httpd->listen_io, 0);
    return false;
}

/* true: look for another one; false: none waits, or accepting has been put off. */
static bool accept_one(struct httpd *httpd)
{
    struct sockaddr_in peer = {0};
    socklen_t len = sizeof peer;
    int fd =
        accept4(httpd->listen_io.fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        conn_open(httpd, fd, &peer);
        return true;
    }
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
        return errno == ECONNABORTED || errno == EINTR;
    int error = errno;
    if (close_idle(httpd))
        return true;
    errno = error;
    pause_accepting(httpd);
    return false;
}

static void on_listen(struct loop *loop, struct loop_io *io, uint32_t events)
{
    struct httpd *httpd = (void *)((char *)io - offsetof(struct httpd, listen_io));
    (void)loop;
    (void)events;
    if (!make_room(httpd))
        return;
    for (int i = 0; i < ACCEPT_BATCH && has_room(httpd) && accept_one(httpd); i++)
        ;
}

static void stop_listening(struct httpd *httpd)
{
    if (httpd->listen_io.fd < 0)
        return;
    loop_io_remove(httpd->options.loop, &httpd->listen_io);
    loop_timer_clear(httpd->options.loop, &httpd->accept_timer);
    (void)close(httpd->listen_io.fd);
    httpd->listen_io.fd = -1;
}

/* The pause is over; or, when draining, the handshakes that were under way are. */
static void on_accept_timer(struct loop *loop, struct loop_timer *timer)
{
    struct httpd *httpd = (void *)((char *)timer - offsetof(struct httpd, accept_timer));
    loop_io_set(loop, &httpd->listen_io, EPOLLIN);
    if (!httpd->is_draining)
        return;
    while (accept_one(httpd))
        ;
    if (timer->_slot)
        return; /* no descriptor is left: those that end give theirs */
    stop_listening(httpd);
    tell_drained(httpd);
}

/* --- life --- */

struct httpd *httpd_new(const struct httpd_options *options)
{
    struct httpd *httpd = calloc(1, sizeof *httpd);
    if (httpd) {
        httpd->options = *options;
        httpd->counts = options->counts ? options->counts : &httpd->own_counts;
        httpd->last_number = (uint64_t)clock_us_epoch();
        httpd->listen_io = (struct loop_io){.fd = options->listen_fd, .fn = on_listen};
        httpd->accept_timer.fn = on_accept_timer;
        buf_init(&httpd->spare_out, WORK_OUT_MAX);
        if (loop_io_add(options->loop, &httpd->listen_io, EPOLLIN) == RC_OK)
            return httpd;
    }
    (void)close(options->listen_fd);
    free(httpd);
    return NULL;
}

void httpd_announce_end(struct httpd *httpd)
{
    httpd->is_lame = true;
}

static void stop_listening_soon(struct httpd *httpd)
{
    struct loop *loop = httpd->options.loop;
    httpd_listen_no_more(httpd->listen_io.fd);
    if (loop_timer_set(loop, &httpd->accept_timer, loop->now_ms + HANDSHAKE_MS) == RC_OK)
        return;
    while (accept_one(httpd))
        ;
    stop_listening(httpd);
}

void httpd_drain(struct httpd *httpd)
{
    if (httpd->is_draining)
        return;
    httpd->is_lame = httpd->is_draining = true;
    stop_listening_soon(httpd);
    struct httpd_conn *next;
    for (struct httpd_conn *conn = httpd->conns; conn; conn = next) {
        next = conn->next;
        if (conn->state == CONN_IDLE)
            conn_drain(conn);
        else if (conn->session && !conn->is_gone)
            conn_session_retire(conn);
    }
    tell_drained(httpd);
}

void httpd_free(struct httpd *httpd)
{
    if (!httpd)
        return;
    stop_listening(httpd);
    while (httpd->conns) {
        httpd->conns->state = CONN_IDLE; /* no owner comes back for a busy one */
        conn_close(httpd->conns);
    }
    while (httpd->free_works) {
        struct work *next = httpd->free_works->next;
        work_free(httpd->free_works);
        httpd->free_works = next;
    }
    buf_release(&httpd->spare_out);
    free(httpd);
}

void httpd_set_tls(struct httpd *httpd, struct tls_context *tls)
{
    httpd->options.tls = tls;
}

bool httpd_move(struct httpd *httpd, int listen_fd)
{
    int before = httpd->listen_io.fd;
    while (has_room(httpd) && accept_one(httpd))
        ;
    httpd->listen_io.fd = listen_fd;
    if (loop_io_add(httpd->options.loop, &httpd->listen_io, EPOLLIN) != RC_OK) {
        httpd->listen_io.fd = before;
        (void)close(listen_fd);
        return false;
    }
    (void)close(before); /* the loop forgets it with that */
    return true;
}

size_t httpd_connection_count(const struct httpd *httpd)
{
    return httpd->conn_count;
}

void *httpd_context(const struct httpd *httpd)
{
    return httpd->options.context;
}

void httpd_set_times(struct httpd *httpd, unsigned idle_timeout_s, int64_t lifetime_ms)
{
    httpd->options.idle_timeout_s = idle_timeout_s;
    httpd->options.read_timeout_s = idle_timeout_s;
    httpd->options.write_timeout_s = idle_timeout_s;
    httpd->options.lifetime_ms = lifetime_ms;
}

/* By hand: inet_ntop prints, and a load balancer asks for each request. */
static void write_address(uint32_t addr_net, char text[HTTPD_PEER_MAX])
{
    uint32_t address = ntohl(addr_net);
    for (int shift = 24; shift >= 0; shift -= 8) {
        unsigned part = address >> shift & 255;
        if (part >= 100)
            *text++ = (char)('0' + part / 100);
        if (part >= 10)
            *text++ = (char)('0' + part / 10 % 10);
        *text++ = (char)('0' + part % 10);
        *text++ = shift ? '.' : '\0';
    }
}

const char *httpd_peer(struct httpd_exchange *exchange, unsigned *port)
{
    *port = ntohs(exchange->peer_port_net);
    /* Exchanges are used again, and many clients have the address of one before. */
    if (!exchange->peer_text[0] || exchange->peer_text_net != exchange->peer_addr_net)
        write_address(exchange->peer_addr_net, exchange->peer_text);
    exchange->peer_text_net = exchange->peer_addr_net;
    return exchange->peer_text;
}
