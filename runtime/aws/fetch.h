#ifndef RUNTIME_AWS_FETCH_H
#define RUNTIME_AWS_FETCH_H

/*
 * fetch — a GET of what gives credentials and is no service of AWS: the container's endpoint,
 * GitHub's tokens.
 *
 * Layer:   aws, private.
 * Memory:  as sources.h.
 */

#include "runtime/aws/sources.h"
#include "runtime/json/json.h"

struct aws_fetch {
    const char *what; /* for messages: "the container credentials endpoint" */
    struct bytes
        url; /* with a NUL behind it; not part of any message, since it may hold a secret */
    struct bytes authorization; /* empty: none */
};

/* GETs an answer of status 200 and reads it as a JSON object. What does not answer, answers 5xx or
 * 429 is tried again as aws_call does.
 *
 * RC_OK · RC_REFUSED: another status, or no JSON; `why` · RC_UNREACHABLE; `why` · RC_TIMEOUT ·
 * RC_NOMEM */
enum rc aws_fetch_json(struct aws_asking *asking, const struct aws_fetch *fetch,
                       cJSON **root) MUST_CHECK;

/* true for a URL that a secret may be sent to: https, or http to this machine or to the addresses
 * at which ECS and EKS have their endpoints. */
bool aws_fetch_is_safe(struct bytes url);

#endif
