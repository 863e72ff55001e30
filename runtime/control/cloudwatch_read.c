#include <math.h>
#include <stdio.h>

#include "runtime/control/cloudwatch_internal.h"

enum { PATH_MAX_LEN = 256 };

/* "MetricDataQueries.member.1.Id": where `name` of `map` is, or would be. */
static const char *path_of(const struct datum *map, const char *name, char *text)
{
    datum_path(map, text, PATH_MAX_LEN);
    size_t len = strlen(text);
    (void)snprintf(text + len, PATH_MAX_LEN - len, "%s%s", len ? "." : "", name);
    return text;
}

static bool refuse_missing(struct control_call *call, const struct datum *map, const char *name)
{
    char path[PATH_MAX_LEN];
    control_fail(call, 400, CW_MISSING, "The parameter %s is required.", path_of(map, name, path));
    return false;
}

static bool refuse_value(struct control_call *call, const struct datum *map, const char *name,
                         const char *expected)
{
    char path[PATH_MAX_LEN];
    control_fail(call, 400, CW_INVALID, "The value for parameter %s is invalid: it must be %s.",
                 path_of(map, name, path), expected);
    return false;
}

bool cw_read_text(struct control_call *call, const struct datum *map, const char *name,
                  bool is_required, struct bytes *out)
{
    const struct datum *datum = datum_get(map, name);
    *out = datum_get_text(map, name);
    if (datum && datum->kind != DATUM_TEXT)
        return refuse_value(call, map, name, "a string");
    return out->len || !is_required || refuse_missing(call, map, name);
}

bool cw_read_int(struct control_call *call, const struct datum *map, const char *name, int64_t min,
                 int64_t max, int64_t *out)
{
    char expected[80];
    int64_t value = *out;
    enum rc rc = datum_to_int(datum_get(map, name), &value);
    if (rc == RC_NOT_FOUND)
        return *out >= min || refuse_missing(call, map, name);
    (void)snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)min,
                   (long long)max);
    if (rc != RC_OK || value < min || value > max)
        return refuse_value(call, map, name, expected);
    *out = value;
    return true;
}

bool cw_read_float(struct control_call *call, const struct datum *map, const char *name,
                   double *out)
{
    enum rc rc = datum_to_float(datum_get(map, name), out);
    if (rc == RC_NOT_FOUND)
        return refuse_missing(call, map, name);
    return (rc == RC_OK && isfinite(*out)) || refuse_value(call, map, name, "a number");
}

bool cw_read_time(struct control_call *call, const struct datum *map, const char *name,
                  int64_t *out, bool *is_set)
{
    double seconds;
    enum rc rc = datum_to_time(datum_get(map, name), &seconds);
    if (is_set)
        *is_set = rc != RC_NOT_FOUND;
    if (rc == RC_NOT_FOUND)
        return is_set || refuse_missing(call, map, name);
    /* Up to the year 9999. */
    if (rc != RC_OK || !(seconds >= 0 && seconds < 253402300800.0))
        return refuse_value(call, map, name, "a time");
    *out = (int64_t)seconds;
    return true;
}

bool cw_read_period(struct control_call *call, const struct datum *map, int64_t *out)
{
    *out = 0;
    if (!cw_read_int(call, map, "Period", 1, 86400, out))
        return false;
    int64_t s = *out;
    bool is_short = s == 1 || s == 5 || s == 10 || s == 20 || s == 30;
    return is_short || s % 60 == 0 ||
           refuse_value(call, map, "Period", "1, 5, 10, 20, 30 or a multiple of 60");
}

bool cw_read_dimensions(struct control_call *call, const struct datum *map,
                        struct series_dimension **out, size_t *count)
{
    const struct datum *list = datum_get_list(map, "Dimensions");
    *count = 0;
    *out = NULL;
    if (!list)
        return !datum_get(map, "Dimensions") || refuse_value(call, map, "Dimensions", "a list");
    if (list->count > SERIES_DIMENSIONS_MAX)
        return refuse_value(call, map, "Dimensions", "a list of 30 at most");
    *out = arena_zalloc(call->arena, (list->count + 1) * sizeof **out);
    if (!*out) {
        control_fail(call, 500, "InternalFailure", "no memory");
        return false;
    }
    for (const struct datum *item = list->first; item; item = item->next) {
        struct series_dimension *dimension = &(*out)[*count];
        /* Only ListMetrics' filters have a name without a value. */
        if (!cw_read_text(call, item, "Name", true, &dimension->name) ||
            !cw_read_text(call, item, "Value", false, &dimension->value))
            return false;
        for (size_t i = 0; i < *count; i++)
            if (bytes_eq((*out)[i].name, dimension->name))
                return refuse_value(call, map, "Dimensions", "a list of different names");
        ++*count;
    }
    return true;
}

bool cw_read_id(struct control_call *call, const struct datum *map, struct series_id *out)
{
    struct series_dimension *dimensions;
    if (!cw_read_text(call, map, "Namespace", true, &out->space) ||
        !cw_read_text(call, map, "MetricName", true, &out->name) ||
        !cw_read_dimensions(call, map, &dimensions, &out->dimension_count))
        return false;
    for (size_t i = 0; i < out->dimension_count; i++)
        if (!dimensions[i].value.len)
            return refuse_value(call, map, "Dimensions", "a list of names with values");
    out->dimensions = dimensions;
    return true;
}

bool cw_read_stat(struct control_call *call, struct bytes text, struct series_stat *out)
{
    if (series_stat_parse(text, out))
        return true;
    control_fail(call, 400, CW_INVALID,
                 "The value '%.*s' is no statistic: SampleCount, Sum, Average, Minimum, Maximum, "
                 "p99.9, tm90, TM(10%%:90%%), IQM, wm, tc, ts or PR(:0.5) are.",
                 BYTES_ARG(text));
    return false;
}

void cw_put_dimensions(struct datum_maker *maker, struct datum *parent, const struct series_id *id)
{
    struct datum *list = datum_list(maker, parent, "Dimensions");
    for (size_t i = 0; i < id->dimension_count; i++) {
        struct datum *item = datum_map(maker, list, NULL);
        datum_text(maker, item, "Name", id->dimensions[i].name);
        datum_text(maker, item, "Value", id->dimensions[i].value);
    }
}

/* --- points --- */

int64_t cw_period_begin(int64_t second, int64_t period_s)
{
    return second - second % period_s;
}

int64_t cw_period_count(int64_t from_s, int64_t to_s, int64_t period_s)
{
    int64_t first = cw_period_begin(from_s, period_s);
    return to_s > first ? (to_s - first + period_s - 1) / period_s : 0;
}

/* One period. RC_NOT_FOUND: nothing, or not this statistic. */
static enum rc point_of(const struct series *series, const struct cw_query *query, int64_t second,
                        struct arena *scratch, double *value)
{
    struct series_sum sum;
    enum rc rc = series_between(series, second, second + query->period_s, scratch, &sum);
    if (rc == RC_OK)
        rc = series_stat_compute(&query->stat, &sum, value);
    arena_reset(scratch);
    return rc;
}

enum rc cw_points_of(const struct series_store *store, const struct cw_query *query, int64_t from_s,
                     int64_t to_s, struct arena *arena, struct cw_points *out)
{
    const struct series *series = series_find(store, &query->id);
    int64_t count = cw_period_count(from_s, to_s, query->period_s);
    int64_t second = cw_period_begin(from_s, query->period_s);
    struct arena scratch;
    *out = (struct cw_points){NULL, 0};
    if (!series || count == 0 || (query->unit.len && !bytes_eq(query->unit, series->unit)))
        return RC_OK;
    out->points = arena_alloc(arena, (size_t)count * sizeof *out->points);
    if (!out->points)
        return RC_NOMEM;
    arena_init(&scratch, (size_t)1 << 26);
    enum rc rc = RC_OK;
    for (; rc != RC_NOMEM && count > 0; count--, second += query->period_s) {
        double value;
        rc = point_of(series, query, second, &scratch, &value);
        if (rc == RC_OK)
            out->points[out->count++] = (struct cw_point){second, value};
    }
    arena_release(&scratch);
    return rc == RC_NOMEM ? RC_NOMEM : RC_OK;
}
