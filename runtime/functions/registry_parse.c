/*
 * A member that is missing or wrong is noted once and gives an empty value; each step looks at the
 * note before it changes the registry.
 */
#include <stdio.h>

#include "runtime/control/kept.h"
#include "runtime/functions/registry_state.h"

enum { ENV_MAX = 1024, MILLION = 1000 * 1000, LEVEL_MAX = 5, SYSTEM_MAX = 2 };

struct parse {
    struct kept_reader reader;
    struct registry *registry;
    const struct registry_source *source;
};

/* --- a version --- */

/* One that a version before this one has. */
static struct code *find_code(const struct registry *registry, const char *sha256)
{
    for (const struct registry_function *function = registry_first(registry); function;
         function = function->next)
        for (const struct registry_version *each = function->versions; each; each = each->next)
            if (each->code->folder && strcmp(each->code->sha256, sha256) == 0)
                return code_ref(each->code);
    return NULL;
}

/* A reference; NULL: it is noted. */
static struct code *take_code(struct parse *parse, const cJSON *item, bool is_layer)
{
    char error[800];
    const char *sha256 = kept_text(&parse->reader, item, "code");
    if (parse->reader.has_failed)
        return NULL;
    if (!*sha256 && !is_layer)
        return code_ref(parse->source->program);
    struct code *code = is_layer ? NULL : find_code(parse->registry, sha256);
    if (!code)
        code = parse->source->find(parse->source->context, sha256, is_layer, error, sizeof error);
    if (!code)
        (void)kept_wrong(&parse->reader, "code", error);
    return code;
}

/* The list `name`, of at most `max` texts, and a NULL behind them. */
static void read_texts(struct kept_reader *reader, const cJSON *object, const char *name,
                       size_t max, const char **out)
{
    size_t count = 0;
    *out = NULL;
    for (const cJSON *item = kept_list(reader, object, name); item; item = item->next) {
        if (!cJSON_IsString(item) || count == max) {
            (void)kept_wrong(reader, name, "has what is no text, or too many");
            return;
        }
        out[count++] = item->valuestring;
        out[count] = NULL;
    }
}

struct lists {
    const char *env[ENV_MAX + 1], *layers[LAYERS_OF_FUNCTION_MAX + 1];
};

/* What is borrowed is in the reader, and in `lists`. */
static void read_settings(struct parse *parse, const cJSON *object, struct settings *settings,
                          struct lists *lists)
{
    struct kept_reader *reader = &parse->reader;
    read_texts(reader, object, "env", ENV_MAX, lists->env);
    lists->layers[0] = NULL;
    if (cJSON_GetObjectItemCaseSensitive(object, "layers")) /* older texts have none */
        read_texts(reader, object, "layers", LAYERS_OF_FUNCTION_MAX, lists->layers);
    for (size_t i = 0; lists->layers[i]; i++)
        if (!layers_find_arn(registry_layers(parse->registry), bytes_from_str(lists->layers[i])))
            (void)kept_wrong(reader, lists->layers[i], "is no layer's version");
    settings->env = lists->env;
    settings->layers = lists->layers;
    settings->description = kept_text(reader, object, "description");
    settings->role = kept_text(reader, object, "role");
    settings->handler = kept_text(reader, object, "handler");
    settings->runtime = kept_text(reader, object, "runtime");
    settings->architecture = kept_text(reader, object, "architecture");
    settings->memory_mb = (unsigned)kept_number(reader, object, "memoryMb", SETTINGS_MEMORY_MIN_MB,
                                                SETTINGS_MEMORY_MAX_MB);
    settings->timeout_s =
        (unsigned)kept_number(reader, object, "timeoutSeconds", 1, SETTINGS_TIMEOUT_MAX_S);
    settings->logs_json = kept_flag(reader, object, "logsJson");
    settings->log_level = (unsigned)kept_number(reader, object, "logLevel", 0, LEVEL_MAX);
    settings->system_level = (unsigned)kept_number(reader, object, "systemLevel", 0, SYSTEM_MAX);
}

/* The first version of a function makes it. */
static struct registry_version *make_version(struct parse *parse, const char *name,
                                             struct registry_function **function, unsigned number,
                                             struct code *code, const struct settings *settings)
{
    if (*function)
        return registry_version_add(*function, number, code, settings);
    *function = registry_create(parse->registry, bytes_from_str(name), code, settings);
    return *function ? (*function)->versions : NULL;
}

/* `least`: the number is that or higher. */
static bool read_version(struct parse *parse, const cJSON *item, const char *name,
                         struct registry_function **function, unsigned *least)
{
    struct kept_reader *reader = &parse->reader;
    struct lists lists;
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(item, "settings");
    struct settings settings = *parse->source->settings;
    unsigned most = *function ? UINT32_MAX : REGISTRY_LATEST;
    unsigned number = (unsigned)kept_number(reader, item, "number", *least, most);
    if (own)
        read_settings(parse, own, &settings, &lists);
    struct code *code = take_code(parse, item, false);
    struct registry_version *version =
        code && !reader->has_failed ? make_version(parse, name, function, number, code, &settings)
                                    : NULL;
    code_unref(code);
    if (!version)
        return kept_wrong(reader, "versions", "need more memory than there is");
    version->has_given_settings = !own;
    version->provisioned = (unsigned)kept_number(reader, item, "provisioned", 0, UINT16_MAX);
    version->modified_epoch_ms = kept_number(reader, item, "modifiedMs", 0, INT64_C(1) << 53);
    kept_copy(reader, item, "revisionId", version->revision_id, sizeof version->revision_id);
    *least = number + 1;
    return !reader->has_failed;
}

/* --- what a function has besides --- */

static bool is_published(const struct registry_function *function, unsigned number)
{
    return number != REGISTRY_LATEST && registry_version_find(function, number);
}

static void read_alias(struct kept_reader *reader, const cJSON *item,
                       struct registry_function *function)
{
    struct registry_alias alias = {.next = NULL}, *added = NULL;
    char revision_id[sizeof alias.revision_id];
    kept_copy(reader, item, "name", alias.name, sizeof alias.name);
    kept_copy(reader, item, "description", alias.description, sizeof alias.description);
    kept_copy(reader, item, "revisionId", revision_id, sizeof revision_id);
    alias.version = (unsigned)kept_number(reader, item, "version", 1, UINT32_MAX);
    alias.other = (unsigned)kept_number(reader, item, "other", 0, UINT32_MAX);
    alias.other_weight = (double)kept_number(reader, item, "otherMillionths", 0, MILLION) / MILLION;
    alias.provisioned = (unsigned)kept_number(reader, item, "provisioned", 0, UINT16_MAX);
    if (reader->has_failed)
        return;
    if (!registry_is_alias_name(bytes_from_str(alias.name)) ||
        registry_alias_find(function, bytes_from_str(alias.name)))
        (void)kept_wrong(reader, alias.name, "is no alias, or there twice");
    else if (!is_published(function, alias.version) ||
             (alias.other != REGISTRY_LATEST && !is_published(function, alias.other)))
        (void)kept_wrong(reader, alias.name, "is an alias of a version that is not there");
    else if (!(added = registry_alias_add(function, &alias)))
        (void)kept_wrong(reader, "aliases", "need more memory than there is");
    else
        memcpy(added->revision_id, revision_id, sizeof revision_id);
}

static void read_statement(struct kept_reader *reader, const cJSON *item,
                           struct registry_function *function)
{
    struct registry_statement statement = {.next = NULL};
    kept_copy(reader, item, "id", statement.id, sizeof statement.id);
    kept_copy(reader, item, "qualifier", statement.qualifier, sizeof statement.qualifier);
    kept_copy(reader, item, "action", statement.action, sizeof statement.action);
    kept_copy(reader, item, "principal", statement.principal, sizeof statement.principal);
    kept_copy(reader, item, "sourceArn", statement.source_arn, sizeof statement.source_arn);
    kept_copy(reader, item, "sourceAccount", statement.source_account,
              sizeof statement.source_account);
    if (!reader->has_failed && !registry_statement_add(function, &statement))
        (void)kept_wrong(reader, "policy", "needs more memory than there is");
}

static void read_tags(struct kept_reader *reader, const cJSON *item,
                      struct registry_function *function)
{
    if (!cJSON_GetObjectItemCaseSensitive(item, "tags")) /* older texts have none */
        return;
    for (item = kept_list(reader, item, "tags"); item && !reader->has_failed; item = item->next) {
        struct bytes key = bytes_from_str(kept_text(reader, item, "key"));
        struct bytes value = bytes_from_str(kept_text(reader, item, "value"));
        if (!reader->has_failed && !registry_tag_set(function, key, value))
            (void)kept_wrong(reader, "tags", "are too long, or need more memory than there is");
    }
}

static bool read_function(struct parse *parse, const cJSON *item)
{
    struct kept_reader *reader = &parse->reader;
    struct registry_function *function = NULL;
    unsigned least = REGISTRY_LATEST;
    const char *name = kept_text(reader, item, "name");
    if (reader->has_failed)
        return false;
    if (!registry_is_name(bytes_from_str(name)) ||
        registry_find(parse->registry, bytes_from_str(name)))
        return kept_wrong(reader, name, "is no function's name, or there twice");
    for (const cJSON *each = kept_list(reader, item, "versions"); each; each = each->next)
        if (!read_version(parse, each, name, &function, &least))
            return false;
    if (!function)
        return kept_wrong(reader, name, "is a function without $LATEST");
    function->published =
        (unsigned)kept_number(reader, item, "published", function->published, UINT32_MAX);
    function->reserved = kept_number(reader, item, "reserved", -1, INT32_MAX);
    for (const cJSON *each = kept_list(reader, item, "aliases"); each; each = each->next)
        read_alias(reader, each, function);
    for (const cJSON *each = kept_list(reader, item, "policy"); each; each = each->next)
        read_statement(reader, each, function);
    read_tags(reader, item, function);
    return !reader->has_failed;
}

/* --- layers --- */

static void read_layer_version(struct parse *parse, const cJSON *item, struct layer *layer)
{
    struct kept_reader *reader = &parse->reader;
    unsigned number =
        (unsigned)kept_number(reader, item, "number", layer->published + INT64_C(1), UINT32_MAX);
    struct code *code = take_code(parse, item, true);
    struct layer_version *version = code ? layer_add(layer, number, code) : NULL;
    code_unref(code);
    if (!version) {
        (void)kept_wrong(reader, layer->name, "needs more memory than there is");
        return;
    }
    kept_copy(reader, item, "description", version->description, sizeof version->description);
    kept_copy(reader, item, "license", version->license, sizeof version->license);
    version->created_epoch_ms = kept_number(reader, item, "createdMs", 0, INT64_C(1) << 53);
    version->is_deleted = kept_flag(reader, item, "deleted");
}

/* The highest number stands first. */
static void read_layer(struct parse *parse, const cJSON *item)
{
    struct kept_reader *reader = &parse->reader;
    const char *name = kept_text(reader, item, "name");
    if (!reader->has_failed && !layer_is_name(bytes_from_str(name)))
        (void)kept_wrong(reader, name, "is no layer's name");
    struct layer *layer = reader->has_failed
                              ? NULL
                              : layers_have(registry_layers(parse->registry), bytes_from_str(name));
    const cJSON *first = layer ? kept_list(reader, item, "versions") : NULL;
    for (const cJSON *each = first ? first->prev : NULL; each && !reader->has_failed;
         each = each == first ? NULL : each->prev)
        read_layer_version(parse, each, layer);
    if (layer)
        layer->published =
            (unsigned)kept_number(reader, item, "published", layer->published, UINT32_MAX);
}

static void read_layers(struct parse *parse, const cJSON *root)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "layers")
                            ? kept_list(&parse->reader, root, "layers")
                            : NULL; /* older texts have none */
    for (; item && !parse->reader.has_failed; item = item->next)
        read_layer(parse, item);
}

bool registry_state_parse(struct registry *registry, struct bytes text,
                          const struct registry_source *source, char *error, size_t error_len)
{
    struct parse parse = {.registry = registry, .source = source};
    const cJSON *root = kept_parse(&parse.reader, text, REGISTRY_STATE_VERSION);
    if (root)
        read_layers(&parse, root);
    const cJSON *item = root ? kept_list(&parse.reader, root, "functions") : NULL;
    while (item && read_function(&parse, item))
        item = item->next;
    if (parse.reader.has_failed)
        (void)snprintf(error, error_len, "%s", parse.reader.wrong);
    kept_reader_release(&parse.reader);
    return !parse.reader.has_failed;
}
