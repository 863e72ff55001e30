#ifndef TESTS_SUPPORT_CLIENT_H
#define TESTS_SUPPORT_CLIENT_H

/* client — a blocking HTTP client for tests: bytes out, responses in, nothing hidden. */

#include "runtime/core/buf.h"
#include "runtime/http1/http1.h"
#include "runtime/net/tls.h"

struct client {
    int fd;
    struct tls *tls; /* NULL: none */
    struct buf in;   /* what has come; the last response's bytes first */
    size_t consumed; /* bytes of the last response, dropped by the next call */
    struct arena arena;
};

/* Connects to 127.0.0.1:port; every read and write ends after 60 s. false: refused. */
bool client_open(struct client *client, unsigned port) MUST_CHECK;
/* The same by TLS, whatever the certificate. false: refused, or no TLS there. */
bool client_open_tls(struct client *client, unsigned port) MUST_CHECK;
void client_close(struct client *client);

/* Sends all of it. false: the peer has closed. */
bool client_send(struct client *client, struct bytes data) MUST_CHECK;

/* Waits for a byte of an answer, which is left for client_read. false: the peer has closed without
 * one, or nothing came for a minute. */
bool client_is_answered(struct client *client);

/* Connects, sends `data`, and waits for the first byte of an answer, on another connection where
 * that one ended without a word: a server that gives it a second may end it before a busy machine
 * sends anything. false: some dozens of them have ended so, or nothing came for a minute. */
bool client_ask(struct client *client, unsigned port, struct bytes data) MUST_CHECK;

/* Reads one response to a request with `method`; it lives until the next call on this client. */
enum rc client_read(struct client *client, enum http_method method,
                    struct http1_response *res) MUST_CHECK;

/* true when the peer closes now, without another byte. */
bool client_is_closed(struct client *client);

/* The value of the response's field, or the empty view. */
struct bytes client_field(const struct http1_response *res, const char *name);

#endif
