#ifndef RUNTIME_AWS_CLIENT_H
#define RUNTIME_AWS_CLIENT_H

/*
 * client — signed calls of one AWS service, over libcurl.
 *
 * Layer:   beside core; the store and the tool include it.
 * Memory:  what a call returns is in the caller's arena.
 * Threads: any number of threads may call at once; connections are kept and shared by them. A call
 *          waits (network, back-off): from a worker alone.
 *
 * Nothing is opened, resolved or initialised (TLS) before the first call. Credentials come from the
 * chain of credentials.h; the endpoint from AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, else the
 * region's own; the region from AWS_REGION, AWS_DEFAULT_REGION, else the profile. No log line has a
 * secret, a token or a signature.
 *
 * A call that failed by a lost connection, a 5xx or throttling is tried again with full jitter, as
 * often as the deadline allows and at most LIMIT_AWS_ATTEMPTS times ("Retry behavior", AWS SDKs and
 * Tools Reference Guide). Credentials that expired in between are fetched anew, once.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct aws_client;

struct aws_client_options {
    const char *service; /* its signing name: "dynamodb", "elasticloadbalancing", "monitoring" */
    /* The environment; getenv where it is NULL. Tests give their own. */
    const char *(*lookup)(const char *name);
};

struct aws_field {
    struct bytes name, value;
};

struct aws_request {
    struct bytes method;           /* "POST" */
    struct bytes path;             /* "/", not percent-encoded: the client does that */
    const struct aws_field *query; /* not encoded, in any order */
    size_t query_count;
    const struct aws_field *fields; /* "Content-Type", "X-Amz-Target" ...; not Host, not Date */
    size_t field_count;
    struct bytes body;
    /* true: doing it twice does harm (a conditional write that would then see itself); it is tried
     * again only where it is certain that it was not done: throttled, or never sent. */
    bool is_once;
};

struct aws_response {
    int status; /* 0: none came */
    struct bytes body;
    struct bytes error; /* the service's error code without namespace, such as
                         * "ConditionalCheckFailedException"; empty on success */
    struct bytes message;
    struct bytes request_id;
};

/* A client of one service. NULL: `error` says what is wrong in one line, naming the variable (no
 * region, an endpoint that is no URL). Credentials are not looked for yet. */
struct aws_client *aws_client_new(const struct aws_client_options *options, char *error,
                                  size_t error_len) MUST_CHECK;

/* NULL is harmless. No other thread may be inside a call. */
void aws_client_free(struct aws_client *client);

/* Where it calls, such as "https://dynamodb.eu-west-1.amazonaws.com"; lives as the client does. */
const char *aws_client_endpoint(const struct aws_client *client);

/* Signs and sends one request, and waits for its answer until `deadline_ms` (clock_ms_monotonic; 0:
 * none, then each attempt has LIMIT_AWS_ATTEMPT_MS).
 *
 * RC_OK: an answer of 2xx · RC_REFUSED: the service answered with an error (`error`, `message`), or
 * there are no credentials (`error` is "NoCredentials", `message` says where they were looked for),
 * or the request cannot be sent ("InvalidField": a control byte in a field, or over 32 fields) ·
 * RC_THROTTLED: attempts or time ran out while it answered with throttling · RC_UNREACHABLE: it
 * did not answer, or with 5xx to the last, or what gives credentials did not; `message` says what
 * happened · RC_TIMEOUT: the deadline
 * passed · RC_NOMEM. `response` is set in each case, its bytes in `arena`. */
enum rc aws_call(struct aws_client *client, const struct aws_request *request, int64_t deadline_ms,
                 struct arena *arena, struct aws_response *response) MUST_CHECK;

#endif
