#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/net/httpd.h"

enum { BACKLOG = 4096 };

static int fail(int fd, const char *address, unsigned port, char *error, size_t error_len)
{
    (void)snprintf(error, error_len, "cannot listen on '%s:%u': %s", address, port,
                   strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

int httpd_listen(const char *address, unsigned port, bool reuse_port, char *error, size_t error_len)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1;
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1) {
        (void)snprintf(error, error_len, "cannot listen on '%s:%u': not an IPv4 address", address,
                       port);
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(fd, address, port, error, error_len);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (reuse_port)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    /* Accepted sockets inherit it, which saves a call for each connection. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, BACKLOG) != 0)
        return fail(fd, address, port, error, error_len);
    return fd;
}

/* A filter on the listening socket sees each segment from its TCP header on, whose byte 13 has the
 * flags. Between the last accept and close the kernel would otherwise go on shaking hands, and
 * reset those connections, with the requests on them, at close. Where the system refuses filters,
 * as some do in containers, that moment stays: the accept queue is emptied right before close. */
void httpd_listen_no_more(int listen_fd)
{
    enum { FLAGS = 13, SYN = 0x02, WHOLE = 0xffff };
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, WHOLE),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof *steps, .filter = steps};
    (void)setsockopt(listen_fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

unsigned httpd_port(int listen_fd)
{
    struct sockaddr_in at = {0};
    socklen_t len = sizeof at;
    if (getsockname(listen_fd, (struct sockaddr *)&at, &len) != 0)
        return 0;
    return ntohs(at.sin_port);
}
