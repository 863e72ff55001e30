#include "tests/support/emf.h"

#include <criterion/criterion.h>

#include <math.h>

enum { LINE_MAX_BYTES = 1024 * 1024, NAMES_MAX = 30, METRICS_MAX = 100, VALUES_MAX = 100 };

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static size_t text_len(const cJSON *item)
{
    cr_assert(cJSON_IsString(item), "no text");
    return json_bytes(item).len;
}

static void check_dimensions(const cJSON *root, const cJSON *sets)
{
    const cJSON *set, *name;
    cr_assert(cJSON_IsArray(sets) && cJSON_GetArraySize(sets) >= 1, "Dimensions");
    cJSON_ArrayForEach(set, sets)
    {
        cr_assert(cJSON_IsArray(set) && cJSON_GetArraySize(set) <= NAMES_MAX);
        cJSON_ArrayForEach(name, set)
        {
            cr_assert(text_len(name) >= 1 && text_len(name) <= 250, "a dimension's name");
            size_t len = text_len(member(root, name->valuestring));
            cr_assert(len >= 1 && len <= 1024, "%s has %zu bytes", name->valuestring, len);
        }
    }
}

static void check_values(const cJSON *value, const char *name)
{
    const cJSON *item;
    cr_assert(cJSON_IsNumber(value) || cJSON_IsArray(value), "%s is no number", name);
    if (!cJSON_IsArray(value))
        return;
    cr_assert(cJSON_GetArraySize(value) >= 1 && cJSON_GetArraySize(value) <= VALUES_MAX, "%s",
              name);
    cJSON_ArrayForEach(item, value) cr_assert(cJSON_IsNumber(item), "%s", name);
}

static void check_metrics(const cJSON *root, const cJSON *metrics)
{
    const cJSON *metric;
    cr_assert(cJSON_IsArray(metrics) && cJSON_GetArraySize(metrics) >= 1 &&
                  cJSON_GetArraySize(metrics) <= METRICS_MAX,
              "Metrics");
    cJSON_ArrayForEach(metric, metrics)
    {
        const cJSON *name = member(metric, "Name");
        cr_assert(text_len(name) >= 1 && text_len(name) <= 1024, "a metric's name");
        struct bytes unit = json_bytes(member(metric, "Unit"));
        cr_assert(bytes_eq(unit, BYTES_LIT("Count")) || bytes_eq(unit, BYTES_LIT("Milliseconds")),
                  "unit of %s: %.*s", name->valuestring, BYTES_ARG(unit));
        check_values(member(root, name->valuestring), name->valuestring);
    }
}

cJSON *emf_check(struct arena *arena, struct bytes line)
{
    cJSON *root = NULL;
    const cJSON *directive;
    cr_assert(line.len <= LINE_MAX_BYTES && line.len && line.ptr[0] == '{' &&
                  line.ptr[line.len - 1] == '}',
              "%.*s", BYTES_ARG(line));
    cr_assert_eq(json_parse(arena, line, &root, NULL), RC_OK, "%.*s", BYTES_ARG(line));
    const cJSON *aws = member(root, "_aws"), *time = member(aws, "Timestamp");
    cr_assert(cJSON_IsNumber(time) && floor(time->valuedouble) == time->valuedouble, "Timestamp");
    cr_assert(time->valuedouble > 1.6e12 && time->valuedouble < 4.1e12, "milliseconds");
    const cJSON *directives = member(aws, "CloudWatchMetrics");
    cr_assert(cJSON_IsArray(directives) && cJSON_GetArraySize(directives) >= 1);
    cJSON_ArrayForEach(directive, directives)
    {
        size_t len = text_len(member(directive, "Namespace"));
        cr_assert(len >= 1 && len <= 1024, "Namespace");
        check_dimensions(root, member(directive, "Dimensions"));
        check_metrics(root, member(directive, "Metrics"));
    }
    return root;
}

cJSON *emf_next(struct arena *arena, struct bytes *rest)
{
    while (rest->len) {
        struct bytes line = bytes_make(rest->ptr, bytes_find(*rest, '\n'));
        *rest = bytes_skip(*rest, line.len < rest->len ? line.len + 1 : line.len);
        if (memmem(line.ptr, line.len, "\"_aws\"", 6))
            return emf_check(arena, line);
    }
    return NULL;
}

double emf_number(const cJSON *root, const char *name)
{
    const cJSON *value = member(root, name), *item;
    double sum = 0;
    cr_assert_not_null(value, "%s", name);
    if (cJSON_IsNumber(value))
        return value->valuedouble;
    cJSON_ArrayForEach(item, value) sum += item->valuedouble;
    return sum;
}

size_t emf_count(const cJSON *root, const char *name)
{
    const cJSON *value = member(root, name);
    return cJSON_IsArray(value) ? (size_t)cJSON_GetArraySize(value) : value ? 1 : 0;
}

struct bytes emf_text(const cJSON *root, const char *name)
{
    return json_bytes(member(root, name));
}
