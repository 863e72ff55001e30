#include <math.h>
#include <string.h>

#include "pipeline/canary/report_svg.h"

enum { ROW_HEIGHT = 20, MARK_LEAST = 10 /* pixels that a mark needs */ };

static const struct look {
    const char *class, *mark;
} looks[] = {[JUDGE_PASS] = {"pass", "\u2713"},
             [JUDGE_FAIL] = {"fail", "\u2715"},
             [JUDGE_INCONCLUSIVE] = {"inconclusive", "?"},
             [JUDGE_NO_DATA] = {"none", "\u2013"}};

/* Windows of one verdict in a row are one cell. */
static size_t run_end(const struct report_data *data, size_t from, int check)
{
    size_t to = from + 1;
    while (to < data->window_count &&
           data->windows[to].verdicts[check] == data->windows[from].verdicts[check])
        to++;
    return to;
}

static void put_cell(const struct report_data *data, struct buf *out, int check, size_t from,
                     size_t to, double top)
{
    int verdict = data->windows[from].verdicts[check];
    const struct report_window *last = &data->windows[to - 1];
    double left = report_x(data, data->windows[from].minute);
    double right = report_x(data, last->minute + last->minutes);
    buf_printf(
        out,
        "<g><title>%s, minute %.4g to %.4g: %s</title><rect class=\"%s\" x=\"%.1f\" y=\"%.0f\" "
        "width=\"%.1f\" height=\"%d\"/>",
        judge_check_name((enum judge_check)check), data->windows[from].minute,
        last->minute + last->minutes, judge_verdict_name((enum judge_verdict)verdict),
        looks[verdict].class, left, top, fmax(right - left - 1, 0.5), ROW_HEIGHT - 3);
    if (right - left >= MARK_LEAST)
        buf_printf(out, "<text class=\"mark\" x=\"%.1f\" y=\"%.0f\">%s</text>", (left + right) / 2,
                   top + ROW_HEIGHT - 7, looks[verdict].mark);
    buf_append(out, BYTES_LIT("</g>\n"));
}

void report_put_verdicts(const struct report_data *data, struct buf *out)
{
    double top = REPORT_VERDICTS_TOP;
    buf_printf(out,
               "<text x=\"%d\" y=\"%d\"><tspan class=\"name\">Verdicts</tspan> \u2713 pass, \u2715 "
               "fail, ? inconclusive, \u2013 no data</text>\n",
               REPORT_LEFT, REPORT_VERDICTS_TOP - 10);
    for (int check = 0; check < JUDGE_CHECKS; check++) {
        if (data->window_count == 0 || data->windows[0].verdicts[check] < 0)
            continue;
        buf_printf(out, "<text class=\"end\" x=\"%d\" y=\"%.0f\">%s</text>\n", REPORT_LEFT - 8,
                   top + ROW_HEIGHT - 7, judge_check_name((enum judge_check)check));
        for (size_t from = 0, to; from < data->window_count; from = to) {
            to = run_end(data, from, check);
            if (data->windows[from].verdicts[check] >= 0)
                put_cell(data, out, check, from, to, top);
        }
        top += ROW_HEIGHT;
    }
}
