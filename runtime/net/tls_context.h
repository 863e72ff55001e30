#ifndef RUNTIME_NET_TLS_CONTEXT_H
#define RUNTIME_NET_TLS_CONTEXT_H

/*
 * tls_context — what tls.c and tls_context.c share.
 *
 * Layer:   net, private.
 */

#include <openssl/ssl.h>

#include "runtime/net/tls.h"

/* A new connection with the certificate of now. NULL: no memory. Any thread. */
SSL *tls_context_new_ssl(struct tls_context *context) MUST_CHECK;

#endif
