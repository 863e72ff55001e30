#include "runtime/net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "runtime/net/tls_context.h"

/*
 * OpenSSL keeps the errors of a thread in a queue and looks there to explain a result, so the queue
 * is emptied before each call. A connection that broke may not be ended by SSL_shutdown.
 */

static struct tls *new_tls(SSL *ssl, int fd)
{
    struct tls *tls = ssl ? calloc(1, sizeof *tls) : NULL;
    if (tls && SSL_set_fd(ssl, fd) == 1 && SSL_set_app_data(ssl, (char *)tls) == 1) {
        tls->ssl = ssl;
        return tls;
    }
    SSL_free(ssl);
    free(tls);
    return NULL;
}

struct tls *tls_accept(struct tls_context *context, int fd, const char *second)
{
    SSL *ssl = tls_context_new_ssl(context);
    if (ssl)
        SSL_set_accept_state(ssl);
    struct tls *tls = new_tls(ssl, fd);
    if (tls)
        tls->second = second;
    return tls;
}

void tls_choose(struct tls *tls, tls_choose_fn *choose, void *context)
{
    tls->choose = choose;
    tls->choose_context = context;
}

struct tls *tls_connect(struct tls_context *context, int fd)
{
    SSL *ssl = tls_context_new_ssl(context);
    if (ssl)
        SSL_set_connect_state(ssl);
    return new_tls(ssl, fd);
}

struct tls *tls_connect_unverified(int fd)
{
    struct tls_context *context = tls_context_new_client();
    struct tls *tls = context ? tls_connect(context, fd) : NULL;
    tls_context_free(context); /* the connection keeps what it needs */
    return tls;
}

/* After a call that did not succeed: 0 for the peer's end, else -1 with errno. */
void tls_limit(struct tls *tls, struct tls_versions versions)
{
    /* Both take versions that OpenSSL knows, whatever it was built with. */
    (void)SSL_set_min_proto_version(tls->ssl, versions.has_12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    (void)SSL_set_max_proto_version(tls->ssl, versions.has_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
}

static int explain(struct tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        tls->is_broken = true;
        errno = ECONNRESET;
        return -1;
    }
}

enum rc tls_handshake(struct tls *tls)
{
    ERR_clear_error();
    int result = SSL_do_handshake(tls->ssl);
    if (result == 1)
        return RC_OK;
    return explain(tls, result) < 0 && errno == EAGAIN ? RC_AGAIN : RC_IO;
}

ssize_t tls_read(struct tls *tls, void *data, size_t len)
{
    size_t n;
    ERR_clear_error();
    int result = SSL_read_ex(tls->ssl, data, len, &n);
    return result == 1 ? (ssize_t)n : explain(tls, result);
}

ssize_t tls_write(struct tls *tls, const void *data, size_t len)
{
    size_t n;
    ERR_clear_error();
    int result = SSL_write_ex(tls->ssl, data, len, &n);
    if (result == 1)
        return (ssize_t)n;
    if (explain(tls, result) == 0)
        errno = ECONNRESET;
    return -1;
}

void tls_describe(const struct tls *tls, struct tls_facts *facts)
{
    const char *name = SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name);
    *facts = (struct tls_facts){.version = SSL_get_version(tls->ssl),
                                .cipher = SSL_get_cipher_name(tls->ssl),
                                .server_name = bytes_from_str(name),
                                .is_resumed = SSL_session_reused(tls->ssl) == 1};
}

bool tls_speaks_second(const struct tls *tls)
{
    const unsigned char *name;
    unsigned len;
    const char *second = tls->second;
    SSL_get0_alpn_selected(tls->ssl, &name, &len);
    return second && len == strlen(second) && memcmp(name, second, len) == 0;
}

bool tls_wants_write(const struct tls *tls)
{
    return SSL_want_write(tls->ssl);
}

bool tls_has_part(const struct tls *tls)
{
    return SSL_has_pending(tls->ssl) == 1;
}

void tls_end(struct tls *tls)
{
    if (tls->is_broken || tls->has_ended || !SSL_is_init_finished(tls->ssl))
        return;
    tls->has_ended = true;
    ERR_clear_error();
    (void)SSL_shutdown(tls->ssl);
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    free(tls);
}
