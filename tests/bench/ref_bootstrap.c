/*
 * ref_bootstrap — the least that can be a bootstrap: one blocking socket, no JSON parser, no
 * library. A floor to measure others against, and no product: it believes whatever it is sent.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20 };

static char buffer[BUFFER_BYTES];

/* The value of a field of the head at `buffer`, or NULL. Line by line: some C libraries search
 * without regard to case so slowly that they, and not the sockets, would be what is measured. */
static const char *field(const char *end, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strchr(buffer, '\n'); line && line < end; line = strchr(line + 1, '\n'))
        if (strncasecmp(line + 1, name, len) == 0)
            return line + 1 + len;
    return NULL;
}

/* Reads one whole response into `buffer`; its body, with a NUL behind it. */
static char *receive(int fd)
{
    for (size_t len = 0;;) {
        ssize_t n = recv(fd, buffer + len, sizeof buffer - 1 - len, 0);
        if (n <= 0)
            exit(1);
        len += (size_t)n;
        buffer[len] = '\0';
        char *end = strstr(buffer, "\r\n\r\n");
        const char *length = end ? field(end, "content-length:") : NULL;
        size_t body_len = length ? strtoul(length, NULL, 10) : 0;
        if (end && len >= (size_t)(end + 4 - buffer) + body_len)
            return end + 4;
    }
}

static void transmit(int fd, const char *text, int len)
{
    if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
        exit(1);
}

static int connect_to(const char *api)
{
    char host[64];
    const char *colon = strchr(api, ':');
    struct sockaddr_in address = {.sin_family = AF_INET};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!colon || fd < 0)
        exit(2);
    (void)snprintf(host, sizeof host, "%.*s", (int)(colon - api), api);
    address.sin_port = htons((unsigned short)strtoul(colon + 1, NULL, 10));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        exit(1);
    return fd;
}

int main(void)
{
    static const char body[] = "{\"statusCode\":200,\"statusDescription\":\"200 OK\",\"headers\":"
                               "{\"Content-Type\":\"text/plain; charset=utf-8\"},"
                               "\"body\":\"Hello world\",\"isBase64Encoded\":false}";
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    char get[256], post[1024];
    if (!api)
        return 2;
    int fd = connect_to(api);
    int get_len =
        snprintf(get, sizeof get,
                 "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n", api);
    for (;;) {
        transmit(fd, get, get_len);
        const char *event = receive(fd);
        const char *id = field(event, "lambda-runtime-aws-request-id: ");
        if (!id || !strstr(event, "\"path\":\"/hello\""))
            return 1;
        int len = snprintf(post, sizeof post,
                           "POST /2018-06-01/runtime/invocation/%.*s/response HTTP/1.1\r\n"
                           "Host: %s\r\nContent-Type: application/json\r\n"
                           "Content-Length: %zu\r\n\r\n%s",
                           (int)strcspn(id, "\r"), id, api, sizeof body - 1, body);
        transmit(fd, post, len);
        (void)receive(fd);
    }
}
