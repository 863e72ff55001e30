#include "runtime/functions/lambda_internal.h"

/* Lambda's page of ListFunctions and ListVersionsByFunction. */
enum { PAGE_USUAL = 50, PAGE_MAX = 10000 };

void lambda_get_function_configuration(void *context, struct control_call *call)
{
    struct bytes qualifier = {NULL, 0};
    struct registry_function *function = lambda_function(context, call, &qualifier);
    struct registry_version *version = function ? lambda_version(call, function, qualifier) : NULL;
    if (!version)
        return;
    struct datum *result = control_result(call);
    lambda_show_version(call, result, version, version->code, qualifier.len > 0);
    control_answer(call, result);
}

void lambda_get_function(void *context, struct control_call *call)
{
    struct bytes qualifier = {NULL, 0}, location = {NULL, 0};
    struct registry_function *function = lambda_function(context, call, &qualifier);
    struct registry_version *version = function ? lambda_version(call, function, qualifier) : NULL;
    if (!version)
        return;
    struct datum *result = control_result(call);
    lambda_show_version(call, datum_map(&call->maker, result, "Configuration"), version,
                        version->code, qualifier.len > 0);
    struct datum *code = datum_map(&call->maker, result, "Code");
    if (arena_printf(call->arena, &location, "file://%s", version->code->program) != RC_OK)
        call->maker.failed = true;
    datum_string(&call->maker, code, "RepositoryType", "S3");
    datum_text(&call->maker, code, "Location", location);
    if (function->reserved >= 0)
        datum_int(&call->maker, datum_map(&call->maker, result, "Concurrency"),
                  "ReservedConcurrentExecutions", function->reserved);
    if (function->tags)
        lambda_show_tags(call, result, function);
    control_answer(call, result);
}

void lambda_list_functions(void *context, struct control_call *call)
{
    const struct lambda_api *api = context;
    struct input_page page;
    size_t count = 0, at = 0;
    const struct registry_function *function = registry_first(api->options.registry);
    for (const struct registry_function *next = function; next; next = next->next)
        count++;
    if (!input_page(call, "MaxItems", PAGE_MAX, PAGE_USUAL, "Marker",
                    "InvalidParameterValueException", count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Functions");
    for (; function; function = function->next, at++)
        if (at >= page.from && at < page.to)
            lambda_show_version(call, datum_map(&call->maker, list, NULL), function->versions,
                                function->versions->code, false);
    input_page_next(call, result, "NextMarker", &page, count);
    control_answer(call, result);
}

/* --- versions --- */

/* The parameter CodeSha256, when it is there, is that of $LATEST. */
static bool is_code(struct control_call *call, const struct registry_function *function)
{
    struct bytes asked = {NULL, 0};
    const char *sha256 = function->versions->code->sha256;
    if (!input_text(call, call->input, "CodeSha256", false, &asked))
        return false;
    if (asked.len == 0 || bytes_eq(asked, bytes_from_str(sha256)))
        return true;
    control_fail(call, 400, "InvalidParameterValueException",
                 "CodeSHA256 (%.*s) is different from current CodeSHA256 in $LATEST (%s). Please "
                 "try again with the CodeSHA256 in $LATEST.",
                 BYTES_ARG(asked), sha256);
    return false;
}

void lambda_publish_version(void *context, struct control_call *call)
{
    struct bytes description = {NULL, 0};
    struct registry_function *function = lambda_plain_function(context, call);
    if (!function || !lambda_is_settled(call, function) ||
        !lambda_is_revision(call, function->versions->revision_id) || !is_code(call, function) ||
        !input_text(call, call->input, "Description", false, &description))
        return;
    if (description.len > 256) {
        input_refuse(call, call->input, "Description",
                     "Member must have length less than or equal to 256");
        return;
    }
    struct datum *result = control_result(call);
    const struct registry_version *version = registry_publish(function, description);
    if (!version) {
        lambda_no_memory(call);
        return;
    }
    lambda_show_version(call, result, version, version->code, true);
    call->status = 201;
    control_answer(call, result);
}

void lambda_list_versions(void *context, struct control_call *call)
{
    struct input_page page;
    size_t count = 0, at = 0;
    const struct registry_function *function = lambda_plain_function(context, call);
    if (!function)
        return;
    const struct registry_version *version = function->versions;
    for (const struct registry_version *next = version; next; next = next->next)
        count++;
    if (!input_page(call, "MaxItems", PAGE_MAX, PAGE_USUAL, "Marker",
                    "InvalidParameterValueException", count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Versions");
    for (; version; version = version->next, at++)
        if (at >= page.from && at < page.to)
            lambda_show_version(call, datum_map(&call->maker, list, NULL), version, version->code,
                                true);
    input_page_next(call, result, "NextMarker", &page, count);
    control_answer(call, result);
}

/* --- the end --- */

/* An alias that has the version. */
static const struct registry_alias *holder_of(const struct registry_version *version)
{
    const struct registry_alias *alias = version->function->aliases;
    while (alias && alias->version != version->number && alias->other != version->number)
        alias = alias->next;
    return alias;
}

static bool delete_version(struct control_call *call, struct registry_function *function,
                           struct bytes qualifier)
{
    struct registry_version *version = registry_resolve(function, qualifier);
    const struct registry_alias *holder = version ? holder_of(version) : NULL;
    if (registry_alias_find(function, qualifier) || (version && version->number == REGISTRY_LATEST))
        control_fail(call, 400, "InvalidParameterValueException",
                     "%.*s cannot be deleted as a version: it is an alias, or $LATEST",
                     BYTES_ARG(qualifier));
    else if (holder)
        control_fail(call, 409, "ResourceConflictException",
                     "Version %u is currently referenced by the alias %s", version->number,
                     holder->name);
    else if (version) /* one that is not there is deleted, as on AWS */
        registry_version_delete(version);
    return !call->is_answered;
}

void lambda_delete_function(void *context, struct control_call *call)
{
    struct bytes qualifier = {NULL, 0};
    struct registry_function *function = lambda_function(context, call, &qualifier);
    if (!function || !lambda_is_settled(call, function))
        return;
    if (qualifier.len == 0)
        registry_delete(function);
    else if (!delete_version(call, function, qualifier))
        return;
    control_answer_raw(call, 204, BYTES_LIT("application/json"), bytes_make(NULL, 0));
}

/* --- what Terraform looks at --- */

void lambda_get_code_signing(void *context, struct control_call *call)
{
    const struct registry_function *function = lambda_plain_function(context, call);
    if (!function)
        return;
    struct datum *result = control_result(call);
    datum_text(&call->maker, result, "FunctionName", lambda_keep(call, function->name));
    control_answer(call, result);
}
