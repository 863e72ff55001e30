#include <math.h>

#include "pipeline/canary/report.h"
#include "pipeline/canary/report_data.h"
#include "runtime/core/clock.h"

static const char *mark_of(enum judge_verdict verdict)
{
    static const char *const marks[] = {[JUDGE_PASS] = "\u2705",
                                        [JUDGE_FAIL] = "\u274c",
                                        [JUDGE_INCONCLUSIVE] = "\u2754",
                                        [JUDGE_NO_DATA] = "\u26aa"};
    return marks[verdict];
}

static void put_head(const struct report_data *data, struct buf *out)
{
    char when[CLOCK_RFC3339_LEN + 1];
    struct report_side stable, canary;
    report_sum(data, -INFINITY, INFINITY, &stable, &canary);
    clock_rfc3339(data->start_ms, when);
    buf_append(out, BYTES_LIT("## Canary "));
    report_escape(out, data->plan);
    buf_append(out, BYTES_LIT(": "));
    report_escape(out, data->outcome);
    buf_printf(out, "\n\n%.0f minutes from %s, %llu requests to the canary, %llu to stable.\n\n",
               data->minutes, when, (unsigned long long)canary.requests,
               (unsigned long long)stable.requests);
}

static void put_checks(const struct report_data *data, struct buf *out)
{
    buf_append(out, BYTES_LIT("| check | verdict | why |\n|---|---|---|\n"));
    for (size_t i = 0; i < data->last.count; i++) {
        const struct judge_result *result = &data->last.results[i];
        buf_printf(out, "| %s | %s %s | ", judge_check_name(result->check),
                   mark_of(result->verdict), judge_verdict_name(result->verdict));
        report_escape(out, result->why);
        buf_append(out, BYTES_LIT(" |\n"));
    }
}

/* "0.98 % (0.61 to 1.5)" */
static void put_rate(struct buf *out, const struct report_side *side)
{
    if (side->requests == 0)
        buf_append(out, BYTES_LIT("no request"));
    else
        buf_printf(out, "%.3g %% (%.2g to %.2g)", 100 * side->rate, 100 * side->low,
                   100 * side->high);
}

/* The verdict of the last window of a step. */
static const char *verdict_in(const struct report_data *data, double from, double to)
{
    const char *verdict = "none yet";
    for (size_t i = 0; i < data->window_count; i++)
        if (data->windows[i].minute >= from && data->windows[i].minute < to)
            verdict = judge_verdict_name(data->windows[i].verdict);
    return verdict;
}

static void put_steps(const struct report_data *data, struct buf *out)
{
    buf_append(out, BYTES_LIT("\n| step | share | from minute | canary requests | canary errors, "
                              "95 % bounds | stable errors | last verdict |\n"
                              "|---|---|---|---|---|---|---|\n"));
    for (size_t i = 0; i < data->step_count; i++) {
        const struct report_step *step = &data->steps[i];
        double to = i + 1 < data->step_count ? data->steps[i + 1].minute : INFINITY;
        struct report_side stable, canary;
        report_sum(data, step->minute, to, &stable, &canary);
        buf_printf(out, "| %u | %.4g %% | %.1f | %llu | ", step->step, 100 * step->share,
                   step->minute, (unsigned long long)canary.requests);
        put_rate(out, &canary);
        buf_append(out, BYTES_LIT(" | "));
        put_rate(out, &stable);
        buf_printf(out, " | %s |\n", verdict_in(data, step->minute, to));
    }
}

static void put_events(const struct report_data *data, struct buf *out)
{
    if (data->event_count == 0)
        return;
    buf_append(out, BYTES_LIT("\n<details><summary>Events</summary>\n\n"
                              "| minute | what | |\n|---|---|---|\n"));
    for (size_t i = 0; i < data->event_count; i++) {
        buf_printf(out, "| %.1f | ", data->events[i].minute);
        report_escape(out, data->events[i].type);
        buf_append(out, BYTES_LIT(" | "));
        report_escape(out, data->events[i].text);
        buf_append(out, BYTES_LIT(" |\n"));
    }
    buf_append(out, BYTES_LIT("\n</details>\n"));
}

enum rc report_markdown(struct bytes recording, struct buf *out, char error[RECORDING_ERROR_BYTES])
{
    struct report_data data;
    enum rc rc = report_data_read(&data, recording, error);
    if (rc == RC_OK) {
        put_head(&data, out);
        if (data.last.count > 0)
            put_checks(&data, out);
        put_steps(&data, out);
        put_events(&data, out);
    }
    report_data_release(&data);
    return rc;
}
