#include "runtime/control/alarm.h"

#include <stdio.h>
#include <stdlib.h>

enum { SPARE_PERIODS = 2, TEXTS_MAX = 64 * 1024, SCRATCH_MAX = 1 << 26, ROUNDS_MAX = 16 };

static void alarm_free(struct alarm *alarm)
{
    arena_release(&alarm->arena);
    free(alarm);
}

void alarms_release(struct alarms *alarms)
{
    while (alarms->first)
        alarm_delete(alarms, alarms->first);
}

struct alarm *alarm_find(const struct alarms *alarms, struct bytes name)
{
    struct alarm *alarm = alarms->first;
    while (alarm && !bytes_eq(alarm->name, name))
        alarm = alarm->next;
    return alarm;
}

void alarm_delete(struct alarms *alarms, struct alarm *alarm)
{
    struct alarm **at = &alarms->first;
    while (*at != alarm)
        at = &(*at)->next;
    *at = alarm->next;
    alarms->count--;
    alarm_free(alarm);
}

static enum rc copy_texts(struct alarm *to, const struct alarm *from)
{
    struct series_dimension *dimensions =
        arena_alloc(&to->arena, (from->id.dimension_count + 1) * sizeof *dimensions);
    if (!dimensions)
        return RC_NOMEM;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < from->id.dimension_count; i++) {
        rc = arena_dup(&to->arena, from->id.dimensions[i].name, &dimensions[i].name);
        if (rc == RC_OK)
            rc = arena_dup(&to->arena, from->id.dimensions[i].value, &dimensions[i].value);
    }
    to->id.dimensions = dimensions;
    const struct bytes *const sources[] = {
        &from->name, &from->description, &from->id.space,   &from->id.name,    &from->stat_text,
        &from->unit, &from->rule,        &from->actions[0], &from->actions[1], &from->actions[2]};
    struct bytes *const copies[] = {
        &to->name, &to->description, &to->id.space,   &to->id.name,    &to->stat_text,
        &to->unit, &to->rule,        &to->actions[0], &to->actions[1], &to->actions[2]};
    for (size_t i = 0; rc == RC_OK && i < sizeof copies / sizeof copies[0]; i++)
        rc = arena_dup(&to->arena, *sources[i], copies[i]);
    return rc;
}

static bool is_before(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order < 0 : a.len < b.len;
}

struct alarm *alarm_put(struct alarms *alarms, const struct alarm *settings)
{
    struct alarm *old = alarm_find(alarms, settings->name);
    struct alarm *alarm = calloc(1, sizeof *alarm);
    if (!alarm || (!old && alarms->count == ALARMS_MAX)) {
        free(alarm);
        return NULL;
    }
    *alarm = *settings;
    arena_init(&alarm->arena, TEXTS_MAX);
    if (copy_texts(alarm, settings) != RC_OK) {
        alarm_free(alarm);
        return NULL;
    }
    alarm->evaluated_step = -1;
    alarm->updated_s = settings->configured_s;
    alarm->state = ALARM_INSUFFICIENT;
    (void)snprintf(alarm->reason, sizeof alarm->reason, "Unchecked: Initial alarm creation");
    if (old) {
        alarm->state = old->state;
        alarm->updated_s = old->updated_s;
        memcpy(alarm->reason, old->reason, sizeof alarm->reason);
        alarm_delete(alarms, old);
    }
    struct alarm **at = &alarms->first;
    while (*at && is_before((*at)->name, alarm->name))
        at = &(*at)->next;
    alarm->next = *at;
    *at = alarm;
    alarms->count++;
    return alarm;
}

/* --- states --- */

static void enter(struct alarm *alarm, enum alarm_state state, int64_t now_s)
{
    if (alarm->state != state)
        alarm->updated_s = now_s;
    alarm->state = state;
}

static int64_t step_of(const struct alarm *alarm, int64_t now_s)
{
    int64_t step_s = alarm->is_composite ? 1 : alarm->period_s < 60 ? alarm->period_s : 60;
    return now_s / step_s;
}

void alarm_set_state(struct alarm *alarm, enum alarm_state state, struct bytes reason,
                     int64_t now_s)
{
    enter(alarm, state, now_s);
    alarm->updated_s = now_s;
    (void)snprintf(alarm->reason, sizeof alarm->reason, "%.*s", BYTES_ARG(reason));
    alarm->evaluated_step = step_of(alarm, now_s);
}

static bool is_breaching(const struct alarm *alarm, double value)
{
    switch (alarm->comparison) {
    case ALARM_GE:
        return value >= alarm->threshold;
    case ALARM_GT:
        return value > alarm->threshold;
    case ALARM_LT:
        return value < alarm->threshold;
    case ALARM_LE:
        break;
    }
    return value <= alarm->threshold;
}

/* Of the newest periods that have data, at most as many as are evaluated. */
struct evidence {
    int64_t real, breaching;
};

static struct evidence gather(const struct alarm *alarm, const struct series *series, int64_t now_s,
                              struct arena *arena)
{
    struct evidence evidence = {0, 0};
    int64_t begin = now_s - now_s % alarm->period_s;
    int64_t left = alarm->evaluation_periods + SPARE_PERIODS;
    for (; series && left > 0 && evidence.real < alarm->evaluation_periods; left--) {
        struct series_sum sum;
        double value;
        begin -= alarm->period_s;
        if (series_between(series, begin, begin + alarm->period_s, arena, &sum) == RC_OK &&
            series_stat_compute(&alarm->stat, &sum, &value) == RC_OK) {
            evidence.real++;
            evidence.breaching += is_breaching(alarm, value);
        }
        arena_reset(arena);
    }
    return evidence;
}

static enum alarm_state judge(const struct alarm *alarm, const struct evidence *evidence)
{
    int64_t missing = alarm->evaluation_periods - evidence->real;
    int64_t needed = alarm->datapoints_to_alarm;
    int64_t breaching = evidence->breaching;
    if (missing > 0)
        switch (alarm->missing) {
        case ALARM_MISSING:
            if (evidence->real == 0)
                return ALARM_INSUFFICIENT;
            needed = needed < evidence->real ? needed : evidence->real;
            break;
        case ALARM_IGNORE:
            if (breaching < needed &&
                evidence->real - breaching <= alarm->evaluation_periods - needed)
                return alarm->state;
            break;
        case ALARM_BREACHING:
            breaching += missing;
            break;
        case ALARM_NOT_BREACHING:
            break;
        }
    return breaching >= needed ? ALARM_ALARM : ALARM_OK;
}

static void evaluate_metric(struct alarm *alarm, const struct series_store *store, int64_t now_s,
                            struct arena *arena)
{
    const struct series *series = series_find(store, &alarm->id);
    if (series && alarm->unit.len && !bytes_eq(alarm->unit, series->unit))
        series = NULL;
    struct evidence evidence = gather(alarm, series, now_s, arena);
    enter(alarm, judge(alarm, &evidence), now_s);
    (void)snprintf(
        alarm->reason, sizeof alarm->reason,
        "Threshold Crossed: %lld of the last %lld datapoints crossed the threshold (%g), %lld "
        "missing [%lld needed for ALARM]",
        (long long)evidence.breaching, (long long)alarm->evaluation_periods, alarm->threshold,
        (long long)(alarm->evaluation_periods - evidence.real),
        (long long)alarm->datapoints_to_alarm);
}

/* true: the state is another now. */
static bool evaluate_composite(struct alarm *alarm, const struct alarms *alarms, int64_t now_s)
{
    bool holds = false;
    const char *error;
    enum alarm_state before = alarm->state;
    if (!alarm_rule_holds(alarms, alarm->rule, &holds, &error))
        holds = false;
    enter(alarm, holds ? ALARM_ALARM : ALARM_OK, now_s);
    (void)snprintf(alarm->reason, sizeof alarm->reason, "The rule is %s", holds ? "true" : "false");
    return alarm->state != before;
}

/* A composite alarm may look at others of them, in any order; two that deny each other never
 * settle. */
static void evaluate_composites(struct alarms *alarms, int64_t now_s)
{
    bool is_settled = false;
    for (int round = 0; round < ROUNDS_MAX && !is_settled; round++) {
        is_settled = true;
        for (struct alarm *alarm = alarms->first; alarm; alarm = alarm->next)
            if (alarm->is_composite && alarm->evaluated_step != now_s &&
                evaluate_composite(alarm, alarms, now_s))
                is_settled = false;
    }
}

void alarms_evaluate(struct alarms *alarms, const struct series_store *store, int64_t now_s)
{
    struct arena arena;
    arena_init(&arena, SCRATCH_MAX);
    for (struct alarm *alarm = alarms->first; alarm; alarm = alarm->next) {
        int64_t step = step_of(alarm, now_s);
        if (alarm->is_composite || alarm->evaluated_step == step)
            continue;
        alarm->evaluated_step = step;
        evaluate_metric(alarm, store, now_s, &arena);
    }
    evaluate_composites(alarms, now_s);
    arena_release(&arena);
}

static const char *const state_names[] = {
    [ALARM_INSUFFICIENT] = "INSUFFICIENT_DATA", [ALARM_OK] = "OK", [ALARM_ALARM] = "ALARM"};

const char *alarm_state_name(enum alarm_state state)
{
    return state_names[state];
}

bool alarm_state_parse(struct bytes text, enum alarm_state *out)
{
    for (size_t i = 0; i < sizeof state_names / sizeof state_names[0]; i++)
        if (bytes_eq(text, bytes_from_str(state_names[i]))) {
            *out = (enum alarm_state)i;
            return true;
        }
    return false;
}
