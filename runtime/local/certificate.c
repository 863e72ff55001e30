#include "runtime/local/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "runtime/alb/state_file.h"

/*
 * What is there is looked at as a whole: four files that are readable, belong together and hold
 * long enough are left alone. Otherwise the certificate is made anew, and the authority before it
 * where that is what is missing. So a crash between two writes is mended by the next start.
 */

#define AUTHORITY_NAMES                                                                     \
    "critical,permitted;DNS:localhost,permitted;IP:127.0.0.1/255.255.255.255,permitted;IP:" \
    "0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
#define OWN_NAMES "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1"

enum {
    DAY_S = 24 * 3600,
    AUTHORITY_DAYS = 3650,
    OWN_DAYS = 397, /* browsers take no longer ones */
    RENEW_DAYS = 30,
    FILE_MAX_BYTES = 64 * 1024,
    NAMED_MAX = 240,
};

static const char authority_name[] = "ca.pem", authority_key_name[] = "ca-key.pem",
                  own_name[] = "tls.pem", own_key_name[] = "tls-key.pem";

struct pair {
    X509 *cert;
    EVP_PKEY *key;
};

struct keeper {
    const char *dir;
    time_t now;
    const char *cert_name, *key_name, *common_name, *names; /* of the certificate */
    char *error;
    size_t error_len;
};

static void pair_release(struct pair *pair)
{
    X509_free(pair->cert);
    EVP_PKEY_free(pair->key);
    *pair = (struct pair){NULL, NULL};
}

static bool fail(const struct keeper *keeper, const char *name, const char *what)
{
    (void)snprintf(keeper->error, keeper->error_len, "%s/%s: %s", keeper->dir, name, what);
    return false;
}

/* --- reading --- */

/* RC_OK also for a file that is not there, or no PEM: then nothing is read. */
static BIO *read_file(const struct keeper *keeper, const char *name, bool *is_readable)
{
    struct buf text;
    BIO *bio = NULL;
    buf_init(&text, FILE_MAX_BYTES);
    enum rc rc = state_file_read(keeper->dir, name, &text);
    *is_readable = rc != RC_IO || fail(keeper, name, strerror(errno));
    if (rc == RC_OK && (bio = BIO_new(BIO_s_mem())) != NULL)
        (void)BIO_write(bio, text.data, (int)text.len);
    buf_release(&text);
    return bio;
}

/* false: a file is there and cannot be read. */
static bool read_pair(const struct keeper *keeper, const char *cert_name, const char *key_name,
                      struct pair *pair)
{
    static char no_password[] = "";
    bool is_readable;
    BIO *bio = read_file(keeper, cert_name, &is_readable);
    if (bio)
        pair->cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (!is_readable)
        return false;
    bio = read_file(keeper, key_name, &is_readable);
    if (bio)
        pair->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, no_password);
    BIO_free(bio);
    return is_readable;
}

static bool holds_for(const struct keeper *keeper, const struct pair *pair, int64_t days)
{
    time_t then = keeper->now + (time_t)(days * DAY_S), now = keeper->now;
    return pair->cert && pair->key && X509_check_private_key(pair->cert, pair->key) == 1 &&
           X509_cmp_time(X509_get0_notAfter(pair->cert), &then) > 0 &&
           X509_cmp_time(X509_get0_notBefore(pair->cert), &now) < 0;
}

/* --- making --- */

static bool add_extension(X509 *cert, X509 *issuer, int id, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, id, value);
    bool is_added = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

/* Positive, and so that no two are the same. */
static bool set_serial(X509 *cert)
{
    unsigned char bytes[16];
    BIGNUM *number = RAND_bytes(bytes, sizeof bytes) == 1 ? BN_new() : NULL;
    bytes[0] &= 0x7f;
    bool is_set = number && BN_bin2bn(bytes, sizeof bytes, number) &&
                  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return is_set;
}

static bool set_name(X509 *cert, const char *name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                      (const unsigned char *)name, -1, -1, 0) == 1;
}

/* A certificate of `pair`'s new key, unsigned. It holds from an hour ago, for clocks that differ.
 */
static bool begin_pair(const struct keeper *keeper, struct pair *pair, const char *name,
                       int64_t days)
{
    pair_release(pair);
    pair->key = EVP_EC_gen("P-256");
    pair->cert = X509_new();
    return pair->key && pair->cert && X509_set_version(pair->cert, X509_VERSION_3) == 1 &&
           set_serial(pair->cert) && set_name(pair->cert, name) &&
           X509_set_pubkey(pair->cert, pair->key) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(pair->cert), keeper->now - 3600) &&
           ASN1_TIME_set(X509_getm_notAfter(pair->cert), keeper->now + (time_t)(days * DAY_S));
}

/* Its name has chance in it: two with one name, and different keys, confuse those who trust both.
 */
static bool make_authority(const struct keeper *keeper, struct pair *authority)
{
    char name[64];
    unsigned char chance[4];
    if (RAND_bytes(chance, sizeof chance) != 1)
        return false;
    (void)snprintf(name, sizeof name, "duet local %02x%02x%02x%02x", chance[0], chance[1],
                   chance[2], chance[3]);
    if (!begin_pair(keeper, authority, name, AUTHORITY_DAYS))
        return false;
    X509 *cert = authority->cert;
    return X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
           add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(cert, cert, NID_key_usage, "critical,keyCertSign") &&
           add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
           add_extension(cert, cert, NID_name_constraints, AUTHORITY_NAMES) &&
           X509_sign(cert, authority->key, EVP_sha256()) != 0;
}

static bool make_own(const struct keeper *keeper, const struct pair *authority, struct pair *own)
{
    if (!begin_pair(keeper, own, keeper->common_name, OWN_DAYS))
        return false;
    X509 *cert = own->cert, *issuer = authority->cert;
    return X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
           add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, issuer, NID_ext_key_usage, "serverAuth") &&
           add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
           add_extension(cert, issuer, NID_authority_key_identifier, "keyid:always") &&
           add_extension(cert, issuer, NID_subject_alt_name, keeper->names) &&
           X509_sign(cert, authority->key, EVP_sha256()) != 0;
}

/* --- writing --- */

static bool write_bio(const struct keeper *keeper, const char *name, BIO *bio, bool is_printed)
{
    char *text = NULL;
    long len = is_printed ? BIO_get_mem_data(bio, &text) : 0;
    if (len <= 0)
        return fail(keeper, name, "OpenSSL cannot print it");
    return state_file_write(keeper->dir, name, bytes_make(text, (size_t)len)) == RC_OK ||
           fail(keeper, name, strerror(errno));
}

static bool write_pair(const struct keeper *keeper, const char *cert_name, const char *key_name,
                       const struct pair *pair)
{
    BIO *key = BIO_new(BIO_s_mem()), *cert = BIO_new(BIO_s_mem());
    bool is_written =
        write_bio(keeper, key_name, key,
                  key &&
                      PEM_write_bio_PKCS8PrivateKey(key, pair->key, NULL, NULL, 0, NULL, NULL)) &&
        write_bio(keeper, cert_name, cert, cert && PEM_write_bio_X509(cert, pair->cert));
    BIO_free(key);
    BIO_free(cert);
    return is_written;
}

/* --- all of it --- */

static bool fail_making(const struct keeper *keeper, const char *name)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    return fail(keeper, name, reason ? reason : "no memory");
}

static bool keep_authority(const struct keeper *keeper, struct pair *authority, bool *is_new)
{
    if (!read_pair(keeper, authority_name, authority_key_name, authority))
        return false;
    *is_new = !holds_for(keeper, authority, OWN_DAYS);
    if (!*is_new)
        return true;
    if (!make_authority(keeper, authority))
        return fail_making(keeper, authority_name);
    return write_pair(keeper, authority_name, authority_key_name, authority);
}

static bool keep_own(const struct keeper *keeper, const struct pair *authority, struct pair *own)
{
    if (!read_pair(keeper, keeper->cert_name, keeper->key_name, own))
        return false;
    if (holds_for(keeper, own, RENEW_DAYS) && X509_verify(own->cert, authority->key) == 1)
        return true;
    if (!make_own(keeper, authority, own))
        return fail_making(keeper, keeper->cert_name);
    return write_pair(keeper, keeper->cert_name, keeper->key_name, own);
}

static int lock(const struct keeper *keeper)
{
    char path[CERTIFICATE_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/tls.lock", keeper->dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    (void)fail(keeper, "tls.lock", strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static void set_path(char path[CERTIFICATE_PATH_MAX], const char *dir, const char *name)
{
    (void)snprintf(path, CERTIFICATE_PATH_MAX, "%s/%s", dir, name);
}

static bool keep_all(struct keeper *keeper, struct certificate *out)
{
    struct pair authority = {NULL, NULL}, own = {NULL, NULL};
    *out = (struct certificate){.is_new_authority = false};
    if (strlen(keeper->dir) + 1 + strlen(keeper->key_name) >= CERTIFICATE_PATH_MAX)
        return fail(keeper, keeper->key_name, "the path is too long");
    int fd = lock(keeper);
    if (fd < 0)
        return false;
    ERR_clear_error();
    bool is_kept = keep_authority(keeper, &authority, &out->is_new_authority) &&
                   keep_own(keeper, &authority, &own);
    pair_release(&authority);
    pair_release(&own);
    ERR_clear_error();
    (void)close(fd);
    set_path(out->authority_file, keeper->dir, authority_name);
    set_path(out->cert_file, keeper->dir, keeper->cert_name);
    set_path(out->key_file, keeper->dir, keeper->key_name);
    return is_kept;
}

bool certificate_keep(const char *dir, int64_t now_epoch_s, struct certificate *out, char *error,
                      size_t error_len)
{
    struct keeper keeper = {dir,         (time_t)now_epoch_s, own_name, own_key_name,
                            "localhost", OWN_NAMES,           error,    error_len};
    return keep_all(&keeper, out);
}

bool certificate_keep_name(const char *dir, const char *name, int64_t now_epoch_s,
                           struct certificate *out, char *error, size_t error_len)
{
    char cert_name[NAMED_MAX], key_name[NAMED_MAX], names[NAMED_MAX];
    bool is_wildcard = name[0] == '*';
    (void)snprintf(cert_name, sizeof cert_name, "tls-%s%.200s.pem", is_wildcard ? "_" : "",
                   name + is_wildcard);
    (void)snprintf(key_name, sizeof key_name, "tls-%s%.200s-key.pem", is_wildcard ? "_" : "",
                   name + is_wildcard);
    (void)snprintf(names, sizeof names, "DNS:%.200s", name);
    /* A common name has 64 characters at most; what counts are the others. */
    struct keeper keeper = {
        dir, (time_t)now_epoch_s, cert_name, key_name, "duet local", names, error, error_len};
    return keep_all(&keeper, out);
}
