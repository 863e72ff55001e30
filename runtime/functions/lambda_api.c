#include <stdlib.h>

#include "runtime/functions/lambda_internal.h"

#define V2015 "/2015-03-31/functions"
#define NAMED V2015 "/{FunctionName}"
#define V2019 "/2019-09-30/functions/{FunctionName}"
#define LAYERS "/2018-10-31/layers"
#define LAYER LAYERS "/{LayerName}/versions"
#define TAGS "/2017-03-31/tags/{Resource}"
#define PROVISIONED V2019 "/provisioned-concurrency"

static const struct control_route routes[] = {
    {"POST", V2015, "CreateFunction", lambda_create_function, false},
    {"GET", V2015, "ListFunctions", lambda_list_functions, false},
    {"GET", NAMED, "GetFunction", lambda_get_function, false},
    {"DELETE", NAMED, "DeleteFunction", lambda_delete_function, false},
    {"POST", NAMED "/invocations", "Invoke", lambda_invoke, true},
    {"POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations",
     "InvokeWithResponseStream", lambda_invoke_stream, true},
    {"PUT", NAMED "/code", "UpdateFunctionCode", lambda_update_function_code, false},
    {"GET", NAMED "/configuration", "GetFunctionConfiguration", lambda_get_function_configuration,
     false},
    {"PUT", NAMED "/configuration", "UpdateFunctionConfiguration",
     lambda_update_function_configuration, false},
    {"POST", NAMED "/versions", "PublishVersion", lambda_publish_version, false},
    {"GET", NAMED "/versions", "ListVersionsByFunction", lambda_list_versions, false},
    {"POST", NAMED "/aliases", "CreateAlias", lambda_create_alias, false},
    {"GET", NAMED "/aliases", "ListAliases", lambda_list_aliases, false},
    {"GET", NAMED "/aliases/{Name}", "GetAlias", lambda_get_alias, false},
    {"PUT", NAMED "/aliases/{Name}", "UpdateAlias", lambda_update_alias, false},
    {"DELETE", NAMED "/aliases/{Name}", "DeleteAlias", lambda_delete_alias, false},
    {"POST", NAMED "/policy", "AddPermission", lambda_add_permission, false},
    {"GET", NAMED "/policy", "GetPolicy", lambda_get_policy, false},
    {"DELETE", NAMED "/policy/{StatementId}", "RemovePermission", lambda_remove_permission, false},
    {"PUT", "/2017-10-31/functions/{FunctionName}/concurrency", "PutFunctionConcurrency",
     lambda_put_concurrency, false},
    {"DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", "DeleteFunctionConcurrency",
     lambda_delete_concurrency, false},
    {"GET", V2019 "/concurrency", "GetFunctionConcurrency", lambda_get_concurrency, false},
    {"PUT", PROVISIONED, "PutProvisionedConcurrencyConfig", lambda_put_provisioned, false},
    {"GET", PROVISIONED, "GetProvisionedConcurrencyConfig", lambda_get_provisioned, false},
    {"DELETE", PROVISIONED, "DeleteProvisionedConcurrencyConfig", lambda_delete_provisioned, false},
    {"GET", LAYERS, "ListLayers", lambda_list_layers, false},
    {"POST", LAYER, "PublishLayerVersion", lambda_publish_layer, false},
    {"GET", LAYER, "ListLayerVersions", lambda_list_layer_versions, false},
    {"GET", LAYER "/{VersionNumber}", "GetLayerVersion", lambda_get_layer, false},
    {"DELETE", LAYER "/{VersionNumber}", "DeleteLayerVersion", lambda_delete_layer, false},
    {"GET", TAGS, "ListTags", lambda_list_tags, false},
    {"POST", TAGS, "TagResource", lambda_tag_resource, false},
    {"DELETE", TAGS, "UntagResource", lambda_untag_resource, false},
    {"GET", "/2020-06-30/functions/{FunctionName}/code-signing-config",
     "GetFunctionCodeSigningConfig", lambda_get_code_signing, false},
};

struct lambda_api *lambda_api_new(const struct lambda_api_options *options)
{
    struct lambda_api *api = calloc(1, sizeof *api);
    if (!api)
        return NULL;
    api->options = *options;
    api->service = (struct control_service){.name = "lambda",
                                            .invalid = "InvalidParameterValueException",
                                            .routes = routes,
                                            .route_count = sizeof routes / sizeof *routes,
                                            .context = api,
                                            .keep = options->keep};
    api->service.keep.fault = "ServiceException";
    return api;
}

void lambda_api_free(struct lambda_api *api)
{
    if (!api)
        return;
    lambda_updates_end(api);
    lambda_events_end(api);
    free(api);
}

const struct control_service *lambda_api_service(const struct lambda_api *api)
{
    return &api->service;
}
