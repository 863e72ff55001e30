#ifndef RUNTIME_CONTROL_SSM_H
#define RUNTIME_CONTROL_SSM_H

/*
 * ssm — Systems Manager's Parameter Store on the control port.
 *
 * Layer:   control. Knows alb/state_file.h.
 * Threads: all on the loop's thread.
 * Source:  Systems Manager API, version 2014-11-06; JSON 1.1.
 *
 * PutParameter, GetParameter (also NAME:VERSION, and by ARN), GetParameters, GetParametersByPath,
 * GetParameterHistory, DescribeParameters, DeleteParameter, DeleteParameters.
 *
 * What differs from AWS: nothing is encrypted; a SecureString that is asked for without
 * WithDecryption is an opaque text. Labels, policies, tags, allowed patterns and data types other
 * than text are refused.
 */

#include "runtime/control/control_service.h"

struct ssm;
struct parameters;

struct ssm_options {
    const char *dir;     /* folder where ssm.json keeps the parameters; NULL: nowhere; borrowed */
    const char *region;  /* Required, as all here; borrowed */
    const char *account; /* twelve digits */
};

/* With what ssm.json has, readable for its owner alone. NULL: `error` says why: no memory, or what
 * is wrong with the file. */
struct ssm *ssm_new(const struct ssm_options *options, char *error, size_t error_len) MUST_CHECK;
void ssm_free(struct ssm *ssm);

/* What it keeps; changed on the loop's thread alone. Lives as long as it. */
struct parameters *ssm_parameters(struct ssm *ssm);

/* Its row for the control port; lives as long as it. */
const struct control_service *ssm_service(const struct ssm *ssm);

#endif
