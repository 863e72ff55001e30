/*
 * runtime_api — a Lambda Runtime API that does nothing but measure a bootstrap.
 *
 *   runtime_api COUNT EVENT_FILE PROGRAM [ARGUMENT...]
 *
 * Starts PROGRAM with AWS_LAMBDA_RUNTIME_API set, hands it the event COUNT times, one after the
 * other, kills it, and prints one line:
 *   start_us    from fork to the whole GET of the first event: exec, dynamic linking, own start
 *   wall_us     median, from an event handed over to its response received
 *   cycle_us    median, from one response to the next: wall_us, and the way to the next GET
 *   cpu_us      CPU time of PROGRAM an invocation, all of its threads, without start and warm-up
 * What PROGRAM prints goes to stderr. A response to the wrong invocation, or without status 200,
 * ends it with exit status 1. This is a yardstick and no part of Duet: one event loop of poll(2),
 * no limits on what it is sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS = 8,
    BUFFER_BYTES = 1 << 20,
    PATIENCE_S = 10, /* without a byte from the program */
    WARM_UP = 100,   /* invocations that are not counted, when there are enough */
};

struct connection {
    int fd; /* -1: free */
    size_t len;
    char *buffer; /* with a NUL behind len */
};

struct measure {
    uint64_t fork_ns, first_get_ns, handed_ns, answered_ns;
    uint64_t cpu_from_ns;
    uint32_t *wall_ns, *cycle_ns;
    long count, warm_up, done;
};

static struct connection connections[CONNECTIONS];
static struct measure measure;
static char request_id[40];
static char event[BUFFER_BYTES];
static size_t event_len;
static pid_t child;

static uint64_t clock_ns(clockid_t id)
{
    struct timespec ts = {0, 0};
    (void)clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t child_cpu_ns(void)
{
    clockid_t id;
    return clock_getcpuclockid(child, &id) == 0 ? clock_ns(id) : 0;
}

static _Noreturn void die(const char *what)
{
    (void)fprintf(stderr, "runtime_api: %s, after %ld invocations\n", what, measure.done);
    if (child > 0)
        (void)kill(child, SIGKILL);
    exit(1);
}

static void send_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            die("the program closed its connection");
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
}

/* Answers GET next with the event under a new id. */
static void hand_over(int fd)
{
    static char message[BUFFER_BYTES + 1024];
    if (measure.done == measure.warm_up)
        measure.cpu_from_ns = child_cpu_ns();
    (void)snprintf(request_id, sizeof request_id, "8476a536-e9f4-11e8-9739-%012lx", measure.done);
    int len =
        snprintf(message, sizeof message,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                 "Lambda-Runtime-Aws-Request-Id: %s\r\n"
                 "Lambda-Runtime-Deadline-Ms: %llu\r\n"
                 "Lambda-Runtime-Invoked-Function-Arn: "
                 "arn:aws:lambda:us-east-1:123456789012:function:hello\r\n"
                 "Lambda-Runtime-Trace-Id: "
                 "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1\r\n"
                 "Content-Length: %zu\r\n\r\n%.*s",
                 request_id, (unsigned long long)(clock_ns(CLOCK_REALTIME) / 1000000u + 30000u),
                 event_len, (int)event_len, event);
    /* Before the send: on one core the program may run before send returns. */
    measure.handed_ns = clock_ns(CLOCK_MONOTONIC);
    send_all(fd, message, (size_t)len);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double median_us(uint32_t *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count ? values[count / 2] / 1e3 : 0;
}

static _Noreturn void finish(void)
{
    long counted = measure.done - measure.warm_up;
    double cpu_us = (double)(child_cpu_ns() - measure.cpu_from_ns) / 1e3 / (double)counted;
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    (void)printf("start_us=%.1f wall_us=%.2f cycle_us=%.2f cpu_us=%.2f\n",
                 (double)(measure.first_get_ns - measure.fork_ns) / 1e3,
                 median_us(measure.wall_ns + measure.warm_up, (size_t)counted),
                 median_us(measure.cycle_ns + measure.warm_up, (size_t)counted), cpu_us);
    exit(0);
}

static void take_response(int fd, const char *path, const char *body)
{
    static const char accepted[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    size_t id_len = strlen(request_id);
    if (strncmp(path, request_id, id_len) != 0 || strncmp(path + id_len, "/response ", 10) != 0)
        die("no response to the open invocation");
    if (!strstr(body, "\"statusCode\":200"))
        die("a response without status 200");
    measure.wall_ns[measure.done] = (uint32_t)(now - measure.handed_ns);
    measure.cycle_ns[measure.done] =
        (uint32_t)(now - (measure.answered_ns ? measure.answered_ns : measure.first_get_ns));
    measure.answered_ns = now;
    measure.done++;
    send_all(fd, accepted, sizeof accepted - 1);
    if (measure.done == measure.count)
        finish();
}

/* Deals with one whole request at the buffer's start. Its length, or 0 when bytes are missing. */
static size_t take_request(struct connection *c)
{
    static const char next[] = "GET /2018-06-01/runtime/invocation/next ";
    static const char post[] = "POST /2018-06-01/runtime/invocation/";
    char *end = strstr(c->buffer, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = strcasestr(c->buffer, "\r\ncontent-length:");
    size_t len = (size_t)(end - c->buffer) + 4;
    if (length && length < end)
        len += strtoul(length + 17, NULL, 10);
    if (c->len < len)
        return 0;
    if (strncmp(c->buffer, next, sizeof next - 1) == 0) {
        if (!measure.first_get_ns)
            measure.first_get_ns = clock_ns(CLOCK_MONOTONIC);
        hand_over(c->fd);
    } else if (strncmp(c->buffer, post, sizeof post - 1) == 0) {
        take_response(c->fd, c->buffer + sizeof post - 1, end + 4);
    } else {
        die("neither GET next nor POST response");
    }
    return len;
}

static void read_from(struct connection *c)
{
    ssize_t n = recv(c->fd, c->buffer + c->len, BUFFER_BYTES - c->len, 0);
    if (n <= 0) {
        (void)close(c->fd);
        c->fd = -1;
        return;
    }
    c->len += (size_t)n;
    c->buffer[c->len] = '\0';
    for (size_t used; c->len && (used = take_request(c)) != 0;) {
        c->len -= used;
        memmove(c->buffer, c->buffer + used, c->len + 1);
    }
}

static void accept_one(int listener)
{
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    for (struct connection *c = connections; fd >= 0 && c < connections + CONNECTIONS; c++) {
        if (c->fd >= 0)
            continue;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (!c->buffer && !(c->buffer = malloc(BUFFER_BYTES + 1)))
            die("no memory");
        c->fd = fd;
        c->len = 0;
        return;
    }
    die("too many connections");
}

static void serve(int listener)
{
    struct pollfd fds[CONNECTIONS + 1];
    for (int idle_s = 0;;) {
        fds[0] = (struct pollfd){listener, POLLIN, 0};
        for (int i = 0; i < CONNECTIONS; i++)
            fds[i + 1] = (struct pollfd){connections[i].fd, POLLIN, 0};
        if (poll(fds, CONNECTIONS + 1, 1000) <= 0) {
            if (waitpid(child, NULL, WNOHANG) == child || ++idle_s == PATIENCE_S)
                die("the program has ended or says nothing more");
            continue;
        }
        idle_s = 0;
        for (int i = 0; i < CONNECTIONS; i++)
            if (fds[i + 1].revents)
                read_from(&connections[i]);
        if (fds[0].revents)
            accept_one(listener);
    }
}

static void start_program(char **argv, unsigned port)
{
    char api[32];
    (void)snprintf(api, sizeof api, "127.0.0.1:%u", port);
    (void)setenv("AWS_LAMBDA_RUNTIME_API", api, 1);
    measure.fork_ns = clock_ns(CLOCK_MONOTONIC);
    child = fork();
    if (child != 0)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Its log is no figure, and nobody's waking up to read it is to be measured. */
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    (void)execv(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

static int listen_on_any_port(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, CONNECTIONS) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        die("cannot listen");
    *port = ntohs(address.sin_port);
    return fd;
}

int main(int argc, char **argv)
{
    unsigned port;
    FILE *file = argc > 3 ? fopen(argv[2], "re") : NULL;
    measure.count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (!file || measure.count < 1) {
        (void)fputs("usage: runtime_api COUNT EVENT_FILE PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    event_len = fread(event, 1, sizeof event, file);
    (void)fclose(file);
    measure.warm_up = measure.count > 2 * WARM_UP ? WARM_UP : 0;
    measure.wall_ns = calloc((size_t)measure.count, sizeof *measure.wall_ns);
    measure.cycle_ns = calloc((size_t)measure.count, sizeof *measure.cycle_ns);
    if (!measure.wall_ns || !measure.cycle_ns)
        die("no memory");
    for (int i = 0; i < CONNECTIONS; i++)
        connections[i].fd = -1;
    int listener = listen_on_any_port(&port);
    start_program(argv + 3, port);
    serve(listener);
}
