#ifndef TESTS_SUPPORT_TIMED_HTTPD_H
#define TESTS_SUPPORT_TIMED_HTTPD_H

/*
 * timed_httpd — an httpd and its clients on one thread, by a clock that the test moves: nothing
 * depends on how fast the machine is.
 *
 * A test that uses it is linked with -Wl,--wrap=clock_us_monotonic. GET /hello is answered, GET
 * /keep kept until the test answers, GET /big answered with TIMED_BIG_BYTES. A failure inside fails
 * the test.
 */

#include "runtime/net/httpd.h"
#include "tests/support/client.h"

#define TIMED_HEAD "GET /hello HTTP/1.1\r\nHost: x\r\n"
enum { TIMED_READ_S = 10, TIMED_WRITE_S = 30, TIMED_IDLE_S = 75, TIMED_BIG_BYTES = 30000000 };

struct timed_httpd {
    struct loop loop;
    struct httpd *httpd;
    unsigned port;
    struct tls_context *tls; /* NULL; set before the start */
    int64_t now_ms;
    struct metrics_connections counts;
    size_t drained_count;        /* calls of on_drained */
    size_t request_count;        /* that came */
    struct httpd_exchange *kept; /* of GET /keep */
};

extern struct timed_httpd timed_httpd;

/* `connections_max` as in httpd_options. */
void timed_httpd_start(size_t connections_max);

/* Harmless when it was not started. */
void timed_httpd_stop(void);

/* Serves what has come, until nothing has for a moment. */
void timed_httpd_serve(void);

/* Serves until the httpd says that it has drained; a busy machine may tell late of a closed end. */
void timed_httpd_serve_to_the_end(void);

/* Lets time pass, and what is due be done. */
void timed_httpd_pass(int64_t ms);

/* Connects, and has it accepted, unless as many are as may be. */
void timed_httpd_open(struct client *client);

/* Takes one step of a TLS handshake on an open client, the first sends its ClientHello, and has it
 * served. true: the handshake is done. */
bool timed_httpd_shake(struct client *client) MUST_CHECK;

/* Sends, and has it served. */
void timed_httpd_send(struct client *client, struct bytes data);

/* The next answer has this status, and this Connection field; "": none. */
void timed_httpd_expect(struct client *client, int status, const char *connection);

/* true: the peer has said neither a byte nor the end. */
bool timed_httpd_is_open(struct client *client);

#endif
