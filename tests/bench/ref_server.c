/*
 * ref_server — the least that can be a keep-alive HTTP server: one thread, epoll, one fixed answer.
 *
 *   ref_server PORT
 *
 * A floor to measure others against, and no product: it does not look at what it is asked, and
 * takes each read for whole requests.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, BUFFER_BYTES = 64 * 1024 };

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
                             "Content-Length: 11\r\n\r\nHello world";
enum { ANSWER_BYTES = sizeof answer - 1 };

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        exit(1);
}

static void serve(int fd)
{
    static char buffer[BUFFER_BYTES + 1], answers[4 * BUFFER_BYTES];
    ssize_t n = recv(fd, buffer, BUFFER_BYTES, 0);
    if (n <= 0) {
        (void)close(fd);
        return;
    }
    buffer[n] = '\0';
    size_t len = 0;
    for (const char *end = buffer; (end = strstr(end, "\r\n\r\n")) != NULL; end += 4)
        if (len < sizeof answers - ANSWER_BYTES) {
            memcpy(answers + len, answer, ANSWER_BYTES);
            len += ANSWER_BYTES;
        }
    if (len && send(fd, answers, len, MSG_NOSIGNAL) < 0)
        (void)shutdown(fd, SHUT_RDWR);
}

static int listen_on(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 4096) != 0) {
        perror("ref_server");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    if (argc != 2)
        return 2;
    int listener = listen_on(argv[1]), epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                serve(fd);
                continue;
            }
            while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
                watch(epoll, fd);
        }
    }
}
