#ifndef TESTS_SUPPORT_H2_CLIENT_H
#define TESTS_SUPPORT_H2_CLIENT_H

/*
 * h2_client — a blocking HTTP/2 client for tests: nghttp2's own client session over TLS.
 *
 * Answers are kept by the number of their request, from 0.
 */

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include "runtime/core/buf.h"

enum { H2_CLIENT_REQUESTS = 10100 };

struct h2_answer {
    int status;
    struct buf body, fields; /* fields: "name: value\n", as they came */
    uint32_t error;          /* the stream's, when it is closed */
    bool is_closed;
    size_t interim_count; /* 1xx before it */
};

struct h2_client {
    int fd;
    SSL *tls;
    nghttp2_session *frames;
    struct h2_answer answers[H2_CLIENT_REQUESTS];
    size_t asked_count;
    bool has_goaway;
    uint32_t goaway_error;
    int32_t goaway_last_id;
    bool is_ended; /* by the peer */
};

/* What a request is made of. */
struct h2_ask {
    const char *method, *path; /* NULL: GET; Required */
    const char *name, *value;  /* one more header field; NULL: none */
    const char *name2, *value2;
    const char *body;
    size_t body_len; /* 0: there is none */
    bool has_trailer;
    bool stalls; /* the body has a length and never comes */
};

/* Connects to 127.0.0.1:port, and agrees on h2 by ALPN; aborts the test when that cannot be. It is
 * one at a time, and stays in static memory. */
struct h2_client *h2_client_open(unsigned port);
void h2_client_close(struct h2_client *client);

/* Begins a request, which goes out with the next step. Its number. */
size_t h2_client_ask(struct h2_client *client, const struct h2_ask *ask);

/* GET of a path. */
size_t h2_client_get(struct h2_client *client, const char *path);

/* Takes the request back. */
void h2_client_reset(struct h2_client *client, size_t number);

/* Writes what there is. */
void h2_client_flush(struct h2_client *client);

/* Does that, and reads once. false: the peer has ended, or a minute was silent. */
bool h2_client_step(struct h2_client *client);

/* Until the answer is whole; aborts the test when the peer ends before. */
const struct h2_answer *h2_client_wait(struct h2_client *client, size_t number);

/* Until the peer has ended. */
void h2_client_wait_for_end(struct h2_client *client);

/* Sends bytes as they are, inside TLS. */
void h2_client_send(struct h2_client *client, const void *bytes, size_t len);

/* true when the body is this text. */
bool h2_answer_is(const struct h2_answer *answer, const char *body);

#endif
