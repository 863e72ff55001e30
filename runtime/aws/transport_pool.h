#ifndef RUNTIME_AWS_TRANSPORT_POOL_H
#define RUNTIME_AWS_TRANSPORT_POOL_H

/*
 * transport_pool — the handles of libcurl that a transport's threads share.
 *
 * Layer:   aws, private to transport.
 * Threads: any; a handle that was taken belongs to the thread that took it.
 */

#include <curl/curl.h>

#include "runtime/core/buf.h"

struct transport_handle {
    CURL *curl; /* keeps its connection from one request to the next */
    struct buf head, body;
    struct bytes unsent;            /* of the request's body */
    struct bytes request_body;      /* all of it */
    bool is_once;                   /* the body may not be read again */
    bool is_over;                   /* the answer went over its limit */
    char error[CURL_ERROR_SIZE];    /* libcurl's text */
    struct transport_handle *_next; /* in the pool */
};

struct transport_pool;

/* NULL: no memory. */
struct transport_pool *transport_pool_new(void) MUST_CHECK;

/* All handles must be back. NULL is harmless. */
void transport_pool_free(struct transport_pool *pool);

/* Takes the handle that was used last, whose connection is the likeliest to be open, or makes one;
 * waits until `deadline_ms` while LIMIT_AWS_CONNECTIONS are taken. RC_OK, RC_TIMEOUT, RC_NOMEM. */
enum rc transport_pool_take(struct transport_pool *pool, int64_t deadline_ms,
                            struct transport_handle **handle) MUST_CHECK;

/* Gives a handle back; what it holds is emptied. */
void transport_pool_give(struct transport_pool *pool, struct transport_handle *handle);

#endif
