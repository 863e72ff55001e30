#include "tests/support/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { IN_MAX = 80 * 1024 * 1024, TIMEOUT_S = 60, TRIES_MAX = 60 };

bool client_open(struct client *client, unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = TIMEOUT_S};
    int one = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    buf_init(&client->in, IN_MAX);
    arena_init(&client->arena, IN_MAX);
    (void)setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (client->fd >= 0 && connect(client->fd, (struct sockaddr *)&at, sizeof at) == 0)
        return true;
    client_close(client);
    return false;
}

bool client_open_tls(struct client *client, unsigned port)
{
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL does not ask for its absence */
    if (!client_open(client, port))
        return false;
    client->tls = tls_connect_unverified(client->fd);
    if (client->tls && tls_handshake(client->tls) == RC_OK)
        return true;
    client_close(client);
    return false;
}

void client_close(struct client *client)
{
    tls_free(client->tls);
    client->tls = NULL;
    if (client->fd >= 0)
        (void)close(client->fd);
    client->fd = -1;
    buf_release(&client->in);
    arena_release(&client->arena);
}

bool client_send(struct client *client, struct bytes data)
{
    while (data.len) {
        ssize_t n = client->tls ? tls_write(client->tls, data.ptr, data.len)
                                : send(client->fd, data.ptr, data.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data = bytes_skip(data, (size_t)n);
    }
    return true;
}

bool client_is_answered(struct client *client)
{
    char first;
    return recv(client->fd, &first, 1, MSG_PEEK) > 0;
}

bool client_ask(struct client *client, unsigned port, struct bytes data)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        if (!client_open(client, port))
            return false;
        if (client_send(client, data) && client_is_answered(client))
            return true;
        client_close(client);
    }
    return false;
}

static ssize_t receive(struct client *client, void *data, size_t len)
{
    return client->tls ? tls_read(client->tls, data, len) : recv(client->fd, data, len, 0);
}

enum rc client_read(struct client *client, enum http_method method, struct http1_response *res)
{
    struct http1_decoder decoder;
    bool at_end = false;
    /* The last response's views held until now. */
    buf_consume(&client->in, client->consumed);
    client->consumed = 0;
    arena_reset(&client->arena);
    http1_decoder_init(&decoder);
    for (;;) {
        enum rc rc = http1_decode_response(&decoder, buf_bytes(&client->in), at_end, method,
                                           IN_MAX / 2, &client->arena, res, &client->consumed);
        if (rc != RC_AGAIN)
            return rc;
        if (buf_reserve(&client->in, 65536) != RC_OK)
            return RC_NOMEM;
        ssize_t n = receive(client, client->in.data + client->in.len, 65536);
        if (n < 0 && errno == EAGAIN)
            return RC_TIMEOUT;
        at_end = n <= 0;
        if (n > 0)
            client->in.len += (size_t)n;
    }
}

bool client_is_closed(struct client *client)
{
    char byte;
    ssize_t n = receive(client, &byte, 1);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

struct bytes client_field(const struct http1_response *res, const char *name)
{
    for (size_t i = 0; i < res->field_count; i++)
        if (bytes_ieq(res->fields[i].name, bytes_from_str(name)))
            return res->fields[i].value;
    return (struct bytes){NULL, 0};
}
