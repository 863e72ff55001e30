#include "runtime/lambda/crash_report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RUNTIME "/2018-06-01/runtime/"

enum { ID_MAX_BYTES = 256, MESSAGE_MAX_BYTES = 256 };

enum stage { STAGE_NONE, STAGE_INIT, STAGE_INVOCATION };

struct kept_text {
    size_t len;
    char room[ID_MAX_BYTES];
};

static struct kept_text api_name; /* for Host; written before threads start */

/* Memory of a thread's start, not of its first use: see core/crash.c. */
static _Thread_local struct {
    enum stage stage;
    struct kept_text request_id, attempt;
    socklen_t peer_len; /* 0: not known */
    struct sockaddr_storage peer;
} self __attribute__((tls_model("initial-exec")));

/* --- beforehand --- */

static bool keep(struct kept_text *text, struct bytes view)
{
    text->len = 0;
    if (view.len > sizeof text->room)
        return false;
    if (view.len)
        memcpy(text->room, view.ptr, view.len);
    text->len = view.len;
    return true;
}

/* "127.0.0.1:9001"; an IPv6 address is learnt from the connection. */
static void read_address(struct bytes api)
{
    struct sockaddr_in *peer = (struct sockaddr_in *)&self.peer;
    char host[INET_ADDRSTRLEN];
    size_t colon = bytes_find(api, ':');
    uint64_t port;
    if (colon >= sizeof host || colon == api.len ||
        !bytes_to_u64(bytes_skip(api, colon + 1), 65535, &port))
        return;
    memcpy(host, api.ptr, colon);
    host[colon] = '\0';
    if (inet_pton(AF_INET, host, &peer->sin_addr) != 1)
        return;
    peer->sin_family = AF_INET;
    peer->sin_port = htons((uint16_t)port);
    self.peer_len = sizeof *peer;
}

void crash_report_start(const char *api)
{
    self.peer_len = 0;
    self.stage = keep(&api_name, bytes_from_str(api)) ? STAGE_INIT : STAGE_NONE;
    (void)keep(&self.request_id, bytes_make(NULL, 0));
    (void)keep(&self.attempt, bytes_make(NULL, 0));
    if (self.stage == STAGE_INIT)
        read_address(bytes_from_str(api));
}

void crash_report_connected(int fd)
{
    socklen_t len = sizeof self.peer;
    self.peer_len = getpeername(fd, (struct sockaddr *)&self.peer, &len) == 0 ? len : 0;
}

void crash_report_begin(struct bytes request_id, struct bytes attempt)
{
    self.stage = STAGE_NONE;
    if (keep(&self.request_id, request_id) && keep(&self.attempt, attempt))
        self.stage = STAGE_INVOCATION;
}

void crash_report_end(void)
{
    self.stage = STAGE_NONE;
}

/* --- the request --- */

static struct bytes view_of(const struct kept_text *text)
{
    return bytes_make(text->room, text->len);
}

static void append_target(struct buf *out)
{
    buf_append(out, BYTES_LIT("POST " RUNTIME));
    if (self.stage == STAGE_INIT) {
        buf_append(out, BYTES_LIT("init"));
    } else {
        buf_append(out, BYTES_LIT("invocation/"));
        buf_append(out, view_of(&self.request_id));
    }
    buf_append(out, BYTES_LIT("/error HTTP/1.1\r\nHost: "));
    buf_append(out, view_of(&api_name));
}

/* The message and the type are plain ASCII without anything to escape. */
static void append_body(struct buf *out, const struct crash *crash)
{
    buf_append(out, BYTES_LIT("{\"errorMessage\":\""));
    crash_message_append(out, crash);
    buf_append(out, BYTES_LIT("\",\"errorType\":\""));
    buf_append(out, bytes_from_str(crash_error_type(crash)));
    buf_append(out, BYTES_LIT("\",\"stackTrace\":[]}"));
}

bool crash_report_append(struct buf *out, const struct crash *crash)
{
    char room[MESSAGE_MAX_BYTES];
    struct buf body = {.data = room, .cap = sizeof room, .max = sizeof room};
    if (self.stage == STAGE_NONE)
        return false;
    append_body(&body, crash);
    append_target(out);
    buf_append(out, BYTES_LIT("\r\nContent-Type: application/json\r\nConnection: close\r\n"
                              "Lambda-Runtime-Function-Error-Type: "));
    buf_append(out, bytes_from_str(crash_error_type(crash)));
    if (self.stage == STAGE_INVOCATION && self.attempt.len) {
        buf_append(out, BYTES_LIT("\r\nLambda-Runtime-Invocation-Id: "));
        buf_append(out, view_of(&self.attempt));
    }
    buf_append(out, BYTES_LIT("\r\nContent-Length: "));
    buf_append_u64(out, body.len);
    buf_append(out, BYTES_LIT("\r\n\r\n"));
    buf_append(out, buf_bytes(&body));
    return !body.failed && !out->failed;
}

/* --- the exchange --- */

static int64_t now_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, int64_t end_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int n;
    do {
        int64_t left_ms = end_ms - now_ms();
        n = poll(&poll_fd, 1, left_ms > 0 ? (int)left_ms : 0);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

static bool send_all(int fd, struct bytes left, int64_t end_ms)
{
    while (left.len) {
        if (!wait_for(fd, POLLOUT, end_ms))
            return false;
        ssize_t n = send(fd, left.ptr, left.len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        if (n > 0)
            left = bytes_skip(left, (size_t)n);
    }
    return true;
}

/* The status line's number; 0: no reply came. */
static int read_status(int fd, int64_t end_ms)
{
    enum { STATUS_AT = sizeof "HTTP/1.1 " - 1, DIGITS = 3 };
    char head[STATUS_AT + DIGITS];
    uint64_t status;
    for (size_t len = 0; len < sizeof head;) {
        if (!wait_for(fd, POLLIN, end_ms))
            return 0;
        ssize_t n = recv(fd, head + len, sizeof head - len, 0);
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return 0;
        if (n > 0)
            len += (size_t)n;
    }
    return bytes_to_u64(bytes_make(head + STATUS_AT, DIGITS), 999, &status) ? (int)status : 0;
}

static int exchange(int fd, struct bytes request)
{
    int64_t end_ms = now_ms() + CRASH_REPORT_MAX_MS;
    if (connect(fd, (const struct sockaddr *)&self.peer, self.peer_len) != 0 &&
        errno != EINPROGRESS && errno != EINTR)
        return 0;
    return send_all(fd, request, end_ms) ? read_status(fd, end_ms) : 0;
}

int crash_report_tell(const struct crash *crash)
{
    char room[CRASH_REPORT_MAX_BYTES];
    struct buf request = {.data = room, .cap = sizeof room, .max = sizeof room}; /* never grows */
    if (self.peer_len == 0 || !crash_report_append(&request, crash))
        return 0;
    int fd = socket(self.peer.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return 0;
    int status = exchange(fd, buf_bytes(&request));
    (void)close(fd);
    return status;
}
