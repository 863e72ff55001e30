#ifndef RUNTIME_CONTROL_SSM_INTERNAL_H
#define RUNTIME_CONTROL_SSM_INTERNAL_H

/*
 * ssm_internal — what the files of ssm share.
 *
 * Layer:   control, for ssm*.c alone.
 *
 * Functions that give bool: false means that the call has been answered with its error.
 */

#include "runtime/control/input.h"
#include "runtime/control/parameter.h"
#include "runtime/control/ssm.h"

struct ssm {
    struct ssm_options options;
    struct parameters parameters;
    unsigned char salt[16]; /* of what a SecureString looks like from outside */
    struct control_service service;
};

enum {
    SSM_NAME_MAX = 1011, /* of the ARN that is made of it */
    SSM_LEVELS_MAX = 15,
    SSM_DESCRIPTION_MAX = 1024,
    SSM_STANDARD_BYTES = 4096,
    SSM_ADVANCED_BYTES = 8192,
    SSM_NAMES_MAX = 10, /* in one call */
};

/* A name that a parameter can be put under. */
bool ssm_check_name(struct control_call *call, struct bytes name) MUST_CHECK;

/* A path of GetParametersByPath. */
bool ssm_check_path(struct control_call *call, struct bytes path) MUST_CHECK;

/* What a caller has named: a name or an ARN, maybe with ":VERSION" behind it. */
struct ssm_found {
    const struct parameter *parameter;
    const struct parameter_version *version;
    struct bytes selector; /* ":3"; empty: none was given */
};

/* RC_OK · RC_NOT_FOUND: no such parameter · RC_CONFLICT: it has no such version */
enum rc ssm_find(const struct ssm *ssm, struct bytes name, struct ssm_found *found) MUST_CHECK;

/* Puts Name, Type, Value ... of a version into `map`. */
void ssm_write_version(const struct ssm *ssm, struct control_call *call, struct datum *map,
                       const struct ssm_found *found, bool is_decrypted);

void ssm_write_arn(const struct ssm *ssm, struct control_call *call, struct datum *map,
                   const struct parameter *parameter);

/* Answers that the file could not be written. */
void ssm_fail_keep(struct control_call *call, enum rc rc);
void ssm_fail_missing(struct control_call *call, struct bytes name);

/* --- the actions --- */

control_action_fn ssm_put_parameter, ssm_delete_parameter, ssm_delete_parameters, ssm_get_parameter,
    ssm_get_parameters, ssm_get_parameters_by_path, ssm_get_parameter_history,
    ssm_describe_parameters;

#endif
