#ifndef RUNTIME_LAMBDA_RAPI_CONN_H
#define RUNTIME_LAMBDA_RAPI_CONN_H

/*
 * rapi_conn — one keep-alive connection to the Runtime API, blocking, without timeouts.
 *
 * Layer:   lambda home, below rapi. Knows libcurl, sockets and http1.
 * Threads: one.
 *
 * libcurl resolves and connects; after that the socket is read and written directly, through the
 * same HTTP/1.1 codec that the server speaks.
 *
 * Use: 1. rapi_conn_init   2. rapi_conn_request   3. rapi_conn_exchange; 2 and 3 again and again
 */

#include "runtime/core/arena.h"
#include "runtime/core/buf.h"
#include "runtime/http1/http1.h"

struct rapi_conn {
    const char *api; /* "host:port", borrowed */
    void *_curl;     /* NULL: not connected */
    int _fd;
    enum http_method _method; /* of the request in `_out` */
    struct buf _out, _in;
    char error[256]; /* after a failed exchange: what failed, in words */
};

/* Connects nothing yet. `api` is borrowed. */
void rapi_conn_init(struct rapi_conn *conn, const char *api);

/* Closes it and frees all; works on a zeroed struct, and twice. */
void rapi_conn_release(struct rapi_conn *conn);

/* Builds the request that the next exchanges send; Host is added.
 * RC_OK · RC_NOMEM */
enum rc rapi_conn_request(struct rapi_conn *conn, enum http_method method, struct bytes target,
                          const struct http_field *fields, size_t field_count,
                          struct bytes body) MUST_CHECK;

/* Sends the request and waits for no response; connects where there is no connection. The next
 * exchange would take that response for its own: close first. RC_OK; RC_IO, RC_NOMEM: no
 * connection. */
enum rc rapi_conn_send(struct rapi_conn *conn) MUST_CHECK;

/* Sends the request and waits for its response, however long that takes; connects where there is no
 * connection. May be called again for the same request.
 *
 * body_max  bytes of the response's body that are taken, up to RAPI_BODY_MAX_BYTES
 * arena     for the response's fields
 * res       out: views into the connection's memory and the arena, valid until the next exchange
 *
 * RC_OK           a whole response came
 * RC_CLOSED       the connection was, or got, lost
 * RC_IO           no connection could be made
 * RC_BODY_LIMIT   the response's body is over body_max
 * RC_NOMEM        no memory
 * others          the response is not HTTP/1.1, as http1_decode_response says
 * After any of these but RC_OK the connection is closed, and the next exchange makes a new one. */
enum rc rapi_conn_exchange(struct rapi_conn *conn, size_t body_max, struct arena *arena,
                           struct http1_response *res) MUST_CHECK;

/* --- a request whose body is made while it is sent, in chunks; it cannot be sent again --- */

/* Sends the request's head, with Transfer-Encoding; connects where there is no connection, or where
 * the peer has closed it meanwhile. RC_OK · RC_IO, RC_NOMEM: no connection, and nothing is sent ·
 * RC_CLOSED: as rapi_conn_give */
enum rc rapi_conn_begin(struct rapi_conn *conn, struct bytes target,
                        const struct http_field *fields, size_t field_count) MUST_CHECK;

/* Sends bytes of chunks, which the caller has encoded; waits as long as the peer does not take
 * them. RC_OK · RC_CLOSED: the peer has answered already, or is gone; rapi_conn_finish says which
 */
enum rc rapi_conn_give(struct rapi_conn *conn, struct bytes chunks) MUST_CHECK;

/* Waits for the response, as rapi_conn_exchange does, and closes the connection. */
enum rc rapi_conn_finish(struct rapi_conn *conn, size_t body_max, struct arena *arena,
                         struct http1_response *res) MUST_CHECK;

/* Closes the connection; the next exchange makes a new one. */
void rapi_conn_close(struct rapi_conn *conn);

/* Gives large buffers back; what the last response looked at is gone. */
void rapi_conn_trim(struct rapi_conn *conn);

/* The most that any exchange takes: more than Lambda's own limit, so that what is a little over it
 * can still be answered. */
enum { RAPI_BODY_MAX_BYTES = 8 * 1024 * 1024 };

#endif
