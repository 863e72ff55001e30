#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/base64.h"
#include "runtime/functions/lambda_internal.h"
#include "runtime/functions/package.h"

/*
 * What CreateFunction, UpdateFunctionCode and PublishLayerVersion have in common: the package is
 * taken from the call or fetched, unpacked beside the loop, and only then does anything change. The
 * call waits for it, so that a package that is refused is the call's error.
 */

enum { ERROR_LEN = 1024 };

/* --- life --- */

struct lambda_update *lambda_update_new(struct lambda_api *api, struct control_call *call,
                                        struct registry_function *function,
                                        lambda_finish_fn *finish)
{
    struct lambda_update *update = calloc(1, sizeof *update);
    if (!update) {
        lambda_no_memory(call);
        return NULL;
    }
    update->api = api;
    update->call = call;
    update->function = function;
    update->finish = finish;
    update->next = api->updates;
    api->updates = update;
    if (function)
        function->is_updating = true;
    return update;
}

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

static void on_package(void *context, struct code *code, bool is_fault, const char *error)
{
    struct lambda_update update = *(struct lambda_update *)context;
    forget(context);
    if (code)
        update.finish(&update, code);
    else
        control_fail(update.call, is_fault ? 500 : 400,
                     is_fault ? "ServiceException" : "InvalidParameterValueException", "%s", error);
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
        .architecture = update->is_layer ? NULL : update->settings.architecture,
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

void lambda_update_begin(struct lambda_update *update, const struct datum *source)
{
    struct control_call *call = update->call;
    struct bytes zip = datum_get_text(source, "ZipFile");
    bool has_bucket = datum_get(source, "S3Bucket") != NULL;
    bool has_zip = datum_get(source, "ZipFile") != NULL;
    if (datum_get(source, "ImageUri") || has_zip == has_bucket) {
        forget(update);
        control_fail(call, 400, "InvalidParameterValueException",
                     "Please provide a source for the code: ZipFile, or S3Bucket with S3Key; "
                     "container images do not run here");
    } else if (has_zip) {
        take_zip(update, zip);
    } else {
        fetch(update, source);
    }
}
