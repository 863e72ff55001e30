#include "pipeline/canary/fields.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { WHY_MAX = 320 };

static const cJSON *member(const struct fields_object *object, const char *name)
{
    return object->json ? cJSON_GetObjectItemCaseSensitive(object->json, name) : NULL;
}

void fields_refuse(const struct fields_object *object, const char *name, const char *format, ...)
{
    struct fields *fields = object->fields;
    char why[WHY_MAX];
    va_list args;
    if (fields->has_error)
        return;
    fields->has_error = true;
    va_start(args, format);
    (void)vsnprintf(why, sizeof why, format, args);
    va_end(args);
    (void)snprintf(fields->error, fields->error_len, "%s%s%s%s%s", object->path,
                   *object->path && name ? "." : "", name ? name : "",
                   *object->path || name ? ": " : "", why);
}

static bool is_known(const char *name, const char *const *known)
{
    for (; *known; known++)
        if (strcmp(name, *known) == 0)
            return true;
    return false;
}

static void list_words(const char *const *words, char *out, size_t len)
{
    size_t used = 0;
    out[0] = 0;
    for (; *words && used < len; words++) {
        int n = snprintf(out + used, len - used, "%s%s", used ? ", " : "", *words);
        used += n > 0 ? (size_t)n : 0;
    }
}

static void check_members(const struct fields_object *object, const char *const *known)
{
    const cJSON *item;
    char words[WHY_MAX / 2];
    if (object->json && !cJSON_IsObject(object->json)) {
        fields_refuse(object, NULL, "must be an object");
        return;
    }
    list_words(known, words, sizeof words);
    cJSON_ArrayForEach(item, object->json)
    {
        if (!is_known(item->string, known))
            fields_refuse(object, item->string, "is not known here; there are %s", words);
        else if (member(object, item->string) != item)
            fields_refuse(object, item->string, "stands there twice");
    }
}

struct fields_object fields_root(struct fields *fields, const cJSON *json, const char *const *known)
{
    struct fields_object object = {.fields = fields, .json = json};
    check_members(&object, known);
    return object;
}

struct fields_object fields_object(const struct fields_object *parent, const char *name,
                                   const char *const *known)
{
    struct fields_object object = {.fields = parent->fields, .json = member(parent, name)};
    (void)snprintf(object.path, sizeof object.path, "%.40s%s%.40s", parent->path,
                   *parent->path ? "." : "", name);
    check_members(&object, known);
    return object;
}

struct fields_object fields_item(const struct fields_object *parent, const char *name, int index,
                                 const char *const *known)
{
    struct fields_object object = {.fields = parent->fields,
                                   .json = cJSON_GetArrayItem(member(parent, name), index)};
    (void)snprintf(object.path, sizeof object.path, "%.40s%s%.40s[%d]", parent->path,
                   *parent->path ? "." : "", name, index);
    check_members(&object, known);
    return object;
}

int fields_count(const struct fields_object *object, const char *name, int min, int max)
{
    const cJSON *array = member(object, name);
    int count = cJSON_GetArraySize(array);
    if (array && !cJSON_IsArray(array))
        fields_refuse(object, name, "must be an array");
    else if (count < min)
        fields_refuse(object, name, "%s", array ? "is empty" : "is missing");
    else if (count > max)
        fields_refuse(object, name, "has %d items, more than %d", count, max);
    return object->fields->has_error ? 0 : count;
}

bool fields_has(const struct fields_object *object, const char *name)
{
    return member(object, name) != NULL;
}

void fields_text(const struct fields_object *object, const char *name, const char **out)
{
    const cJSON *item = member(object, name);
    if (!item || object->fields->has_error)
        return;
    if (!cJSON_IsString(item) || !*item->valuestring)
        fields_refuse(object, name, "must be a text that is not empty");
    else
        *out = item->valuestring;
}

void fields_need_text(const struct fields_object *object, const char *name, const char **out)
{
    if (!member(object, name))
        fields_refuse(object, name, "is missing");
    fields_text(object, name, out);
}

void fields_number(const struct fields_object *object, const char *name, double min, double max,
                   double *out)
{
    const cJSON *item = member(object, name);
    if (!item || object->fields->has_error)
        return;
    if (!cJSON_IsNumber(item) || isnan(item->valuedouble))
        fields_refuse(object, name, "must be a number");
    else if (item->valuedouble < min)
        fields_refuse(object, name, "%g is below %g", item->valuedouble, min);
    else if (item->valuedouble > max)
        fields_refuse(object, name, "%g is over %g", item->valuedouble, max);
    else
        *out = item->valuedouble;
}

void fields_whole(const struct fields_object *object, const char *name, unsigned min, unsigned max,
                  unsigned *out)
{
    double number = *out;
    fields_number(object, name, min, max, &number);
    if (number != floor(number))
        fields_refuse(object, name, "%g is no whole number", number);
    if (!object->fields->has_error)
        *out = (unsigned)number;
}

void fields_switch(const struct fields_object *object, const char *name, bool *out)
{
    const cJSON *item = member(object, name);
    if (item && !cJSON_IsBool(item))
        fields_refuse(object, name, "must be true or false");
    if (item && !object->fields->has_error)
        *out = cJSON_IsTrue(item);
}

void fields_duration(const struct fields_object *object, const char *name, int64_t min_ms,
                     int64_t max_ms, int64_t *out_ms)
{
    const char *text = NULL;
    char bound[DURATION_TEXT_LEN];
    int64_t ms;
    fields_text(object, name, &text);
    if (!text)
        return;
    if (!duration_parse(bytes_from_str(text), &ms))
        fields_refuse(object, name, "'%s' is no duration such as 10m, 90s or 1h30m", text);
    else if (ms < min_ms)
        fields_refuse(object, name, "%s is below %s", text, duration_print(min_ms, bound));
    else if (ms > max_ms)
        fields_refuse(object, name, "%s is over %s", text, duration_print(max_ms, bound));
    else
        *out_ms = ms;
}

void fields_choice(const struct fields_object *object, const char *name, const char *const *words,
                   int *out)
{
    const char *text = NULL;
    char all[WHY_MAX / 2];
    fields_text(object, name, &text);
    for (int i = 0; text && words[i]; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return;
        }
    list_words(words, all, sizeof all);
    if (text)
        fields_refuse(object, name, "'%s' must be one of %s", text, all);
}
