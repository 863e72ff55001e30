#include "runtime/lambda/rapi_dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "runtime/core/bytes.h"

static bool parse(const char *api, struct sockaddr_in *address)
{
    char host[INET_ADDRSTRLEN];
    struct bytes text = bytes_from_str(api);
    size_t colon = bytes_find(text, ':');
    uint64_t port;
    if (colon >= sizeof host || colon == text.len ||
        !bytes_to_u64(bytes_skip(text, colon + 1), UINT16_MAX, &port))
        return false;
    memcpy(host, text.ptr, colon);
    host[colon] = '\0';
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

/* The timeout of sending is also that of connecting. */
static bool limit_send(int fd, int timeout_ms)
{
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

int rapi_dial(const char *api, int timeout_ms)
{
    struct sockaddr_in address = {.sin_port = 0};
    int one = 1;
    if (!parse(api, &address))
        return RAPI_DIAL_NAME;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return RAPI_DIAL_FAILED;
    if (limit_send(fd, timeout_ms) &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 && limit_send(fd, 0)) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        return fd;
    }
    int error = errno;
    (void)close(fd);
    errno = error == EINPROGRESS ? ETIMEDOUT : error;
    return RAPI_DIAL_FAILED;
}
