#include "runtime/alb/series.h"

#include <stdlib.h>

/* --- series and their names --- */

static void series_free(struct series *series)
{
    for (size_t i = 0; i < series->point_count; i++)
        free((void *)series->points[i].sum.values);
    free(series->points);
    free((void *)series->id.dimensions);
    free(series);
}

void series_store_release(struct series_store *store)
{
    while (store->first) {
        struct series *series = store->first;
        store->first = series->next;
        series_free(series);
    }
    store->count = 0;
}

static bool has_dimension(const struct series_id *id, const struct series_dimension *wanted)
{
    for (size_t i = 0; i < id->dimension_count; i++)
        if (bytes_eq(id->dimensions[i].name, wanted->name))
            return bytes_eq(id->dimensions[i].value, wanted->value);
    return false;
}

static bool is_same(const struct series_id *a, const struct series_id *b)
{
    if (!bytes_eq(a->name, b->name) || a->dimension_count != b->dimension_count ||
        !bytes_eq(a->space, b->space))
        return false;
    for (size_t i = 0; i < b->dimension_count; i++)
        if (!has_dimension(a, &b->dimensions[i]))
            return false;
    return true;
}

struct series *series_find(const struct series_store *store, const struct series_id *id)
{
    struct series *series = store->first;
    while (series && !is_same(&series->id, id))
        series = series->next;
    return series;
}

static int by_name(const void *a, const void *b)
{
    const struct series_dimension *left = a, *right = b;
    size_t len = left->name.len < right->name.len ? left->name.len : right->name.len;
    int order = len ? memcmp(left->name.ptr, right->name.ptr, len) : 0;
    return order ? order : (left->name.len > right->name.len) - (left->name.len < right->name.len);
}

static struct bytes put_text(char **at, struct bytes text)
{
    struct bytes copy = bytes_make(*at, text.len);
    if (text.len)
        memcpy(*at, text.ptr, text.len);
    (*at)[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

/* The texts stand behind the dimensions, in one block. false: no memory. */
static bool copy_id(struct series_id *out, const struct series_id *id)
{
    size_t texts = id->space.len + id->name.len + 2;
    for (size_t i = 0; i < id->dimension_count; i++)
        texts += id->dimensions[i].name.len + id->dimensions[i].value.len + 2;
    struct series_dimension *dimensions = malloc(id->dimension_count * sizeof *dimensions + texts);
    if (!dimensions)
        return false;
    char *at = (char *)(dimensions + id->dimension_count);
    for (size_t i = 0; i < id->dimension_count; i++) {
        dimensions[i].name = put_text(&at, id->dimensions[i].name);
        dimensions[i].value = put_text(&at, id->dimensions[i].value);
    }
    qsort(dimensions, id->dimension_count, sizeof *dimensions, by_name);
    *out = (struct series_id){put_text(&at, id->space), put_text(&at, id->name), dimensions,
                              id->dimension_count};
    return true;
}

struct series *series_open(struct series_store *store, const struct series_id *id,
                           struct bytes unit)
{
    struct series *series = series_find(store, id);
    if (series)
        return series;
    if (store->count == SERIES_MAX || id->dimension_count > SERIES_DIMENSIONS_MAX)
        return NULL;
    series = calloc(1, sizeof *series);
    if (!series || !copy_id(&series->id, id)) {
        free(series);
        return NULL;
    }
    series->unit = unit;
    series->next = store->first;
    store->first = series;
    store->count++;
    return series;
}

/* --- points --- */

/* The first point that is not before `second`. */
static size_t point_at(const struct series *series, int64_t second)
{
    size_t low = 0, high = series->point_count;
    /* Nearly all that comes is of now. */
    if (high && series->points[high - 1].second < second)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (series->points[middle].second < second)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Both ascending lists as one in `out`, which has room for them; returns its length. */
static size_t merge_values(const struct series_sum *a, const struct series_sum *b,
                           struct series_value *out)
{
    size_t i = 0, j = 0, n = 0;
    while (i < a->value_count || j < b->value_count) {
        bool takes_a =
            j == b->value_count || (i < a->value_count && a->values[i].value <= b->values[j].value);
        struct series_value next = takes_a ? a->values[i++] : b->values[j++];
        if (n && out[n - 1].value >= next.value)
            out[n - 1].count += next.count;
        else
            out[n++] = next;
    }
    return n;
}

static void add_figures(struct series_sum *to, const struct series_sum *sum)
{
    to->min = to->count == 0 || sum->min < to->min ? sum->min : to->min;
    to->max = to->count == 0 || sum->max > to->max ? sum->max : to->max;
    to->count += sum->count;
    to->sum += sum->sum;
}

/* Replaces the point's values by those of both; without them where either has none. */
static enum rc join_values(struct series_sum *to, const struct series_sum *sum)
{
    bool is_known = sum->values && (to->values || to->count == 0);
    struct series_value *values = NULL;
    size_t count = 0;
    if (is_known) {
        values = malloc((to->value_count + sum->value_count) * sizeof *values);
        if (!values)
            return RC_NOMEM;
        count = merge_values(to, sum, values);
        if (count > SERIES_VALUES_MAX) {
            free(values);
            values = NULL;
            count = 0;
        }
    }
    free((void *)to->values);
    to->values = values;
    to->value_count = count;
    return RC_OK;
}

/* A hole at `*index`; a full series loses its oldest point for it. */
static enum rc make_room(struct series *series, size_t *index)
{
    if (series->point_count == SERIES_POINTS_MAX) {
        free((void *)series->points[0].sum.values);
        *index -= 1;
        series->point_count--;
        memmove(series->points, series->points + 1, series->point_count * sizeof *series->points);
    } else if (series->point_count == series->point_capacity) {
        size_t capacity = series->point_capacity ? series->point_capacity * 2 : 16;
        struct series_point *points = realloc(series->points, capacity * sizeof *points);
        if (!points)
            return RC_NOMEM;
        series->points = points;
        series->point_capacity = capacity;
    }
    struct series_point *at = &series->points[*index];
    memmove(at + 1, at, (series->point_count - *index) * sizeof *at);
    series->point_count++;
    return RC_OK;
}

enum rc series_add(struct series *series, int64_t second, const struct series_sum *sum)
{
    size_t index = point_at(series, second);
    if (index < series->point_count && series->points[index].second == second) {
        struct series_sum *to = &series->points[index].sum;
        enum rc rc = join_values(to, sum);
        if (rc == RC_OK)
            add_figures(to, sum);
        return rc;
    }
    if (index == 0 && series->point_count == SERIES_POINTS_MAX)
        return RC_OK;
    struct series_sum own = {.count = 0};
    enum rc rc = join_values(&own, sum);
    if (rc == RC_OK && (rc = make_room(series, &index)) != RC_OK)
        free((void *)own.values);
    if (rc != RC_OK)
        return rc;
    add_figures(&own, sum);
    series->points[index] = (struct series_point){second, own};
    return RC_OK;
}

enum rc series_add_value(struct series *series, int64_t second, double value, double count)
{
    struct series_value one = {value, count};
    struct series_sum sum = {count, value * count, value, value, &one, 1};
    return series_add(series, second, &sum);
}

/* Two lists that take turns: each merge reads the one and writes the other. */
struct turns {
    struct arena *arena;
    struct series_value *from, *to;
    size_t room;
};

static enum rc merge_more(struct turns *turns, struct series_sum *out, const struct series_sum *sum)
{
    size_t need = out->value_count + sum->value_count;
    if (need > turns->room) {
        turns->room = need * 2;
        turns->from = arena_alloc(turns->arena, turns->room * sizeof *turns->from);
        turns->to = arena_alloc(turns->arena, turns->room * sizeof *turns->to);
        if (!turns->from || !turns->to)
            return RC_NOMEM;
    }
    struct series_value *values = turns->to;
    out->value_count = merge_values(out, sum, values);
    out->values = values;
    turns->to = turns->from;
    turns->from = values;
    return RC_OK;
}

enum rc series_between(const struct series *series, int64_t from_s, int64_t to_s,
                       struct arena *arena, struct series_sum *out)
{
    struct turns turns = {.arena = arena};
    bool is_known = true;
    *out = (struct series_sum){.count = 0};
    for (size_t i = point_at(series, from_s);
         i < series->point_count && series->points[i].second < to_s; i++) {
        const struct series_sum *sum = &series->points[i].sum;
        is_known &= sum->values != NULL;
        if (is_known && merge_more(&turns, out, sum) != RC_OK)
            return RC_NOMEM;
        add_figures(out, sum);
    }
    if (!is_known) {
        out->values = NULL;
        out->value_count = 0;
    }
    return out->count > 0 ? RC_OK : RC_NOT_FOUND;
}
