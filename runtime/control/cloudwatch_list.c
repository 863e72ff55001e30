#include <inttypes.h>
#include <stdlib.h>

#include "runtime/control/cloudwatch_internal.h"

/* ListMetrics and PutMetricData: which metrics there are, and metrics of one's own. */

enum { PAGE = 500, DATA_MAX = 1000, VALUES_MAX = 150 };

static bool has_dimension(const struct series *series, const struct series_dimension *wanted)
{
    for (size_t i = 0; i < series->id.dimension_count; i++)
        if (bytes_eq(series->id.dimensions[i].name, wanted->name) &&
            (!wanted->value.len || bytes_eq(series->id.dimensions[i].value, wanted->value)))
            return true;
    return false;
}

static bool is_listed(const struct series *series, const struct series_id *filter)
{
    if ((filter->space.len && !bytes_eq(series->id.space, filter->space)) ||
        (filter->name.len && !bytes_eq(series->id.name, filter->name)))
        return false;
    for (size_t i = 0; i < filter->dimension_count; i++)
        if (!has_dimension(series, &filter->dimensions[i]))
            return false;
    return true;
}

static bool read_filter(struct control_call *call, struct series_id *filter, uint64_t *start)
{
    struct series_dimension *dimensions;
    struct bytes token;
    if (!cw_read_text(call, call->input, "Namespace", false, &filter->space) ||
        !cw_read_text(call, call->input, "MetricName", false, &filter->name) ||
        !cw_read_text(call, call->input, "NextToken", false, &token) ||
        !cw_read_dimensions(call, call->input, &dimensions, &filter->dimension_count))
        return false;
    filter->dimensions = dimensions;
    *start = 0;
    if (!token.len || bytes_to_u64(token, SERIES_MAX, start))
        return true;
    control_fail(call, 400, "InvalidNextToken", "The next token is none of an answer here.");
    return false;
}

/* The store has its newest series first; a page goes on from the oldest, to which none is added. */
void cw_list_metrics(void *context, struct control_call *call)
{
    struct series_id filter = {.dimension_count = 0};
    uint64_t start, index = 0, listed = 0;
    if (!read_filter(call, &filter, &start))
        return;
    const struct series_store *store = cw_store(context);
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Metrics");
    const struct series **all =
        arena_alloc(call->arena, (store->count + 1) * sizeof(const struct series *));
    size_t at = store->count;
    call->maker.failed |= !all;
    for (const struct series *series = store->first; all && series; series = series->next)
        all[--at] = series;
    for (; all && index < store->count && listed < PAGE; index++) {
        if (index < start || !is_listed(all[index], &filter))
            continue;
        struct datum *metric = datum_map(&call->maker, list, NULL);
        datum_text(&call->maker, metric, "Namespace", all[index]->id.space);
        datum_text(&call->maker, metric, "MetricName", all[index]->id.name);
        cw_put_dimensions(&call->maker, metric, &all[index]->id);
        listed++;
    }
    struct bytes token = {NULL, 0};
    if (listed == PAGE && index < store->count) {
        call->maker.failed |= arena_printf(call->arena, &token, "%" PRIu64, index) != RC_OK;
        datum_text(&call->maker, result, "NextToken", token);
    }
    control_answer(call, result);
}

/* --- PutMetricData --- */

struct put {
    struct series_id id;
    struct bytes unit;
    int64_t second;
    struct series_sum sum;
};

static const char *const units[] = {"None",
                                    "Count",
                                    "Seconds",
                                    "Microseconds",
                                    "Milliseconds",
                                    "Percent",
                                    "Bytes",
                                    "Kilobytes",
                                    "Megabytes",
                                    "Gigabytes",
                                    "Terabytes",
                                    "Bits",
                                    "Kilobits",
                                    "Megabits",
                                    "Gigabits",
                                    "Terabits",
                                    "Bytes/Second",
                                    "Kilobytes/Second",
                                    "Megabytes/Second",
                                    "Gigabytes/Second",
                                    "Terabytes/Second",
                                    "Bits/Second",
                                    "Kilobits/Second",
                                    "Megabits/Second",
                                    "Gigabits/Second",
                                    "Terabits/Second",
                                    "Count/Second"};

/* A series borrows its unit, so it is one of the table's. */
static bool read_unit(struct control_call *call, const struct datum *item, struct bytes *out)
{
    struct bytes text;
    if (!cw_read_text(call, item, "Unit", false, &text))
        return false;
    if (!text.len)
        text = BYTES_LIT("None");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (bytes_eq(text, bytes_from_str(units[i]))) {
            *out = bytes_from_str(units[i]);
            return true;
        }
    control_fail(call, 400, CW_INVALID, "The value '%.*s' is no unit of CloudWatch's.",
                 BYTES_ARG(text));
    return false;
}

static bool read_set(struct control_call *call, const struct datum *set, struct series_sum *sum)
{
    if (!cw_read_float(call, set, "SampleCount", &sum->count) ||
        !cw_read_float(call, set, "Sum", &sum->sum) ||
        !cw_read_float(call, set, "Minimum", &sum->min) ||
        !cw_read_float(call, set, "Maximum", &sum->max))
        return false;
    if (sum->count > 0 && sum->min <= sum->max)
        return true;
    control_fail(call, 400, CW_INVALID,
                 "StatisticValues must have a SampleCount above 0, and no Minimum above Maximum.");
    return false;
}

static int by_value(const void *a, const void *b)
{
    double left = ((const struct series_value *)a)->value;
    double right = ((const struct series_value *)b)->value;
    return (left > right) - (left < right);
}

/* The values must be ascending, each once. */
static size_t join_equal(struct series_value *values, size_t count)
{
    size_t n = 0;
    qsort(values, count, sizeof *values, by_value);
    for (size_t i = 0; i < count; i++) {
        if (n && values[i].value <= values[n - 1].value)
            values[n - 1].count += values[i].count;
        else
            values[n++] = values[i];
    }
    return n;
}

static void sum_up(struct series_sum *sum, struct series_value *values, size_t count)
{
    sum->value_count = join_equal(values, count);
    sum->values = values;
    sum->min = values[0].value;
    sum->max = values[sum->value_count - 1].value;
    for (size_t i = 0; i < sum->value_count; i++) {
        sum->count += values[i].count;
        sum->sum += values[i].count * values[i].value;
    }
}

/* Values and Counts, which must be as many; without Counts each is one observation. */
static bool read_values(struct control_call *call, const struct datum *list,
                        const struct datum *counts, struct series_sum *sum)
{
    struct series_value *values = arena_alloc(call->arena, VALUES_MAX * sizeof *values);
    const struct datum *count = counts ? counts->first : NULL;
    size_t n = 0;
    bool is_fine = values && list->count <= VALUES_MAX && list->count > 0 &&
                   (!counts || counts->count == list->count);
    for (const struct datum *item = list->first; is_fine && item; item = item->next) {
        values[n].count = 1;
        is_fine = datum_to_float(item, &values[n].value) == RC_OK &&
                  (!count || datum_to_float(count, &values[n].count) == RC_OK) &&
                  values[n].count > 0;
        count = count ? count->next : NULL;
        n++;
    }
    if (is_fine)
        sum_up(sum, values, n);
    else
        control_fail(call, 400, CW_INVALID,
                     "Values must be 1 to 150 numbers, and Counts as many above 0.");
    return is_fine;
}

static bool read_observations(struct control_call *call, const struct datum *item,
                              struct series_sum *sum)
{
    const struct datum *set = datum_get(item, "StatisticValues");
    const struct datum *list = datum_get_list(item, "Values");
    struct series_value *one;
    if (set)
        return read_set(call, set, sum);
    if (list)
        return read_values(call, list, datum_get_list(item, "Counts"), sum);
    one = arena_alloc(call->arena, sizeof *one);
    if (!one) {
        control_fail(call, 500, "InternalFailure", "no memory");
        return false;
    }
    one->count = 1;
    if (!cw_read_float(call, item, "Value", &one->value))
        return false;
    sum_up(sum, one, 1);
    return true;
}

static bool read_put(struct control_call *call, const struct datum *item, int64_t now_s,
                     struct put *put)
{
    struct series_dimension *dimensions;
    int64_t resolution = 60;
    bool is_set;
    put->second = now_s;
    if (!cw_read_text(call, item, "MetricName", true, &put->id.name) ||
        !cw_read_dimensions(call, item, &dimensions, &put->id.dimension_count) ||
        !cw_read_time(call, item, "Timestamp", &put->second, &is_set) ||
        !cw_read_int(call, item, "StorageResolution", 1, 60, &resolution) ||
        !read_unit(call, item, &put->unit) || !read_observations(call, item, &put->sum))
        return false;
    put->id.dimensions = dimensions;
    if (!is_set)
        put->second = now_s;
    if (resolution == 60)
        put->second = cw_period_begin(put->second, 60);
    return true;
}

static bool read_puts(struct control_call *call, int64_t now_s, struct put **puts, size_t *count)
{
    const struct datum *list = datum_get_list(call->input, "MetricData");
    struct bytes space;
    *count = 0;
    if (!cw_read_text(call, call->input, "Namespace", true, &space))
        return false;
    if (bytes_starts_with(space, BYTES_LIT("AWS/"))) {
        control_fail(call, 400, CW_INVALID,
                     "The value AWS/ for parameter Namespace is invalid: it is AWS's own.");
        return false;
    }
    if (!list || list->count == 0 || list->count > DATA_MAX) {
        control_fail(call, 400, CW_MISSING, "MetricData must have 1 to 1000 members.");
        return false;
    }
    *puts = arena_zalloc(call->arena, list->count * sizeof **puts);
    if (!*puts) {
        control_fail(call, 500, "InternalFailure", "no memory");
        return false;
    }
    for (const struct datum *item = list->first; item; item = item->next) {
        (*puts)[*count].id.space = space;
        if (!read_put(call, item, now_s, &(*puts)[*count]))
            return false;
        ++*count;
    }
    return true;
}

void cw_put_metric_data(void *context, struct control_call *call)
{
    const struct cloudwatch *cloudwatch = context;
    struct put *puts;
    size_t count;
    if (!read_puts(call, cw_now_s(cloudwatch), &puts, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        struct series *series = series_open(cloudwatch->options.store, &puts[i].id, puts[i].unit);
        if (!series || series_add(series, puts[i].second, &puts[i].sum) != RC_OK) {
            control_fail(call, 500, "InternalServiceError",
                         "There is no room for more than %d metrics.", SERIES_MAX);
            return;
        }
    }
    control_answer(call, NULL);
}
