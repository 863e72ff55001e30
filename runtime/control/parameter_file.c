#include "runtime/control/parameter_file.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/alb/state_file.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/json/json.h"

#define FILE_NAME "ssm.json"
enum { FILE_VERSION = 1 };

/* --- writing --- */

static void text(struct buf *out, const char *name, struct bytes value)
{
    buf_printf(out, "\"%s\":", name);
    json_text_string(out, value);
    buf_append_char(out, ',');
}

/* The oldest first, as they were put. */
static void print_versions(struct buf *out, const struct parameter_version *version, size_t left)
{
    const struct parameter_version *versions[PARAMETER_VERSIONS_MAX];
    size_t count = 0;
    for (; version && count < left; version = version->older)
        versions[count++] = version;
    while (count) {
        version = versions[--count];
        buf_append_char(out, '{');
        text(out, "value", version->value);
        text(out, "description", version->description);
        buf_printf(out, "\"number\":%lld,\"modifiedMs\":%lld}%s", (long long)version->number,
                   (long long)version->modified_ms, count ? "," : "");
    }
}

static void print_parameter(struct buf *out, const struct parameter *parameter)
{
    buf_append_char(out, '{');
    text(out, "name", parameter->name);
    text(out, "type", bytes_from_str(parameter_types[parameter->type]));
    text(out, "tier", bytes_from_str(parameter_tiers[parameter->tier]));
    text(out, "keyId", parameter->key_id);
    buf_printf(out, "\"versions\":[");
    print_versions(out, parameter->newest, PARAMETER_VERSIONS_MAX);
    buf_printf(out, "]}%s", parameter->next ? ",\n" : "");
}

enum rc parameter_file_write(const struct parameters *parameters)
{
    struct buf out;
    if (!parameters->dir)
        return RC_OK;
    buf_init(&out, LIMIT_STATE_BYTES);
    buf_printf(&out, "{\"version\":%d,\"parameters\":[\n", FILE_VERSION);
    for (const struct parameter *each = parameters->first; each; each = each->next)
        print_parameter(&out, each);
    buf_printf(&out, "]}\n");
    enum rc rc =
        out.failed ? RC_NOMEM : state_file_write(parameters->dir, FILE_NAME, buf_bytes(&out));
    buf_release(&out);
    return rc;
}

/* --- reading --- */

static bool read_text(const cJSON *map, const char *name, struct bytes *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(map, name);
    *out = json_bytes(item);
    return cJSON_IsString(item);
}

static bool read_number(const cJSON *map, const char *name, int64_t *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(map, name);
    double value = item ? item->valuedouble : -1;
    if (!cJSON_IsNumber(item) || !(value >= 0 && value <= 9007199254740992.0))
        return false;
    *out = (int64_t)value;
    return true;
}

static bool read_name(const cJSON *map, const char *member, const char *const *names, int *out)
{
    struct bytes value;
    if (!read_text(map, member, &value))
        return false;
    for (*out = 0; names[*out]; ++*out)
        if (bytes_eq(value, bytes_from_str(names[*out])))
            return true;
    return false;
}

static bool read_version(struct parameters *parameters, struct parameter_put *put,
                         const cJSON *item)
{
    const struct parameter *parameter;
    int64_t number;
    if (!read_text(item, "value", &put->value) ||
        !read_text(item, "description", &put->description) ||
        !read_number(item, "number", &number) || number == 0 ||
        !read_number(item, "modifiedMs", &put->now_ms) ||
        parameters_put(parameters, put, &parameter) != RC_OK)
        return false;
    parameter->newest->number = number;
    return true;
}

static bool read_parameter(struct parameters *parameters, const cJSON *map)
{
    struct parameter_put put = {.now_ms = 0};
    const cJSON *versions = cJSON_GetObjectItemCaseSensitive(map, "versions"), *item;
    int type, tier;
    if (!read_text(map, "name", &put.name) || put.name.len == 0 ||
        !read_name(map, "type", parameter_types, &type) ||
        !read_name(map, "tier", parameter_tiers, &tier) || !read_text(map, "keyId", &put.key_id) ||
        !cJSON_IsArray(versions) || cJSON_GetArraySize(versions) == 0)
        return false;
    put.type = (enum parameter_type)type;
    put.tier = (enum parameter_tier)tier;
    cJSON_ArrayForEach(item, versions) if (!read_version(parameters, &put, item)) return false;
    return true;
}

/* NULL: it is read; else what is wrong with it. */
static const char *parse(struct parameters *parameters, struct bytes file)
{
    const char *wrong = NULL;
    struct arena arena;
    cJSON *root = NULL;
    const cJSON *list, *item;
    int64_t version = 0;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    if (json_parse(&arena, file, &root, NULL) != RC_OK)
        wrong = "it is no JSON";
    else if (!read_number(root, "version", &version) || version != FILE_VERSION)
        wrong = "its version is unknown";
    list = wrong ? NULL : cJSON_GetObjectItemCaseSensitive(root, "parameters");
    if (!wrong && !cJSON_IsArray(list))
        wrong = "it has no list of parameters";
    cJSON_ArrayForEach(item, list) if (!wrong && !read_parameter(parameters, item)) wrong =
        "a parameter in it is not as it was written";
    arena_release(&arena);
    return wrong;
}

bool parameter_file_read(const char *dir, struct parameters *parameters, char *error,
                         size_t error_len)
{
    const char *wrong = NULL;
    struct buf file;
    buf_init(&file, LIMIT_STATE_BYTES);
    enum rc rc = state_file_read(dir, FILE_NAME, &file);
    if (rc == RC_OK)
        wrong = parse(parameters, buf_bytes(&file));
    else if (rc != RC_NOT_FOUND)
        wrong = rc == RC_IO ? strerror(errno) : "it is too large, or its path is";
    buf_release(&file);
    if (wrong)
        (void)snprintf(error, error_len, "%.200s/%s: %s", dir, FILE_NAME, wrong);
    return !wrong;
}
