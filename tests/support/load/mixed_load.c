#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/alb/upstream.h"
#include "runtime/net/fd_limit.h"

/*
 * mixed_load PORT SECONDS GOOD BAD SLOW: a load of several kinds at once on a server of ours at
 * 127.0.0.1, each by so many connections:
 *
 *   GOOD  requests one after the other on kept connections, which must be answered right
 *   BAD   what is no request, or is cut off in the middle, on a new connection each time
 *   SLOW  a byte a second of a head or a body, silence, or answers that nobody takes, until the
 *         server ends it; then again
 *
 * Prints "good=N wrong=N bad=N slow=N ended=N". Exit status: 0 no good request was answered wrong,
 * 1 not, 2 usage.
 */

enum { TICK_MS = 1000, TIMEOUT_MS = 60000, PIPELINED = 200 };

enum kind { SLOW_HEAD, SLOW_BODY, SILENCE, SLOW_READER, KIND_COUNT };

struct good {
    struct upstream *upstream;
    size_t next; /* of good_rows */
};

struct other {
    struct loop_io io; /* fd -1: not connected */
    struct loop_timer timer;
    bool is_slow;
    unsigned turn;
};

struct row {
    enum http_method method;
    struct bytes request;
    int status, other_status; /* what may be answered */
};

#define POST(path, body, length)                                                        \
    "POST " path                                                                        \
    " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " length \
    "\r\n\r\n" body
#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static const struct row good_rows[] = {
    {HTTP_GET, BYTES_INIT(GET("/hello")), 200, 200},
    {HTTP_GET, BYTES_INIT(GET("/healthcheck")), 200, 200},
    {HTTP_GET, BYTES_INIT(GET("/nothing/here")), 404, 404},
    {HTTP_POST, BYTES_INIT(POST("/candidate/ada", "{\"party\":\"x\"}", "13")), 201, 409},
    {HTTP_GET, BYTES_INIT(GET("/candidate/ada")), 200, 404},
    {HTTP_HEAD, BYTES_INIT("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n"), 200, 200},
    {HTTP_POST,
     BYTES_INIT("POST /candidate/bob HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"par\r\n8\r\nty\":\"y\"}\r\n0\r\n\r\n"),
     201, 409},
    {HTTP_GET, BYTES_INIT(GET("/stats")), 200, 200},
};

static const struct bytes bad_rows[] = {
    BYTES_INIT("hello\r\n\r\n"),
    BYTES_INIT("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na"),
    BYTES_INIT("POST /candidate/eve HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz"),
    BYTES_INIT("GET /hello HTTP/1.1\r\nHos"),
    BYTES_INIT("POST /candidate/eve HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"par"),
    BYTES_INIT(GET("/hello") GET("/stats") "GET /hel"),
    BYTES_INIT("\x16\x03\x01\x02\x01\x01"),
    BYTES_INIT("GET / HTTP/1.1\nHost: x\n\n"),
};

static struct loop loop;
static unsigned port;
static int64_t end_ms;
static unsigned long good_count, wrong_count, bad_count, slow_count, ended_count;

static void die(const char *what)
{
    (void)fprintf(stderr, "mixed_load: %s\n", what);
    exit(1);
}

/* --- good ones --- */

static void good_send(struct good *good);

static void good_done(void *context, struct upstream *upstream, enum rc rc,
                      const struct http1_response *res, bool has_begun)
{
    struct good *good = context;
    const struct row *row = &good_rows[good->next];
    good_count++;
    if (rc != RC_OK || (res->status != row->status && res->status != row->other_status)) {
        wrong_count++;
        (void)fprintf(stderr, "mixed_load: %.*s: %s, status %d, begun %d\n", 20, row->request.ptr,
                      rc_name(rc), rc == RC_OK ? res->status : 0, has_begun);
    }
    if (rc != RC_OK || !res->keep_alive) {
        upstream_close(upstream);
        good->upstream = NULL;
    }
    good->next = (good->next + 1) % (sizeof good_rows / sizeof *good_rows);
    good_send(good);
}

static void good_send(struct good *good)
{
    const struct row *row = &good_rows[good->next];
    struct sockaddr_in to = upstream_loopback(port);
    if (good->upstream && !upstream_is_usable(good->upstream)) {
        upstream_close(good->upstream);
        good->upstream = NULL;
    }
    if (!good->upstream)
        good->upstream = upstream_open(&loop, &to);
    if (!good->upstream || upstream_send(good->upstream, row->request, row->method, TIMEOUT_MS,
                                         good_done, good) != RC_OK)
        die("no memory or descriptor");
}

/* --- bad and slow ones --- */

static void say(const struct other *other, struct bytes text)
{
    if (send(other->io.fd, text.ptr, text.len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        /* the server has closed, which the next look tells */
    }
}

static void begin(struct other *other)
{
    static const char pipelined[] = GET("/sys-stats"); /* together more than buffers hold */
    switch ((enum kind)(other->turn % KIND_COUNT)) {
    case SLOW_HEAD:
        say(other, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\nA: "));
        break;
    case SLOW_BODY:
        say(other, BYTES_LIT("POST /candidate/eve HTTP/1.1\r\nHost: x\r\n"
                             "Content-Length: 100000\r\n\r\n"));
        break;
    case SLOW_READER:
        for (int i = 0; i < PIPELINED; i++)
            say(other, bytes_from_str(pipelined));
        break;
    case SILENCE:
    case KIND_COUNT:
        break;
    }
}

static void end_other(struct other *other)
{
    if (other->io.fd >= 0) {
        loop_io_remove(&loop, &other->io);
        (void)close(other->io.fd);
    }
    other->io.fd = -1;
}

static void other_later(struct other *other, int64_t after_ms)
{
    if (loop_timer_set(&loop, &other->timer, clock_ms_monotonic() + after_ms) != RC_OK)
        die("no memory");
}

/* A bad one is over with the server's first word; a slow one with the connection's end. */
static void on_other(struct loop *l, struct loop_io *io, uint32_t events)
{
    struct other *other = (void *)((char *)io - offsetof(struct other, io));
    char waste[4096];
    (void)l;
    (void)events;
    if (io->events) { /* else it is one that reads nothing, and this is its end */
        ssize_t n = recv(io->fd, waste, sizeof waste, MSG_DONTWAIT);
        if ((n < 0 && errno == EAGAIN) || (n > 0 && other->is_slow))
            return;
    }
    ended_count += other->is_slow;
    end_other(other);
    other_later(other, other->is_slow ? TICK_MS : 1);
}

static void connect_other(struct other *other)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int little = 4096;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    other->turn++;
    other->io.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (other->io.fd < 0)
        die("no descriptor");
    bool is_reader = other->is_slow && other->turn % KIND_COUNT == SLOW_READER;
    (void)setsockopt(other->io.fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    if (connect(other->io.fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        loop_io_add(&loop, &other->io, is_reader ? 0 : EPOLLIN) != RC_OK) {
        (void)close(other->io.fd);
        other->io.fd = -1;
        other_later(other, TICK_MS);
        return;
    }
    if (other->is_slow) {
        slow_count++;
        begin(other);
    } else {
        bad_count++;
        say(other, bad_rows[other->turn % (sizeof bad_rows / sizeof *bad_rows)]);
    }
    other_later(other, other->is_slow ? TICK_MS : 20);
}

/* A bad one that has had no answer is cut off here; a slow one has its next byte. */
static void on_other_timer(struct loop *l, struct loop_timer *timer)
{
    struct other *other = (void *)((char *)timer - offsetof(struct other, timer));
    (void)l;
    if (other->io.fd >= 0 && other->is_slow) {
        if (other->turn % KIND_COUNT == SLOW_HEAD || other->turn % KIND_COUNT == SLOW_BODY)
            say(other, BYTES_LIT("x"));
        other_later(other, TICK_MS);
        return;
    }
    end_other(other);
    connect_other(other);
}

static void start_others(size_t count, bool is_slow)
{
    for (size_t i = 0; i < count; i++) {
        struct other *other = calloc(1, sizeof *other);
        if (!other)
            die("no memory");
        *other = (struct other){.io = {.fd = -1, .fn = on_other},
                                .timer.fn = on_other_timer,
                                .is_slow = is_slow,
                                .turn = (unsigned)i};
        other_later(other, (int64_t)(i % TICK_MS));
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        (void)fprintf(stderr, "usage: mixed_load PORT SECONDS GOOD BAD SLOW\n");
        return 2;
    }
    port = (unsigned)strtoul(argv[1], NULL, 10);
    size_t good = strtoul(argv[3], NULL, 10);
    (void)signal(SIGPIPE, SIG_IGN);
    fd_limit_raise();
    if (loop_init(&loop) != RC_OK)
        die("no descriptor");
    end_ms = clock_ms_monotonic() + (int64_t)strtoul(argv[2], NULL, 10) * 1000;
    start_others(strtoul(argv[4], NULL, 10), false);
    start_others(strtoul(argv[5], NULL, 10), true);
    for (size_t i = 0; i < good; i++) {
        struct good *one = calloc(1, sizeof *one);
        if (!one)
            die("no memory");
        one->next = i % (sizeof good_rows / sizeof *good_rows);
        good_send(one);
    }
    while (clock_ms_monotonic() < end_ms)
        if (loop_step(&loop, 100) != RC_OK)
            die("the loop failed");
    (void)printf("good=%lu wrong=%lu bad=%lu slow=%lu ended=%lu\n", good_count, wrong_count,
                 bad_count, slow_count, ended_count);
    (void)fflush(stdout);
    _exit(wrong_count || (good && !good_count) ? 1 : 0); /* what is under way is nobody's leak */
}
