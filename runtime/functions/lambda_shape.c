#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/functions/lambda_internal.h"

/* --- what a call names --- */

struct registry_function *lambda_function(const struct lambda_api *api, struct control_call *call,
                                          struct bytes *qualifier)
{
    struct bytes text = {NULL, 0}, name, asked = {NULL, 0};
    if (!input_text(call, call->input, "FunctionName", true, &text) ||
        !input_text(call, call->input, "Qualifier", false, &asked))
        return NULL;
    registry_split(text, &name, qualifier);
    if (asked.len && qualifier->len && !bytes_eq(asked, *qualifier)) {
        control_fail(call, 400, "InvalidParameterValueException",
                     "The derived qualifier from the function name does not match the specified "
                     "qualifier.");
        return NULL;
    }
    if (asked.len)
        *qualifier = asked;
    struct registry_function *function = registry_find(api->options.registry, name);
    const struct registry_options *here = registry_options(api->options.registry);
    if (!function)
        control_fail(call, 404, "ResourceNotFoundException",
                     "Function not found: arn:aws:lambda:%s:%s:function:%.*s", here->region,
                     here->account, BYTES_ARG(name));
    return function;
}

struct registry_function *lambda_plain_function(const struct lambda_api *api,
                                                struct control_call *call)
{
    struct bytes qualifier = {NULL, 0};
    struct registry_function *function = lambda_function(api, call, &qualifier);
    if (!function || qualifier.len == 0)
        return function;
    control_fail(call, 400, "InvalidParameterValueException",
                 "This operation does not take the qualifier '%.*s'", BYTES_ARG(qualifier));
    return NULL;
}

struct registry_version *lambda_version(struct control_call *call,
                                        struct registry_function *function, struct bytes qualifier)
{
    const struct registry_alias *alias = registry_alias_find(function, qualifier);
    struct registry_version *version = alias ? registry_version_find(function, alias->version)
                                             : registry_resolve(function, qualifier);
    if (!version)
        control_fail(call, 404, "ResourceNotFoundException", "Function not found: %s:%.*s",
                     function->arn, BYTES_ARG(qualifier));
    return version;
}

struct registry_alias *lambda_alias(struct control_call *call, struct registry_function *function,
                                    struct bytes name)
{
    struct registry_alias *alias = registry_alias_find(function, name);
    if (!alias)
        control_fail(call, 404, "ResourceNotFoundException", "Cannot find alias arn: %s:%.*s",
                     function->arn, BYTES_ARG(name));
    return alias;
}

struct registry_version *lambda_published(struct control_call *call,
                                          struct registry_function *function, const char *name)
{
    struct bytes text = {NULL, 0};
    uint64_t number = 0;
    if (!input_text(call, call->input, name, true, &text))
        return NULL;
    if (bytes_eq(text, BYTES_LIT("$LATEST")))
        return function->versions;
    struct registry_version *version = bytes_to_u64(text, UINT32_MAX, &number) && number
                                           ? registry_version_find(function, (unsigned)number)
                                           : NULL;
    if (!version)
        control_fail(call, 404, "ResourceNotFoundException", "Function not found: %s:%.*s",
                     function->arn, BYTES_ARG(text));
    return version;
}

/* --- checks --- */

bool lambda_is_revision(struct control_call *call, const char *revision_id)
{
    struct bytes asked = {NULL, 0};
    if (!input_text(call, call->input, "RevisionId", false, &asked))
        return false;
    if (asked.len == 0 || bytes_eq(asked, bytes_from_str(revision_id)))
        return true;
    control_fail(call, 412, "PreconditionFailedException",
                 "The Revision Id provided does not match the latest Revision Id. Call the "
                 "GetFunction/GetAlias API to retrieve the latest Revision Id");
    return false;
}

bool lambda_is_settled(struct control_call *call, const struct registry_function *function)
{
    if (function->is_updating)
        control_fail(call, 409, "ResourceConflictException",
                     "The operation cannot be performed at this time. An update is in progress for "
                     "resource: %s",
                     function->arn);
    return !function->is_updating;
}

void lambda_no_memory(struct control_call *call)
{
    control_fail(call, 500, "ServiceException", "no memory");
}

/* --- results --- */

struct bytes lambda_keep(struct control_call *call, const char *text)
{
    struct bytes copy = {NULL, 0};
    if (arena_dup(call->arena, bytes_from_str(text), &copy) != RC_OK)
        call->maker.failed = true;
    return copy;
}

static void show_env(struct control_call *call, struct datum *result, const char *const *env)
{
    if (!*env)
        return;
    struct datum *box = datum_map(&call->maker, result, "Environment");
    struct datum *variables = datum_map(&call->maker, box, "Variables");
    for (; *env; env++) {
        struct bytes entry = lambda_keep(call, *env), name = {NULL, 0};
        size_t at = bytes_find(entry, '=');
        if (at < entry.len && arena_dup(call->arena, bytes_make(entry.ptr, at), &name) == RC_OK)
            datum_text(&call->maker, variables, name.ptr, bytes_skip(entry, at + 1));
    }
}

struct bytes lambda_time(struct control_call *call, int64_t epoch_ms)
{
    char text[CLOCK_RFC3339_LEN + 8];
    clock_rfc3339(epoch_ms, text);
    (void)snprintf(text + CLOCK_RFC3339_LEN - 1, 8, "+0000");
    return lambda_keep(call, text);
}

/* What is the same for all of them here, but for the log's format. */
static void show_constants(struct control_call *call, struct datum *result,
                           const struct registry_version *version)
{
    struct datum_maker *maker = &call->maker;
    const struct settings *settings = &version->settings;
    char group[REGISTRY_NAME_MAX + 32];
    (void)snprintf(group, sizeof group, "/aws/lambda/%s", version->function->name);
    datum_string(maker, result, "State", "Active");
    datum_string(maker, result, "PackageType", "Zip");
    datum_string(maker, datum_map(maker, result, "TracingConfig"), "Mode", "PassThrough");
    datum_int(maker, datum_map(maker, result, "EphemeralStorage"), "Size", 512);
    struct datum *snap = datum_map(maker, result, "SnapStart");
    datum_string(maker, snap, "ApplyOn", "None");
    datum_string(maker, snap, "OptimizationStatus", "Off");
    struct datum *logging = datum_map(maker, result, "LoggingConfig");
    datum_string(maker, logging, "LogFormat", settings->logs_json ? "JSON" : "Text");
    if (settings->logs_json) {
        datum_string(maker, logging, "ApplicationLogLevel",
                     settings_log_levels[settings->log_level]);
        datum_string(maker, logging, "SystemLogLevel",
                     settings_system_levels[settings->system_level]);
    }
    datum_text(maker, logging, "LogGroup", lambda_keep(call, group));
}

void lambda_show_version(struct control_call *call, struct datum *result,
                         const struct registry_version *version, const struct code *code,
                         bool is_qualified)
{
    struct datum_maker *maker = &call->maker;
    const struct settings *settings = &version->settings;
    const struct registry_function *function = version->function;
    bool is_updating = version->number == REGISTRY_LATEST && function->is_updating;
    char name[16], arn[REGISTRY_ARN_MAX + 32];
    registry_version_name(version, name);
    (void)snprintf(arn, sizeof arn, "%s%s%s", function->arn, is_qualified ? ":" : "",
                   is_qualified ? name : "");
    datum_text(maker, result, "FunctionName", lambda_keep(call, function->name));
    datum_text(maker, result, "FunctionArn", lambda_keep(call, arn));
    datum_text(maker, result, "Version", lambda_keep(call, name));
    datum_text(maker, result, "Runtime", lambda_keep(call, settings->runtime));
    datum_text(maker, result, "Role", lambda_keep(call, settings->role));
    datum_text(maker, result, "Handler", lambda_keep(call, settings->handler));
    datum_text(maker, result, "Description", lambda_keep(call, settings->description));
    datum_int(maker, result, "CodeSize", (int64_t)code->size_bytes);
    datum_text(maker, result, "CodeSha256", lambda_keep(call, code->sha256));
    datum_int(maker, result, "Timeout", settings->timeout_s);
    datum_int(maker, result, "MemorySize", settings->memory_mb);
    datum_text(maker, result, "LastModified", lambda_time(call, version->modified_epoch_ms));
    datum_text(maker, result, "RevisionId", lambda_keep(call, version->revision_id));
    datum_string(maker, result, "LastUpdateStatus", is_updating ? "InProgress" : "Successful");
    datum_text(maker, datum_list(maker, result, "Architectures"), NULL,
               lambda_keep(call, settings->architecture));
    show_env(call, result, settings->env);
    lambda_show_layers(call, result, version);
    show_constants(call, result, version);
}

static struct bytes number_text(struct control_call *call, unsigned number)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", number);
    return lambda_keep(call, number == REGISTRY_LATEST ? "$LATEST" : text);
}

void lambda_show_alias(struct control_call *call, struct datum *result,
                       const struct registry_function *function, const struct registry_alias *alias)
{
    struct datum_maker *maker = &call->maker;
    char arn[REGISTRY_ARN_MAX + REGISTRY_ALIAS_MAX + 2];
    (void)snprintf(arn, sizeof arn, "%s:%s", function->arn, alias->name);
    datum_text(maker, result, "AliasArn", lambda_keep(call, arn));
    datum_text(maker, result, "Name", lambda_keep(call, alias->name));
    datum_text(maker, result, "FunctionVersion", number_text(call, alias->version));
    datum_text(maker, result, "Description", lambda_keep(call, alias->description));
    datum_text(maker, result, "RevisionId", lambda_keep(call, alias->revision_id));
    if (alias->other == REGISTRY_LATEST)
        return;
    struct datum *routing = datum_map(maker, result, "RoutingConfig");
    struct datum *weights = datum_map(maker, routing, "AdditionalVersionWeights");
    struct bytes other = number_text(call, alias->other);
    if (other.ptr)
        datum_float(maker, weights, other.ptr, alias->other_weight);
}
