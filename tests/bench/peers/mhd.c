/*
 * mhd PORT — GET /hello by Debian's libmicrohttpd, one thread on epoll: a peer to measure beside.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 20000, IDLE_S = 75, BACKLOG = 4096 };

/* The library calls once with the head alone, and again when the request is whole. */
static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_len, void **state)
{
    static int has_head;
    (void)method;
    (void)version;
    (void)data;
    (void)data_len;
    if (!*state) {
        *state = &has_head;
        return MHD_YES;
    }
    return MHD_queue_response(connection, strcmp(url, "/hello") == 0 ? 200 : 404, context);
}

int main(int argc, char **argv)
{
    static char hello[] = "Hello world";
    if (argc != 2)
        return 2;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)strtoul(argv[1], NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(hello), hello, MHD_RESPMEM_PERSISTENT);
    if (!response || MHD_add_response_header(response, "Content-Type", "text/plain") != MHD_YES)
        return 1;
    if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, response,
                          MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                          MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                          MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                          MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG, MHD_OPTION_END)) {
        (void)fputs("mhd: cannot start\n", stderr);
        return 1;
    }
    for (;;)
        (void)pause();
}
