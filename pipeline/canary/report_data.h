#ifndef PIPELINE_CANARY_REPORT_DATA_H
#define PIPELINE_CANARY_REPORT_DATA_H

/*
 * report_data — a recording as the report draws it: windows, steps and events in the order of time.
 *
 * Layer:   canary. Shared by the files of the report.
 * Memory:  report_data_read fills, report_data_release frees; texts live in `arena`.
 */

#include "pipeline/canary/replay.h"
#include "runtime/core/arena.h"

enum {
    REPORT_STEPS_MAX = 200, /* what goes beyond these is left out */
    REPORT_EVENTS_MAX = 400,
    REPORT_QUANTILES = 3, /* p50, p95, p99 */
};

struct report_side {
    uint64_t requests, errors;
    double rate, low, high;              /* of errors, with Wilson's 95 % bounds; NAN: no request */
    double latency_ms[REPORT_QUANTILES]; /* NAN: none is known */
};

struct report_window {
    double minute, minutes; /* since the start of the first one; its length */
    struct report_side stable, canary;
    enum judge_verdict verdict;
    int verdicts[JUDGE_CHECKS]; /* -1: not asked for */
};

struct report_step {
    double minute;
    unsigned step;
    double share;
};

struct report_event {
    double minute;
    const char *type, *text;
};

struct report_data {
    struct arena arena;
    const char *plan, *outcome; /* "unfinished" before its end */
    int64_t start_ms, end_ms;
    double minutes; /* from the start to the end of the last window */
    struct report_window *windows;
    size_t window_count, window_max;
    struct report_step steps[REPORT_STEPS_MAX];
    size_t step_count;
    struct report_event events[REPORT_EVENTS_MAX];
    size_t event_count;
    struct judge_report last; /* what the last window ended with; count 0: there is no window */
    bool is_out_of_memory;
};

/* Errors as of replay_run; release it in each case. */
enum rc report_data_read(struct report_data *data, struct bytes recording,
                         char error[RECORDING_ERROR_BYTES]) MUST_CHECK;
void report_data_release(struct report_data *data);

/* The canary's share at `minute`: that of the last step before. */
double report_share_at(const struct report_data *data, double minute);

/* All windows from `from` to before `to`, in minutes, summed up. */
void report_sum(const struct report_data *data, double from, double to, struct report_side *stable,
                struct report_side *canary);

/* Appends `text` with what Markdown and XML would take for markup replaced; newlines become blanks.
 */
void report_escape(struct buf *out, const char *text);

#endif
