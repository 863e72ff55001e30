#include "runtime/control/datum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/control/iso_time.h"

enum { NUMBER_TEXT_MAX = 63 };

struct datum *datum_new(struct arena *arena, enum datum_kind kind)
{
    struct datum *datum = arena_zalloc(arena, sizeof *datum);
    if (datum)
        datum->kind = kind;
    return datum;
}

void datum_put(struct datum *map, const char *name, struct datum *tree)
{
    tree->parent = map;
    tree->name = bytes_from_str(name);
    if (map->last)
        map->last->next = tree;
    else
        map->first = tree;
    map->last = tree;
    map->count++;
}

struct datum *datum_add(struct arena *arena, struct datum *parent, const char *name,
                        enum datum_kind kind)
{
    struct datum *datum = parent ? datum_new(arena, kind) : NULL;
    if (!datum)
        return NULL;
    datum_put(parent, name, datum);
    if (parent->kind == DATUM_LIST)
        datum->index = parent->count;
    return datum;
}

/* --- making a result --- */

/* Where what has no room goes: nothing is read from it, since the maker has failed. */
static struct datum *spare(struct datum_maker *maker)
{
    static _Thread_local struct datum nowhere;
    maker->failed = true;
    nowhere = (struct datum){.kind = DATUM_MAP};
    return &nowhere;
}

static struct datum *make(struct datum_maker *maker, struct datum *parent, const char *name,
                          enum datum_kind kind)
{
    struct datum *datum = maker->failed ? NULL : datum_add(maker->arena, parent, name, kind);
    return datum ? datum : spare(maker);
}

struct datum *datum_map(struct datum_maker *maker, struct datum *parent, const char *name)
{
    return make(maker, parent, name, DATUM_MAP);
}

struct datum *datum_list(struct datum_maker *maker, struct datum *parent, const char *name)
{
    return make(maker, parent, name, DATUM_LIST);
}

void datum_text(struct datum_maker *maker, struct datum *parent, const char *name,
                struct bytes text)
{
    make(maker, parent, name, DATUM_TEXT)->text = text;
}

void datum_string(struct datum_maker *maker, struct datum *parent, const char *name,
                  const char *text)
{
    datum_text(maker, parent, name, bytes_from_str(text));
}

void datum_int(struct datum_maker *maker, struct datum *parent, const char *name, int64_t value)
{
    make(maker, parent, name, DATUM_INT)->integer = value;
}

void datum_float(struct datum_maker *maker, struct datum *parent, const char *name, double value)
{
    make(maker, parent, name, DATUM_FLOAT)->number = value;
}

void datum_bool(struct datum_maker *maker, struct datum *parent, const char *name, bool is_true)
{
    make(maker, parent, name, DATUM_BOOL)->is_true = is_true;
}

void datum_time(struct datum_maker *maker, struct datum *parent, const char *name, double seconds)
{
    make(maker, parent, name, DATUM_TIME)->number = seconds;
}

/* --- reading --- */

const struct datum *datum_get(const struct datum *map, const char *name)
{
    struct bytes key = bytes_from_str(name);
    if (!map || map->kind != DATUM_MAP)
        return NULL;
    for (const struct datum *datum = map->first; datum; datum = datum->next)
        if (bytes_eq(datum->name, key))
            return datum->kind == DATUM_NULL ? NULL : datum;
    return NULL;
}

const struct datum *datum_get_list(const struct datum *map, const char *name)
{
    static const struct datum empty = {.kind = DATUM_LIST};
    const struct datum *datum = datum_get(map, name);
    if (datum && datum->kind == DATUM_TEXT && datum->text.len == 0)
        return &empty;
    return datum && datum->kind == DATUM_LIST ? datum : NULL;
}

struct bytes datum_get_text(const struct datum *map, const char *name)
{
    const struct datum *datum = datum_get(map, name);
    return datum && datum->kind == DATUM_TEXT ? datum->text : (struct bytes){NULL, 0};
}

/* A decimal number alone: strtod would take blanks, hex, "inf" and "nan" too. */
static bool text_to_double(struct bytes text, double *out)
{
    char copy[NUMBER_TEXT_MAX + 1];
    char *end;
    double number;
    if (text.len == 0 || text.len > NUMBER_TEXT_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("0123456789+-.eE", text.ptr[i]) || text.ptr[i] == '\0')
            return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    number = strtod(copy, &end);
    if (*end != '\0' || !isfinite(number))
        return false;
    *out = number;
    return true;
}

static bool text_to_int(struct bytes text, int64_t *out)
{
    uint64_t value;
    bool is_negative = text.len > 1 && text.ptr[0] == '-';
    if (!bytes_to_u64(is_negative ? bytes_skip(text, 1) : text, INT64_MAX, &value))
        return false;
    *out = is_negative ? -(int64_t)value : (int64_t)value;
    return true;
}

enum rc datum_to_int(const struct datum *datum, int64_t *out)
{
    static const double whole_max = 9007199254740992.0; /* 2^53: above, not every one is there */
    if (!datum)
        return RC_NOT_FOUND;
    if (datum->kind == DATUM_TEXT)
        return text_to_int(datum->text, out) ? RC_OK : RC_SYNTAX;
    if (datum->kind == DATUM_INT) {
        *out = datum->integer;
        return RC_OK;
    }
    if (datum->kind != DATUM_FLOAT || !(fabs(datum->number) <= whole_max) ||
        floor(datum->number) != datum->number)
        return RC_SYNTAX;
    *out = (int64_t)datum->number;
    return RC_OK;
}

enum rc datum_to_float(const struct datum *datum, double *out)
{
    if (!datum)
        return RC_NOT_FOUND;
    if (datum->kind == DATUM_TEXT)
        return text_to_double(datum->text, out) ? RC_OK : RC_SYNTAX;
    if (datum->kind == DATUM_INT)
        *out = (double)datum->integer;
    else if (datum->kind == DATUM_FLOAT)
        *out = datum->number;
    else
        return RC_SYNTAX;
    return RC_OK;
}

enum rc datum_to_bool(const struct datum *datum, bool *out)
{
    if (!datum)
        return RC_NOT_FOUND;
    if (datum->kind == DATUM_BOOL)
        *out = datum->is_true;
    else if (datum->kind == DATUM_TEXT && bytes_eq(datum->text, BYTES_LIT("true")))
        *out = true;
    else if (datum->kind == DATUM_TEXT && bytes_eq(datum->text, BYTES_LIT("false")))
        *out = false;
    else
        return RC_SYNTAX;
    return RC_OK;
}

enum rc datum_to_time(const struct datum *datum, double *out_seconds)
{
    if (!datum)
        return RC_NOT_FOUND;
    if (datum->kind == DATUM_TIME) {
        *out_seconds = datum->number;
        return RC_OK;
    }
    if (datum->kind == DATUM_TEXT && iso_time_parse(datum->text, out_seconds))
        return RC_OK;
    return datum_to_float(datum, out_seconds);
}

void datum_path(const struct datum *datum, char *text, size_t size)
{
    size_t len;
    if (size)
        text[0] = '\0';
    if (!datum || !datum->parent)
        return;
    datum_path(datum->parent, text, size);
    len = strlen(text);
    if (datum->index)
        (void)snprintf(text + len, size - len, "%smember.%zu", len ? "." : "", datum->index);
    else
        (void)snprintf(text + len, size - len, "%s%.*s", len ? "." : "", BYTES_ARG(datum->name));
}
