#include "tests/support/bad_server.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 8, LATE_MS = 200, REQUEST_MAX = 16 * 1024, LOOK_MS = 50 };

struct bad_server {
    enum bad_kind kind;
    int fd;
    unsigned port;
    atomic_bool is_stopping, is_down;
    atomic_uint count;
    pthread_t threads[THREADS];
};

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n"

static void answer(int fd, const char *text, size_t len)
{
    (void)send(fd, text, len, MSG_NOSIGNAL);
}
#define ANSWER(fd, literal) answer(fd, literal, sizeof(literal) - 1)

static void answer_badly(struct bad_server *server, int fd)
{
    switch (server->kind) {
    case BAD_ERRORS:
        if (atomic_fetch_add(&server->count, 1) % 2) {
            ANSWER(fd, "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return;
        }
        break;
    case BAD_SLOW:
        (void)poll(NULL, 0, LATE_MS);
        break;
    case BAD_HEADER:
        ANSWER(fd, OK_ANSWER "X-Bad: a\0b\r\n\r\nok");
        return;
    case BAD_CRASH:
        atomic_store(&server->is_down, true);
        (void)shutdown(server->fd, SHUT_RDWR); /* new connections are refused */
        return;
    case BAD_NOTHING:
        break;
    }
    ANSWER(fd, OK_ANSWER "\r\nok");
}

static void serve(struct bad_server *server, int fd)
{
    char request[REQUEST_MAX + 1];
    size_t len = 0;
    while (len < REQUEST_MAX) {
        ssize_t n = read(fd, request + len, REQUEST_MAX - len);
        if (n <= 0)
            return;
        len += (size_t)n;
        request[len] = 0;
        if (strstr(request, "\r\n\r\n"))
            break;
    }
    if (strncmp(request, "GET /gtg", 8) == 0 || strncmp(request, "GET /healthcheck", 16) == 0)
        ANSWER(fd, OK_ANSWER "\r\nok");
    else
        answer_badly(server, fd);
}

static void *run(void *context)
{
    struct bad_server *server = context;
    struct pollfd listener = {.fd = server->fd, .events = POLLIN};
    while (!atomic_load(&server->is_stopping) && !atomic_load(&server->is_down)) {
        int fd =
            poll(&listener, 1, LOOK_MS) > 0 ? accept4(server->fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        serve(server, fd);
        (void)close(fd);
    }
    return NULL;
}

struct bad_server *bad_server_start(enum bad_kind kind)
{
    struct bad_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    cr_assert_not_null(server);
    server->kind = kind;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert(server->fd >= 0 &&
              bind(server->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
              listen(server->fd, 128) == 0 &&
              getsockname(server->fd, (struct sockaddr *)&address, &len) == 0);
    server->port = ntohs(address.sin_port);
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&server->threads[i], NULL, run, server), 0);
    return server;
}

unsigned bad_server_port(const struct bad_server *server)
{
    return server->port;
}

void bad_server_stop(struct bad_server *server)
{
    atomic_store(&server->is_stopping, true);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(server->threads[i], NULL);
    (void)close(server->fd);
    free(server);
}
