#ifndef RUNTIME_FUNCTIONS_RUNTIME_BODY_H
#define RUNTIME_FUNCTIONS_RUNTIME_BODY_H

/*
 * runtime_body — the body of a request to a Runtime API, which comes after its head: collected, or
 * passed on by parts.
 *
 * Layer:   functions; for runtime_api.c alone. Knows net/httpd.
 * Memory:  all in the exchange's arena.
 */

#include "runtime/net/httpd.h"

struct runtime_body {
    void (*on_part)(struct httpd_exchange *exchange, struct bytes part); /* NULL: it is collected */
    /* The whole body is here, in exchange->req.body, where it is collected. Answers the request. */
    void (*on_whole)(struct httpd_exchange *exchange);
    /* It will not be whole: RC_BODY_LIMIT, or the runtime has left. Answers the request. */
    void (*on_fault)(struct httpd_exchange *exchange, enum rc rc);
    size_t max_bytes;
};

/* Takes the body of a request where is_body_coming; `how` is copied. exchange->context is in use
 * until then. */
void runtime_body_take(struct httpd_exchange *exchange, const struct runtime_body *how);

#endif
