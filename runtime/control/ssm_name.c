#include <stdio.h>

#include "runtime/control/ssm_internal.h"

static bool is_plain(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '-' || c == '_' || c == '/'))
            return false;
    }
    return name.len > 0;
}

static bool begins(struct bytes name, const char *prefix)
{
    size_t len = strlen(prefix);
    return name.len >= len && bytes_ieq(bytes_make(name.ptr, len), bytes_make(prefix, len));
}

/* Names of AWS's own: "aws" and "ssm" at the beginning of the first part. */
static bool is_reserved(struct bytes name)
{
    struct bytes first = name.len && name.ptr[0] == '/' ? bytes_skip(name, 1) : name;
    return begins(first, "aws") || begins(first, "ssm");
}

static size_t count_levels(struct bytes name)
{
    size_t count = 0;
    for (size_t i = 0; i < name.len; i++)
        count += name.ptr[i] == '/';
    return count;
}

static bool fail(struct control_call *call, const char *code, const char *text)
{
    control_fail(call, 400, code, "%s", text);
    return false;
}

bool ssm_check_name(struct control_call *call, struct bytes name)
{
    size_t levels = count_levels(name);
    if (name.len > SSM_NAME_MAX)
        return fail(call, "ValidationException",
                    "Parameter name: must have length less than or equal to 1011");
    if (!is_plain(name) || name.ptr[name.len - 1] == '/' ||
        memmem(name.ptr, name.len, "//", 2) != NULL)
        return fail(call, "ValidationException",
                    "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed "
                    "as a path, it can consist of sub-paths divided by slash symbol; each sub-path "
                    "can be formed as a mix of letters, numbers and the following 3 symbols .-_");
    if (is_reserved(name)) {
        control_fail(call, 400,
                     name.ptr[0] == '/' ? "AccessDeniedException" : "ValidationException",
                     "No access to reserved parameter name: %.*s.", BYTES_ARG(name));
        return false;
    }
    if (levels && name.ptr[0] != '/')
        return fail(call, "ValidationException", "Parameter name must be a fully qualified name.");
    if (levels > SSM_LEVELS_MAX)
        return fail(call, "HierarchyLevelLimitExceededException",
                    "A parameter name can have at most 15 levels.");
    return true;
}

bool ssm_check_path(struct control_call *call, struct bytes path)
{
    if (path.len && path.ptr[0] == '/' && (path.len == 1 || is_plain(path)))
        return true;
    return fail(call, "ValidationException",
                "The parameter doesn't meet the parameter name requirements. The parameter name "
                "must begin with a forward slash \"/\". It can't be prefixed with \"aws\" or "
                "\"ssm\" (case-insensitive). It must use only letters, numbers, or the following "
                "symbols: . (period), - (hyphen), _ (underscore).");
}

/* "arn:aws:ssm:REGION:ACCOUNT:parameter/a/b" stands for "/a/b", or for "a" alone. */
static const struct parameter *find_by_arn(const struct ssm *ssm, struct bytes arn)
{
    static const struct bytes middle = BYTES_INIT(":parameter/");
    const char *at = memmem(arn.ptr, arn.len, middle.ptr, middle.len);
    if (!at)
        return NULL;
    struct bytes name = bytes_skip(arn, (size_t)(at - arn.ptr) + middle.len - 1);
    const struct parameter *found = parameters_find(&ssm->parameters, name);
    return found ? found : parameters_find(&ssm->parameters, bytes_skip(name, 1));
}

static const struct parameter *find(const struct ssm *ssm, struct bytes name)
{
    return bytes_starts_with(name, BYTES_LIT("arn:")) ? find_by_arn(ssm, name)
                                                      : parameters_find(&ssm->parameters, name);
}

enum rc ssm_find(const struct ssm *ssm, struct bytes name, struct ssm_found *found)
{
    uint64_t number = 0;
    *found = (struct ssm_found){.parameter = find(ssm, name)};
    if (found->parameter) {
        found->version = found->parameter->newest;
        return RC_OK;
    }
    size_t colon = name.len;
    while (colon && name.ptr[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return RC_NOT_FOUND;
    found->selector = bytes_skip(name, colon - 1);
    found->parameter = find(ssm, bytes_make(name.ptr, colon - 1));
    if (!found->parameter)
        return RC_NOT_FOUND;
    if (!bytes_to_u64(bytes_skip(name, colon), INT64_MAX, &number))
        return RC_CONFLICT; /* a label: there are none */
    found->version = parameter_version_find(found->parameter, (int64_t)number);
    return found->version ? RC_OK : RC_CONFLICT;
}
