#include <inttypes.h>
#include <stdio.h>

#include "runtime/control/cloudwatch_internal.h"
#include "runtime/core/text.h"

/* PutMetricAlarm, PutCompositeAlarm, DescribeAlarms, SetAlarmState, DeleteAlarms. */

enum { RECORDS_DEFAULT = 50, RECORDS_MAX = 100, ACTIONS_MAX = 5 };

static const char *const comparisons[] = {
    [ALARM_GE] = "GreaterThanOrEqualToThreshold",
    [ALARM_GT] = "GreaterThanThreshold",
    [ALARM_LT] = "LessThanThreshold",
    [ALARM_LE] = "LessThanOrEqualToThreshold",
};

static const char *const treatments[] = {
    [ALARM_MISSING] = "missing",
    [ALARM_IGNORE] = "ignore",
    [ALARM_BREACHING] = "breaching",
    [ALARM_NOT_BREACHING] = "notBreaching",
};

/* --- settings --- */

/* The index of a word of a list. */
static bool read_word(struct control_call *call, const char *name, struct bytes fallback,
                      const char *const *words, size_t count, unsigned *out)
{
    struct bytes text;
    if (!cw_read_text(call, call->input, name, !fallback.len, &text))
        return false;
    if (!text.len)
        text = fallback;
    for (*out = 0; *out < count; ++*out)
        if (bytes_eq(text, bytes_from_str(words[*out])))
            return true;
    control_fail(call, 400, CW_INVALID, "The value '%.*s' for parameter %s is invalid.",
                 BYTES_ARG(text), name);
    return false;
}

/* Statistic or ExtendedStatistic, one of them. */
static bool read_statistic(struct control_call *call, struct alarm *alarm)
{
    struct bytes extended;
    if (!cw_read_text(call, call->input, "Statistic", false, &alarm->stat_text) ||
        !cw_read_text(call, call->input, "ExtendedStatistic", false, &extended))
        return false;
    if (!alarm->stat_text.len == !extended.len) {
        control_fail(call, 400, CW_COMBINATION,
                     "Exactly one of the parameters Statistic and ExtendedStatistic is required.");
        return false;
    }
    if (extended.len)
        alarm->stat_text = extended;
    return cw_read_stat(call, alarm->stat_text, &alarm->stat);
}

static const char *const action_lists[] = {
    [ALARM_INSUFFICIENT] = "InsufficientDataActions",
    [ALARM_OK] = "OKActions",
    [ALARM_ALARM] = "AlarmActions",
};

static bool read_actions(struct control_call *call, struct alarm *alarm)
{
    for (int i = 0; i < ALARM_STATES; i++) {
        const struct datum *list = datum_get_list(call->input, action_lists[i]);
        struct text text;
        text_init(&text, call->arena);
        for (const struct datum *item = list ? list->first : NULL; item; item = item->next) {
            if (item->kind != DATUM_TEXT || list->count > ACTIONS_MAX ||
                bytes_find(item->text, '\n') < item->text.len) {
                control_fail(call, 400, CW_INVALID, "%s must be a list of 5 ARNs at most.",
                             action_lists[i]);
                return false;
            }
            text_append(&text, item->text);
            text_append(&text, BYTES_LIT("\n"));
        }
        call->maker.failed |= text.failed;
        alarm->actions[i] = text_bytes(&text);
    }
    return true;
}

static bool read_common(struct control_call *call, struct alarm *alarm)
{
    const struct datum *enabled = datum_get(call->input, "ActionsEnabled");
    alarm->actions_enabled = true;
    if (!cw_read_text(call, call->input, "AlarmName", true, &alarm->name) ||
        !cw_read_text(call, call->input, "AlarmDescription", false, &alarm->description))
        return false;
    if (alarm->name.len > ALARM_NAME_MAX || alarm->description.len > 1024 ||
        (enabled && datum_to_bool(enabled, &alarm->actions_enabled) != RC_OK)) {
        control_fail(call, 400, CW_INVALID,
                     "AlarmName may have 255 characters, AlarmDescription 1024, and ActionsEnabled "
                     "must be true or false.");
        return false;
    }
    return read_actions(call, alarm);
}

static bool read_periods(struct control_call *call, struct alarm *alarm)
{
    if (!cw_read_period(call, call->input, &alarm->period_s) ||
        !cw_read_int(call, call->input, "EvaluationPeriods", 1, ALARM_PERIODS_MAX,
                     &alarm->evaluation_periods))
        return false;
    alarm->datapoints_to_alarm = alarm->evaluation_periods;
    return cw_read_int(call, call->input, "DatapointsToAlarm", 1, alarm->evaluation_periods,
                       &alarm->datapoints_to_alarm);
}

/* Answers with nothing; or with the error that it could not be kept. */
static void put(struct cloudwatch *cloudwatch, struct control_call *call, struct alarm *alarm)
{
    alarm->configured_s = cw_now_s(cloudwatch);
    if (alarm_put(&cloudwatch->alarms, alarm))
        control_answer(call, NULL);
    else
        control_fail(call, 400, CW_LIMIT, "There are %d alarms already.", ALARMS_MAX);
}

void cw_put_metric_alarm(void *context, struct control_call *call)
{
    struct alarm alarm = {.is_composite = false};
    unsigned comparison, missing;
    if (datum_get(call->input, "Metrics") || datum_get(call->input, "ThresholdMetricId")) {
        control_fail(call, 400, "ValidationError",
                     "Alarms on expressions and on anomalies (Metrics, ThresholdMetricId) are not "
                     "to be had here; PutCompositeAlarm joins several.");
        return;
    }
    if (!read_common(call, &alarm) || !cw_read_id(call, call->input, &alarm.id) ||
        !read_statistic(call, &alarm) || !read_periods(call, &alarm) ||
        !cw_read_float(call, call->input, "Threshold", &alarm.threshold) ||
        !cw_read_text(call, call->input, "Unit", false, &alarm.unit) ||
        !read_word(call, "ComparisonOperator", (struct bytes){NULL, 0}, comparisons,
                   sizeof comparisons / sizeof comparisons[0], &comparison) ||
        !read_word(call, "TreatMissingData", BYTES_LIT("missing"), treatments,
                   sizeof treatments / sizeof treatments[0], &missing))
        return;
    alarm.comparison = (enum alarm_comparison)comparison;
    alarm.missing = (enum alarm_missing)missing;
    put(context, call, &alarm);
}

void cw_put_composite_alarm(void *context, struct control_call *call)
{
    struct cloudwatch *cloudwatch = context;
    struct alarm alarm = {.is_composite = true};
    const char *error = "it is too long";
    if (!read_common(call, &alarm) ||
        !cw_read_text(call, call->input, "AlarmRule", true, &alarm.rule))
        return;
    if (alarm.rule.len > ALARM_RULE_MAX ||
        !alarm_rule_holds(&cloudwatch->alarms, alarm.rule, NULL, &error))
        control_fail(call, 400, "ValidationError", "The AlarmRule is invalid: %s.", error);
    else
        put(cloudwatch, call, &alarm);
}

/* --- answers --- */

static void put_arn(const struct cloudwatch *cloudwatch, struct control_call *call,
                    const struct alarm *alarm, struct datum *one)
{
    struct bytes arn = {NULL, 0}, region = call->region;
    if (!region.len)
        region = BYTES_LIT("us-east-1");
    if (arena_printf(call->arena, &arn, "arn:aws:cloudwatch:%.*s:%s:alarm:%.*s", BYTES_ARG(region),
                     cloudwatch->options.account, BYTES_ARG(alarm->name)) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, one, "AlarmArn", arn);
}

/* Kept for clients, which compare them; nothing is done with them here. */
static void put_actions(struct control_call *call, const struct alarm *alarm, struct datum *one)
{
    datum_bool(&call->maker, one, "ActionsEnabled", alarm->actions_enabled);
    for (int i = 0; i < ALARM_STATES; i++) {
        struct datum *list = datum_list(&call->maker, one, action_lists[i]);
        struct bytes rest = alarm->actions[i];
        while (rest.len) {
            size_t len = bytes_find(rest, '\n');
            datum_text(&call->maker, list, NULL, bytes_make(rest.ptr, len));
            rest = bytes_skip(rest, len + 1);
        }
    }
}

static void put_metric(struct control_call *call, const struct alarm *alarm, struct datum *one)
{
    bool is_extended = alarm->stat.kind >= STAT_PERCENTILE;
    datum_text(&call->maker, one, "MetricName", alarm->id.name);
    datum_text(&call->maker, one, "Namespace", alarm->id.space);
    datum_text(&call->maker, one, is_extended ? "ExtendedStatistic" : "Statistic",
               alarm->stat_text);
    cw_put_dimensions(&call->maker, one, &alarm->id);
    datum_int(&call->maker, one, "Period", alarm->period_s);
    if (alarm->unit.len)
        datum_text(&call->maker, one, "Unit", alarm->unit);
    datum_int(&call->maker, one, "EvaluationPeriods", alarm->evaluation_periods);
    datum_int(&call->maker, one, "DatapointsToAlarm", alarm->datapoints_to_alarm);
    datum_float(&call->maker, one, "Threshold", alarm->threshold);
    datum_string(&call->maker, one, "ComparisonOperator", comparisons[alarm->comparison]);
    datum_string(&call->maker, one, "TreatMissingData", treatments[alarm->missing]);
}

static void put_alarm(const struct cloudwatch *cloudwatch, struct control_call *call,
                      const struct alarm *alarm, struct datum *list)
{
    struct datum *one = datum_map(&call->maker, list, NULL);
    struct bytes reason = {NULL, 0};
    if (arena_dup(call->arena, bytes_from_str(alarm->reason), &reason) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, one, "AlarmName", alarm->name);
    put_arn(cloudwatch, call, alarm, one);
    if (alarm->description.len)
        datum_text(&call->maker, one, "AlarmDescription", alarm->description);
    datum_time(&call->maker, one, "AlarmConfigurationUpdatedTimestamp",
               (double)alarm->configured_s);
    put_actions(call, alarm, one);
    datum_string(&call->maker, one, "StateValue", alarm_state_name(alarm->state));
    datum_text(&call->maker, one, "StateReason", reason);
    datum_time(&call->maker, one, "StateUpdatedTimestamp", (double)alarm->updated_s);
    datum_time(&call->maker, one, "StateTransitionedTimestamp", (double)alarm->updated_s);
    if (alarm->is_composite)
        datum_text(&call->maker, one, "AlarmRule", alarm->rule);
    else
        put_metric(call, alarm, one);
}

/* --- DescribeAlarms --- */

struct filter {
    const struct datum *names; /* NULL: any */
    struct bytes prefix, token;
    bool has_state, wants_metric, wants_composite;
    enum alarm_state state;
    int64_t records;
};

static bool list_has(const struct datum *list, struct bytes text)
{
    for (const struct datum *item = list ? list->first : NULL; item; item = item->next)
        if (item->kind == DATUM_TEXT && bytes_eq(item->text, text))
            return true;
    return false;
}

static bool read_filter(struct control_call *call, struct filter *filter)
{
    const struct datum *types = datum_get_list(call->input, "AlarmTypes");
    struct bytes state;
    filter->records = RECORDS_DEFAULT;
    filter->names = datum_get_list(call->input, "AlarmNames");
    if (!cw_read_text(call, call->input, "AlarmNamePrefix", false, &filter->prefix) ||
        !cw_read_text(call, call->input, "NextToken", false, &filter->token) ||
        !cw_read_text(call, call->input, "StateValue", false, &state) ||
        !cw_read_int(call, call->input, "MaxRecords", 1, RECORDS_MAX, &filter->records))
        return false;
    filter->has_state = state.len != 0;
    filter->wants_composite = list_has(types, BYTES_LIT("CompositeAlarm"));
    filter->wants_metric = !types || list_has(types, BYTES_LIT("MetricAlarm"));
    if (state.len && !alarm_state_parse(state, &filter->state)) {
        control_fail(call, 400, CW_INVALID, "The value '%.*s' for parameter StateValue is invalid.",
                     BYTES_ARG(state));
        return false;
    }
    if (!filter->names || !filter->prefix.len)
        return true;
    control_fail(call, 400, CW_COMBINATION,
                 "AlarmNames and AlarmNamePrefix may not be there together.");
    return false;
}

static bool is_described(const struct alarm *alarm, const struct filter *filter)
{
    return (alarm->is_composite ? filter->wants_composite : filter->wants_metric) &&
           (!filter->names || list_has(filter->names, alarm->name)) &&
           bytes_starts_with(alarm->name, filter->prefix) &&
           (!filter->has_state || alarm->state == filter->state);
}

/* The token of a page is the name of its first alarm: others may come and go between. */
void cw_describe_alarms(void *context, struct control_call *call)
{
    struct cloudwatch *cloudwatch = context;
    struct filter filter = {.records = 0};
    if (!read_filter(call, &filter))
        return;
    alarms_evaluate(&cloudwatch->alarms, cw_store(cloudwatch), cw_now_s(cloudwatch));
    struct datum *result = control_result(call);
    struct datum *metric = datum_list(&call->maker, result, "MetricAlarms");
    struct datum *composite = datum_list(&call->maker, result, "CompositeAlarms");
    bool has_begun = filter.token.len == 0;
    for (const struct alarm *alarm = cloudwatch->alarms.first; alarm; alarm = alarm->next) {
        has_begun |= bytes_eq(alarm->name, filter.token);
        if (!has_begun || !is_described(alarm, &filter))
            continue;
        if (filter.records-- == 0) {
            datum_text(&call->maker, result, "NextToken", alarm->name);
            break;
        }
        put_alarm(cloudwatch, call, alarm, alarm->is_composite ? composite : metric);
    }
    control_answer(call, result);
}

/* --- SetAlarmState, DeleteAlarms --- */

void cw_set_alarm_state(void *context, struct control_call *call)
{
    struct cloudwatch *cloudwatch = context;
    struct bytes name, state_text, reason;
    enum alarm_state state;
    if (!cw_read_text(call, call->input, "AlarmName", true, &name) ||
        !cw_read_text(call, call->input, "StateValue", true, &state_text) ||
        !cw_read_text(call, call->input, "StateReason", true, &reason))
        return;
    struct alarm *alarm = alarm_find(&cloudwatch->alarms, name);
    if (!alarm) {
        control_fail(call, 404, CW_NOT_FOUND, "There is no alarm '%.*s'.", BYTES_ARG(name));
    } else if (!alarm_state_parse(state_text, &state)) {
        control_fail(call, 400, CW_INVALID, "The value '%.*s' for parameter StateValue is invalid.",
                     BYTES_ARG(state_text));
    } else {
        alarm_set_state(alarm, state, reason, cw_now_s(cloudwatch));
        control_answer(call, NULL);
    }
}

/* AWS deletes all or, where one is not there, none. */
void cw_delete_alarms(void *context, struct control_call *call)
{
    struct cloudwatch *cloudwatch = context;
    const struct datum *list = datum_get_list(call->input, "AlarmNames");
    if (!list || !list->count) {
        control_fail(call, 400, CW_MISSING, "The parameter AlarmNames is required.");
        return;
    }
    for (const struct datum *item = list->first; item; item = item->next)
        if (item->kind != DATUM_TEXT || !alarm_find(&cloudwatch->alarms, item->text)) {
            control_fail(call, 404, CW_NOT_FOUND, "There is no alarm '%.*s'.",
                         BYTES_ARG(item->text));
            return;
        }
    for (const struct datum *item = list->first; item; item = item->next) {
        struct alarm *alarm = alarm_find(&cloudwatch->alarms, item->text);
        if (alarm)
            alarm_delete(&cloudwatch->alarms, alarm);
    }
    control_answer(call, NULL);
}
