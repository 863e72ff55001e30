#include "tests/support/by_hand_target.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "runtime/net/httpd.h"

enum { WAIT_S = 60, REQUEST_MAX = 4096 };

static void limit_wait(int fd)
{
    struct timeval limit = {.tv_sec = WAIT_S};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

int by_hand_target_open(void)
{
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(fd, 0, "%s", error);
    cr_assert_eq(fcntl(fd, F_SETFL, 0), 0);
    limit_wait(fd);
    return fd;
}

void by_hand_target_accept(int listen_fd, struct client *target, const char *path)
{
    char bytes[REQUEST_MAX];
    int fd = accept(listen_fd, NULL, NULL);
    cr_assert_geq(fd, 0, "no connection to the target came");
    limit_wait(fd);
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    cr_assert_gt(n, 0);
    cr_expect(memmem(bytes, (size_t)n, path, strlen(path)), "%.*s", (int)n, bytes);
    *target = (struct client){.fd = fd};
    buf_init(&target->in, sizeof bytes);
}

void by_hand_target_answer(struct client *target)
{
    cr_assert(client_send(target, BYTES_LIT("HTTP/1.1 204 No Content\r\n\r\n")));
}
