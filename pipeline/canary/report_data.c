#include "pipeline/canary/report_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/canary/stats.h"
#include "runtime/core/limits.h"

static const double bound_sd = 1.959964; /* 95 % */
static const double quantiles[REPORT_QUANTILES] = {0.5, 0.95, 0.99};

static double minute_of(const struct report_data *data, int64_t at_ms)
{
    return (double)(at_ms - data->start_ms) / 60000;
}

static const char *keep(struct report_data *data, struct bytes text)
{
    char *kept = arena_alloc(&data->arena, text.len + 1);
    if (!kept) {
        data->is_out_of_memory = true;
        return "";
    }
    if (text.len > 0)
        memcpy(kept, text.ptr, text.len);
    kept[text.len] = 0;
    return kept;
}

static double quantile_of(const struct judge_side *side, double quantile)
{
    double all = 0, below = 0, upper = NAN;
    for (size_t i = 0; i < side->bin_count; i++)
        all += (double)side->bins[i].count;
    for (size_t i = 0; i < side->bin_count && below < quantile * all; i++) {
        below += (double)side->bins[i].count;
        if (side->bins[i].count > 0 && !isinf(side->bins[i].upper_ms))
            upper = side->bins[i].upper_ms;
    }
    return upper;
}

static void set_rate(struct report_side *side)
{
    stats_wilson((double)side->errors, (double)side->requests, bound_sd, &side->low, &side->high);
    side->rate = side->requests > 0 ? (double)side->errors / (double)side->requests : NAN;
}

static struct report_side side_of(const struct judge_side *from)
{
    struct report_side side = {.requests = from->requests, .errors = from->errors};
    set_rate(&side);
    for (int i = 0; i < REPORT_QUANTILES; i++)
        side.latency_ms[i] = quantile_of(from, quantiles[i]);
    return side;
}

static struct report_window *window_add(struct report_data *data, double minute)
{
    /* Who resumes a run asks for its windows once more. */
    while (data->window_count > 0 && data->windows[data->window_count - 1].minute >= minute)
        data->window_count--;
    if (data->window_count == data->window_max) {
        size_t max = data->window_max > 0 ? 2 * data->window_max : 64;
        struct report_window *windows = realloc(data->windows, max * sizeof *windows);
        if (!windows) {
            data->is_out_of_memory = true;
            return NULL;
        }
        data->windows = windows;
        data->window_max = max;
    }
    return &data->windows[data->window_count++];
}

static void see_look(void *context, const struct judge_sample *sample,
                     const struct judge_report *report, int then)
{
    struct report_data *data = context;
    (void)then;
    if (data->window_max == 0)
        data->start_ms = sample->start_ms;
    struct report_window *window = window_add(data, minute_of(data, sample->start_ms));
    if (!window)
        return;
    *window = (struct report_window){.minute = minute_of(data, sample->start_ms),
                                     .minutes = sample->minutes,
                                     .stable = side_of(&sample->stable),
                                     .canary = side_of(&sample->canary),
                                     .verdict = report->verdict};
    for (int check = 0; check < JUDGE_CHECKS; check++)
        window->verdicts[check] = -1;
    for (size_t i = 0; i < report->count; i++)
        window->verdicts[report->results[i].check] = (int)report->results[i].verdict;
    data->last = *report;
}

/* Times are kept as they are until the start is known; see report_data_read. */
static void see_step(void *context, int64_t at_ms, unsigned step, double share)
{
    struct report_data *data = context;
    if (data->step_count < REPORT_STEPS_MAX)
        data->steps[data->step_count++] =
            (struct report_step){.minute = (double)at_ms, .step = step, .share = share};
}

static void see_event(void *context, int64_t at_ms, struct bytes type, struct bytes text)
{
    struct report_data *data = context;
    if (data->event_count < REPORT_EVENTS_MAX)
        data->events[data->event_count++] = (struct report_event){
            .minute = (double)at_ms, .type = keep(data, type), .text = keep(data, text)};
}

static void see_end(void *context, int64_t at_ms, struct bytes outcome)
{
    struct report_data *data = context;
    data->end_ms = at_ms;
    data->outcome = keep(data, outcome);
}

static void see_run(void *context, int64_t at_ms, struct bytes plan)
{
    struct report_data *data = context;
    if (!data->plan) {
        data->start_ms = at_ms;
        data->plan = keep(data, plan);
    }
}

enum rc report_data_read(struct report_data *data, struct bytes recording,
                         char error[RECORDING_ERROR_BYTES])
{
    static const struct replay_visitor visitor = {
        .step = see_step, .looked = see_look, .event = see_event, .end = see_end, .run = see_run};
    memset(data, 0, sizeof *data);
    arena_init(&data->arena, LIMIT_CANARY_LINE_BYTES);
    data->outcome = "unfinished";
    enum rc rc = replay_run(recording, NULL, &visitor, data, error);
    for (size_t i = 0; i < data->step_count; i++)
        data->steps[i].minute = (data->steps[i].minute - (double)data->start_ms) / 60000;
    for (size_t i = 0; i < data->event_count; i++)
        data->events[i].minute = (data->events[i].minute - (double)data->start_ms) / 60000;
    if (data->window_count > 0) {
        const struct report_window *last = &data->windows[data->window_count - 1];
        data->minutes = last->minute + last->minutes;
    }
    return rc == RC_OK && data->is_out_of_memory ? RC_NOMEM : rc;
}

void report_data_release(struct report_data *data)
{
    free(data->windows);
    data->windows = NULL;
    arena_release(&data->arena);
}

double report_share_at(const struct report_data *data, double minute)
{
    double share = 0;
    for (size_t i = 0; i < data->step_count && data->steps[i].minute <= minute; i++)
        share = data->steps[i].share;
    return share;
}

void report_sum(const struct report_data *data, double from, double to, struct report_side *stable,
                struct report_side *canary)
{
    *stable = *canary = (struct report_side){.requests = 0};
    for (size_t i = 0; i < data->window_count; i++) {
        const struct report_window *window = &data->windows[i];
        if (window->minute < from || window->minute >= to)
            continue;
        stable->requests += window->stable.requests;
        stable->errors += window->stable.errors;
        canary->requests += window->canary.requests;
        canary->errors += window->canary.errors;
    }
    set_rate(stable);
    set_rate(canary);
}

void report_escape(struct buf *out, const char *text)
{
    static const char marks[] = "<>&\"'|`*_[]\\";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (strchr(marks, c))
            buf_printf(out, "&#%u;", c);
        else
            buf_append_char(out, c < ' ' || c == 127 ? ' ' : (char)c);
    }
}
