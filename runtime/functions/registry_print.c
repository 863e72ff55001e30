#include "runtime/control/kept.h"
#include "runtime/core/json_text.h"
#include "runtime/functions/registry_state.h"

static void print_texts(struct buf *out, const char *name, const char *const *texts)
{
    buf_printf(out, "\"%s\":[", name);
    for (size_t i = 0; texts[i]; i++) {
        if (i)
            buf_append_char(out, ',');
        json_text_string(out, bytes_from_str(texts[i]));
    }
    buf_printf(out, "],");
}

static void print_settings(struct buf *out, const struct settings *settings)
{
    buf_printf(out, "\"settings\":{");
    kept_put_text(out, "description", settings->description);
    kept_put_text(out, "role", settings->role);
    kept_put_text(out, "handler", settings->handler);
    kept_put_text(out, "runtime", settings->runtime);
    kept_put_text(out, "architecture", settings->architecture);
    print_texts(out, "env", settings->env);
    print_texts(out, "layers", settings->layers);
    buf_printf(out,
               "\"memoryMb\":%u,\"timeoutSeconds\":%u,\"logsJson\":%s,\"logLevel\":%u,"
               "\"systemLevel\":%u},",
               settings->memory_mb, settings->timeout_s, settings->logs_json ? "true" : "false",
               settings->log_level, settings->system_level);
}

static void print_version(struct buf *out, const struct registry_version *version)
{
    buf_printf(out, "{\"number\":%u,", version->number);
    kept_put_text(out, "code", version->code->folder ? version->code->sha256 : "");
    if (!version->has_given_settings)
        print_settings(out, &version->settings);
    kept_put_text(out, "revisionId", version->revision_id);
    buf_printf(out, "\"provisioned\":%u,\"modifiedMs\":%lld}%s", version->provisioned,
               (long long)version->modified_epoch_ms, version->next ? ",\n" : "");
}

static void print_alias(struct buf *out, const struct registry_alias *alias)
{
    buf_append_char(out, '{');
    kept_put_text(out, "name", alias->name);
    kept_put_text(out, "description", alias->description);
    kept_put_text(out, "revisionId", alias->revision_id);
    buf_printf(out, "\"version\":%u,\"other\":%u,\"otherMillionths\":%.0f,\"provisioned\":%u}%s",
               alias->version, alias->other, alias->other_weight * 1e6, alias->provisioned,
               alias->next ? "," : "");
}

static void print_statement(struct buf *out, const struct registry_statement *statement)
{
    buf_append_char(out, '{');
    kept_put_text(out, "id", statement->id);
    kept_put_text(out, "qualifier", statement->qualifier);
    kept_put_text(out, "action", statement->action);
    kept_put_text(out, "principal", statement->principal);
    kept_put_text(out, "sourceArn", statement->source_arn);
    buf_printf(out, "\"sourceAccount\":\"%s\"}%s", statement->source_account,
               statement->next ? "," : "");
}

static void print_tags(struct buf *out, const struct registry_tag *tag)
{
    for (; tag; tag = tag->next) {
        buf_append_char(out, '{');
        kept_put_text(out, "key", tag->key);
        buf_printf(out, "\"value\":");
        json_text_string(out, bytes_from_str(tag->value));
        buf_printf(out, "}%s", tag->next ? "," : "");
    }
}

static void print_function(struct buf *out, const struct registry_function *function)
{
    buf_append_char(out, '{');
    kept_put_text(out, "name", function->name);
    buf_printf(out, "\"published\":%u,\"reserved\":%lld,\"versions\":[", function->published,
               (long long)function->reserved);
    for (const struct registry_version *each = function->versions; each; each = each->next)
        print_version(out, each);
    buf_printf(out, "],\"aliases\":[");
    for (const struct registry_alias *each = function->aliases; each; each = each->next)
        print_alias(out, each);
    buf_printf(out, "],\"policy\":[");
    for (const struct registry_statement *each = function->statements; each; each = each->next)
        print_statement(out, each);
    buf_printf(out, "],\"tags\":[");
    print_tags(out, function->tags);
    buf_printf(out, "]}%s\n", function->next ? "," : "");
}

/* A deleted version, as long as a function has it. */
static void print_layer(struct buf *out, const struct registry *registry, const struct layer *layer)
{
    const char *comma = "";
    buf_append_char(out, '{');
    kept_put_text(out, "name", layer->name);
    buf_printf(out, "\"published\":%u,\"versions\":[", layer->published);
    for (const struct layer_version *each = layer->versions; each; each = each->next) {
        if (each->is_deleted && !registry_has_layer(registry, each))
            continue;
        buf_printf(out, "%s{\"number\":%u,", comma, each->number);
        kept_put_text(out, "code", each->code->sha256);
        kept_put_text(out, "description", each->description);
        kept_put_text(out, "license", each->license);
        buf_printf(out, "\"createdMs\":%lld,\"deleted\":%s}", (long long)each->created_epoch_ms,
                   each->is_deleted ? "true" : "false");
        comma = ",";
    }
    buf_printf(out, "]}%s\n", layer->next ? "," : "");
}

void registry_state_print(struct registry *registry, struct buf *out)
{
    buf_printf(out, "{\"version\":%d,\"layers\":[", REGISTRY_STATE_VERSION);
    for (const struct layer *each = registry_layers(registry)->first; each; each = each->next)
        print_layer(out, registry, each);
    buf_printf(out, "],\"functions\":[\n");
    for (const struct registry_function *each = registry_first(registry); each; each = each->next)
        print_function(out, each);
    buf_printf(out, "]}\n");
}
