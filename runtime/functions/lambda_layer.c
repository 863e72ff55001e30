#include <stdio.h>

#include "runtime/functions/lambda_internal.h"

/* Layers: PublishLayerVersion and what looks at its work; Layers of a function. */

enum { PAGE_USUAL = 50, PAGE_MAX = 50 };

/* --- results --- */

static void show_version(struct control_call *call, struct datum *result,
                         const struct layer_version *version)
{
    struct datum_maker *maker = &call->maker;
    datum_text(maker, result, "LayerVersionArn", lambda_keep(call, version->arn));
    datum_int(maker, result, "Version", version->number);
    datum_text(maker, result, "Description", lambda_keep(call, version->description));
    datum_text(maker, result, "CreatedDate", lambda_time(call, version->created_epoch_ms));
    if (version->license[0])
        datum_text(maker, result, "LicenseInfo", lambda_keep(call, version->license));
}

static void show_content(struct control_call *call, struct datum *result,
                         const struct layer_version *version)
{
    struct datum_maker *maker = &call->maker;
    struct datum *content = datum_map(maker, result, "Content");
    struct bytes location = {NULL, 0};
    if (arena_printf(call->arena, &location, "file://%s", version->code->folder) != RC_OK)
        maker->failed = true;
    datum_text(maker, content, "Location", location);
    datum_text(maker, content, "CodeSha256", lambda_keep(call, version->code->sha256));
    datum_int(maker, content, "CodeSize", (int64_t)version->code->size_bytes);
    datum_text(maker, result, "LayerArn", lambda_keep(call, version->layer->arn));
    show_version(call, result, version);
}

void lambda_show_layers(struct control_call *call, struct datum *result,
                        const struct registry_version *version)
{
    const struct layers *layers = registry_layers(version->function->registry);
    const char *const *arn = version->settings.layers;
    struct datum *list = *arn ? datum_list(&call->maker, result, "Layers") : NULL;
    for (; *arn; arn++) {
        const struct layer_version *layer = layers_find_arn(layers, bytes_from_str(*arn));
        struct datum *item = datum_map(&call->maker, list, NULL);
        datum_text(&call->maker, item, "Arn", lambda_keep(call, *arn));
        datum_int(&call->maker, item, "CodeSize", layer ? (int64_t)layer->code->size_bytes : 0);
    }
}

/* --- Layers of a function --- */

/* NULL: it is answered. */
static const struct layer_version *take(const struct layers *layers, struct control_call *call,
                                        struct bytes arn)
{
    const struct layer_version *version = layers_find_arn(layers, arn);
    if (version && !version->is_deleted)
        return version;
    control_fail(call, 400, "InvalidParameterValueException", "Layer version %.*s does not exist.",
                 BYTES_ARG(arn));
    return NULL;
}

/* false: it is answered. */
static bool is_new(struct control_call *call, const struct layers *layers, const char *const *arns,
                   const struct layer_version *version)
{
    for (; *arns; arns++)
        if (layers_find_arn(layers, bytes_from_str(*arns))->layer == version->layer) {
            control_fail(call, 400, "InvalidParameterValueException",
                         "Two different versions of the same layer are not allowed to be "
                         "referenced in the same function. %s and %s.",
                         *arns, version->arn);
            return false;
        }
    return true;
}

bool lambda_read_layers(const struct lambda_api *api, struct control_call *call,
                        struct settings *settings)
{
    const struct layers *layers = registry_layers(api->options.registry);
    const struct datum *list = NULL;
    size_t count = 0;
    if (!datum_get(call->input, "Layers"))
        return true;
    if (!input_texts(call, call->input, "Layers", false, LAYERS_OF_FUNCTION_MAX, &list))
        return false;
    const char **arns = arena_zalloc(call->arena, (LAYERS_OF_FUNCTION_MAX + 1) * sizeof *arns);
    if (!arns) {
        lambda_no_memory(call);
        return false;
    }
    for (const struct datum *each = list ? list->first : NULL; each; each = each->next) {
        const struct layer_version *version = take(layers, call, each->text);
        if (!version || !is_new(call, layers, arns, version))
            return false;
        arns[count++] = version->arn;
    }
    settings->layers = arns;
    return true;
}

/* --- PublishLayerVersion --- */

static bool read_short(struct control_call *call, const char *name, size_t max, struct bytes *text)
{
    if (!input_text(call, call->input, name, false, text))
        return false;
    if (text->len > max)
        input_refuse(call, call->input, name, "Member must have a shorter length");
    return text->len <= max;
}

static bool read_name(struct control_call *call, struct bytes *name)
{
    if (!input_text(call, call->input, "LayerName", true, name))
        return false;
    if (!layer_is_name(*name))
        input_refuse(call, call->input, "LayerName",
                     "Member must have 1 to 140 letters, digits, '-' and '_'");
    return layer_is_name(*name);
}

static void finish(const struct lambda_update *update, struct code *code)
{
    struct control_call *call = update->call;
    struct layer *layer = layers_have(registry_layers(update->api->options.registry),
                                      datum_get_text(call->input, "LayerName"));
    struct datum *result = control_result(call);
    struct layer_version *version = layer ? layer_add(layer, layer->published + 1, code) : NULL;
    if (!version) {
        lambda_no_memory(call);
        return;
    }
    (void)snprintf(version->description, sizeof version->description, "%.*s",
                   BYTES_ARG(datum_get_text(call->input, "Description")));
    (void)snprintf(version->license, sizeof version->license, "%.*s",
                   BYTES_ARG(datum_get_text(call->input, "LicenseInfo")));
    show_content(call, result, version);
    call->status = 201;
    control_answer(call, result);
}

void lambda_publish_layer(void *context, struct control_call *call)
{
    struct bytes name, text = {NULL, 0};
    if (!read_name(call, &name) || !read_short(call, "Description", LAYER_DESCRIPTION_MAX, &text) ||
        !read_short(call, "LicenseInfo", LAYER_LICENSE_MAX, &text))
        return;
    struct lambda_update *update = lambda_update_new(context, call, NULL, finish);
    if (!update)
        return;
    update->is_layer = true;
    lambda_update_begin(update, datum_get(call->input, "Content"));
}

/* --- what is there --- */

/* The version that a call names. `is_read`: its parameters are as they should be; else it is
 * answered. */
static struct layer_version *find(const struct lambda_api *api, struct control_call *call,
                                  bool *is_read)
{
    struct bytes name, number = {NULL, 0};
    uint64_t wanted = 0;
    *is_read =
        read_name(call, &name) && input_text(call, call->input, "VersionNumber", true, &number);
    if (!*is_read)
        return NULL;
    const struct layer *layer = layers_find(registry_layers(api->options.registry), name);
    return layer && bytes_to_u64(number, UINT32_MAX, &wanted)
               ? layer_version_find(layer, (unsigned)wanted)
               : NULL;
}

static void answer(struct control_call *call, const struct layer_version *version)
{
    if (!version) {
        control_fail(call, 404, "ResourceNotFoundException",
                     "The resource you requested does not exist.");
        return;
    }
    struct datum *result = control_result(call);
    show_content(call, result, version);
    control_answer(call, result);
}

void lambda_get_layer(void *context, struct control_call *call)
{
    bool is_read;
    const struct layer_version *version = find(context, call, &is_read);
    if (is_read)
        answer(call, version);
}

/* One that is not there is deleted, as on AWS. */
void lambda_delete_layer(void *context, struct control_call *call)
{
    bool is_read;
    struct layer_version *version = find(context, call, &is_read);
    if (!is_read)
        return;
    if (version)
        version->is_deleted = true;
    control_answer_raw(call, 204, BYTES_LIT("application/json"), bytes_make(NULL, 0));
}

static const struct layer_version *newest(const struct layer *layer)
{
    const struct layer_version *version = layer->versions;
    while (version && version->is_deleted)
        version = version->next;
    return version;
}

static bool read_page(struct control_call *call, size_t count, struct input_page *page)
{
    return input_page(call, "MaxItems", PAGE_MAX, PAGE_USUAL, "Marker",
                      "InvalidParameterValueException", count, page);
}

void lambda_list_layer_versions(void *context, struct control_call *call)
{
    const struct lambda_api *api = context;
    struct input_page page;
    struct bytes name;
    size_t count = 0, at = 0;
    if (!read_name(call, &name))
        return;
    const struct layer *layer = layers_find(registry_layers(api->options.registry), name);
    const struct layer_version *each = layer ? layer->versions : NULL;
    for (const struct layer_version *next = each; next; next = next->next)
        count += !next->is_deleted;
    if (!read_page(call, count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "LayerVersions");
    for (; each; each = each->next) {
        if (each->is_deleted)
            continue;
        if (at >= page.from && at < page.to)
            show_version(call, datum_map(&call->maker, list, NULL), each);
        at++;
    }
    input_page_next(call, result, "NextMarker", &page, count);
    control_answer(call, result);
}

/* GetLayerVersionByArn has the path of ListLayers. */
void lambda_list_layers(void *context, struct control_call *call)
{
    const struct lambda_api *api = context;
    const struct layers *layers = registry_layers(api->options.registry);
    struct input_page page;
    size_t count = 0, at = 0;
    if (datum_get(call->input, "find")) {
        const struct layer_version *version =
            layers_find_arn(layers, datum_get_text(call->input, "Arn"));
        answer(call, version && !version->is_deleted ? version : NULL);
        return;
    }
    for (const struct layer *each = layers->first; each; each = each->next)
        count += newest(each) != NULL;
    if (!read_page(call, count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Layers");
    for (const struct layer *each = layers->first; each; each = each->next) {
        if (!newest(each) || at++ < page.from || at > page.to)
            continue;
        struct datum *item = datum_map(&call->maker, list, NULL);
        datum_text(&call->maker, item, "LayerName", lambda_keep(call, each->name));
        datum_text(&call->maker, item, "LayerArn", lambda_keep(call, each->arn));
        show_version(call, datum_map(&call->maker, item, "LatestMatchingVersion"), newest(each));
    }
    input_page_next(call, result, "NextMarker", &page, count);
    control_answer(call, result);
}
