#include "runtime/functions/registry_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/functions/invocation.h"

static bool is_word(struct bytes text, size_t len_max)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_')
            return false;
    }
    return text.len > 0 && text.len <= len_max;
}

bool registry_is_name(struct bytes name)
{
    return is_word(name, REGISTRY_NAME_MAX);
}

bool registry_is_alias_name(struct bytes name)
{
    uint64_t number;
    return is_word(name, REGISTRY_ALIAS_MAX) && !bytes_to_u64(name, UINT64_MAX, &number);
}

void registry_id(struct registry *registry, char out[REGISTRY_ID_LEN + 1])
{
    uuid_write(&registry->random, out);
}

/* --- versions --- */

static void version_free(struct registry_version *version)
{
    code_unref(version->code);
    settings_release(&version->settings);
    free(version);
}

static struct registry_version *version_new(struct registry_function *function, unsigned number,
                                            struct code *code, const struct settings *settings)
{
    struct registry_version *version = calloc(1, sizeof *version);
    if (!version)
        return NULL;
    if (!settings_copy(&version->settings, settings)) {
        free(version);
        return NULL;
    }
    version->function = function;
    version->number = number;
    version->code = code_ref(code);
    version->modified_epoch_ms = clock_ms_epoch();
    registry_id(function->registry, version->revision_id);
    return version;
}

struct registry_version *registry_version_find(const struct registry_function *function,
                                               unsigned number)
{
    struct registry_version *version = function->versions;
    while (version && version->number != number)
        version = version->next;
    return version;
}

void registry_version_delete(struct registry_version *version)
{
    struct registry_version **link = &version->function->versions;
    while (*link != version)
        link = &(*link)->next;
    *link = version->next;
    registry_pool_retire(version);
    version_free(version);
}

bool registry_update(struct registry_function *function, struct code *code,
                     const struct settings *settings)
{
    struct registry_version *latest = function->versions;
    struct settings copy;
    if (!settings_copy(&copy, settings ? settings : &latest->settings))
        return false;
    registry_pool_retire(latest);
    latest->has_given_settings &= settings_equal(&latest->settings, &copy);
    settings_release(&latest->settings);
    latest->settings = copy;
    if (code) {
        code_ref(code);
        code_unref(latest->code);
        latest->code = code;
    }
    latest->modified_epoch_ms = clock_ms_epoch();
    registry_id(function->registry, latest->revision_id);
    return true;
}

/* A description alone makes no new version. */
static bool is_same(const struct registry_version *a, const struct registry_version *b)
{
    struct settings described = a->settings;
    described.description = b->settings.description;
    return strcmp(a->code->sha256, b->code->sha256) == 0 &&
           settings_equal(&described, &b->settings);
}

static struct registry_version *last_version(const struct registry_function *function)
{
    struct registry_version *last = function->versions;
    while (last->next)
        last = last->next;
    return last;
}

struct registry_version *registry_version_add(struct registry_function *function, unsigned number,
                                              struct code *code, const struct settings *settings)
{
    struct registry_version *version = version_new(function, number, code, settings);
    if (!version)
        return NULL;
    last_version(function)->next = version;
    function->published = number;
    return version;
}

struct registry_version *registry_publish(struct registry_function *function,
                                          struct bytes description)
{
    char text[257];
    const struct registry_version *latest = function->versions;
    struct registry_version *last = last_version(function);
    struct settings settings = latest->settings;
    if (last->number != REGISTRY_LATEST && is_same(latest, last))
        return last;
    (void)snprintf(text, sizeof text, "%.*s", BYTES_ARG(description));
    if (description.len)
        settings.description = text;
    last = registry_version_add(function, function->published + 1, latest->code, &settings);
    if (last)
        last->has_given_settings = latest->has_given_settings && description.len == 0;
    return last;
}

void registry_version_name(const struct registry_version *version, char out[16])
{
    if (version->number == REGISTRY_LATEST)
        (void)snprintf(out, 16, "$LATEST");
    else
        (void)snprintf(out, 16, "%u", version->number);
}

/* --- functions --- */

struct registry_function *registry_first(const struct registry *registry)
{
    return registry->functions;
}

struct registry_function *registry_find(const struct registry *registry, struct bytes name)
{
    struct registry_function *function = registry->functions;
    while (function && !bytes_eq(name, bytes_from_str(function->name)))
        function = function->next;
    return function;
}

static void link_function(struct registry *registry, struct registry_function *function)
{
    struct registry_function **link = &registry->functions;
    while (*link && strcmp((*link)->name, function->name) < 0)
        link = &(*link)->next;
    function->next = *link;
    *link = function;
}

struct registry_function *registry_create(struct registry *registry, struct bytes name,
                                          struct code *code, const struct settings *settings)
{
    struct registry_function *function = calloc(1, sizeof *function);
    if (!function)
        return NULL;
    function->registry = registry;
    function->reserved = -1;
    (void)snprintf(function->name, sizeof function->name, "%.*s", BYTES_ARG(name));
    (void)snprintf(function->arn, sizeof function->arn, "arn:aws:lambda:%s:%s:function:%s",
                   registry->options.region, registry->options.account, function->name);
    function->versions = version_new(function, REGISTRY_LATEST, code, settings);
    if (!function->versions) {
        free(function);
        return NULL;
    }
    link_function(registry, function);
    return function;
}

void registry_function_free(struct registry_function *function)
{
    while (function->versions) {
        struct registry_version *version = function->versions;
        function->versions = version->next;
        version_free(version);
    }
    while (function->aliases)
        registry_alias_delete(function, function->aliases);
    while (function->statements)
        registry_statement_delete(function, function->statements);
    while (function->tags)
        registry_tag_drop(function, bytes_from_str(function->tags->key));
    free(function);
}

void registry_delete(struct registry_function *function)
{
    struct registry *registry = function->registry;
    struct registry_function **link = &registry->functions;
    while (*link != function)
        link = &(*link)->next;
    *link = function->next;
    function->is_deleted = true;
    for (struct registry_version *version = function->versions; version; version = version->next)
        registry_pool_retire(version);
    function->next = registry->deleted;
    registry->deleted = function;
    registry_sweep(registry);
}

/* --- life --- */

static void on_sweep_timer(struct loop *loop, struct loop_timer *timer)
{
    (void)loop;
    registry_sweep((void *)((char *)timer - offsetof(struct registry, sweep_timer)));
}

struct registry *registry_new(const struct registry_options *options)
{
    struct registry *registry = calloc(1, sizeof *registry);
    if (!registry)
        return NULL;
    registry->options = *options;
    if (!options->region)
        registry->options.region = "us-east-1";
    if (!options->account)
        registry->options.account = "000000000000";
    registry->layers = (struct layers){registry->options.region, registry->options.account, NULL};
    registry->sweep_timer.fn = on_sweep_timer;
    random_init(&registry->random, 0);
    return registry;
}

const struct registry_options *registry_options(const struct registry *registry)
{
    return &registry->options;
}

struct layers *registry_layers(struct registry *registry)
{
    return &registry->layers;
}

static bool has_text(const char *const *texts, const char *text)
{
    while (*texts && strcmp(*texts, text) != 0)
        texts++;
    return *texts != NULL;
}

bool registry_has_layer(const struct registry *registry, const struct layer_version *version)
{
    for (const struct registry_function *function = registry->functions; function;
         function = function->next)
        for (const struct registry_version *each = function->versions; each; each = each->next)
            if (has_text(each->settings.layers, version->arn))
                return true;
    return false;
}

static void free_list(struct registry_function **list)
{
    while (*list) {
        struct registry_function *function = *list;
        *list = function->next;
        registry_function_free(function);
    }
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    registry->is_freeing = true;
    registry_pools_free(registry); /* what is told of a call's end may look at its function */
    loop_timer_clear(registry->options.loop, &registry->sweep_timer);
    free_list(&registry->functions);
    free_list(&registry->deleted);
    registry_homes_free(registry);
    layers_release(&registry->layers);
    free(registry);
}
