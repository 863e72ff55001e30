#include "runtime/control/cloudwatch_internal.h"

/* GetMetricData: many metrics at once, and arithmetic on them (cloudwatch_math). */

#include "runtime/control/cloudwatch_math.h"

enum { QUERIES_MAX = 500 };

static bool refuse_id(struct control_call *call, struct bytes id)
{
    control_fail(call, 400, "ValidationError",
                 "The value '%.*s' for parameter Id is invalid: it must begin with a lower-case "
                 "letter, be of letters, digits and '_', and be there once.",
                 BYTES_ARG(id));
    return false;
}

static bool id_is_valid(struct bytes id)
{
    if (!id.len || id.len > 255 || id.ptr[0] < 'a' || id.ptr[0] > 'z')
        return false;
    for (size_t i = 1; i < id.len; i++) {
        char c = id.ptr[i];
        if (c != '_' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
            !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return true;
}

static bool read_metric(struct control_call *call, const struct datum *item,
                        struct math_input *input)
{
    const struct datum *stat = datum_get(item, "MetricStat");
    struct bytes text;
    return cw_read_id(call, datum_get(stat, "Metric"), &input->query.id) &&
           cw_read_period(call, stat, &input->query.period_s) &&
           cw_read_text(call, stat, "Unit", false, &input->query.unit) &&
           cw_read_text(call, stat, "Stat", true, &text) &&
           cw_read_stat(call, text, &input->query.stat);
}

static bool read_query(struct control_call *call, const struct datum *item,
                       struct math_inputs *inputs)
{
    struct math_input *input = &inputs->inputs[inputs->count];
    const struct datum *returns = datum_get(item, "ReturnData");
    input->is_returned = true;
    if (!cw_read_text(call, item, "Id", true, &input->id) ||
        !cw_read_text(call, item, "Label", false, &input->label) ||
        !cw_read_text(call, item, "Expression", false, &input->expression))
        return false;
    if (!id_is_valid(input->id) || math_find(inputs, input->id))
        return refuse_id(call, input->id);
    if (returns && datum_to_bool(returns, &input->is_returned) != RC_OK) {
        control_fail(call, 400, CW_INVALID, "ReturnData must be true or false.");
        return false;
    }
    if (!input->expression.len == !datum_get(item, "MetricStat")) {
        control_fail(call, 400, "ValidationError",
                     "The query '%.*s' must have either a MetricStat or an Expression.",
                     BYTES_ARG(input->id));
        return false;
    }
    if (!input->expression.len && !read_metric(call, item, input))
        return false;
    inputs->count++;
    return true;
}

static bool read_queries(struct control_call *call, struct math_inputs *inputs)
{
    const struct datum *list = datum_get_list(call->input, "MetricDataQueries");
    if (!list || list->count == 0 || list->count > QUERIES_MAX) {
        control_fail(call, 400, "ValidationError", "MetricDataQueries must have 1 to 500 members.");
        return false;
    }
    inputs->inputs = arena_zalloc(call->arena, list->count * sizeof *inputs->inputs);
    if (!inputs->inputs) {
        control_fail(call, 500, "InternalFailure", "no memory");
        return false;
    }
    if (!cw_read_time(call, call->input, "StartTime", &inputs->from_s, NULL) ||
        !cw_read_time(call, call->input, "EndTime", &inputs->to_s, NULL))
        return false;
    if (inputs->to_s <= inputs->from_s) {
        control_fail(call, 400, "ValidationError",
                     "The parameter StartTime must be less than the parameter EndTime.");
        return false;
    }
    for (const struct datum *item = list->first; item; item = item->next)
        if (!read_query(call, item, inputs))
            return false;
    return true;
}

static bool fetch_metrics(struct control_call *call, const struct series_store *store,
                          struct math_inputs *inputs)
{
    int64_t total = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        struct math_input *input = &inputs->inputs[i];
        if (input->expression.len)
            continue;
        total += cw_period_count(inputs->from_s, inputs->to_s, input->query.period_s);
        if (total > CW_POINTS_MAX) {
            control_fail(call, 400, "ValidationError",
                         "You have requested more than 100,800 datapoints.");
            return false;
        }
        if (cw_points_of(store, &input->query, inputs->from_s, inputs->to_s, call->arena,
                         &input->points) != RC_OK)
            call->maker.failed = true;
    }
    return true;
}

static void put_points(struct control_call *call, struct datum *one, const struct cw_points *points,
                       bool is_ascending)
{
    struct datum *times = datum_list(&call->maker, one, "Timestamps");
    struct datum *values = datum_list(&call->maker, one, "Values");
    for (size_t i = 0; i < points->count; i++) {
        const struct cw_point *point = &points->points[is_ascending ? i : points->count - 1 - i];
        datum_time(&call->maker, times, NULL, (double)point->second);
        datum_float(&call->maker, values, NULL, point->value);
    }
}

void cw_get_metric_data(void *context, struct control_call *call)
{
    struct math_inputs inputs = {.arena = call->arena};
    struct bytes order;
    char error[160];
    if (!read_queries(call, &inputs) || !cw_read_text(call, call->input, "ScanBy", false, &order) ||
        !fetch_metrics(call, cw_store(context), &inputs))
        return;
    if (!math_compute(&inputs, error, sizeof error)) {
        control_fail(call, 400, "ValidationError", "%s", error);
        return;
    }
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "MetricDataResults");
    for (size_t i = 0; i < inputs.count; i++) {
        const struct math_input *input = &inputs.inputs[i];
        if (!input->is_returned)
            continue;
        struct datum *one = datum_map(&call->maker, list, NULL);
        struct bytes name = input->expression.len ? input->id : input->query.id.name;
        datum_text(&call->maker, one, "Id", input->id);
        datum_text(&call->maker, one, "Label", input->label.len ? input->label : name);
        put_points(call, one, &input->points, bytes_eq(order, BYTES_LIT("TimestampAscending")));
        datum_string(&call->maker, one, "StatusCode", "Complete");
    }
    (void)datum_list(&call->maker, result, "Messages");
    control_answer(call, result);
}
