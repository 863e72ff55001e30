#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/net/httpd.h"
#include "tests/support/client.h"
#include "tests/support/program.h"
#include "tests/support/tempdir.h"

/* `duet local` before servers that it does not start, named in its configuration. */

static struct program server, rig;
static struct tempdir folder;
static unsigned port;

/* A port that nobody else gets while the server is away: bound, not listened on. */
static int reserve_port(char text[32])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    (void)snprintf(text, 32, "PORT=%u", httpd_port(fd));
    return fd;
}

static void start_server(const char *port_text)
{
    const char *const argv[] = {"server", NULL},
                      *env[] = {port_text, "DUET_STORE=memory", "DUET_BIND=127.0.0.1",
                                "DUET_LAME_DUCK_S=0", NULL};
    program_start(&server, argv, env);
    cr_assert(program_number(&server, "\"port\":"), "%s", server.out.data);
}

static void start_rig(const char *targets)
{
    char path[2 * TEMPDIR_PATH_MAX], text[256];
    (void)snprintf(text, sizeof text,
                   "{\"weights\":{\"fargate\":1,\"lambda\":0},\"fargate\":{\"targets\":[%s]}}",
                   targets);
    tempdir_init(&folder);
    tempdir_write(tempdir_join(&folder, "", "duet.json", path), text);
    const char *argv[] = {"duet",           "local", "--port",  "0",      "--config", path,
                          "--control-port", "0",     "--store", "memory", NULL};
    program_start(&rig, argv, NULL);
    port = program_number(&rig, "http://127.0.0.1:");
    cr_assert(port, "%s", rig.out.data);
}

static int status(void)
{
    struct client client;
    struct http1_response res = {0};
    cr_assert(client_open(&client, port));
    cr_assert(client_send(&client, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
    cr_expect_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    client_close(&client);
    return res.status;
}

static void stop_rig(void)
{
    (void)program_stop(&rig);
    program_release(&rig);
    tempdir_release(&folder);
}

Test(local_outside, a_server_that_is_named_answers_and_may_be_replaced)
{
    char target[64], port_text[32];
    int reserved = reserve_port(port_text);
    start_server(port_text);
    (void)snprintf(target, sizeof target, "\"localhost:%s\"", port_text + strlen("PORT="));
    start_rig(target);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(status(), 200);
    (void)program_stop(&server);
    program_release(&server);
    cr_expect_eq(status(), 502, "nobody listens there");
    start_server(port_text);
    cr_expect_eq(status(), 200);
    stop_rig();
    (void)program_stop(&server);
    program_release(&server);
    (void)close(reserved);
}
