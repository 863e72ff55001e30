#include "runtime/net/tls_context.h"

#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What the ALB's own policies towards targets have in common with what is sound today; TLS 1.3 has
 * none but sound ones. */
#define CIPHERS_TLS12 "ECDHE+AESGCM:ECDHE+CHACHA20"

struct tls_context {
    pthread_mutex_t lock; /* of ctx: a reload takes its place */
    SSL_CTX *ctx;
    char *cert_file, *key_file;
};

/* --- reading the files --- */

struct load {
    SSL_CTX *ctx;
    char *error;
    size_t error_len;
};

static bool fail(struct load *load, const char *setting, const char *file, const char *what)
{
    (void)snprintf(load->error, load->error_len, "%s '%s': %s", setting, file, what);
    return false;
}

/* The first of OpenSSL's reasons is the cause, those behind it are who met it. */
static const char *first_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    return reason ? reason : "no memory";
}

/* Without it OpenSSL would ask the terminal for the password of a key that has one. */
static int give_no_password(char *buf, int size, int is_for_writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)is_for_writing;
    (void)arg;
    return -1;
}

static bool fail_openssl(struct load *load, const char *setting, const char *file,
                         const char *wanted)
{
    char what[256];
    (void)snprintf(what, sizeof what, "it must have %s: %s", wanted, first_reason());
    return fail(load, setting, file, what);
}

static bool is_readable(struct load *load, const char *setting, const char *file)
{
    return access(file, R_OK) == 0 || fail(load, setting, file, strerror(errno));
}

static bool load_files(struct load *load, const char *cert_file, const char *key_file)
{
    static const char cert[] = "DUET_TLS_CERT", key[] = "DUET_TLS_KEY";
    if (!is_readable(load, cert, cert_file) || !is_readable(load, key, key_file))
        return false;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(load->ctx, cert_file) != 1)
        return fail_openssl(load, cert, cert_file, "a certificate and its chain in PEM");
    /* Looks, too, whether it is this certificate's. */
    if (SSL_CTX_use_PrivateKey_file(load->ctx, key_file, SSL_FILETYPE_PEM) != 1)
        return fail_openssl(load, key, key_file,
                            "the certificate's private key in PEM, without a password");
    return true;
}

/* --- how we speak --- */

#define MODES \
    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS

enum { PROTOCOL_MAX = 16 };

/* `second` first, where the connection has one: "\x02h2\x08http/1.1". */
static unsigned list_protocols(const char *second, unsigned char list[2 * PROTOCOL_MAX])
{
    static const char usual[] = "\x08http/1.1";
    size_t len = second ? strlen(second) : 0;
    if (len && len < PROTOCOL_MAX) {
        list[0] = (unsigned char)len;
        memcpy(list + 1, second, len++);
    }
    memcpy(list + len, usual, sizeof usual - 1);
    return (unsigned)(len + sizeof usual - 1);
}

/* What is chosen must outlive the call, so it is the client's own spelling of it. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    unsigned char ours[2 * PROTOCOL_MAX], *chosen, chosen_len;
    (void)arg;
    const struct tls *tls = SSL_get_app_data(ssl);
    unsigned len = list_protocols(tls->second, ours);
    if (SSL_select_next_proto(&chosen, &chosen_len, ours, len, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    for (unsigned at = 0; at < in_len; at += in[at] + 1u)
        if (in[at] == chosen_len && memcmp(in + at + 1, chosen, chosen_len) == 0)
            *out = in + at + 1;
    *out_len = chosen_len;
    return SSL_TLSEXT_ERR_OK;
}

static int choose_certificate(SSL *ssl, int *alert, void *arg)
{
    const struct tls *tls = SSL_get_app_data(ssl);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    (void)arg;
    if (!tls->choose || !name)
        return SSL_TLSEXT_ERR_NOACK;
    struct tls_context *chosen = tls->choose(tls->choose_context, bytes_from_str(name));
    if (chosen)
        tls_context_show(chosen, ssl);
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *new_ctx(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return NULL;
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                       SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(ctx, MODES);
    /* Tickets are kept by clients; a cache would be memory that clients fill. */
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    SSL_CTX_set_tlsext_servername_callback(ctx, choose_certificate);
    SSL_CTX_set_default_passwd_cb(ctx, give_no_password);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_cipher_list(ctx, CIPHERS_TLS12) == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static SSL_CTX *load_ctx(const char *cert_file, const char *key_file, char *error, size_t error_len)
{
    struct load load = {.ctx = new_ctx(), .error = error, .error_len = error_len};
    if (!load.ctx) {
        (void)snprintf(error, error_len, "cannot set up TLS: %s", first_reason());
        return NULL;
    }
    if (load_files(&load, cert_file, key_file))
        return load.ctx;
    SSL_CTX_free(load.ctx);
    return NULL;
}

/* --- life --- */

struct tls_context *tls_context_new(const char *cert_file, const char *key_file, char *error,
                                    size_t error_len)
{
    struct tls_context *context = calloc(1, sizeof *context);
    if (!context) {
        (void)snprintf(error, error_len, "no memory");
        return NULL;
    }
    (void)pthread_mutex_init(&context->lock, NULL);
    context->cert_file = strdup(cert_file);
    context->key_file = strdup(key_file);
    if (!context->cert_file || !context->key_file)
        (void)snprintf(error, error_len, "no memory");
    else
        context->ctx = load_ctx(cert_file, key_file, error, error_len);
    if (context->ctx)
        return context;
    tls_context_free(context);
    return NULL;
}

struct tls_context *tls_context_new_client(void)
{
    struct tls_context *context = calloc(1, sizeof *context);
    if (!context)
        return NULL;
    (void)pthread_mutex_init(&context->lock, NULL);
    context->ctx = SSL_CTX_new(TLS_client_method());
    if (!context->ctx) {
        tls_context_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context->ctx, SSL_VERIFY_NONE, NULL);
    (void)SSL_CTX_set_mode(context->ctx, MODES);
    return context;
}

bool tls_context_reload(struct tls_context *context, char *error, size_t error_len)
{
    SSL_CTX *ctx = load_ctx(context->cert_file, context->key_file, error, error_len);
    if (!ctx)
        return false;
    pthread_mutex_lock(&context->lock);
    SSL_CTX *before = context->ctx;
    context->ctx = ctx;
    pthread_mutex_unlock(&context->lock);
    SSL_CTX_free(before); /* connections that have it keep it */
    return true;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ctx);
    free(context->cert_file);
    free(context->key_file);
    (void)pthread_mutex_destroy(&context->lock);
    free(context);
}

SSL *tls_context_new_ssl(struct tls_context *context)
{
    pthread_mutex_lock(&context->lock);
    SSL *ssl = SSL_new(context->ctx);
    pthread_mutex_unlock(&context->lock);
    return ssl;
}

void tls_context_show(struct tls_context *context, SSL *ssl)
{
    pthread_mutex_lock(&context->lock);
    (void)SSL_set_SSL_CTX(ssl, context->ctx); /* where it fails the first one is shown */
    pthread_mutex_unlock(&context->lock);
}
