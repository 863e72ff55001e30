#include "runtime/control/cloudwatch_internal.h"

/* GetMetricStatistics: several statistics of one metric, a datapoint a period. */

enum { STATISTICS_MAX = 16, DATAPOINTS_MAX = 1440 };

struct asked {
    struct bytes text;
    struct series_stat stat;
    struct cw_points points;
    size_t next; /* of points, as answering goes on */
    bool is_extended;
};

struct request {
    struct cw_query query;
    int64_t from_s, to_s;
    struct asked asked[STATISTICS_MAX];
    size_t asked_count;
};

/* Whether a statistic may stand in this list: the five plain ones in one, all others in the other.
 */
static bool belongs(const struct series_stat *stat, bool is_extended)
{
    return is_extended == (stat->kind >= STAT_PERCENTILE);
}

static bool read_list(struct control_call *call, const char *name, bool is_extended,
                      struct request *request)
{
    const struct datum *list = datum_get_list(call->input, name);
    for (const struct datum *item = list ? list->first : NULL; item; item = item->next) {
        struct bytes text = item->kind == DATUM_TEXT ? item->text : (struct bytes){NULL, 0};
        struct asked asked = {.text = text, .is_extended = is_extended};
        if (!cw_read_stat(call, text, &asked.stat))
            return false;
        if (!belongs(&asked.stat, is_extended) || request->asked_count == STATISTICS_MAX) {
            control_fail(call, 400, CW_INVALID, "The value '%.*s' may not be in %s.",
                         BYTES_ARG(text), name);
            return false;
        }
        request->asked[request->asked_count++] = asked;
    }
    return true;
}

static bool read_request(struct control_call *call, struct request *request)
{
    if (!cw_read_id(call, call->input, &request->query.id) ||
        !cw_read_time(call, call->input, "StartTime", &request->from_s, NULL) ||
        !cw_read_time(call, call->input, "EndTime", &request->to_s, NULL) ||
        !cw_read_period(call, call->input, &request->query.period_s) ||
        !cw_read_text(call, call->input, "Unit", false, &request->query.unit) ||
        !read_list(call, "Statistics", false, request) ||
        !read_list(call, "ExtendedStatistics", true, request))
        return false;
    int64_t count = cw_period_count(request->from_s, request->to_s, request->query.period_s);
    if (request->asked_count == 0)
        control_fail(call, 400, CW_MISSING,
                     "At least one of the parameters Statistics and ExtendedStatistics must be "
                     "specified.");
    else if (request->to_s <= request->from_s)
        control_fail(call, 400, CW_COMBINATION,
                     "The parameter StartTime must be less than the parameter EndTime.");
    else if (count > DATAPOINTS_MAX)
        control_fail(call, 400, CW_COMBINATION,
                     "You have requested up to %lld datapoints, which exceeds the limit of 1,440.",
                     (long long)count);
    else
        return true;
    return false;
}

/* A map is a list of entries in the Query protocol's XML. */
static void put_extended(struct control_call *call, struct datum *map, const struct asked *asked,
                         double value)
{
    struct bytes name = {NULL, 0};
    if (arena_dup(call->arena, asked->text, &name) != RC_OK)
        call->maker.failed = true;
    else if (call->protocol != CONTROL_QUERY)
        datum_float(&call->maker, map, name.ptr, value);
    else {
        struct datum *entry = datum_map(&call->maker, map, "entry");
        datum_text(&call->maker, entry, "key", name);
        datum_float(&call->maker, entry, "value", value);
    }
}

static void put_value(struct control_call *call, struct datum *datapoint, struct datum **extended,
                      const struct asked *asked, double value)
{
    static const char *const names[] = {"SampleCount", "Sum", "Average", "Minimum", "Maximum"};
    if (!asked->is_extended) {
        datum_float(&call->maker, datapoint, names[asked->stat.kind], value);
        return;
    }
    if (!*extended)
        *extended = datum_map(&call->maker, datapoint, "ExtendedStatistics");
    put_extended(call, *extended, asked, value);
}

/* The period in which the next datapoint is; INT64_MAX: there is none. */
static int64_t next_second(const struct request *request)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < request->asked_count; i++) {
        const struct asked *asked = &request->asked[i];
        if (asked->next < asked->points.count && asked->points.points[asked->next].second < next)
            next = asked->points.points[asked->next].second;
    }
    return next;
}

static void put_datapoints(struct control_call *call, struct request *request, struct bytes unit,
                           struct datum *list)
{
    int64_t second;
    while ((second = next_second(request)) != INT64_MAX) {
        struct datum *datapoint = datum_map(&call->maker, list, NULL), *extended = NULL;
        datum_time(&call->maker, datapoint, "Timestamp", (double)second);
        for (size_t i = 0; i < request->asked_count; i++) {
            struct asked *asked = &request->asked[i];
            if (asked->next < asked->points.count &&
                asked->points.points[asked->next].second == second)
                put_value(call, datapoint, &extended, asked,
                          asked->points.points[asked->next++].value);
        }
        datum_text(&call->maker, datapoint, "Unit", unit);
    }
}

void cw_get_metric_statistics(void *context, struct control_call *call)
{
    struct cloudwatch *cloudwatch = context;
    struct request request = {.asked_count = 0};
    if (!read_request(call, &request))
        return;
    const struct series_store *store = cw_store(cloudwatch);
    const struct series *series = series_find(store, &request.query.id);
    for (size_t i = 0; i < request.asked_count; i++) {
        request.query.stat = request.asked[i].stat;
        if (cw_points_of(store, &request.query, request.from_s, request.to_s, call->arena,
                         &request.asked[i].points) != RC_OK)
            call->maker.failed = true;
    }
    struct datum *result = control_result(call);
    datum_text(&call->maker, result, "Label", request.query.id.name);
    struct datum *list = datum_list(&call->maker, result, "Datapoints");
    if (series)
        put_datapoints(call, &request, series->unit, list);
    control_answer(call, result);
}
