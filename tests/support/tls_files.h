#ifndef TESTS_SUPPORT_TLS_FILES_H
#define TESTS_SUPPORT_TLS_FILES_H

/* tls_files — a certificate of a test's own and its key, made anew, as PEM files in a folder. */

#include "tests/support/tempdir.h"

struct tls_files {
    struct tempdir dir;
    char cert[2 * TEMPDIR_PATH_MAX], key[2 * TEMPDIR_PATH_MAX];
    char other_key[2 * TEMPDIR_PATH_MAX];     /* of no certificate */
    char encrypted_key[2 * TEMPDIR_PATH_MAX]; /* the key, under a password */
};

/* Makes the folder and all files; aborts the test when it cannot. */
void tls_files_init(struct tls_files *files);

/* Replaces certificate and key by others, whose serial number is `serial` (1 after the start). */
void tls_files_renew(struct tls_files *files, long serial);

void tls_files_release(struct tls_files *files);

#endif
