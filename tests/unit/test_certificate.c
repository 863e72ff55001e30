#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/local/certificate.h"
#include "tests/support/tempdir.h"

/* The rig's certificate and its authority, as files and as OpenSSL reads them. */

enum { DAY_S = 24 * 3600 };

static struct tempdir folder;
static struct certificate files;

static void setup(void)
{
    tempdir_init(&folder);
}

static void teardown(void)
{
    tempdir_release(&folder);
}

TestSuite(certificate, .init = setup, .fini = teardown);

static int64_t now_s(void)
{
    return clock_ms_epoch() / 1000;
}

static void keep(int64_t at_s)
{
    char error[600] = "";
    cr_assert(certificate_keep(folder.path, at_s, &files, error, sizeof error), "%s", error);
}

static X509 *read_cert(const char *path)
{
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s", path);
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    cr_assert_not_null(cert, "%s", path);
    return cert;
}

/* As a client checks it that trusts the authority, at `at_s`; 0 or OpenSSL's reason. */
static int verify(X509 *cert, int64_t at_s)
{
    X509 *authority = read_cert(files.authority_file);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    cr_assert(X509_STORE_add_cert(store, authority));
    cr_assert(X509_STORE_CTX_init(context, store, cert, NULL));
    X509_STORE_CTX_set_time(context, 0, (time_t)at_s);
    cr_assert(X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER));
    int result = X509_verify_cert(context) == 1 ? 0 : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(authority);
    return result;
}

static int verify_own(int64_t at_s)
{
    X509 *cert = read_cert(files.cert_file);
    int result = verify(cert, at_s);
    X509_free(cert);
    return result;
}

/* What stands in a file, to tell whether it is another now. */
static void read_text(const char *path, char text[8192])
{
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s", path);
    text[fread(text, 1, 8191, file)] = '\0';
    (void)fclose(file);
}

static bool is_same(const char *path, const char *before)
{
    char now[8192];
    read_text(path, now);
    return strcmp(now, before) == 0;
}

Test(certificate, it_is_good_for_this_machine_and_its_key_is_its_owners)
{
    struct stat at;
    keep(now_s());
    cr_expect(files.is_new_authority);
    cr_expect_eq(verify_own(now_s()), 0);
    X509 *cert = read_cert(files.cert_file);
    cr_expect_eq(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
    cr_expect_eq(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
    cr_expect_eq(X509_check_ip_asc(cert, "::1", 0), 1);
    cr_expect_eq(X509_check_host(cert, "example.com", 0, 0, NULL), 0);
    X509_free(cert);
    cr_assert_eq(stat(files.key_file, &at), 0);
    cr_expect_eq(at.st_mode & 0777, 0600);
}

Test(certificate, those_of_names_are_good_for_these_alone)
{
    static const char *const names[] = {"api.localhost", "*.api.localhost"}, *const hosts[] = {
                                                                                 "api.localhost",
                                                                                 "x.api.localhost"};
    char error[600] = "", before[8192];
    keep(now_s());
    for (int i = 0; i < 2; i++) {
        cr_assert(
            certificate_keep_name(folder.path, names[i], now_s(), &files, error, sizeof error),
            "%s", error);
        cr_expect_eq(verify_own(now_s()), 0);
        cr_expect_not(files.is_new_authority);
        X509 *cert = read_cert(files.cert_file);
        cr_expect_eq(X509_check_host(cert, hosts[i], 0, 0, NULL), 1);
        cr_expect_eq(X509_check_host(cert, hosts[!i], 0, 0, NULL), 0);
        X509_free(cert);
        read_text(files.cert_file, before);
        cr_assert(
            certificate_keep_name(folder.path, names[i], now_s(), &files, error, sizeof error));
        cr_expect(is_same(files.cert_file, before));
    }
    cr_expect(
        certificate_keep_name(folder.path, "example.com", now_s(), &files, error, sizeof error));
    cr_expect_neq(verify_own(now_s()), 0, "the authority is for no other names");
}

Test(certificate, what_is_there_is_kept_and_renewed_before_it_ends)
{
    char cert[8192], authority[8192];
    int64_t now = now_s();
    keep(now);
    read_text(files.cert_file, cert);
    read_text(files.authority_file, authority);
    keep(now + 366 * DAY_S);
    cr_expect(is_same(files.cert_file, cert) && !files.is_new_authority);
    keep(now + 368 * DAY_S);
    cr_expect(!is_same(files.cert_file, cert), "29 days are left of it");
    cr_expect(is_same(files.authority_file, authority) && !files.is_new_authority);
    cr_expect_eq(verify_own(now + 368 * DAY_S), 0);
    keep(now + 3300 * (int64_t)DAY_S);
    cr_expect(files.is_new_authority, "it would end before the next certificate");
    cr_expect_eq(verify_own(now + 3300 * (int64_t)DAY_S), 0);
}

static void damage(const char *path)
{
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file);
    cr_assert_geq(fputs("no PEM\n", file), 0);
    cr_assert_eq(fclose(file), 0);
}

Test(certificate, what_is_damaged_or_does_not_belong_together_is_made_anew)
{
    char path[2 * TEMPDIR_PATH_MAX];
    keep(now_s());
    damage(files.key_file);
    keep(now_s());
    cr_expect(!files.is_new_authority);
    cr_expect_eq(verify_own(now_s()), 0);
    damage(tempdir_join(&folder, "", "ca-key.pem", path));
    keep(now_s());
    cr_expect(files.is_new_authority);
    cr_expect_eq(verify_own(now_s()), 0, "it is signed by the new one");
}

Test(certificate, the_authority_may_sign_for_no_other_name)
{
    char path[2 * TEMPDIR_PATH_MAX];
    keep(now_s());
    FILE *file = fopen(tempdir_join(&folder, "", "ca-key.pem", path), "re");
    cr_assert_not_null(file);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    X509 *cert = read_cert(files.cert_file);
    int at = X509_get_ext_by_NID(cert, NID_subject_alt_name, -1);
    X509_EXTENSION_free(X509_delete_ext(cert, at));
    X509_EXTENSION *other =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:example.com");
    cr_assert(X509_add_ext(cert, other, -1));
    cr_assert(X509_sign(cert, key, EVP_sha256()));
    cr_expect_eq(verify(cert, now_s()), X509_V_ERR_PERMITTED_VIOLATION);
    X509_EXTENSION_free(other);
    X509_free(cert);
    EVP_PKEY_free(key);
}

Test(certificate, a_folder_that_is_not_there_is_an_error_with_its_name)
{
    char error[600] = "";
    cr_expect_not(certificate_keep("/nowhere/at/all", now_s(), &files, error, sizeof error));
    cr_expect_str_eq(error, "/nowhere/at/all/tls.lock: No such file or directory");
}
