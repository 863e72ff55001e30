#include <stdio.h>

#include "runtime/functions/lambda_internal.h"

/* The numbers that AdditionalVersionWeights may have: one version beside the alias's own. */
static bool read_weights(struct control_call *call, struct registry_function *function,
                         const struct datum *weights, struct registry_alias *alias)
{
    uint64_t number = 0;
    double weight = 0;
    const struct datum *entry = weights ? weights->first : NULL;
    alias->other = REGISTRY_LATEST;
    alias->other_weight = 0;
    if (!entry)
        return true;
    if (weights->count > 1 || !bytes_to_u64(entry->name, UINT32_MAX, &number) || number == 0 ||
        number == alias->version || alias->version == REGISTRY_LATEST ||
        datum_to_float(entry, &weight) != RC_OK || !(weight >= 0 && weight <= 1)) {
        control_fail(call, 400, "InvalidParameterValueException",
                     "AdditionalVersionWeights: one version beside the alias's own, both "
                     "published, with a weight from 0 to 1");
        return false;
    }
    if (!registry_version_find(function, (unsigned)number)) {
        control_fail(call, 404, "ResourceNotFoundException", "Function not found: %s:%llu",
                     function->arn, (unsigned long long)number);
        return false;
    }
    alias->other = (unsigned)number;
    alias->other_weight = weight;
    return true;
}

/* What CreateAlias and UpdateAlias share; what is not there stays. */
static bool read_alias(struct control_call *call, struct registry_function *function,
                       struct registry_alias *alias)
{
    struct bytes description = {NULL, 0};
    const struct datum *routing = datum_get(call->input, "RoutingConfig");
    if (datum_get(call->input, "FunctionVersion")) {
        const struct registry_version *version =
            lambda_published(call, function, "FunctionVersion");
        if (!version)
            return false;
        alias->version = version->number;
        if (alias->other == alias->version || alias->version == REGISTRY_LATEST)
            alias->other = REGISTRY_LATEST;
    }
    if (!input_text(call, call->input, "Description", false, &description))
        return false;
    if (description.len >= sizeof alias->description) {
        input_refuse(call, call->input, "Description",
                     "Member must have length less than or equal to 256");
        return false;
    }
    if (datum_get(call->input, "Description"))
        (void)snprintf(alias->description, sizeof alias->description, "%.*s",
                       BYTES_ARG(description));
    return !routing ||
           read_weights(call, function, datum_get(routing, "AdditionalVersionWeights"), alias);
}

static void answer(struct control_call *call, const struct registry_function *function,
                   const struct registry_alias *alias)
{
    struct datum *result = control_result(call);
    lambda_show_alias(call, result, function, alias);
    control_answer(call, result);
}

void lambda_create_alias(void *context, struct control_call *call)
{
    struct registry_alias alias = {.other = REGISTRY_LATEST};
    struct bytes name = {NULL, 0};
    struct registry_function *function = lambda_plain_function(context, call);
    if (!function || !input_text(call, call->input, "Name", true, &name))
        return;
    if (!registry_is_alias_name(name)) {
        input_refuse(call, call->input, "Name",
                     "Member must have 1 to 128 letters, digits, '-' and '_', and be no number");
        return;
    }
    if (registry_alias_find(function, name)) {
        control_fail(call, 409, "ResourceConflictException", "Alias already exists: %s:%.*s",
                     function->arn, BYTES_ARG(name));
        return;
    }
    if (!lambda_published(call, function, "FunctionVersion") || !read_alias(call, function, &alias))
        return;
    (void)snprintf(alias.name, sizeof alias.name, "%.*s", BYTES_ARG(name));
    const struct registry_alias *made = registry_alias_add(function, &alias);
    call->status = 201;
    if (made)
        answer(call, function, made);
    else
        lambda_no_memory(call);
}

/* The alias that the path names. */
static struct registry_alias *find(void *context, struct control_call *call,
                                   struct registry_function **function)
{
    *function = lambda_plain_function(context, call);
    return *function ? lambda_alias(call, *function, datum_get_text(call->input, "Name")) : NULL;
}

void lambda_update_alias(void *context, struct control_call *call)
{
    struct registry_function *function;
    struct registry_alias *alias = find(context, call, &function);
    if (!alias || !lambda_is_revision(call, alias->revision_id))
        return;
    struct registry_alias changed = *alias;
    if (!read_alias(call, function, &changed))
        return;
    *alias = changed;
    registry_alias_touch(function, alias);
    answer(call, function, alias);
}

void lambda_get_alias(void *context, struct control_call *call)
{
    struct registry_function *function;
    const struct registry_alias *alias = find(context, call, &function);
    if (alias)
        answer(call, function, alias);
}

void lambda_list_aliases(void *context, struct control_call *call)
{
    struct input_page page;
    size_t count = 0, at = 0;
    const struct registry_version *version = NULL;
    struct registry_function *function = lambda_plain_function(context, call);
    if (!function)
        return;
    if (datum_get(call->input, "FunctionVersion")) {
        version = lambda_published(call, function, "FunctionVersion");
        if (!version)
            return;
    }
    for (const struct registry_alias *alias = function->aliases; alias; alias = alias->next)
        count += !version || alias->version == version->number;
    if (!input_page(call, "MaxItems", 10000, 50, "Marker", "InvalidParameterValueException", count,
                    &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Aliases");
    for (const struct registry_alias *alias = function->aliases; alias; alias = alias->next) {
        if (version && alias->version != version->number)
            continue;
        if (at >= page.from && at < page.to)
            lambda_show_alias(call, datum_map(&call->maker, list, NULL), function, alias);
        at++;
    }
    input_page_next(call, result, "NextMarker", &page, count);
    control_answer(call, result);
}

void lambda_delete_alias(void *context, struct control_call *call)
{
    struct registry_function *function = lambda_plain_function(context, call);
    struct registry_alias *alias =
        function ? registry_alias_find(function, datum_get_text(call->input, "Name")) : NULL;
    if (!function)
        return;
    if (alias) /* one that is not there is deleted, as on AWS */
        registry_alias_delete(function, alias);
    control_answer_raw(call, 204, BYTES_LIT("application/json"), bytes_make(NULL, 0));
}
