#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>

#include "runtime/net/httpd.h"
#include "tests/support/echo_httpd.h"

Test(httpd, pipelined_requests_are_answered_in_order)
{
    struct client client;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now/1") GET("/later/2") GET("/now/3")
                                                 GET("/later/4") GET("/now/5"))));
    echo_httpd_expect(&client, "GET /now/1 0");
    echo_httpd_expect(&client, "GET /later/2 0");
    echo_httpd_expect(&client, "GET /now/3 0");
    echo_httpd_expect(&client, "GET /later/4 0");
    echo_httpd_expect(&client, "GET /now/5 0");
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, a_request_may_come_byte_by_byte)
{
    static const char text[] = "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    struct client client;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    for (size_t i = 0; i < sizeof text - 1; i++)
        cr_assert(client_send(&client, bytes_make(text + i, 1)));
    echo_httpd_expect(&client, "POST /now 5");
    client_close(&client);
    echo_httpd_stop();
}

/* The client's end may be in the socket behind the request when that is read: it must not be lost
 * on a loop that tells of each thing once. */
Test(httpd, an_end_that_comes_with_a_request_is_seen_behind_it)
{
    struct client client;
    echo_httpd_start();
    for (int i = 0; i < 50; i++) {
        cr_assert(client_open(&client, echo_httpd.port));
        cr_assert(client_send(&client, BYTES_LIT(GET("/later"))));
        cr_assert_eq(shutdown(client.fd, SHUT_WR), 0);
        echo_httpd_expect(&client, "GET /later 0");
        cr_expect(client_is_closed(&client));
        client_close(&client);
    }
    echo_httpd_stop();
}

Test(httpd, what_a_full_read_leaves_is_read_as_well)
{
    enum { HEAD_BYTES = 55, STEP_BYTES = 16 * 1024, MOST_BYTES = 12 * STEP_BYTES };
    static char text[MOST_BYTES + 2];
    struct client client;
    char expected[64];
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    for (size_t room = STEP_BYTES; room <= MOST_BYTES; room += STEP_BYTES)
        for (size_t size = room - 1; size <= room + 1; size++) {
            int head = snprintf(text, sizeof text,
                                "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: %06zu\r\n\r\n",
                                size - HEAD_BYTES);
            cr_assert_eq(head, HEAD_BYTES);
            memset(text + head, 'b', size - HEAD_BYTES);
            cr_assert(client_send(&client, bytes_make(text, size)));
            (void)snprintf(expected, sizeof expected, "POST /now %zu", size - HEAD_BYTES);
            echo_httpd_expect(&client, expected);
        }
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, a_client_that_waits_for_100_is_told_to_go_on)
{
    struct client client;
    char first[25];
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT("POST /now HTTP/1.1\r\nHost: x\r\nExpect: 100-continue"
                                             "\r\nContent-Length: 2\r\n\r\n")));
    cr_assert_eq(recv(client.fd, first, sizeof first, MSG_WAITALL), (ssize_t)sizeof first);
    cr_expect(memcmp(first, "HTTP/1.1 100 Continue\r\n\r\n", sizeof first) == 0);
    cr_assert(client_send(&client, BYTES_LIT("ab")));
    echo_httpd_expect(&client, "POST /now 2");
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, bad_bytes_get_their_answer_and_then_the_end)
{
    struct client client;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now") "GARBAGE\r\n\r\nmore of it")));
    echo_httpd_expect(&client, "GET /now 0");
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 400);
    cr_expect(bytes_eq(client_field(&res, "connection"), BYTES_LIT("close")));
    cr_expect(bytes_eq(client_field(&res, "content-type"), BYTES_LIT("application/problem+json")));
    cr_expect(client_is_closed(&client));
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, an_answer_larger_than_the_sockets_room_arrives_whole)
{
    struct client client;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    /* Nobody reads until all are asked for, so the answers do not fit into the socket. */
    for (int i = 0; i < 8; i++)
        cr_assert(client_send(&client, BYTES_LIT(GET("/big/4000000"))));
    cr_assert(client_send(&client, BYTES_LIT(GET("/later/x"))));
    for (int i = 0; i < 8; i++) {
        cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
        cr_expect_eq(res.body.len, 4000000u);
    }
    echo_httpd_expect(&client, "GET /later/x 0");
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, connection_close_is_honoured)
{
    struct client client;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client,
                          BYTES_LIT("GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")));
    echo_httpd_expect(&client, "GET /now 0");
    cr_expect(client_is_closed(&client));
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, http_1_0_is_kept_only_when_it_asks)
{
    struct client client;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(
        client_send(&client, BYTES_LIT("GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect(bytes_eq(client_field(&res, "connection"), BYTES_LIT("keep-alive")));
    cr_assert(client_send(&client, BYTES_LIT("GET /now HTTP/1.0\r\n\r\n")));
    echo_httpd_expect(&client, "GET /now 0");
    cr_expect(client_is_closed(&client));
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, a_client_that_is_gone_before_its_answer_harms_nobody)
{
    struct client client;
    echo_httpd_start();
    for (int i = 0; i < 200; i++) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        cr_assert(client_open(&client, echo_httpd.port));
        cr_assert(client_send(&client, BYTES_LIT(GET("/later") GET("/later"))));
        (void)setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        client_close(&client);
    }
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
    echo_httpd_expect(&client, "GET /now 0");
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, half_a_request_is_answered_408_when_its_time_is_up)
{
    struct client client;
    struct http1_response res;
    echo_httpd.read_timeout_s = 1;
    echo_httpd_start();
    cr_assert(client_ask(&client, echo_httpd.port, BYTES_LIT("GET /now HTTP/1.1\r\nHost:")));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 408);
    cr_expect(client_is_closed(&client));
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, an_idle_connection_is_closed_without_a_word)
{
    struct client client;
    struct http1_response res;
    echo_httpd.idle_timeout_s = 1;
    echo_httpd_start();
    cr_assert(client_ask(&client, echo_httpd.port, BYTES_LIT(GET("/now"))));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 200);
    cr_expect(client_is_closed(&client));
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd, draining_closes_idle_connections_and_answers_what_has_come)
{
    struct client idle, busy;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&idle, echo_httpd.port));
    cr_assert(client_send(&idle, BYTES_LIT(GET("/now"))));
    echo_httpd_expect(&idle, "GET /now 0");
    cr_assert(client_open(&busy, echo_httpd.port));
    cr_assert(
        client_send(&busy, BYTES_LIT("POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n")));
    cr_assert(
        client_send(&idle, BYTES_LIT(GET("/now")))); /* its answer: busy's head was read too */
    echo_httpd_expect(&idle, "GET /now 0");
    echo_httpd_drain();
    cr_expect(client_is_closed(&idle));
    cr_assert(client_send(&busy, BYTES_LIT("\r\nx")));
    cr_assert_eq(client_read(&busy, HTTP_POST, &res), RC_OK);
    cr_expect_eq(res.status, 200);
    cr_expect(bytes_eq(client_field(&res, "connection"), BYTES_LIT("close")));
    cr_expect_eq(echo_httpd_join(), 0u); /* on_drained has stopped the loop */
    client_close(&idle);
    client_close(&busy);
}

Test(httpd, a_taken_port_is_named)
{
    char error[256];
    int fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    char wanted[64];
    cr_assert_geq(fd, 0);
    cr_expect_eq(httpd_listen("127.0.0.1", httpd_port(fd), false, error, sizeof error), -1);
    (void)snprintf(wanted, sizeof wanted, "cannot listen on '127.0.0.1:%u': Address already in use",
                   httpd_port(fd));
    cr_expect_str_eq(error, wanted);
    cr_expect_eq(httpd_listen("300.1.1.1", 80, false, error, sizeof error), -1);
    cr_expect_not_null(strstr(error, "'300.1.1.1:80'"));
}
