#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/lambda/rapi_dial.h"
#include "tests/support/fake_rapi.h"

TestSuite(rapi_dial, .timeout = 60);

enum { TIMEOUT_MS = 5000 };

static struct fake_script nothing;

Test(rapi_dial, a_number_is_connected_to_with_a_blocking_socket)
{
    struct timeval limit = {.tv_sec = 1};
    socklen_t len = sizeof limit;
    struct fake_rapi *fake = fake_rapi_new(fake_rapi_play, &nothing, false);
    int fd = rapi_dial(fake_rapi_address(fake), TIMEOUT_MS);
    cr_assert_geq(fd, 0);
    cr_expect_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    cr_expect_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &len), 0);
    cr_expect(limit.tv_sec == 0 && limit.tv_usec == 0, "sending may wait as long as it has to");
    (void)close(fd);
    fake_rapi_start(fake);
    fake_rapi_free(fake);
}

Test(rapi_dial, a_name_is_not_tried)
{
    static const char *const names[] = {
        "localhost:9001",
        "",
        ":",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:65536",
        "[::1]:1",
        "127.0.0:80",
        "255.255.255.256:1",
        "127.000000000000.0.1:1",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_eq(rapi_dial(names[i], TIMEOUT_MS), RAPI_DIAL_NAME, "'%s'", names[i]);
}

Test(rapi_dial, a_refusal_says_why)
{
    char address[32];
    struct fake_rapi *gone = fake_rapi_new(fake_rapi_play, &nothing, false);
    memcpy(address, fake_rapi_address(gone), sizeof address);
    fake_rapi_free(gone);
    cr_expect_eq(rapi_dial(address, TIMEOUT_MS), RAPI_DIAL_FAILED);
    cr_expect_eq(errno, ECONNREFUSED);
}

/* A full queue of connections leaves the next one without an answer. */
Test(rapi_dial, a_peer_that_says_nothing_is_given_up)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    char api[32];
    int fd = 0, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 0), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(api, sizeof api, "127.0.0.1:%d", ntohs(address.sin_port));
    for (int i = 0; i < 8 && fd >= 0; i++)
        fd = rapi_dial(api, 50);
    cr_expect_eq(fd, RAPI_DIAL_FAILED);
    cr_expect_eq(errno, ETIMEDOUT);
    (void)close(listener);
}
