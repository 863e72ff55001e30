#ifndef TESTS_SUPPORT_BAD_SERVER_H
#define TESTS_SUPPORT_BAD_SERVER_H

/*
 * bad_server — an HTTP server that is well when it is asked for its health, and to users what a bad
 * release is. Each connection has one request.
 *
 * Threads: some of its own.
 */

enum bad_kind {
    BAD_NOTHING, /* "200 OK" at once: a good one */
    BAD_ERRORS,  /* 500 to each second request */
    BAD_SLOW,    /* a fifth of a second late */
    BAD_HEADER,  /* a header field with a NUL, which no load balancer passes on */
    BAD_CRASH,   /* the first request is its last: it is closed, and nobody listens any more */
};

struct bad_server;

/* Listens at 127.0.0.1; aborts the test when it cannot. */
struct bad_server *bad_server_start(enum bad_kind kind);
unsigned bad_server_port(const struct bad_server *server);
void bad_server_stop(struct bad_server *server);

#endif
