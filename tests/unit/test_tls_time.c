#include <criterion/criterion.h>
#include <signal.h>
#include <sys/socket.h>

#include "runtime/net/conn.h"
#include "tests/support/timed_httpd.h"
#include "tests/support/tls_files.h"

/*
 * How long TLS may take, and how it ends.
 * link: -Wl,--wrap=clock_us_monotonic
 */

static struct tls_files files;

static void setup(void)
{
    char error[600] = "";
    (void)signal(SIGPIPE, SIG_IGN);
    tls_files_init(&files);
    timed_httpd.tls = tls_context_new(files.cert, files.key, error, sizeof error);
    cr_assert_not_null(timed_httpd.tls, "%s", error);
    timed_httpd_start(0);
}

static void teardown(void)
{
    timed_httpd_stop();
    tls_context_free(timed_httpd.tls);
    tls_files_release(&files);
}

TestSuite(tls_time, .init = setup, .fini = teardown);

/* The server is this thread: on a busy machine what was sent may reach it late. */
static void open_accepted(struct client *client)
{
    size_t before = httpd_connection_count(timed_httpd.httpd);
    timed_httpd_open(client);
    while (httpd_connection_count(timed_httpd.httpd) == before)
        timed_httpd_serve();
}

static void open_tls(struct client *client)
{
    open_accepted(client);
    while (!timed_httpd_shake(client))
        ;
}

/* The first half of a record; its head says that there are 64 bytes. */
#define HALF_RECORD        \
    "\x17\x03\x03\x00\x40" \
    "ghost"

static void send_half_a_record(struct client *client)
{
    size_t len = sizeof HALF_RECORD - 1;
    cr_assert_eq(send(client->fd, HALF_RECORD, len, MSG_NOSIGNAL), (ssize_t)len);
    while (timed_httpd.httpd->conns->state != CONN_READING)
        timed_httpd_serve();
}

Test(tls_time, a_handshake_and_a_first_request_have_the_time_of_one_head)
{
    struct client silent, half, idle;
    open_accepted(&silent);
    open_accepted(&half);
    timed_httpd_send(&half, BYTES_LIT("\x16\x03\x01\x02\x01\x01"));
    open_tls(&idle);
    timed_httpd_pass(TIMED_READ_S * 1000 - 1);
    cr_expect(timed_httpd_is_open(&silent));
    cr_expect(timed_httpd_is_open(&half));
    timed_httpd_pass(1);
    cr_expect(client_is_closed(&silent));
    cr_expect(client_is_closed(&half));
    cr_expect(client_is_closed(&idle));
    client_close(&silent);
    client_close(&half);
    client_close(&idle);
}

Test(tls_time, a_kept_connection_may_be_idle_and_half_a_record_is_part_of_a_head)
{
    struct client client;
    open_tls(&client);
    timed_httpd_send(&client, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&client, 200, "");
    timed_httpd_pass((TIMED_IDLE_S - 1) * 1000);
    timed_httpd_send(&client, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&client, 200, "");
    send_half_a_record(&client);
    timed_httpd_pass(TIMED_READ_S * 1000);
    timed_httpd_expect(&client, 408, "close");
    client_close(&client);
}

Test(tls_time, a_handshake_that_is_under_way_at_the_end_gets_its_answer)
{
    struct client kept_one, half;
    open_tls(&kept_one);
    timed_httpd_send(&kept_one, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&kept_one, 200, "");
    open_accepted(&half);
    cr_assert_not(timed_httpd_shake(&half));
    httpd_drain(timed_httpd.httpd);
    timed_httpd_serve();
    cr_expect(client_is_closed(&kept_one));
    while (!timed_httpd_shake(&half))
        ;
    timed_httpd_send(&half, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&half, 200, "close");
    cr_expect(client_is_closed(&half));
    client_close(&kept_one);
    client_close(&half);
    timed_httpd_pass(1000);
    timed_httpd_serve_to_the_end();
    cr_expect_eq(timed_httpd.drained_count, 1u);
}

Test(tls_time, half_a_record_at_the_end_is_waited_for)
{
    struct client client;
    open_tls(&client);
    timed_httpd_send(&client, BYTES_LIT(TIMED_HEAD "\r\n"));
    timed_httpd_expect(&client, 200, "");
    send_half_a_record(&client);
    httpd_drain(timed_httpd.httpd);
    timed_httpd_serve();
    cr_expect(timed_httpd_is_open(&client), "its request is on its way");
    timed_httpd_pass(TIMED_READ_S * 1000);
    timed_httpd_expect(&client, 408, "close");
    client_close(&client);
}
