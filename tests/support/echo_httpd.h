#ifndef TESTS_SUPPORT_ECHO_HTTPD_H
#define TESTS_SUPPORT_ECHO_HTTPD_H

/*
 * echo_httpd — an httpd on a thread of its own, which answers with what was asked. The path says
 * how: /now answers inside the callback, /later by a job in a later round, /big/N with N bytes,
 * /parts/N with a body that is produced in N parts of 10,000 bytes (?fail: and then fails),
 * /live with what echo_httpd_say says from then on, until it says "end", /field/NAME with the
 * value of that header field. Bodies that come in parts are counted to their end before.
 */

#include "tests/support/client.h"

struct echo_httpd {
    unsigned port;
    unsigned idle_timeout_s, read_timeout_s; /* 60; set before the start */
    unsigned write_timeout_s;                /* 0: none */
    struct tls_context *tls;                 /* NULL; set before the start */
    const struct session_protocol *second;   /* the same */
};

extern struct echo_httpd echo_httpd;

void echo_httpd_start(void);

/* Ends its loop and frees all. */
void echo_httpd_stop(void);

/* Says `text` to the one client of /live; comes back when its connection has had it. */
void echo_httpd_say(const char *text);

/* true: a client of /live is there. */
bool echo_httpd_has_listener(void);

/* Has it drain; it stops by itself after its last connection. */
void echo_httpd_drain(void);

/* After echo_httpd_drain: waits for its end, frees all, and tells how many connections it had. */
size_t echo_httpd_join(void);

/* Reads a response and expects `body`. */
void echo_httpd_expect(struct client *client, const char *body);

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

#endif
