#include <criterion/criterion.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "runtime/net/tls.h"
#include "tests/support/echo_httpd.h"
#include "tests/support/tls_files.h"

/* An httpd with a certificate, and clients: our own, and OpenSSL's in its many moods. */

static struct tls_files files;
static struct tls_context *context;

static void setup(void)
{
    char error[600] = "";
    (void)signal(SIGPIPE, SIG_IGN);
    tls_files_init(&files);
    context = tls_context_new(files.cert, files.key, error, sizeof error);
    cr_assert_not_null(context, "%s", error);
    echo_httpd.tls = context;
    echo_httpd_start();
}

static void teardown(void)
{
    echo_httpd_stop();
    tls_context_free(context);
    tls_files_release(&files);
}

TestSuite(tls, .init = setup, .fini = teardown);

/* --- requests --- */

Test(tls, a_connection_is_kept_and_pipelined_requests_are_answered_in_order)
{
    struct client client;
    cr_assert(client_open_tls(&client, echo_httpd.port));
    for (int i = 0; i < 3; i++) {
        cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
        echo_httpd_expect(&client, "GET /now 0");
    }
    cr_assert(
        client_send(&client, BYTES_LIT(GET("/now/1") GET("/later/2") GET("/now/3") GET("/now/4"))));
    echo_httpd_expect(&client, "GET /now/1 0");
    echo_httpd_expect(&client, "GET /later/2 0");
    echo_httpd_expect(&client, "GET /now/3 0");
    echo_httpd_expect(&client, "GET /now/4 0");
    client_close(&client);
}

Test(tls, a_request_may_come_a_record_a_byte)
{
    static const char text[] = "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    struct client client;
    cr_assert(client_open_tls(&client, echo_httpd.port));
    for (size_t i = 0; i < sizeof text - 1; i++)
        cr_assert(client_send(&client, bytes_make(text + i, 1)));
    echo_httpd_expect(&client, "POST /now 5");
    client_close(&client);
}

Test(tls, large_bodies_pass_both_ways)
{
    static char body[1024 * 1024];
    struct client client;
    struct http1_response res;
    memset(body, 'b', sizeof body);
    cr_assert(client_open_tls(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT("POST /later HTTP/1.1\r\nHost: x\r\n"
                                             "Content-Length: 1048576\r\n\r\n")));
    cr_assert(client_send(&client, bytes_make(body, sizeof body)));
    echo_httpd_expect(&client, "POST /later 1048576");
    /* Nobody reads until all are asked for, so the answers do not fit into the socket. */
    for (int i = 0; i < 4; i++)
        cr_assert(client_send(&client, BYTES_LIT(GET("/big/4000000"))));
    cr_assert(client_send(&client, BYTES_LIT(GET("/parts/300"))));
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
        cr_expect_eq(res.body.len, 4000000u);
    }
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.body.len, 3000000u);
    client_close(&client);
}

Test(tls, bad_bytes_get_their_answer_and_then_an_orderly_end)
{
    struct client client;
    struct http1_response res;
    cr_assert(client_open_tls(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT("GARBAGE\r\n\r\nmore of it")));
    cr_assert_eq(client_read(&client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 400);
    char byte;
    cr_expect_eq(tls_read(client.tls, &byte, 1), 0, "a close_notify");
    client_close(&client);
}

/* --- the handshake --- */

struct peer {
    struct client client; /* its socket alone is used */
    SSL_CTX *ctx;
    SSL *ssl;
};

/* A client of OpenSSL's on the httpd's port; its handshake has not begun. */
static void peer_init(struct peer *peer)
{
    cr_assert(client_open(&peer->client, echo_httpd.port));
    peer->ctx = SSL_CTX_new(TLS_client_method());
    cr_assert_not_null(peer->ctx);
    SSL_CTX_set_security_level(peer->ctx, 0); /* so that old versions are refused by the server */
    peer->ssl = SSL_new(peer->ctx);
    cr_assert(peer->ssl && SSL_set_fd(peer->ssl, peer->client.fd) == 1);
}

static void peer_release(struct peer *peer)
{
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->ctx);
    client_close(&peer->client);
}

/* One request and its answer, so that a ticket has come too. */
static void peer_ask(struct peer *peer)
{
    char text[1000];
    size_t len = 0;
    cr_assert_gt(SSL_write(peer->ssl, GET("/now"), (int)strlen(GET("/now"))), 0);
    while (len < sizeof text - 1) {
        int n = SSL_read(peer->ssl, text + len, (int)(sizeof text - 1 - len));
        cr_assert_gt(n, 0);
        len += (size_t)n;
        text[len] = '\0';
        if (strstr(text, "GET /now 0"))
            return;
    }
    cr_assert_fail("no answer in %s", text);
}

Test(tls, versions_1_2_and_1_3_are_spoken_and_older_ones_refused)
{
    static const struct {
        int version;
        bool is_fine;
    } rows[] = {{TLS1_VERSION, false},
                {TLS1_1_VERSION, false},
                {TLS1_2_VERSION, true},
                {TLS1_3_VERSION, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer peer;
        peer_init(&peer);
        cr_assert(SSL_set_min_proto_version(peer.ssl, rows[i].version) &&
                  SSL_set_max_proto_version(peer.ssl, rows[i].version));
        cr_expect_eq(SSL_connect(peer.ssl) == 1, rows[i].is_fine, "version %x", rows[i].version);
        if (rows[i].is_fine)
            peer_ask(&peer);
        peer_release(&peer);
    }
}

Test(tls, http_1_1_is_chosen_and_a_client_without_it_refused)
{
    static const struct {
        const char *offer, *chosen;
    } rows[] = {{"\x02h2\x08http/1.1", "http/1.1"}, {"\x08http/1.1", "http/1.1"}, {"\x02h2", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer peer;
        const unsigned char *chosen;
        unsigned len;
        peer_init(&peer);
        cr_assert_eq(SSL_set_alpn_protos(peer.ssl, (const unsigned char *)rows[i].offer,
                                         (unsigned)strlen(rows[i].offer)),
                     0);
        cr_expect_eq(SSL_connect(peer.ssl) == 1, rows[i].chosen != NULL, "row %zu", i);
        SSL_get0_alpn_selected(peer.ssl, &chosen, &len);
        cr_expect(bytes_eq(bytes_make((const char *)chosen, len), bytes_from_str(rows[i].chosen)));
        peer_release(&peer);
    }
}

Test(tls, a_session_is_resumed_in_both_versions)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        struct peer first, second;
        peer_init(&first);
        cr_assert(SSL_set_max_proto_version(first.ssl, versions[i]));
        cr_assert_eq(SSL_connect(first.ssl), 1);
        cr_expect_not(SSL_session_reused(first.ssl));
        peer_ask(&first);
        SSL_SESSION *session = SSL_get1_session(first.ssl);
        peer_init(&second);
        cr_assert(SSL_set_max_proto_version(second.ssl, versions[i]));
        cr_assert_eq(SSL_set_session(second.ssl, session), 1);
        cr_assert_eq(SSL_connect(second.ssl), 1);
        cr_expect(SSL_session_reused(second.ssl), "version %x", versions[i]);
        peer_ask(&second);
        SSL_SESSION_free(session);
        peer_release(&first);
        peer_release(&second);
    }
}

/* --- hostile and broken clients --- */

/* A ClientHello's first bytes; the record says that there are 512. */
#define HALF_HELLO "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

Test(tls, who_speaks_something_else_is_closed)
{
    static const struct bytes rows[] = {BYTES_INIT(GET("/now")), BYTES_INIT("\0\0\0\0\0\0\0\0"),
                                        BYTES_INIT("SSH-2.0-OpenSSH_9.2\r\n"),
                                        BYTES_INIT("\x16\x03\x01\x00\x04\xff\x00\x00\x00")};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client client;
        char waste[256];
        cr_assert(client_open(&client, echo_httpd.port));
        cr_assert(client_send(&client, rows[i]));
        ssize_t n;
        while ((n = recv(client.fd, waste, sizeof waste, 0)) > 0)
            cr_expect_neq(waste[0], 'H', "row %zu: no HTTP without TLS", i);
        cr_expect(n == 0 || errno == ECONNRESET, "row %zu", i);
        client_close(&client);
    }
}

Test(tls, who_leaves_in_the_middle_harms_nobody)
{
    struct client client;
    for (int i = 0; i < 20; i++) {
        cr_assert(client_open(&client, echo_httpd.port));
        cr_assert(client_send(&client, bytes_make(HALF_HELLO, (size_t)i % sizeof HALF_HELLO)));
        client_close(&client);
        /* After the handshake, with half a record on its way. */
        cr_assert(client_open_tls(&client, echo_httpd.port));
        cr_assert_eq(send(client.fd,
                          "\x17\x03\x03\x00\x40"
                          "abc",
                          8, MSG_NOSIGNAL),
                     8);
        client_close(&client);
    }
    cr_assert(client_open_tls(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
    echo_httpd_expect(&client, "GET /now 0");
    client_close(&client);
}

Test(tls, a_record_that_was_touched_ends_the_connection)
{
    struct client client;
    char waste[256];
    cr_assert(client_open_tls(&client, echo_httpd.port));
    cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
    echo_httpd_expect(&client, "GET /now 0");
    cr_assert_eq(send(client.fd,
                      "\x17\x03\x03\x00\x20"
                      "01234567890123456789012345678901",
                      37, MSG_NOSIGNAL),
                 37);
    ssize_t n;
    while ((n = recv(client.fd, waste, sizeof waste, 0)) > 0)
        ; /* the alert */
    cr_expect(n == 0 || errno == ECONNRESET);
    client_close(&client);
}

/* --- the files --- */

static void expect_refused(const char *cert, const char *key, const char *setting,
                           const char *reason)
{
    char error[600] = "", wanted[600];
    struct tls_context *other = tls_context_new(cert, key, error, sizeof error);
    cr_expect_null(other);
    (void)snprintf(wanted, sizeof wanted, "%s '%s': ", setting,
                   strstr(setting, "KEY") ? key : cert);
    cr_expect_eq(strstr(error, wanted), error, "'%s' instead of '%s'", error, wanted);
    cr_expect_not_null(strstr(error, reason), "'%s' instead of '%s'", error, reason);
    tls_context_free(other);
}

Test(tls, a_bad_file_is_named)
{
    char empty[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&files.dir, "", "empty.pem", empty), "");
    expect_refused("/nowhere/cert.pem", files.key, "DUET_TLS_CERT", "No such file or directory");
    expect_refused(files.cert, "/nowhere/key.pem", "DUET_TLS_KEY", "No such file or directory");
    expect_refused(files.key, files.key, "DUET_TLS_CERT", "no start line");
    expect_refused(empty, files.key, "DUET_TLS_CERT", "no start line");
    expect_refused(files.cert, files.cert, "DUET_TLS_KEY", "private key in PEM");
    expect_refused(files.cert, files.other_key, "DUET_TLS_KEY", "key values mismatch");
    expect_refused(files.cert, files.encrypted_key, "DUET_TLS_KEY", "without a password");
}

static long serial_of_peer(void)
{
    struct peer peer;
    peer_init(&peer);
    cr_assert_eq(SSL_connect(peer.ssl), 1);
    long serial = ASN1_INTEGER_get(X509_get0_serialNumber(SSL_get0_peer_certificate(peer.ssl)));
    peer_release(&peer);
    return serial;
}

Test(tls, new_files_are_taken_at_a_reload_and_bad_ones_are_not)
{
    struct client client;
    char error[600] = "";
    cr_assert(client_open_tls(&client, echo_httpd.port));
    cr_expect_eq(serial_of_peer(), 1);
    tls_files_renew(&files, 2);
    cr_expect_eq(serial_of_peer(), 1);
    cr_assert(tls_context_reload(context, error, sizeof error), "%s", error);
    cr_expect_eq(serial_of_peer(), 2);
    tempdir_write(files.key, "no key");
    cr_expect_not(tls_context_reload(context, error, sizeof error));
    cr_expect_not_null(strstr(error, "DUET_TLS_KEY"), "%s", error);
    cr_expect_eq(serial_of_peer(), 2);
    cr_assert(client_send(&client, BYTES_LIT(GET("/now"))));
    echo_httpd_expect(&client, "GET /now 0");
    client_close(&client);
}
