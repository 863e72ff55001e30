#include <openssl/ssl.h>

/*
 * tls_late — OpenSSL is set up by the first TLS connection, and costs nothing before.
 *
 * libcurl sets OpenSSL up in curl_global_init, whatever flags that is given: a third of the
 * bootstrap's start, spent on a library that a function without outgoing HTTPS never uses. The
 * static libcurl (pipeline/static_deps.sh) calls this in place of OPENSSL_init_ssl. Nothing is
 * lost: SSL_CTX_new, which is the beginning of every TLS connection, sets up what is not yet.
 *
 * Linked into release builds alone; the system's libcurl has its own way to OpenSSL.
 */

int tls_late_init(uint64_t options, const OPENSSL_INIT_SETTINGS *settings);

int tls_late_init(uint64_t options, const OPENSSL_INIT_SETTINGS *settings)
{
    (void)options;
    (void)settings;
    return 1;
}
