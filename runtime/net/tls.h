#ifndef RUNTIME_NET_TLS_H
#define RUNTIME_NET_TLS_H

/*
 * tls — TLS 1.2 and 1.3 on non-blocking sockets, by OpenSSL 3.
 *
 * Layer:   net. The only header of ours behind which OpenSSL stands; it includes none of its own.
 * Memory:  OpenSSL's; about 20 KB a connection, less while it is idle.
 * Threads: a tls_context is shared by any number of loops, and may be reloaded meanwhile; a tls
 *          belongs to one thread.
 * Process: OpenSSL writes by write(2), so the process must ignore SIGPIPE. Nothing of OpenSSL is
 *          set up before the first call here.
 *
 * What is spoken: ECDHE with AES-GCM or ChaCha20 alone, ALPN "http/1.1" and what
 * tls_accept is given (a client that offers others alone is refused), session resumption by
 * tickets, no renegotiation, no client certificates, no early data.
 *
 * Use: 1. tls_context_new   2. tls_accept on an accepted socket   3. tls_handshake until it is not
 *      RC_AGAIN   4. tls_read and tls_write like read(2) and write(2)   5. tls_end   6. tls_free
 */

#include <sys/types.h>

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct tls_context;
struct tls;

/* --- the listening side's certificate --- */

/* Reads a certificate with its chain and its private key, both PEM files.
 * NULL: `error` names the file and what is wrong with it, such as "DUET_TLS_KEY '/key.pem': ...";
 * the settings' names are part of it. */
struct tls_context *tls_context_new(const char *cert_file, const char *key_file, char *error,
                                    size_t error_len) MUST_CHECK;

/* Reads the files again, for connections from now on. false: `error` as above, and the certificate
 * stays what it was. Any thread. */
bool tls_context_reload(struct tls_context *context, char *error, size_t error_len) MUST_CHECK;

/* Of clients of peers that need no proof: no certificate is looked at, nor shown. NULL: no memory.
 */
struct tls_context *tls_context_new_client(void) MUST_CHECK;

/* Connections that are open may outlive it. NULL is harmless. */
void tls_context_free(struct tls_context *context);

/* --- connections --- */

/* The server's end on `fd`, which stays the caller's. `second`: a protocol's name in ALPN that is
 * preferred to "http/1.1"; NULL: none; static. NULL: no memory. */
struct tls *tls_accept(struct tls_context *context, int fd, const char *second) MUST_CHECK;

/* Which of them a client may speak; without a call of tls_limit, both. */
struct tls_versions {
    bool has_12, has_13; /* one of them at least */
};

/* Right behind tls_accept. */
void tls_limit(struct tls *tls, struct tls_versions versions);

/* Which certificate a client is shown that asks for this name (SNI); NULL: that of tls_accept. It
 * must hold during the call; the connection keeps what it needs. */
typedef struct tls_context *tls_choose_fn(void *context, struct bytes server_name);

/* Right behind tls_accept: asks `choose` in the handshake, where the client names a name. */
void tls_choose(struct tls *tls, tls_choose_fn *choose, void *context);

/* The client's end, by tls_context_new_client. NULL: no memory. */
struct tls *tls_connect(struct tls_context *context, int fd) MUST_CHECK;

/* The same with a context of its own, for a single connection, such as that to the own process's
 * server over loopback. NULL: no memory. */
struct tls *tls_connect_unverified(int fd) MUST_CHECK;

/* Goes on with the handshake.
 * RC_OK     it is done
 * RC_AGAIN  when the socket is readable, or writable where tls_wants_write says so, call again
 * RC_IO     it has failed; the alert that says why is sent */
enum rc tls_handshake(struct tls *tls) MUST_CHECK;

/* Reads at most one record's data (up to 16 KiB). 0: the peer has ended. -1: errno is EAGAIN, as
 * for tls_handshake, or ECONNRESET: the connection is broken. With room for 16 KiB nothing that
 * has come stays behind where no poll would see it. */
ssize_t tls_read(struct tls *tls, void *data, size_t len) MUST_CHECK;

/* Writes a part or all of it; -1 as above, with EAGAIN when the socket takes no more. The next call
 * after EAGAIN must begin with the same bytes; they may have moved, and more may follow. */
ssize_t tls_write(struct tls *tls, const void *data, size_t len) MUST_CHECK;

/* What was agreed on, in OpenSSL's words, which are those of AWS's access logs too. */
struct tls_facts {
    const char *version;      /* "TLSv1.3"; static */
    const char *cipher;       /* "TLS_AES_256_GCM_SHA384"; static */
    struct bytes server_name; /* that the client asked for (SNI); empty: none */
    bool is_resumed; /* the client had a session from before, and was shown no certificate */
};

/* Of a connection whose handshake is done. The name lives as long as the connection. */
void tls_describe(const struct tls *tls, struct tls_facts *facts);

/* The handshake has chosen the `second` of tls_accept. */
bool tls_speaks_second(const struct tls *tls);

/* What stopped waits for room to write, not for bytes to read. */
bool tls_wants_write(const struct tls *tls);

/* Part of a record is here. */
bool tls_has_part(const struct tls *tls);

/* Says that no more is written, as far as the socket takes it now; after it no tls_write. */
void tls_end(struct tls *tls);

/* NULL is harmless. The socket stays open. */
void tls_free(struct tls *tls);

#endif
