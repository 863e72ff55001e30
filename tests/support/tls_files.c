#include "tests/support/tls_files.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

static void must(int is_done)
{
    if (!is_done)
        abort();
}

static EVP_PKEY *make_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key != NULL);
    return key;
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "we");
    must(file != NULL);
    return file;
}

static void write_key(const char *path, EVP_PKEY *key, const char *password)
{
    FILE *file = create(path);
    must(PEM_write_PKCS8PrivateKey(file, key, password ? EVP_aes_128_cbc() : NULL, password,
                                   password ? 6 : 0, NULL, NULL));
    must(fclose(file) == 0);
}

static void write_cert(const char *path, EVP_PKEY *key, long serial)
{
    X509 *cert = X509_new();
    must(cert != NULL);
    X509_NAME *name = X509_get_subject_name(cert);
    must(X509_set_version(cert, 2) && ASN1_INTEGER_set(X509_get_serialNumber(cert), serial));
    must(X509_gmtime_adj(X509_getm_notBefore(cert), -3600) &&
         X509_gmtime_adj(X509_getm_notAfter(cert), 24 * 3600L));
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                    -1, -1, 0));
    must(X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key));
    must(X509_sign(cert, key, EVP_sha256()) != 0);
    FILE *file = create(path);
    must(PEM_write_X509(file, cert));
    must(fclose(file) == 0);
    X509_free(cert);
}

void tls_files_renew(struct tls_files *files, long serial)
{
    EVP_PKEY *key = make_key();
    write_cert(files->cert, key, serial);
    write_key(files->key, key, NULL);
    write_key(files->encrypted_key, key, "secret");
    EVP_PKEY_free(key);
}

void tls_files_init(struct tls_files *files)
{
    tempdir_init(&files->dir);
    (void)tempdir_join(&files->dir, "", "cert.pem", files->cert);
    (void)tempdir_join(&files->dir, "", "key.pem", files->key);
    (void)tempdir_join(&files->dir, "", "other.pem", files->other_key);
    (void)tempdir_join(&files->dir, "", "encrypted.pem", files->encrypted_key);
    tls_files_renew(files, 1);
    EVP_PKEY *other = make_key();
    write_key(files->other_key, other, NULL);
    EVP_PKEY_free(other);
}

void tls_files_release(struct tls_files *files)
{
    tempdir_release(&files->dir);
}
