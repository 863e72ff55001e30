#include "tests/support/target_rig.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net/httpd.h"

enum { WAIT_S = 60, LOG_MAX = 1024 * 1024, READ_BYTES = 64 * 1024 };

static const char *join(const struct target_rig *rig, const char *name,
                        char path[2 * TEMPDIR_PATH_MAX])
{
    return tempdir_join(&rig->folder, "", name, path);
}

void target_rig_start(struct target_rig *rig)
{
    char path[2 * TEMPDIR_PATH_MAX], log[2 * TEMPDIR_PATH_MAX], text[512], error[256];
    rig->listen_fd = httpd_listen("127.0.0.1", 0, false, error, sizeof error);
    cr_assert_geq(rig->listen_fd, 0, "%s", error);
    cr_assert_eq(fcntl(rig->listen_fd, F_SETFL, 0), 0);
    (void)snprintf(text, sizeof text,
                   "{\"weights\":{\"fargate\":1,\"lambda\":0},"
                   "\"fargate\":{\"targets\":[\"127.0.0.1:%u\"]}}",
                   httpd_port(rig->listen_fd));
    tempdir_init(&rig->folder);
    tempdir_write(join(rig, "duet.json", path), text);
    const char *argv[] = {"duet",
                          "local",
                          "--port",
                          "0",
                          "--control-port",
                          "0",
                          "--store",
                          "memory",
                          "--quiet",
                          "--config",
                          path,
                          "--access-log",
                          join(rig, "access.log", log),
                          NULL};
    program_start(&rig->duet, argv, NULL);
    rig->port = program_number(&rig->duet, "http://127.0.0.1:");
    rig->control_port = program_number(&rig->duet, "control port http://127.0.0.1:");
    cr_assert(rig->port && rig->control_port, "%s", rig->duet.out.data);
}

void target_rig_stop(struct target_rig *rig)
{
    int status = program_stop(&rig->duet);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d: %s", status,
              rig->duet.out.data);
    program_release(&rig->duet);
    tempdir_release(&rig->folder);
    (void)close(rig->listen_fd);
}

/* The answer to a call, which lives until the client is closed. */
static struct bytes call(struct client *client, unsigned port, const char *form)
{
    char request[4096];
    struct http1_response res;
    int n = snprintf(request, sizeof request,
                     "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                     "application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 "
                     "Credential=A/20261121/us-east-1/elasticloadbalancing/aws4_request, "
                     "SignedHeaders=host, Signature=%064d\r\nContent-Length: %zu\r\n\r\n%s",
                     0, strlen(form), form);
    cr_assert(client_open(client, port));
    cr_assert(client_send(client, bytes_make(request, (size_t)n)));
    cr_assert_eq(client_read(client, HTTP_POST, &res), RC_OK);
    cr_assert_eq(res.status, 200, "%s: %.*s", form, BYTES_ARG(res.body));
    return res.body;
}

static void read_arn(struct target_rig *rig, char arn[256])
{
    static const char begin[] = "<LoadBalancerArn>";
    struct client client;
    struct bytes body =
        call(&client, rig->control_port, "Action=DescribeLoadBalancers&Version=2015-12-01");
    const char *at = memmem(body.ptr, body.len, begin, sizeof begin - 1);
    cr_assert_not_null(at);
    struct bytes rest = bytes_skip(body, (size_t)(at - body.ptr) + sizeof begin - 1);
    (void)snprintf(arn, 256, "%.*s", (int)bytes_find(rest, '<'), rest.ptr);
    client_close(&client);
}

void target_rig_call(struct target_rig *rig, const char *form)
{
    char arn[256], whole[2048] = "Version=2015-12-01&";
    const char *mark = strstr(form, "$R");
    struct client client;
    size_t len = strlen(whole), first = mark ? (size_t)(mark - form) : strlen(form);
    read_arn(rig, arn);
    (void)snprintf(whole + len, sizeof whole - len, "%.*s%s%s", (int)first, form, mark ? arn : "",
                   mark ? mark + 2 : "");
    (void)call(&client, rig->control_port, whole);
    client_close(&client);
}

/* true: it was a health check, and has its answer. */
static bool is_check(int fd)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", check[] = "GET /gtg";
    char first[sizeof check - 1];
    ssize_t n = recv(fd, first, sizeof first, MSG_PEEK | MSG_WAITALL);
    if (n == (ssize_t)sizeof first && memcmp(first, check, sizeof first) != 0)
        return false;
    if (n == (ssize_t)sizeof first)
        (void)send(fd, ok, sizeof ok - 1, MSG_NOSIGNAL);
    (void)close(fd);
    return true;
}

void target_rig_accept(struct target_rig *rig, struct client *target)
{
    struct timeval limit = {.tv_sec = WAIT_S};
    int fd;
    (void)setsockopt(rig->listen_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    do {
        fd = accept4(rig->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        cr_assert_geq(fd, 0, "no connection to the target came");
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    } while (is_check(fd));
    *target = (struct client){.fd = fd};
    buf_init(&target->in, LOG_MAX);
}

void target_rig_expect(struct client *client, const char *text)
{
    while (!client->in.len || !memmem(client->in.data, client->in.len, text, strlen(text))) {
        cr_assert_eq(buf_reserve(&client->in, READ_BYTES), RC_OK);
        ssize_t n = recv(client->fd, client->in.data + client->in.len, READ_BYTES, 0);
        cr_assert_gt(n, 0, "'%.*s' instead of '%s'", BYTES_ARG(buf_bytes(&client->in)), text);
        client->in.len += (size_t)n;
    }
}

static bool has_line(const char *path, const char *text)
{
    static char all[LOG_MAX];
    FILE *file = fopen(path, "re");
    size_t len = file ? fread(all, 1, sizeof all - 1, file) : 0;
    all[len] = '\0';
    if (file)
        (void)fclose(file);
    return strstr(all, text) != NULL;
}

bool target_rig_logs(struct target_rig *rig, const char *text)
{
    char path[2 * TEMPDIR_PATH_MAX];
    join(rig, "access.log", path);
    for (int i = 0; i < WAIT_S * 100; i++) {
        if (has_line(path, text))
            return true;
        (void)usleep(10000);
    }
    return false;
}
