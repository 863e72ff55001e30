#ifndef RUNTIME_NET_TLS_CONTEXT_H
#define RUNTIME_NET_TLS_CONTEXT_H

/*
 * tls_context — what tls.c and tls_context.c share.
 *
 * Layer:   net, private.
 */

#include <openssl/ssl.h>

#include "runtime/net/tls.h"

struct tls { /* the app data of its ssl */
    SSL *ssl;
    const char *second; /* see tls_accept */
    tls_choose_fn *choose;
    void *choose_context;
    bool is_broken, has_ended;
};

/* A new connection with the certificate of now. NULL: no memory. Any thread. */
SSL *tls_context_new_ssl(struct tls_context *context) MUST_CHECK;

/* Shows another certificate than that which `ssl` was made with, in the handshake. */
void tls_context_show(struct tls_context *context, SSL *ssl);

#endif
