#ifndef RUNTIME_FUNCTIONS_LAMBDA_API_H
#define RUNTIME_FUNCTIONS_LAMBDA_API_H

/*
 * lambda_api — Lambda's API, version 2015-03-31, on a registry of functions.
 *
 * Layer:   functions. Knows control, registry, package.
 * Threads: all on the loop's thread.
 * Source:  AWS Lambda API reference; shapes and paths as botocore 1.44's model has them.
 *
 * Calls that wait (Invoke, and those that bring code) are answered later: the control port stays
 * until lambda_api_free and registry_free have answered what is open.
 */

#include "runtime/control/control_service.h"
#include "runtime/functions/registry.h"

struct lambda_api;

/* The bytes of an object: once for each lambda_fetch_fn that gave true, never inside it. error:
 * NULL, or why there are none. `zip` is valid during the call. */
typedef void lambda_fetched_fn(void *context, struct bytes zip, const char *error);

/* Begins to fetch an object. false: `error` says why not. */
typedef bool lambda_fetch_fn(void *context, struct bytes bucket, struct bytes key,
                             lambda_fetched_fn *on_fetched, void *fetched_context, char *error,
                             size_t error_len);

struct lambda_api_options {
    struct registry *registry; /* Required: borrowed, and freed after the API. */
    /* Required: an absolute path, for packages to be unpacked in; asked for before each. NULL:
     * there can be none, errno says why. */
    const char *(*folder)(void *context);
    void *folder_context;
    const char *store;        /* package_options.store; borrowed */
    struct control_keep keep; /* how functions are kept; its fault is filled in here */
    lambda_fetch_fn *fetch;   /* NULL: there is no S3 */
    void *context;            /* of fetch */
};

/* NULL: no memory. */
struct lambda_api *lambda_api_new(const struct lambda_api_options *options) MUST_CHECK;

/* What brings code is answered with an error, what waits to be called again is dropped. NULL is
 * harmless. */
void lambda_api_free(struct lambda_api *api);

/* Lives as the API does. */
const struct control_service *lambda_api_service(const struct lambda_api *api);

#endif
