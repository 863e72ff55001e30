#ifndef RUNTIME_CONTROL_CLOUDWATCH_INTERNAL_H
#define RUNTIME_CONTROL_CLOUDWATCH_INTERNAL_H

/*
 * cloudwatch_internal — what the files of cloudwatch share.
 *
 * Layer:   control, for cloudwatch*.c alone.
 *
 * The cw_read functions take one parameter of a call. false: it was refused, and the call has its
 * error; the action then returns at once.
 */

#include "runtime/alb/series_stat.h"
#include "runtime/control/alarm.h"
#include "runtime/control/cloudwatch.h"

struct cloudwatch {
    struct cloudwatch_options options;
    struct control_service service;
    struct alarms alarms;
};

int64_t cw_now_s(const struct cloudwatch *cloudwatch);

/* Brings the store up to date and gives it. */
struct series_store *cw_store(const struct cloudwatch *cloudwatch);

/* Codes of CloudWatch's errors, all with status 400. */
#define CW_MISSING "MissingParameter"
#define CW_INVALID "InvalidParameterValue"
#define CW_COMBINATION "InvalidParameterCombination"
#define CW_NOT_FOUND "ResourceNotFound"
#define CW_LIMIT "LimitExceeded"

/* --- parameters: `map` is the call's input or a part of it --- */

bool cw_read_text(struct control_call *call, const struct datum *map, const char *name,
                  bool is_required, struct bytes *out);
/* Required where `*out` is below `min` before the call; else that is the default. */
bool cw_read_int(struct control_call *call, const struct datum *map, const char *name, int64_t min,
                 int64_t max, int64_t *out);
/* Required. */
bool cw_read_float(struct control_call *call, const struct datum *map, const char *name,
                   double *out);
/* Whole seconds since 1970; `is_set` (NULL: it is required) says whether it was there. */
bool cw_read_time(struct control_call *call, const struct datum *map, const char *name,
                  int64_t *out, bool *is_set);
/* A period of CloudWatch's: 1, 5, 10, 20, 30 or a multiple of 60 seconds; required. */
bool cw_read_period(struct control_call *call, const struct datum *map, int64_t *out);
/* Dimensions under "Dimensions" of `map`, in the call's arena. */
bool cw_read_dimensions(struct control_call *call, const struct datum *map,
                        struct series_dimension **out, size_t *count);
/* Namespace, MetricName and Dimensions of `map`. */
bool cw_read_id(struct control_call *call, const struct datum *map, struct series_id *out);

/* Adds [{Name, Value}] to `parent`. */
void cw_put_dimensions(struct datum_maker *maker, struct datum *parent, const struct series_id *id);

/* A view of texts as they are wanted for a statistic. */
bool cw_read_stat(struct control_call *call, struct bytes text, struct series_stat *out);

/* --- points --- */

struct cw_point {
    int64_t second; /* where the period begins */
    double value;
};

struct cw_points {
    struct cw_point *points; /* ascending */
    size_t count;
};

/* What is asked of a metric. */
struct cw_query {
    struct series_id id;
    struct bytes unit; /* empty: any */
    struct series_stat stat;
    int64_t period_s;
};

enum { CW_POINTS_MAX = 100800 }; /* of one answer, as GetMetricData */

/* The last multiple of `period_s` that is not after `second`. */
int64_t cw_period_begin(int64_t second, int64_t period_s);

/* How many periods there are from `from_s`, rounded down to a period's begin, until `to_s`. */
int64_t cw_period_count(int64_t from_s, int64_t to_s, int64_t period_s);

/* All periods that begin from then on and before `to_s`, but for those with nothing.
 * RC_OK, also for a metric that is not there; RC_NOMEM */
enum rc cw_points_of(const struct series_store *store, const struct cw_query *query, int64_t from_s,
                     int64_t to_s, struct arena *arena, struct cw_points *out) MUST_CHECK;

/* --- actions --- */

control_action_fn cw_get_metric_data, cw_get_metric_statistics, cw_list_metrics, cw_put_metric_data,
    cw_put_metric_alarm, cw_put_composite_alarm, cw_describe_alarms, cw_set_alarm_state,
    cw_delete_alarms;

#endif
