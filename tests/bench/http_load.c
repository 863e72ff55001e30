/*
 * http_load — GET /hello again and again from one thread, over many connections at once.
 *
 *   http_load PORT CONNECTIONS REQUESTS PER_CONNECTION
 *
 * After PER_CONNECTION requests a connection is closed, by the server as it is asked to, and
 * another is opened in its place: 1 measures what a new connection costs, which wrk cannot do.
 * Prints "requests=N seconds=S failed=F"; failed are answers that are no whole 200. Exit status: 0
 * when none failed, 1 else, 2 for wrong arguments.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, ANSWER_BYTES = 4096, CONNECTIONS_MAX = 10000, QUIET_MS = 10000 };

static const char kept[] = "GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static const char last[] = "GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

struct client {
    int fd;
    unsigned long left; /* requests of this connection, the one in hand included */
    size_t len;         /* bytes of the answer so far */
    char answer[ANSWER_BYTES + 1];
};

struct load {
    struct sockaddr_in address;
    int epoll;
    unsigned long per_connection, to_start, done, failed;
    size_t open;
};

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A request of 40 bytes always fits into an empty socket buffer. */
static void ask(struct load *load, struct client *client)
{
    const char *text = client->left > 1 ? kept : last;
    client->len = 0;
    if (send(client->fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        load->failed++;
}

/* On loopback the handshake is over when connect returns, so the socket may block there. */
static void start(struct load *load, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    int one = 1;
    client->left = load->to_start < load->per_connection ? load->to_start : load->per_connection;
    load->to_start -= client->left;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(client->fd, (struct sockaddr *)&load->address, sizeof load->address) != 0 ||
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0) {
        perror("http_load");
        exit(1);
    }
    load->open++;
    ask(load, client);
}

static bool is_whole(const struct client *client)
{
    const char *end = strstr(client->answer, "\r\n\r\n");
    const char *length = strcasestr(client->answer, "\r\nContent-Length:");
    if (!end || !length || length > end)
        return false;
    size_t head = (size_t)(end - client->answer) + 4;
    return client->len >= head + strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

/* The connection's end: a good one if it was asked for, and an answer came before. */
static void end(struct load *load, struct client *client)
{
    if (client->left)
        load->failed++;
    (void)close(client->fd);
    load->open--;
    if (load->to_start)
        start(load, client);
}

static void on_bytes(struct load *load, struct client *client)
{
    ssize_t n =
        recv(client->fd, client->answer + client->len, ANSWER_BYTES - client->len, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        end(load, client);
        return;
    }
    client->len += (size_t)n;
    client->answer[client->len] = '\0';
    if (client->left == 0 || !is_whole(client))
        return;
    load->done++;
    load->failed += strncmp(client->answer, "HTTP/1.1 200", 12) != 0;
    if (--client->left)
        ask(load, client);
}

static bool run(struct load *load)
{
    struct epoll_event events[EVENTS];
    while (load->open) {
        int count = epoll_wait(load->epoll, events, EVENTS, QUIET_MS);
        for (int i = 0; i < count; i++)
            on_bytes(load, events[i].data.ptr);
        if (count == 0 || (count < 0 && errno != EINTR))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct client clients[CONNECTIONS_MAX];
    unsigned long numbers[4] = {0};
    for (int i = 1; i < argc && i < 5; i++)
        numbers[i - 1] = strtoul(argv[i], NULL, 10);
    unsigned long count = numbers[1], requests = numbers[2];
    if (argc != 5 || !count || count > CONNECTIONS_MAX || !requests || !numbers[3]) {
        (void)fputs("http_load: PORT CONNECTIONS REQUESTS PER_CONNECTION\n", stderr);
        return 2;
    }
    struct load load = {.address = {.sin_family = AF_INET,
                                    .sin_port = htons((unsigned short)numbers[0]),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
                        .epoll = epoll_create1(EPOLL_CLOEXEC),
                        .to_start = requests,
                        .per_connection = numbers[3]};
    double begun = now_s();
    for (unsigned long i = 0; i < count && load.to_start; i++)
        start(&load, &clients[i]);
    bool is_done = run(&load) && load.done == requests && load.failed == 0;
    printf("requests=%lu seconds=%.6f failed=%lu\n", load.done, now_s() - begun, load.failed);
    return is_done ? 0 : 1;
}
