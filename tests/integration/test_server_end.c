#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/support/client.h"
#include "tests/support/program.h"

/* How the server ends: what it still does after SIGTERM, and what ends each stage. */

static struct program server = {.out_fd = -1};
static unsigned port;

static void teardown(void)
{
    program_release(&server);
}

TestSuite(server_end, .fini = teardown);

static void start(const char *lame_duck, const char *drain)
{
    static const char *const argv[] = {"server", NULL};
    const char *env[] = {
        "PORT=0", "DUET_STORE=memory", "DUET_BIND=127.0.0.1", "DUET_THREADS=2", lame_duck, drain,
        NULL};
    program_start(&server, argv, env);
    port = program_number(&server, "\"port\":");
    cr_assert_gt(port, 0u, "%s", server.out.data ? server.out.data : "no output");
}

static void send_signal(int number)
{
    cr_assert_eq(kill(server.id, number), 0);
}

static void expect_end(void)
{
    int status = program_wait(&server);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d: %s", status,
              server.out.data);
}

/* The status of `path` on a connection that is there, or 0. */
static int ask(struct client *client, const char *path, bool *says_close)
{
    char request[128];
    struct http1_response res = {0};
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    if (!client_send(client, bytes_make(request, (size_t)n)) ||
        client_read(client, HTTP_GET, &res) != RC_OK)
        return 0;
    *says_close = bytes_eq(client_field(&res, "connection"), BYTES_LIT("close"));
    return res.status;
}

static int ask_anew(const char *path, bool *says_close)
{
    struct client client;
    if (!client_open(&client, port))
        return 0;
    int status = ask(&client, path, says_close);
    client_close(&client);
    return status;
}

/* Until both loops have heard of it: connections fall to either. */
static void wait_until_lame(struct client *kept)
{
    bool says_close = false;
    cr_assert_not_null(program_wait_for(&server, "\"message\":\"stopping\""));
    while (!says_close)
        cr_assert_eq(ask_anew("/hello", &says_close), 200);
    cr_assert_eq(ask(kept, "/hello", &says_close), 200);
    cr_assert(!says_close || client_is_closed(kept));
}

Test(server_end, a_lame_duck_takes_requests_and_fails_its_health_checks)
{
    struct client kept, idle;
    bool says_close;
    start("DUET_LAME_DUCK_S=900", "DUET_DRAIN_S=900");
    cr_assert(client_open(&kept, port));
    cr_assert(client_open(&idle, port));
    cr_expect_eq(ask(&kept, "/healthcheck", &says_close), 200);
    cr_expect_not(says_close);
    cr_expect_eq(ask(&idle, "/gtg", &says_close), 200);
    send_signal(SIGTERM);
    wait_until_lame(&kept);
    cr_expect_eq(ask_anew("/healthcheck", &says_close), 503);
    cr_expect_eq(ask_anew("/gtg", &says_close), 503);
    cr_expect_eq(ask_anew("/gtg?details", &says_close), 503);
    cr_expect_eq(ask_anew("/hello", &says_close), 200);
    send_signal(SIGTERM); /* and that is the end of the first stage */
    cr_expect(client_is_closed(&idle));
    expect_end();
    client_close(&kept);
    client_close(&idle);
}

Test(server_end, the_first_stage_has_its_time)
{
    start("DUET_LAME_DUCK_S=1", "DUET_DRAIN_S=900");
    send_signal(SIGTERM);
    expect_end();
    cr_expect_not_null(strstr(server.out.data, "\"lameDuckS\":1"));
}

Test(server_end, a_person_at_the_keyboard_does_not_wait_for_a_load_balancer)
{
    start("DUET_LAME_DUCK_S=900", "DUET_DRAIN_S=900");
    send_signal(SIGINT);
    expect_end();
}

static void expect_cut_off(const char *drain, int further_signal)
{
    struct client busy;
    bool says_close;
    start("DUET_LAME_DUCK_S=0", drain);
    cr_assert(client_open(&busy, port));
    cr_assert_eq(ask(&busy, "/hello", &says_close), 200);
    cr_assert(client_send(&busy, BYTES_LIT("GET /hello HTTP/1.1\r\n")));
    send_signal(SIGTERM);
    cr_assert_not_null(program_wait_for(&server, "\"message\":\"stopping\""));
    if (further_signal)
        send_signal(further_signal);
    cr_expect(client_is_closed(&busy));
    expect_end();
    client_close(&busy);
}

Test(server_end, requests_in_flight_are_cut_off_when_their_time_is_up)
{
    expect_cut_off("DUET_DRAIN_S=1", 0);
}

Test(server_end, a_further_signal_cuts_off_what_is_in_flight)
{
    expect_cut_off("DUET_DRAIN_S=900", SIGTERM);
}
