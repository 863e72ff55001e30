#ifndef RUNTIME_CONTROL_ALARM_H
#define RUNTIME_CONTROL_ALARM_H

/*
 * alarm — CloudWatch's alarms: on a metric, or on the states of others.
 *
 * Layer:   control. Knows alb/series.h.
 * Memory:  owns all alarms; texts are copied.
 * Source:  "Using Amazon CloudWatch alarms", CloudWatch user guide, with its table of how missing
 *          data is treated.
 *
 * A state is computed when somebody looks, once in each period (at least each minute); so what
 * SetAlarmState has set holds until the period in which it was set is over, as on AWS.
 *
 * Of a metric's alarm the last whole periods count, and two more where one of them has no data: the
 * newest EvaluationPeriods with data decide. Where there are fewer, TreatMissingData says what the
 * others are: `missing`: nothing, and INSUFFICIENT_DATA where all are missing; `ignore`: the state
 * stays unless the ones there are decide; `breaching`, `notBreaching`: as if they were.
 */

#include "runtime/alb/series_stat.h"

enum alarm_state { ALARM_INSUFFICIENT, ALARM_OK, ALARM_ALARM };
enum { ALARM_STATES = 3 };
enum alarm_missing { ALARM_MISSING, ALARM_IGNORE, ALARM_BREACHING, ALARM_NOT_BREACHING };
enum alarm_comparison { ALARM_GE, ALARM_GT, ALARM_LT, ALARM_LE };

enum {
    ALARMS_MAX = 1000,
    ALARM_NAME_MAX = 255,
    ALARM_RULE_MAX = 10240,
    ALARM_PERIODS_MAX = 1440, /* EvaluationPeriods */
    ALARM_REASON_MAX = 256,
};

struct alarm {
    struct bytes name, description; /* NUL behind each text */
    bool is_composite, actions_enabled;
    struct bytes actions[ALARM_STATES]; /* of each state: ARNs, each with a line end behind it */
    /* Of a metric's. */
    struct series_id id;
    struct bytes stat_text, unit;
    struct series_stat stat;
    int64_t period_s, evaluation_periods, datapoints_to_alarm;
    double threshold;
    enum alarm_comparison comparison;
    enum alarm_missing missing;
    /* Of a composite one: ALARM(x) AND NOT OK("y"). */
    struct bytes rule;

    enum alarm_state state;
    char reason[ALARM_REASON_MAX];
    int64_t updated_s, configured_s;
    int64_t evaluated_step; /* periods since 1970 when its state was last found; -1: never */
    struct arena arena;     /* its texts */
    struct alarm *next;     /* by name */
};

struct alarms {
    struct alarm *first;
    size_t count;
};

/* Works on a zeroed struct, and twice. */
void alarms_release(struct alarms *alarms);

/* NULL: there is none. */
struct alarm *alarm_find(const struct alarms *alarms, struct bytes name);

/* Adds a copy of `settings`, which keeps the state of an alarm of that name. NULL: no memory, or
 * over ALARMS_MAX; nothing has changed. */
struct alarm *alarm_put(struct alarms *alarms, const struct alarm *settings) MUST_CHECK;

void alarm_delete(struct alarms *alarms, struct alarm *alarm);

/* Finds the states that are due: of metrics' alarms, then of composite ones until they settle. */
void alarms_evaluate(struct alarms *alarms, const struct series_store *store, int64_t now_s);

/* Until the period of `now_s` is over. */
void alarm_set_state(struct alarm *alarm, enum alarm_state state, struct bytes reason,
                     int64_t now_s);

/* "OK", "ALARM", "INSUFFICIENT_DATA". parse: false for any other. */
const char *alarm_state_name(enum alarm_state state);
bool alarm_state_parse(struct bytes text, enum alarm_state *out) MUST_CHECK;

/* Whether a composite alarm's rule is one; `value` (may be NULL): whether it holds now. An alarm
 * that is not there is in no state. false: `error` is a text, static. */
bool alarm_rule_holds(const struct alarms *alarms, struct bytes rule, bool *value,
                      const char **error) MUST_CHECK;

#endif
