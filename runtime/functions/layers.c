#include "runtime/functions/layers.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"

bool layer_is_name(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_')
            return false;
    }
    return name.len > 0 && name.len <= LAYER_NAME_MAX;
}

struct layer *layers_find(const struct layers *layers, struct bytes name)
{
    struct layer *layer = layers->first;
    while (layer && !bytes_eq(name, bytes_from_str(layer->name)))
        layer = layer->next;
    return layer;
}

struct layer *layers_have(struct layers *layers, struct bytes name)
{
    struct layer **link = &layers->first, *layer = layers_find(layers, name);
    if (!layer && (layer = calloc(1, sizeof *layer)) != NULL) {
        (void)snprintf(layer->name, sizeof layer->name, "%.*s", BYTES_ARG(name));
        (void)snprintf(layer->arn, sizeof layer->arn, "arn:aws:lambda:%s:%s:layer:%s",
                       layers->region, layers->account, layer->name);
        while (*link && strcmp((*link)->name, layer->name) < 0)
            link = &(*link)->next;
        layer->next = *link;
        *link = layer;
    }
    return layer;
}

struct layer_version *layer_add(struct layer *layer, unsigned number, struct code *code)
{
    struct layer_version *version = calloc(1, sizeof *version);
    if (!version)
        return NULL;
    version->layer = layer;
    version->number = number;
    version->code = code_ref(code);
    version->created_epoch_ms = clock_ms_epoch();
    (void)snprintf(version->arn, sizeof version->arn, "%.230s:%u", layer->arn, number);
    version->next = layer->versions;
    layer->versions = version;
    layer->published = number;
    return version;
}

struct layer_version *layer_version_find(const struct layer *layer, unsigned number)
{
    struct layer_version *version = layer->versions;
    while (version && (version->number != number || version->is_deleted))
        version = version->next;
    return version;
}

struct layer_version *layers_find_arn(const struct layers *layers, struct bytes arn)
{
    for (const struct layer *layer = layers->first; layer; layer = layer->next)
        for (struct layer_version *each = layer->versions; each; each = each->next)
            if (bytes_eq(arn, bytes_from_str(each->arn)))
                return each;
    return NULL;
}

void layers_release(struct layers *layers)
{
    while (layers->first) {
        struct layer *layer = layers->first;
        layers->first = layer->next;
        while (layer->versions) {
            struct layer_version *version = layer->versions;
            layer->versions = version->next;
            code_unref(version->code);
            free(version);
        }
        free(layer);
    }
}
