/*
 * fake_dynamodb — a DynamoDB whose every answer comes DELAY_US later, and is one and the same item.
 *
 *   fake_dynamodb DELAY_US [COUNT]
 *
 * Prints "listening on PORT". With COUNT it is its own client as well: it sends COUNT GetItem
 * requests on one kept connection, one after the other, prints "round_trip_us=MEDIAN" and ends;
 * that is the HTTP round trip alone. A yardstick, and no part of Duet: one thread, epoll, no
 * pipelining, no look at what is asked.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, BUFFER_BYTES = 8 * 1024, CONNECTIONS_MAX = 4096 };

static const char body[] =
    "{\"Item\":{\"pk\":{\"S\":\"item\"},\"sk\":{\"S\":\"ada\"},\"value\":{\"B\":"
    "\"bWF0aHM=\"},\"created\":{\"N\":\"1234567890123\"},\"version\":{\"N\":"
    "\"1\"},\"token\":{\"S\":\"00112233445566778899aabbccddeeff\"}}}";
static const char request[] =
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\n"
    "X-Amz-Target: DynamoDB_20120810.GetItem\r\nContent-Length: 86\r\n\r\n"
    "{\"TableName\":\"votes\",\"Key\":{\"pk\":{\"S\":\"item\"},\"sk\":{\"S\":\"ada\"}},"
    "\"ConsistentRead\":true}";

/* By descriptor: what has come of a request. */
struct connection {
    size_t len;
    char bytes[BUFFER_BYTES + 1];
};

static struct connection *connections[CONNECTIONS_MAX];

/* Answers that wait: all by the same time, so that they stay in their order. */
static struct {
    int fd;
    uint64_t due_ns;
} waiting[CONNECTIONS_MAX];
static size_t first, count;
static uint64_t delay_ns;

static uint64_t now_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void answer(int fd)
{
    char text[1024];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
                     "x-amzn-RequestId: 1\r\nContent-Length: %zu\r\n\r\n%s",
                     sizeof body - 1, body);
    (void)send(fd, text, (size_t)n, MSG_NOSIGNAL);
}

/* Sends what is due; how long until the next, for epoll_wait in nanoseconds; -1: none waits. */
static int64_t answer_due(void)
{
    while (count) {
        uint64_t now = now_ns();
        if (waiting[first].due_ns > now)
            return (int64_t)(waiting[first].due_ns - now);
        answer(waiting[first].fd);
        first = (first + 1) % CONNECTIONS_MAX;
        count--;
    }
    return -1;
}

static int is_whole(const struct connection *conn)
{
    const char *end = strstr(conn->bytes, "\r\n\r\n");
    const char *field = strcasestr(conn->bytes, "\r\nContent-Length:");
    return end && field &&
           conn->len >= (size_t)(end + 4 - conn->bytes) + strtoul(field + 17, NULL, 10);
}

static void take(int fd)
{
    struct connection *conn = connections[fd];
    ssize_t n = recv(fd, conn->bytes + conn->len, BUFFER_BYTES - conn->len, 0);
    if (n <= 0) {
        free(conn);
        connections[fd] = NULL;
        (void)close(fd);
        return;
    }
    conn->len += (size_t)n;
    conn->bytes[conn->len] = '\0';
    if (!is_whole(conn))
        return;
    conn->len = 0;
    size_t last = (first + count++) % CONNECTIONS_MAX;
    waiting[last].fd = fd;
    waiting[last].due_ns = now_ns() + delay_ns;
}

static void welcome(int epoll, int listener)
{
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd < 0 || fd >= CONNECTIONS_MAX || !(connections[fd] = calloc(1, sizeof **connections)))
        die("fake_dynamodb: a connection");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("fake_dynamodb: epoll_ctl");
}

static void *serve(void *context)
{
    int listener = *(int *)context, epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.fd = listener};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
        die("fake_dynamodb: epoll");
    for (;;) {
        int64_t wait_ns = answer_due();
        struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
        int n = epoll_pwait2(epoll, events, EVENTS, wait_ns < 0 ? NULL : &wait, NULL);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                welcome(epoll, listener);
            else
                take(events[i].data.fd);
        }
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void measure(const struct sockaddr_in *address, size_t rounds)
{
    static char buffer[BUFFER_BYTES];
    uint64_t *times = calloc(rounds, sizeof *times);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!times || connect(fd, (const struct sockaddr *)address, sizeof *address) != 0)
        die("fake_dynamodb: connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (size_t i = 0; i < rounds; i++) {
        uint64_t start = now_ns();
        if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0 ||
            recv(fd, buffer, sizeof buffer, 0) <= 0)
            die("fake_dynamodb: a round trip");
        times[i] = now_ns() - start;
    }
    qsort(times, rounds, sizeof *times, compare);
    printf("round_trip_us=%.1f\n", (double)times[rounds / 2] / 1000);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    pthread_t thread;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc < 2 || argc > 3) {
        (void)fputs("usage: fake_dynamodb DELAY_US [COUNT]\n", stderr);
        return 2;
    }
    delay_ns = strtoull(argv[1], NULL, 10) * 1000;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) != 0 ||
        listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0 ||
        pthread_create(&thread, NULL, serve, &listener) != 0)
        die("fake_dynamodb");
    printf("listening on %d\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    if (argc == 3)
        measure(&address, strtoul(argv[2], NULL, 10));
    else
        (void)pthread_join(thread, NULL);
    return 0;
}
