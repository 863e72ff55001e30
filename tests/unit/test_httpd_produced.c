#include <criterion/criterion.h>
#include <sys/socket.h>

#include "tests/support/echo_httpd.h"

Test(httpd_produced, a_produced_body_goes_out_in_chunks_and_the_next_request_is_served)
{
    struct client client;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/parts/0") GET("/parts/3") GET("/now"))));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.body.len, 0u);
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.body.len, 30000u);
    cr_expect(bytes_eq(client_field(&res, "transfer-encoding"), BYTES_LIT("chunked")));
    cr_expect_eq(client_field(&res, "content-length").len, 0u);
    cr_expect(res.body.ptr[0] == 'd' && res.body.ptr[29999] == 'b');
    echo_httpd_expect(&client, "GET /now 0");
    client_close(&client);
    echo_httpd_stop();
}

/* 30 MB are more than the sockets hold: production stops until the client reads. */
Test(httpd_produced, a_produced_body_waits_for_a_client_that_does_not_read)
{
    struct client slow, other;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&slow, echo_httpd.port));
    cr_assert(client_send(&slow, BYTES_LIT(GET("/parts/3000"))));
    cr_assert(client_open(&other, echo_httpd.port));
    cr_assert(client_send(&other, BYTES_LIT(GET("/now"))));
    echo_httpd_expect(&other, "GET /now 0");
    cr_assert_eq(client_read(&slow, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.body.len, 30000000u);
    client_close(&slow);
    client_close(&other);
    echo_httpd_stop();
}

Test(httpd_produced, a_produced_body_ends_with_the_connection_in_http_1_0)
{
    struct client client;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT("GET /parts/2 HTTP/1.0\r\nConnection: keep-alive\r\n"
                                             "\r\n")));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.body.len, 20000u);
    cr_expect_eq(client_field(&res, "transfer-encoding").len, 0u);
    cr_expect(bytes_eq(client_field(&res, "connection"), BYTES_LIT("close")));
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd_produced, head_of_a_produced_body_has_no_body)
{
    struct client client;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(
        client_send(&client, BYTES_LIT("HEAD /parts/2 HTTP/1.1\r\nHost: x\r\n\r\n" GET("/now"))));
    cr_assert_eq(client_read(&client, HTTP_HEAD, &res), RC_OK);
    cr_expect_eq(res.body.len, 0u);
    echo_httpd_expect(&client, "GET /now 0");
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd_produced, a_producer_that_fails_breaks_the_transfer_off)
{
    struct client client;
    struct http1_response res;
    echo_httpd_start();
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/parts/2?fail"))));
    cr_expect_eq(client_read(&client, HTTP_GET, &res), RC_CLOSED);
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd_produced, a_client_that_leaves_in_the_middle_of_a_produced_body_harms_nobody)
{
    struct client client;
    char first;
    echo_httpd_start();
    for (int i = 0; i < 20; i++) {
        cr_assert(client_open(&client, echo_httpd.port));
        cr_assert(client_send(&client, BYTES_LIT(GET("/parts/3000"))));
        cr_assert_eq(recv(client.fd, &first, 1, 0), 1);
        client_close(&client);
    }
    cr_assert(client_open(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
    echo_httpd_expect(&client, "GET /now 0");
    client_close(&client);
    echo_httpd_stop();
}
