#ifndef RUNTIME_AWS_CREDENTIALS_H
#define RUNTIME_AWS_CREDENTIALS_H

/*
 * credentials — who we are to AWS, and for how long.
 *
 * Layer:   aws, private.
 * Memory:  credentials are counted references to something that does not change; the last release
 *          wipes them.
 * Threads: any.
 */

#include "runtime/core/bytes.h"

struct aws_credentials {
    struct bytes access_key_id, secret_access_key;
    struct bytes session_token; /* empty: none */
    int64_t expires_ms;         /* since 1970; 0: never, or not known */
};

/* Credentials with one reference, of copies of the three texts. NULL: no memory. */
const struct aws_credentials *aws_credentials_new(struct bytes access_key_id,
                                                  struct bytes secret_access_key,
                                                  struct bytes session_token,
                                                  int64_t expires_ms) MUST_CHECK;

/* Another reference to the same. */
const struct aws_credentials *aws_credentials_hold(const struct aws_credentials *credentials);

/* Gives a reference back. NULL is harmless. */
void aws_credentials_release(const struct aws_credentials *credentials);

#endif
