#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "runtime/core/limits.h"
#include "runtime/net/conn.h"
#include "tests/support/timed_httpd.h"

/*
 * Timeouts and limits of connections.
 * link: -Wl,--wrap=clock_us_monotonic
 */

TestSuite(httpd_limits, .fini = timed_httpd_stop);

/* --- slow heads and bodies --- */

Test(httpd_limits, a_new_connection_without_a_byte_is_closed_without_a_word)
{
    struct client client;
    timed_httpd_start(0);
    timed_httpd_open(&client);
    timed_httpd_pass((TIMED_READ_S - 1) * 1000);
    cr_expect(timed_httpd_is_open(&client));
    timed_httpd_pass(1 * 1000);
    cr_expect(client_is_closed(&client));
    client_close(&client);
}

Test(httpd_limits, a_kept_connection_has_the_idle_timeout)
{
    struct client client;
    timed_httpd_start(0);
    timed_httpd_open(&client);
    timed_httpd_send(&client, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&client, 200, "");
    timed_httpd_pass(TIMED_READ_S * 1000);
    timed_httpd_pass((TIMED_IDLE_S - TIMED_READ_S - 1) * 1000);
    cr_expect(timed_httpd_is_open(&client));
    timed_httpd_pass(1 * 1000);
    cr_expect(client_is_closed(&client));
    client_close(&client);
}

Test(httpd_limits, a_head_has_one_timeout_however_its_bytes_come)
{
    struct client client;
    timed_httpd_start(0);
    timed_httpd_open(&client);
    timed_httpd_send(&client, BYTES_LIT(TIMED_HEAD));
    for (int i = 0; i < TIMED_READ_S - 1; i++) {
        timed_httpd_pass(1 * 1000);
        timed_httpd_send(&client, BYTES_LIT("A: b\r\n"));
        cr_expect(timed_httpd_is_open(&client));
    }
    timed_httpd_pass(1 * 1000);
    timed_httpd_expect(&client, 408, "close");
    cr_expect(client_is_closed(&client));
    client_close(&client);
}

static void send_body(struct client *client, size_t len)
{
    static char body[LIMIT_BODY_BYTES];
    cr_assert(client_send(client, bytes_make(body, len)));
    timed_httpd_serve();
}

Test(httpd_limits, a_body_may_take_long_while_it_comes)
{
    enum { PIECE = TIMED_READ_S * LIMIT_LEAST_BYTES_PER_S, PIECES = 20 };
    struct client client;
    char head[128];
    timed_httpd_start(0);
    timed_httpd_open(&client);
    (void)snprintf(head, sizeof head, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
                   PIECE * PIECES);
    timed_httpd_send(&client, bytes_from_str(head));
    for (int i = 0; i < PIECES; i++) {
        cr_expect(timed_httpd_is_open(&client), "piece %d", i);
        send_body(&client, PIECE);
        timed_httpd_pass(TIMED_READ_S * 1000);
    }
    timed_httpd_expect(&client, 200, "");
    client_close(&client);
}

Test(httpd_limits, a_body_that_hardly_comes_is_answered_408)
{
    struct client client;
    timed_httpd_start(0);
    timed_httpd_open(&client);
    timed_httpd_send(&client,
                     BYTES_LIT("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"));
    /* What came early does not count later. */
    send_body(&client, 500000);
    timed_httpd_pass(TIMED_READ_S * 1000);
    cr_expect(timed_httpd_is_open(&client));
    send_body(&client, TIMED_READ_S * LIMIT_LEAST_BYTES_PER_S - 1);
    timed_httpd_pass(TIMED_READ_S * 1000);
    timed_httpd_expect(&client, 408, "close");
    client_close(&client);
}

/* --- slow readers --- */

static void take(struct client *client, size_t len)
{
    static char waste[1 << 20];
    while (len) {
        ssize_t n = recv(client->fd, waste, len < sizeof waste ? len : sizeof waste, MSG_DONTWAIT);
        if (n > 0)
            len -= (size_t)n;
        else
            cr_assert(n < 0 && errno == EAGAIN, "%zu are missing", len);
        cr_assert_eq(loop_step(&timed_httpd.loop, n > 0 ? 0 : 20), RC_OK);
    }
}

Test(httpd_limits, a_client_that_takes_nothing_of_its_answer_is_reset)
{
    static char waste[1 << 20];
    struct client client;
    ssize_t n;
    timed_httpd_start(0);
    timed_httpd_open(&client);
    timed_httpd_send(&client, BYTES_LIT("GET /big HTTP/1.1\r\nHost: x\r\n\r\n"));
    timed_httpd_pass(TIMED_WRITE_S *
                     1000); /* what the kernel took before is no sign of the client */
    timed_httpd_pass(TIMED_WRITE_S * 1000);
    cr_expect_eq(httpd_connection_count(timed_httpd.httpd), 0u);
    while ((n = recv(client.fd, waste, sizeof waste, 0)) > 0)
        ;
    cr_expect(n < 0 && errno == ECONNRESET, "%zd %d", n, errno);
    client_close(&client);
}

/* A busy machine may tell late of what the client has taken. */
static void wait_for_progress(const struct httpd_conn *conn)
{
    int waiting = 0;
    do
        cr_assert_eq(loop_step(&timed_httpd.loop, 20), RC_OK);
    while (conn->state == CONN_WRITING && ioctl(conn->io.fd, SIOCOUTQ, &waiting) == 0 &&
           (int64_t)conn->work->sent_total - waiting - conn->work->progress_mark <
               TIMED_WRITE_S * LIMIT_LEAST_BYTES_PER_S);
}

Test(httpd_limits, a_client_that_reads_slowly_gets_all)
{
    struct client client;
    size_t taken = 0;
    timed_httpd_start(0);
    timed_httpd_open(&client);
    timed_httpd_send(&client, BYTES_LIT("GET /big HTTP/1.1\r\nHost: x\r\n\r\n"));
    /* Once the kernel has the rest, nobody's progress is looked at any more. */
    while (timed_httpd.httpd->conns->state == CONN_WRITING) {
        take(&client, TIMED_BIG_BYTES / 10);
        wait_for_progress(timed_httpd.httpd->conns);
        timed_httpd_pass(TIMED_WRITE_S * 1000);
        taken += TIMED_BIG_BYTES / 10;
        cr_assert_eq(httpd_connection_count(timed_httpd.httpd), 1u);
    }
    cr_expect_geq(taken, TIMED_BIG_BYTES / 5, "the kernel has taken nearly all of it");
    take(&client, TIMED_BIG_BYTES - taken);
    client_close(&client);
}

/* --- as many as there may be --- */

Test(httpd_limits, the_connection_that_is_idle_longest_makes_room)
{
    struct client clients[4];
    timed_httpd_start(3);
    for (int i = 0; i < 3; i++) {
        timed_httpd_open(&clients[i]);
        timed_httpd_send(&clients[i], BYTES_LIT(TIMED_HEAD "\r\n"));
        timed_httpd_expect(&clients[i], 200, "");
        timed_httpd_pass(1 * 1000);
    }
    timed_httpd_send(&clients[0], BYTES_LIT(TIMED_HEAD "\r\n")); /* so that the second is the one */
    timed_httpd_expect(&clients[0], 200, "");
    timed_httpd_open(&clients[3]);
    timed_httpd_send(&clients[3], BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&clients[3], 200, "");
    cr_expect(client_is_closed(&clients[1]));
    cr_expect(timed_httpd_is_open(&clients[0]));
    cr_expect(timed_httpd_is_open(&clients[2]));
    for (int i = 0; i < 4; i++)
        client_close(&clients[i]);
}

Test(httpd_limits, when_none_is_idle_the_next_waits_and_costs_nothing)
{
    struct client busy[2], next;
    timed_httpd_start(2);
    for (int i = 0; i < 2; i++) {
        timed_httpd_open(&busy[i]);
        timed_httpd_send(&busy[i], BYTES_LIT(TIMED_HEAD));
    }
    timed_httpd_open(&next);
    timed_httpd_send(&next, BYTES_LIT(TIMED_HEAD "\r\n"));
    cr_expect_eq(httpd_connection_count(timed_httpd.httpd), 2u);
    cr_expect_eq(timed_httpd.loop._batch_len, 0, "it is not looked at again and again");
    timed_httpd_send(&busy[0], BYTES_LIT("Connection: close\r\n\r\n"));
    timed_httpd_expect(&busy[0], 200, "close");
    timed_httpd_serve();
    timed_httpd_expect(&next, 200, "");
    for (int i = 0; i < 2; i++)
        client_close(&busy[i]);
    client_close(&next);
}

Test(httpd_limits, without_descriptors_accepting_rests)
{
    struct rlimit before, none;
    struct client busy, next;
    timed_httpd_start(0);
    timed_httpd_open(&busy);
    timed_httpd_send(&busy, BYTES_LIT(TIMED_HEAD));
    cr_assert(client_open(&next, timed_httpd.port));
    cr_assert(client_send(&next, BYTES_LIT(TIMED_HEAD "\r\n")));
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)next.fd + 1;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    timed_httpd_serve();
    cr_expect_eq(httpd_connection_count(timed_httpd.httpd), 1u);
    cr_assert_eq(loop_step(&timed_httpd.loop, 0), RC_OK);
    cr_expect_eq(timed_httpd.loop._batch_len, 0, "it is not tried again and again");
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    timed_httpd_pass(1 * 1000);
    timed_httpd_expect(&next, 200, "");
    client_close(&next);
    client_close(&busy);
}

Test(httpd_limits, without_descriptors_an_idle_connection_makes_room)
{
    struct rlimit none;
    struct client idle, next;
    timed_httpd_start(0);
    timed_httpd_open(&idle);
    timed_httpd_send(&idle, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&idle, 200, "");
    cr_assert(client_open(&next, timed_httpd.port));
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &none), 0);
    none.rlim_cur = (rlim_t)next.fd + 1;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    timed_httpd_send(&next, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&next, 200, "");
    cr_expect(client_is_closed(&idle));
    client_close(&next);
    client_close(&idle);
}
