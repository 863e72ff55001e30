/*
 * one_client — GET /hello again and again over one kept connection, each when the last is answered.
 *
 *   one_client PORT COUNT
 *
 * Prints "cycle_us=M", the median from one request to the next. An answer that is no 200, or comes
 * in several pieces, ends it with exit status 1; wrong arguments with 2.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char request[] = "GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int connect_to(unsigned short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("one_client");
        exit(1);
    }
    return fd;
}

static void turn(int fd)
{
    char answer[4096];
    ssize_t n = send(fd, request, sizeof request - 1, 0);
    if (n == (ssize_t)sizeof request - 1)
        n = recv(fd, answer, sizeof answer, 0);
    if (n < 12 || memcmp(answer, "HTTP/1.1 200", 12) != 0) {
        (void)fprintf(stderr, "one_client: the answer is no 200\n");
        exit(1);
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    size_t count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    uint64_t *cycles = count ? calloc(count, sizeof *cycles) : NULL;
    if (!cycles) {
        (void)fprintf(stderr, "usage: one_client PORT COUNT\n");
        return 2;
    }
    int fd = connect_to((unsigned short)strtoul(argv[1], NULL, 10));
    turn(fd); /* the connection's own begin is in no cycle */
    for (size_t i = 0; i < count; i++) {
        uint64_t begun = now_ns();
        turn(fd);
        cycles[i] = now_ns() - begun;
    }
    qsort(cycles, count, sizeof *cycles, by_size);
    printf("cycle_us=%.1f\n", (double)cycles[count / 2] / 1000);
    free(cycles);
    (void)close(fd);
    return 0;
}
