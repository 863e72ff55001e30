#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/timed_httpd.h"

/*
 * How an httpd ends: what is still served.
 * link: -Wl,--wrap=clock_us_monotonic
 */

TestSuite(httpd_end, .fini = timed_httpd_stop);

Test(httpd_end, an_announced_end_is_said_in_answers_and_takes_new_connections)
{
    struct client kept_one, next;
    timed_httpd_start(0);
    timed_httpd_open(&kept_one);
    timed_httpd_send(&kept_one, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&kept_one, 200, "");
    httpd_announce_end(timed_httpd.httpd);
    timed_httpd_serve();
    cr_expect(timed_httpd_is_open(&kept_one), "an idle one stays until it is asked");
    timed_httpd_open(&next);
    timed_httpd_send(&next, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&next, 200, "close");
    cr_expect(client_is_closed(&next));
    timed_httpd_send(&kept_one, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&kept_one, 200, "close");
    cr_expect(client_is_closed(&kept_one));
    client_close(&kept_one);
    client_close(&next);
}

/* true: the handshake is done. */
static bool connects(int fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)timed_httpd.port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

Test(httpd_end, all_that_the_kernel_has_accepted_are_served_at_the_end)
{
    enum { COUNT = 40 };
    struct client clients[COUNT];
    timed_httpd_start(0);
    for (int i = 0; i < COUNT; i++) {
        cr_assert(client_open(&clients[i], timed_httpd.port));
        if (i % 2)
            cr_assert(client_send(&clients[i], BYTES_LIT(TIMED_HEAD "\r\n")));
    }
    httpd_drain(timed_httpd.httpd);
    int late = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    cr_expect_not(connects(late), "no handshake begins that accept will not see the end of");
    timed_httpd_pass(0 * 1000);
    timed_httpd_pass(500);
    for (int i = 0; i < COUNT; i++) {
        if (i % 2 == 0) /* its request was on its way */
            timed_httpd_send(&clients[i], BYTES_LIT(TIMED_HEAD "\r\n"));
        timed_httpd_expect(&clients[i], 200, "close");
        client_close(&clients[i]);
    }
    (void)close(late); /* where the system refuses the filter, it was accepted, and is served too */
    timed_httpd_serve_to_the_end();
    cr_expect_eq(timed_httpd.drained_count, 1u);
}

Test(httpd_end, a_new_connection_that_asks_nothing_does_not_hold_the_end)
{
    struct client silent, busy;
    timed_httpd_start(0);
    timed_httpd_open(&silent);
    timed_httpd_open(&busy);
    timed_httpd_send(&busy, BYTES_LIT("GET /keep HTTP/1.1\r\nHost: x\r\n\r\n"));
    httpd_drain(timed_httpd.httpd);
    timed_httpd_pass(1 * 1000);
    cr_expect(client_is_closed(&silent));
    cr_expect_eq(timed_httpd.drained_count, 0u);
    http_response_borrow(&timed_httpd.kept->res, &timed_httpd.kept->arena, 200,
                         BYTES_LIT("text/plain"), BYTES_LIT("x"));
    httpd_respond(timed_httpd.kept);
    timed_httpd_expect(&busy, 200, "close");
    timed_httpd_serve_to_the_end();
    cr_expect_eq(timed_httpd.drained_count, 1u);
    client_close(&silent);
    client_close(&busy);
}

Test(httpd_end, a_connection_that_has_lived_its_time_ends_with_the_next_answer)
{
    struct client early, client;
    timed_httpd_start(0);
    timed_httpd_open(&early);
    timed_httpd_send(&early, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&early, 200, "");
    httpd_set_times(timed_httpd.httpd, 60, 10 * 1000);
    timed_httpd_open(&client);
    timed_httpd_send(&client, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&client, 200, "");
    timed_httpd_pass(9 * 1000);
    timed_httpd_send(&client, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&client, 200, "");
    timed_httpd_pass(1000);
    timed_httpd_send(&client, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&client, 200, "close");
    cr_expect(client_is_closed(&client));
    timed_httpd_send(&early, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&early, 200, "");
    client_close(&client);
    client_close(&early);
}
