#include "runtime/control/shape_json.h"

#include <math.h>

#include "runtime/control/shape_text.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/json/json.h"

struct reading {
    struct arena *arena;
    size_t count; /* of values so far */
};

static enum rc read_value(struct reading *reading, const cJSON *item, size_t depth,
                          struct datum *datum);

/* One name twice in a map: which one counts would be anybody's guess. Maps are short. */
static bool is_twice(const cJSON *first, const cJSON *item)
{
    for (; first != item; first = first->next)
        if (strcmp(first->string, item->string) == 0)
            return true;
    return false;
}

static enum rc read_children(struct reading *reading, const cJSON *parent, size_t depth,
                             struct datum *datum)
{
    if (depth > LIMIT_CONTROL_DEPTH)
        return RC_BODY_LIMIT;
    for (const cJSON *item = parent->child; item; item = item->next) {
        struct datum *child;
        if (++reading->count > LIMIT_CONTROL_ITEMS)
            return RC_BODY_LIMIT;
        if (datum->kind == DATUM_MAP &&
            (datum->count >= LIMIT_CONTROL_NAMES || is_twice(parent->child, item)))
            return datum->count >= LIMIT_CONTROL_NAMES ? RC_BODY_LIMIT : RC_SYNTAX;
        child = datum_add(reading->arena, datum, item->string, DATUM_NULL);
        if (!child)
            return RC_NOMEM;
        enum rc rc = read_value(reading, item, depth, child);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

static void read_number(double number, struct datum *datum)
{
    static const double whole_max = 9007199254740992.0; /* 2^53 */
    bool is_whole = fabs(number) <= whole_max && !(floor(number) < number);
    datum->kind = is_whole ? DATUM_INT : DATUM_FLOAT;
    if (is_whole)
        datum->integer = (int64_t)number;
    else
        datum->number = number;
}

static enum rc read_value(struct reading *reading, const cJSON *item, size_t depth,
                          struct datum *datum)
{
    if (cJSON_IsArray(item) || cJSON_IsObject(item)) {
        datum->kind = cJSON_IsArray(item) ? DATUM_LIST : DATUM_MAP;
        return read_children(reading, item, depth + 1, datum);
    }
    if (cJSON_IsNumber(item)) {
        read_number(item->valuedouble, datum);
    } else if (cJSON_IsString(item)) {
        datum->kind = DATUM_TEXT;
        datum->text = bytes_from_str(item->valuestring);
    } else if (cJSON_IsBool(item)) {
        datum->kind = DATUM_BOOL;
        datum->is_true = cJSON_IsTrue(item);
    }
    return RC_OK;
}

enum rc shape_json_parse(struct arena *arena, struct bytes text, struct datum **root)
{
    struct reading reading = {.arena = arena};
    cJSON *tree = NULL;
    struct datum *datum = datum_new(arena, DATUM_MAP);
    enum rc rc = datum ? RC_OK : RC_NOMEM;
    if (rc == RC_OK && text.len) {
        rc = json_parse(arena, text, &tree, NULL);
        datum->kind = DATUM_NULL;
        if (rc == RC_OK)
            rc = read_value(&reading, tree, 0, datum);
    }
    if (rc == RC_OK)
        *root = datum;
    return rc;
}

static void write_children(struct buf *out, const struct datum *datum)
{
    buf_append_char(out, datum->kind == DATUM_MAP ? '{' : '[');
    for (const struct datum *child = datum->first; child; child = child->next) {
        if (child != datum->first)
            buf_append_char(out, ',');
        if (datum->kind == DATUM_MAP) {
            json_text_string(out, child->name);
            buf_append_char(out, ':');
        }
        shape_json_write(out, child); /* as deep as the tree was made */
    }
    buf_append_char(out, datum->kind == DATUM_MAP ? '}' : ']');
}

static void write_float(struct buf *out, double number)
{
    if (!isfinite(number))
        buf_append_char(out, '"');
    shape_text_float(out, number);
    if (!isfinite(number))
        buf_append_char(out, '"');
}

void shape_json_write(struct buf *out, const struct datum *datum)
{
    switch (datum->kind) {
    case DATUM_NULL:
        buf_append(out, BYTES_LIT("null"));
        break;
    case DATUM_BOOL:
        buf_append(out, datum->is_true ? BYTES_LIT("true") : BYTES_LIT("false"));
        break;
    case DATUM_INT:
        buf_printf(out, "%lld", (long long)datum->integer);
        break;
    case DATUM_FLOAT:
    case DATUM_TIME:
        write_float(out, datum->number);
        break;
    case DATUM_TEXT:
        json_text_string(out, datum->text);
        break;
    case DATUM_BLOB:
        buf_append_char(out, '"');
        shape_text_blob(out, datum->text);
        buf_append_char(out, '"');
        break;
    case DATUM_LIST:
    case DATUM_MAP:
        write_children(out, datum);
        break;
    }
}
