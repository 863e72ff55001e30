#ifndef RUNTIME_CORE_LAMBDA_CONTEXT_H
#define RUNTIME_CORE_LAMBDA_CONTEXT_H

/*
 * lambda_context — what Lambda says of an invocation beside its event, for handlers that ask.
 *
 * Layer:   core; plain values. The Lambda home fills it, the server home has none.
 * Memory:  views into the request's memory; gone with the request.
 * Source:  the headers of GET next, "Using the Lambda runtime API for custom runtimes".
 *
 * A service that runs in both homes must do without it: `req->lambda` is NULL in the server home.
 */

#include "runtime/core/bytes.h"

struct lambda_context {
    struct bytes request_id;       /* one value for all attempts of a call; never empty */
    struct bytes function_arn;     /* as invoked: with the alias or version in it */
    struct bytes trace_id;         /* X-Ray's; empty: not traced, and _X_AMZN_TRACE_ID is unset */
    struct bytes client_context;   /* JSON text of a mobile client, or empty */
    struct bytes cognito_identity; /* JSON text {"cognitoIdentityId",...}, or empty */
    struct bytes tenant_id;        /* of a function with tenant isolation, or empty */
    int64_t deadline_epoch_ms;     /* when Lambda ends the invocation; 0: it did not say */
};

#endif
