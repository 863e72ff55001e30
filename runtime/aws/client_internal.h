#ifndef RUNTIME_AWS_CLIENT_INTERNAL_H
#define RUNTIME_AWS_CLIENT_INTERNAL_H

/*
 * client_internal — a client whose credentials come from elsewhere than the chain: STS is called
 * with those of another profile, or with none.
 *
 * Layer:   aws, private.
 */

#include "runtime/aws/client.h"
#include "runtime/aws/sources.h"

struct aws_client_setup {
    const char *service;   /* borrowed */
    aws_lookup_fn *lookup; /* borrowed */
    const char *region;    /* used where the environment has none; or NULL */
    const char *url;       /* the endpoint, used where the environment has none; or NULL */
    const struct aws_credentials *credentials; /* held by the client; NULL: the chain's */
    bool is_unsigned;                          /* no credentials at all */
};

/* As aws_client_new. */
struct aws_client *aws_client_open(const struct aws_client_setup *setup, char *error,
                                   size_t error_len) MUST_CHECK;

#endif
