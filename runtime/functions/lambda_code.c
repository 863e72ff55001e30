#include <stdio.h>
#include <stdlib.h>

#include "runtime/functions/lambda_internal.h"
#include "runtime/functions/package_tree.h"

/* CreateFunction and UpdateFunctionCode: what becomes of a package (lambda_package.c). */

/* --- the end --- */

static struct registry_function *create(const struct lambda_update *update, struct code *code)
{
    struct control_call *call = update->call;
    struct registry *registry = update->api->options.registry;
    struct bytes name = datum_get_text(call->input, "FunctionName");
    if (registry_find(registry, name)) { /* in the meantime */
        control_fail(call, 409, "ResourceConflictException", "Function already exist: %.*s",
                     BYTES_ARG(name));
        return NULL;
    }
    struct registry_function *function = registry_create(registry, name, code, &update->settings);
    if (!function)
        lambda_no_memory(call);
    return function && lambda_take_tags(call, function) ? function : NULL;
}

static struct registry_function *change(const struct lambda_update *update, struct code *code)
{
    if (registry_update(update->function, code, &update->settings))
        return update->function;
    lambda_no_memory(update->call);
    return NULL;
}

/* The function as it is now; one that is not changed, as it would be. */
static void show(const struct lambda_update *update, struct registry_function *function,
                 const struct code *code)
{
    struct control_call *call = update->call;
    struct registry_version *version = function->versions;
    struct datum *result = control_result(call);
    bool publishes = update->publishes && !update->is_dry;
    if (publishes)
        version = registry_publish(function, datum_get_text(call->input, "Description"));
    if (!version) {
        lambda_no_memory(call);
        return;
    }
    if (!update->function)
        call->status = 201;
    lambda_show_version(call, result, version, code, publishes);
    control_answer(call, result);
}

static void finish(const struct lambda_update *update, struct code *code)
{
    struct registry_function *function = update->is_dry     ? update->function
                                         : update->function ? change(update, code)
                                                            : create(update, code);
    if (function)
        show(update, function, code);
}

/* --- the calls --- */

/* Architectures: only what this machine runs. */
static bool check_architecture(struct control_call *call)
{
    const struct datum *list = datum_get_list(call->input, "Architectures");
    const char *here = package_tree_architecture();
    if (!list || (list->count == 1 && bytes_eq(list->first->text, bytes_from_str(here))))
        return true;
    control_fail(call, 400, "InvalidParameterValueException",
                 "Architectures: this machine runs functions of the architecture %s alone", here);
    return false;
}

static bool check_name(struct control_call *call, const struct lambda_api *api)
{
    struct bytes name = {NULL, 0};
    if (!input_text(call, call->input, "FunctionName", true, &name))
        return false;
    if (!registry_is_name(name)) {
        input_refuse(call, call->input, "FunctionName",
                     "Member must have 1 to 64 letters, digits, '-' and '_'");
        return false;
    }
    if (!registry_find(api->options.registry, name))
        return true;
    control_fail(call, 409, "ResourceConflictException", "Function already exist: %.*s",
                 BYTES_ARG(name));
    return false;
}

void lambda_create_function(void *context, struct control_call *call)
{
    struct lambda_api *api = context;
    struct settings settings;
    struct bytes role = {NULL, 0};
    bool publishes = false;
    settings_init(&settings);
    if (!check_name(call, api) || !input_text(call, call->input, "Role", true, &role) ||
        !lambda_read_settings(api, call, &settings) || !check_architecture(call) ||
        !lambda_check_tags(call) || !input_flag(call, call->input, "Publish", &publishes))
        return;
    struct lambda_update *update = lambda_update_new(api, call, NULL, finish);
    if (!update)
        return;
    update->settings = settings;
    update->publishes = publishes;
    lambda_update_begin(update, datum_get(call->input, "Code"));
}

void lambda_update_function_code(void *context, struct control_call *call)
{
    bool publishes = false, is_dry = false;
    struct registry_function *function = lambda_plain_function(context, call);
    if (!function || !lambda_is_settled(call, function) ||
        !lambda_is_revision(call, function->versions->revision_id) || !check_architecture(call) ||
        !input_flag(call, call->input, "Publish", &publishes) ||
        !input_flag(call, call->input, "DryRun", &is_dry))
        return;
    struct lambda_update *update = lambda_update_new(context, call, function, finish);
    if (!update)
        return;
    update->settings = function->versions->settings; /* which nobody changes meanwhile */
    update->publishes = publishes;
    update->is_dry = is_dry;
    lambda_update_begin(update, call->input);
}
