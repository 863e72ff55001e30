#ifndef RUNTIME_AWS_ENDPOINT_H
#define RUNTIME_AWS_ENDPOINT_H

/*
 * endpoint — the region, and where a service is reached in it.
 *
 * Layer:   aws, private.
 * Memory:  texts are copies, in the struct.
 */

#include <stddef.h>

#include "runtime/aws/environment.h"
#include "runtime/core/bytes.h"

enum { AWS_REGION_MAX = 64, AWS_ENDPOINT_MAX = 512 };

struct aws_endpoint {
    char region[AWS_REGION_MAX];
    char url[AWS_ENDPOINT_MAX];  /* without a slash at its end */
    char host[AWS_ENDPOINT_MAX]; /* the value of Host: the port is there where it is not the
                                  * scheme's own */
    struct bytes origin;         /* the part of `url` before the path */
    struct bytes base;           /* the path of `url`, plain; most often empty */
};

/* Finds the endpoint of `service`, a signing name.
 *
 * profile_region, profile_url  what the profile says, or NULL: used where the environment is silent
 *
 * AWS_ENDPOINT_URL_<SERVICE> goes before AWS_ENDPOINT_URL, that before the profile's; with
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true all of these are passed over.
 *
 * false: `error` names the variable: no region, one that is no region, or an endpoint that is no
 * URL of http or https. */
bool aws_endpoint_find(struct aws_endpoint *endpoint, const char *service, aws_lookup_fn *lookup,
                       const char *profile_region, const char *profile_url, char *error,
                       size_t error_len) MUST_CHECK;

#endif
