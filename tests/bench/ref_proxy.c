/*
 * ref_proxy PORT BACKEND_PORT...: the floor of a proxy: one thread, epoll, kept connections on both
 * sides, backends in turn. A request is what one read brings, and it has no body; an answer has a
 * Content-Length. No header is looked at but that one, none is changed, and nothing may go wrong:
 * any surprise ends the program, but for clients that leave before their answer, as a load tool
 * does when its time is up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FDS = 16384, BACKENDS = 8, BYTES = 65536, BATCH = 256 };

struct end {
    int partner;    /* the other side while a request is on its way; 0: none */
    int backend;    /* of a connection to one: its number; -1: a client's */
    size_t to_come; /* of the answer's body */
    int in_body;
};

static struct end ends[FDS];
static int kept[BACKENDS][FDS], kept_count[BACKENDS], backend_count, epoll_fd;
static unsigned backend_ports[BACKENDS], turn;
static char bytes[BYTES + 1];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int fd)
{
    int one = 1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
    if (fd >= FDS || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int take(int backend)
{
    struct sockaddr_in to = loopback(backend_ports[backend]);
    if (kept_count[backend])
        return kept[backend][--kept_count[backend]];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    watch(fd);
    return fd;
}

/* One that has left is seen when it is read from. */
static void forward(int to, size_t len)
{
    ssize_t n = send(to, bytes, len, MSG_NOSIGNAL);
    if (n != (ssize_t)len && (n >= 0 || (errno != EPIPE && errno != ECONNRESET)))
        die("send");
}

static void from_client(int fd, size_t len)
{
    int backend = (int)(turn++ % (unsigned)backend_count), to = take(backend);
    ends[fd].partner = to;
    ends[to] = (struct end){.partner = fd, .backend = backend};
    forward(to, len);
}

static void from_backend(int fd, size_t len)
{
    struct end *end = &ends[fd];
    if (!end->in_body) {
        bytes[len] = '\0';
        const char *body = strstr(bytes, "\r\n\r\n"),
                   *length = strcasestr(bytes, "\r\ncontent-length:");
        if (!body || !length)
            die("an answer without a length");
        size_t here = (size_t)(bytes + len - (body + 4));
        end->to_come = strtoul(length + 17, NULL, 10) - here;
        end->in_body = 1;
    } else {
        end->to_come -= len;
    }
    forward(end->partner, len);
    if (end->to_come)
        return;
    ends[end->partner].partner = 0;
    end->partner = 0;
    kept[end->backend][kept_count[end->backend]++] = fd;
}

/* What is on its way to a client that has left would reach the next one with its number, so the
 * connection that it comes by goes too. A backend that leaves is a surprise. */
static void leave(int fd)
{
    struct end *end = &ends[fd];
    if (end->backend >= 0)
        die("a backend's connection");
    if (end->partner) {
        ends[end->partner] = (struct end){.backend = -1};
        (void)close(end->partner);
    }
    *end = (struct end){.backend = -1};
    (void)close(fd);
}

static void serve(int fd)
{
    ssize_t len = recv(fd, bytes, BYTES, MSG_DONTWAIT);
    /* EBADF: it went with its client, earlier in this round. */
    if (len < 0 && (errno == EAGAIN || errno == EINTR || errno == EBADF))
        return;
    if (len <= 0)
        leave(fd);
    else if (ends[fd].backend < 0)
        from_client(fd, (size_t)len);
    else if (ends[fd].partner)
        from_backend(fd, (size_t)len);
}

static int listen_on(unsigned port)
{
    struct sockaddr_in at = loopback(port);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0)
        die("listen");
    return fd;
}

static void accept_all(int listen_fd)
{
    int fd;
    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        watch(fd);
        ends[fd] = (struct end){.backend = -1};
    }
}

int main(int argc, char **argv)
{
    struct epoll_event batch[BATCH];
    if (argc < 3 || argc > 2 + BACKENDS) {
        (void)fputs("usage: ref_proxy PORT BACKEND_PORT...\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; i++)
        backend_ports[backend_count++] = (unsigned)strtoul(argv[i], NULL, 10);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listen_fd = listen_on((unsigned)strtoul(argv[1], NULL, 10));
    watch(listen_fd);
    for (;;) {
        int count = epoll_wait(epoll_fd, batch, BATCH, -1);
        for (int i = 0; i < count; i++) {
            if (batch[i].data.fd == listen_fd)
                accept_all(listen_fd);
            else
                serve(batch[i].data.fd);
        }
    }
}
