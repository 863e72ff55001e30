#ifndef RUNTIME_AWS_STS_H
#define RUNTIME_AWS_STS_H

/*
 * sts — temporary credentials from AWS's Security Token Service.
 *
 * Layer:   aws, private.
 * Memory:  as sources.h.
 *
 * The region is the environment's, else the one given, else us-east-1; the endpoint can be set with
 * AWS_ENDPOINT_URL_STS.
 */

#include "runtime/aws/sources.h"

struct sts_role {
    struct bytes arn;
    struct bytes session_name; /* empty: "duet-" and the time */
    struct bytes external_id;  /* empty: none */
    struct bytes duration_s;   /* digits; empty: what the role says, an hour */
    const char *region;        /* or NULL */
};

/* AssumeRole, signed with `credentials`. Results as aws_source_fn, but for RC_NOT_FOUND. */
enum rc sts_assume_role(struct aws_asking *asking, const struct sts_role *role,
                        const struct aws_credentials *credentials,
                        const struct aws_credentials **out) MUST_CHECK;

/* AssumeRoleWithWebIdentity: the token says who we are, nothing is signed. */
enum rc sts_assume_role_by_token(struct aws_asking *asking, const struct sts_role *role,
                                 struct bytes token, const struct aws_credentials **out) MUST_CHECK;

#endif
