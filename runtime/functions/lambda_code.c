#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "runtime/functions/lambda_internal.h"
#include "runtime/functions/package.h"
#include "runtime/functions/package_tree.h"

/*
 * CreateFunction and UpdateFunctionCode: the package is taken from the call or fetched, unpacked
 * beside the loop, and only then does anything change. The call waits for it, so that a package
 * that is refused is the call's error.
 */

enum { ERROR_LEN = 1024 };

struct lambda_update {
    struct lambda_api *api;
    struct control_call *call;
    struct registry_function *function; /* NULL: it is to be made */
    struct settings settings;           /* of $LATEST after it; texts live in the call's arena */
    struct package *package;            /* while it is unpacked */
    bool is_dry, publishes;
    struct lambda_update *next;
};

/* --- the end --- */

static void forget(struct lambda_update *update)
{
    struct lambda_update **link = &update->api->updates;
    while (*link != update)
        link = &(*link)->next;
    *link = update->next;
    if (update->function)
        update->function->is_updating = false;
    free(update);
}

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

static void on_package(void *context, struct code *code, bool is_fault, const char *error)
{
    struct lambda_update update = *(struct lambda_update *)context;
    forget(context);
    if (!code) {
        control_fail(update.call, is_fault ? 500 : 400,
                     is_fault ? "ServiceException" : "InvalidParameterValueException", "%s", error);
        return;
    }
    struct registry_function *function = update.is_dry     ? update.function
                                         : update.function ? change(&update, code)
                                                           : create(&update, code);
    if (function)
        show(&update, function, code);
    code_unref(code);
}

void lambda_updates_end(struct lambda_api *api)
{
    while (api->updates) {
        struct control_call *call = api->updates->call;
        if (api->updates->package)
            package_cancel(api->updates->package);
        forget(api->updates);
        control_fail(call, 500, "ServiceException", "the rig ends");
    }
}

/* --- where the package is --- */

static bool unpack(struct lambda_update *update, struct bytes zip, char *error, size_t error_len)
{
    const struct lambda_api_options *api = &update->api->options;
    struct package_options options = {
        .loop = registry_options(api->registry)->loop,
        .folder = api->folder(api->folder_context),
        .architecture = update->settings.architecture,
        .store = update->is_dry ? NULL : api->store,
        .on_done = on_package,
        .context = update,
    };
    if (options.folder)
        update->package = package_start(&options, zip, error, error_len);
    else
        (void)snprintf(error, error_len, "cannot make a folder for packages: %s", strerror(errno));
    return update->package != NULL;
}

static void fail_machine(struct lambda_update *update, const char *error)
{
    struct control_call *call = update->call;
    forget(update);
    control_fail(call, 500, "ServiceException", "%s", error);
}

/* From the call itself. */
static void take_zip(struct lambda_update *update, struct bytes text)
{
    struct control_call *call = update->call;
    char error[ERROR_LEN];
    size_t len = base64_decoded_len(text);
    char *zip = malloc(len + 1);
    if (!zip) {
        fail_machine(update, "no memory");
        return;
    }
    if (base64_decode(text, zip) != RC_OK) {
        forget(update);
        control_fail(call, 400, "InvalidParameterValueException", "ZipFile is not base64");
    } else if (!unpack(update, bytes_make(zip, len), error, sizeof error)) {
        fail_machine(update, error);
    }
    free(zip);
}

static void on_fetched(void *context, struct bytes zip, const char *error)
{
    struct lambda_update *update = context;
    struct control_call *call = update->call;
    char reason[ERROR_LEN];
    if (error) {
        forget(update);
        control_fail(call, 400, "InvalidParameterValueException",
                     "Error occurred while GetObject. %s", error);
    } else if (!unpack(update, zip, reason, sizeof reason)) {
        fail_machine(update, reason);
    }
}

static void fetch(struct lambda_update *update, const struct datum *source)
{
    struct control_call *call = update->call;
    const struct lambda_api_options *options = &update->api->options;
    char error[ERROR_LEN] = "there is no S3 here: start duet local with --forward s3=URL";
    struct bytes key = datum_get_text(source, "S3Key");
    if (key.len == 0)
        (void)snprintf(error, sizeof error, "S3Bucket comes with an S3Key");
    else if (options->fetch && options->fetch(options->context, datum_get_text(source, "S3Bucket"),
                                              key, on_fetched, update, error, sizeof error))
        return;
    forget(update);
    control_fail(call, 400, "InvalidParameterValueException", "Error occurred while GetObject. %s",
                 error);
}

/* Takes what `source` (Code of CreateFunction, the input of UpdateFunctionCode) says. */
static void begin(struct lambda_update *update, const struct datum *source)
{
    struct control_call *call = update->call;
    struct bytes zip = datum_get_text(source, "ZipFile");
    bool has_bucket = datum_get(source, "S3Bucket") != NULL;
    bool has_zip = datum_get(source, "ZipFile") != NULL;
    if (datum_get(source, "ImageUri") || has_zip == has_bucket) {
        forget(update);
        control_fail(call, 400, "InvalidParameterValueException",
                     "Please provide a source for function code: ZipFile, or S3Bucket with S3Key; "
                     "container images do not run here");
    } else if (has_zip) {
        take_zip(update, zip);
    } else {
        fetch(update, source);
    }
}

/* --- the calls --- */

/* NULL: it is answered. */
static struct lambda_update *update_new(struct lambda_api *api, struct control_call *call,
                                        struct registry_function *function)
{
    struct lambda_update *update = calloc(1, sizeof *update);
    if (!update) {
        lambda_no_memory(call);
        return NULL;
    }
    update->api = api;
    update->call = call;
    update->function = function;
    update->next = api->updates;
    api->updates = update;
    if (function)
        function->is_updating = true;
    return update;
}

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
        !lambda_read_settings(call, &settings) || !check_architecture(call) ||
        !lambda_check_tags(call) || !input_flag(call, call->input, "Publish", &publishes))
        return;
    struct lambda_update *update = update_new(api, call, NULL);
    if (!update)
        return;
    update->settings = settings;
    update->publishes = publishes;
    begin(update, datum_get(call->input, "Code"));
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
    struct lambda_update *update = update_new(context, call, function);
    if (!update)
        return;
    update->settings = function->versions->settings; /* which nobody changes meanwhile */
    update->publishes = publishes;
    update->is_dry = is_dry;
    begin(update, call->input);
}
