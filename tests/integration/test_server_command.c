#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/program.h"

/* What the server's arguments do, and a server that is asked how it is. */

static struct program command = {.out_fd = -1}, server = {.out_fd = -1};
static unsigned port;

static void teardown(void)
{
    program_release(&command);
    program_release(&server);
}

TestSuite(server_command, .fini = teardown);

/* Runs `server ARGUMENT` and gives its exit status; what it said is in command.out. */
static int run(const char *argument, const char *const *env)
{
    const char *argv[] = {"server", argument, NULL};
    program_release(&command);
    program_start(&command, argv, env);
    int status = program_wait(&command);
    cr_assert(WIFEXITED(status), "%s: status %d: %s", argument, status, command.out.data);
    return WEXITSTATUS(status);
}

static void expect_said(const char *text)
{
    cr_expect(command.out.data && strstr(command.out.data, text), "'%s' is not in '%s'", text,
              command.out.data ? command.out.data : "");
}

static void start_server(void)
{
    static const char *const argv[] = {"server", NULL};
    static const char *const env[] = {"PORT=0", "DUET_STORE=memory", "DUET_LAME_DUCK_S=0",
                                      "DUET_BIND=127.0.0.1", NULL};
    program_start(&server, argv, env);
    port = program_number(&server, "\"port\":");
    cr_assert_gt(port, 0u, "%s", server.out.data ? server.out.data : "no output");
}

/* It gives a server up after 3 s, which a busy machine may take for any answer: then it is no word
 * about this server. */
static bool was_late(void)
{
    return command.out.len && strstr(command.out.data, "did not answer in time");
}

static int check_health(unsigned of_port, const char *bind)
{
    char port_text[32], bind_text[64];
    const char *const env[] = {port_text, bind_text, NULL};
    (void)snprintf(port_text, sizeof port_text, "PORT=%u", of_port);
    (void)snprintf(bind_text, sizeof bind_text, "DUET_BIND=%s", bind);
    int status;
    do
        status = run("healthcheck", env);
    while (was_late());
    return status;
}

Test(server_command, a_running_server_is_healthy_and_a_stopped_one_is_not)
{
    start_server();
    cr_expect_eq(check_health(port, "127.0.0.1"), 0, "%s", command.out.data);
    cr_expect_eq(command.out.len, 0u, "%s", command.out.data);
    cr_expect_eq(check_health(port, "0.0.0.0"), 0, "any address is asked by loopback");
    cr_expect_eq(program_stop(&server), 0);
    cr_expect_eq(check_health(port, "127.0.0.1"), 1);
    expect_said("cannot be reached: Connection refused\n");
    cr_expect_eq(check_health(0, "127.0.0.1"), 1);
    expect_said("has a port that nobody knows: set PORT\n");
    cr_expect_eq(check_health(port, "localhost"), 1);
    expect_said("localhost:");
}

/* --- a peer that is no healthy server --- */

static int listen_anywhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 8) == 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    port = ntohs(at.sin_port);
    return fd;
}

/* Starts the check and answers it with `text`; the exit status. */
static int check_once(int listen_fd, const char *text)
{
    static const char *const argv[] = {"server", "healthcheck", NULL};
    char port_text[32], request[1024];
    const char *const env[] = {port_text, NULL};
    (void)snprintf(port_text, sizeof port_text, "PORT=%u", port);
    program_release(&command);
    program_start(&command, argv, env);
    int fd = accept(listen_fd, NULL, NULL);
    cr_assert_geq(fd, 0);
    cr_assert_gt(recv(fd, request, sizeof request, 0), 0);
    ssize_t sent = send(fd, text, strlen(text), MSG_NOSIGNAL);
    (void)close(fd);
    int status = program_wait(&command);
    cr_expect(was_late() || sent == (ssize_t)strlen(text));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int check_against(int listen_fd, const char *text)
{
    int status;
    do
        status = check_once(listen_fd, text);
    while (was_late());
    return status;
}

struct row {
    const char *answer, *reason;
};

static const struct row rows[] = {
    {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
     "answers /healthcheck with 503\n"},
    {"HTTP/1.1 204 No Content\r\n\r\n", "answers /healthcheck with 204\n"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "does not answer in HTTP/1.1\n"},
    {"220 mail.example ESMTP\r\n", "does not answer in HTTP/1.1\n"},
    {"", "does not answer in HTTP/1.1\n"},
};

Test(server_command, what_is_no_healthy_answer_is_named)
{
    int fd = listen_anywhere();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(check_against(fd, rows[i].answer), 1, "%s", rows[i].answer);
        expect_said(rows[i].reason);
    }
    cr_expect_eq(check_against(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), 0);
    (void)close(fd);
}

Test(server_command, a_server_that_never_answers_is_given_up)
{
    int fd = listen_anywhere(); /* the kernel connects, and nobody accepts */
    char port_text[32];
    const char *const env[] = {port_text, NULL};
    (void)snprintf(port_text, sizeof port_text, "PORT=%u", port);
    cr_expect_eq(run("healthcheck", env), 1);
    expect_said("did not answer in time\n");
    (void)close(fd);
}

/* --- the others --- */

Test(server_command, version_and_help_are_printed)
{
    cr_expect_eq(run("--version", NULL), 0);
    expect_said("(duet ");
    cr_expect_eq(run("--help", NULL), 0);
    expect_said("healthcheck");
    expect_said("--print-config");
}

Test(server_command, the_settings_are_printed_with_their_source)
{
    static const char *const env[] = {"PORT=81", "DUET_WORKERS=3", NULL};
    cr_expect_eq(run("--print-config", env), 0);
    expect_said("PORT=81 (environment)\n");
    expect_said("DUET_WORKERS=3 (environment)\n");
    expect_said("DUET_DRAIN_S=20 (default)\n");
}

Test(server_command, a_wrong_setting_is_named_by_each)
{
    static const char *const env[] = {"PORT=-1", NULL};
    static const char *const misspelt[] = {"DUET_WORKER=3", "PORT=-1", NULL};
    cr_expect_eq(run("--print-config", env), 1);
    expect_said("PORT is '-1'");
    cr_expect_eq(run("healthcheck", env), 1);
    expect_said("PORT is '-1'");
    cr_expect_eq(run("--print-config", misspelt), 1);
    expect_said("DUET_WORKER is no setting: the nearest one is DUET_WORKERS\n");
}

Test(server_command, an_unknown_argument_is_named)
{
    static const char *const argv[] = {"server", "--version", "please", NULL};
    cr_expect_eq(run("--port=80", NULL), 2);
    expect_said("'--port=80' is no argument");
    cr_expect_eq(run("", NULL), 2);
    program_release(&command);
    program_start(&command, argv, NULL);
    int status = program_wait(&command);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    expect_said("'please' is no argument");
}
