#include "runtime/control/ssm_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static const struct control_action actions[] = {
    {"PutParameter", ssm_put_parameter},
    {"GetParameter", ssm_get_parameter},
    {"GetParameters", ssm_get_parameters},
    {"GetParametersByPath", ssm_get_parameters_by_path},
    {"GetParameterHistory", ssm_get_parameter_history},
    {"DescribeParameters", ssm_describe_parameters},
    {"DeleteParameter", ssm_delete_parameter},
    {"DeleteParameters", ssm_delete_parameters},
};

void ssm_fail_keep(struct control_call *call, enum rc rc)
{
    control_fail(call, 500, "InternalServerError", "The parameters cannot be kept: %s",
                 rc == RC_IO ? strerror(errno) : "no room");
}

void ssm_fail_missing(struct control_call *call, struct bytes name)
{
    control_fail(call, 400, "ParameterNotFound", "Parameter %.*s not found.", BYTES_ARG(name));
}

struct ssm *ssm_new(const struct ssm_options *options, char *error, size_t error_len)
{
    struct ssm *ssm = calloc(1, sizeof *ssm);
    if (!ssm) {
        (void)snprintf(error, error_len, "no memory for parameters");
        return NULL;
    }
    ssm->options = *options;
    (void)!getrandom(ssm->salt, sizeof ssm->salt, 0);
    ssm->service = (struct control_service){
        .name = "ssm",
        .target = "AmazonSSM",
        .invalid = "ValidationException",
        .actions = actions,
        .action_count = sizeof actions / sizeof actions[0],
        .context = ssm,
    };
    if (parameters_init(&ssm->parameters, options->dir, error, error_len))
        return ssm;
    ssm_free(ssm);
    return NULL;
}

void ssm_free(struct ssm *ssm)
{
    if (ssm)
        parameters_release(&ssm->parameters);
    free(ssm);
}

struct parameters *ssm_parameters(struct ssm *ssm)
{
    return &ssm->parameters;
}

const struct control_service *ssm_service(const struct ssm *ssm)
{
    return &ssm->service;
}
