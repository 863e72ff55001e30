#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/echo_httpd.h"

/* Reads from the client's socket until `wanted` has come. */
static void expect_next(struct client *client, const char *wanted)
{
    char text[4096] = "";
    size_t len = 0;
    while (!strstr(text, wanted)) {
        ssize_t n = recv(client->fd, text + len, sizeof text - 1 - len, 0);
        cr_assert_gt(n, 0, "'%s' instead of '%s'", text, wanted);
        len += (size_t)n;
        text[len] = '\0';
    }
}

static void open_live(struct client *client)
{
    cr_assert(client_ask(client, echo_httpd.port, BYTES_LIT(GET("/live"))));
    expect_next(client, "\r\n\r\n");
    cr_assert(echo_httpd_has_listener());
}

static void await_no_listener(void)
{
    for (int i = 0; i < 6000 && echo_httpd_has_listener(); i++)
        (void)usleep(10000);
    cr_expect_not(echo_httpd_has_listener());
}

Test(httpd_live, a_live_answer_goes_out_as_it_is_said_and_ends_when_its_producer_does)
{
    struct client client;
    echo_httpd_start();
    open_live(&client);
    echo_httpd_say("one");
    expect_next(&client, "3\r\none\r\n");
    echo_httpd_say("three");
    expect_next(&client, "5\r\nthree\r\n");
    echo_httpd_say("end");
    expect_next(&client, "0\r\n\r\n");
    await_no_listener();
    cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
    echo_httpd_expect(&client, "GET /now 0");
    client_close(&client);
    echo_httpd_stop();
}

/* Nothing is written at that time, so the end is not found by a write that fails. */
Test(httpd_live, a_client_that_leaves_a_resting_answer_is_noticed)
{
    struct client client;
    echo_httpd_start();
    open_live(&client);
    client_close(&client);
    await_no_listener();
    open_live(&client);
    echo_httpd_say("again");
    expect_next(&client, "again");
    client_close(&client);
    await_no_listener();
    echo_httpd_stop();
}

/* A rest is as long as nothing happens; no timeout of the connection takes it for slowness. */
Test(httpd_live, a_rest_has_no_timeout_and_a_client_that_does_not_read_has)
{
    static char big[32 * 1024 * 1024]; /* more than sockets hold */
    struct client client;
    memset(big, 'x', sizeof big - 1);
    echo_httpd.idle_timeout_s = echo_httpd.read_timeout_s = echo_httpd.write_timeout_s = 1;
    echo_httpd_start();
    open_live(&client);
    (void)usleep(1500 * 1000); /* longer than each of them */
    cr_expect(echo_httpd_has_listener());
    echo_httpd_say("one");
    expect_next(&client, "one");
    echo_httpd_say(big);
    await_no_listener();
    client_close(&client);
    echo_httpd_stop();
}

Test(httpd_live, a_resting_answer_does_not_keep_its_httpd_from_ending)
{
    struct client client;
    echo_httpd_start();
    open_live(&client);
    echo_httpd_stop();
    cr_expect(client_is_closed(&client));
    client_close(&client);
}
