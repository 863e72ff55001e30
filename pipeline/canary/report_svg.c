/*
 * The picture: four panels above each other on one axis of time. All colours are variables with a
 * light and a dark value; what a colour says, a word or a mark says as well.
 */
#include <math.h>

#include "pipeline/canary/report.h"
#include "pipeline/canary/report_svg.h"

static const char style[] =
    "<style>"
    ":root{--bg:#fff;--fg:#1f2328;--mute:#59636e;--grid:#d8dee4;--stable:#0969da;--canary:#bc4c00;"
    "--pass:#1a7f37;--fail:#cf222e;--inconclusive:#bf8700;--none:#8c959f}"
    "@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--mute:#9198a1;"
    "--grid:#30363d;--stable:#58a6ff;--canary:#f0883e;--pass:#3fb950;--fail:#f85149;"
    "--inconclusive:#d29922;--none:#6e7681}}"
    "svg{background:var(--bg)}text{font:12px system-ui,sans-serif;fill:var(--mute)}"
    ".head{font-size:18px;font-weight:600;fill:var(--fg)}.name{font-weight:600;fill:var(--fg)}"
    ".end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:var(--grid);stroke-width:1}"
    ".step{stroke:var(--fg);stroke-width:1;stroke-dasharray:2 3}path,polyline{fill:none}"
    ".stable{stroke:var(--stable)}.canary{stroke:var(--canary)}"
    ".line{stroke-width:2;stroke-linejoin:round}.thin{stroke-width:1}.dash{stroke-dasharray:5 3}"
    ".area-stable{fill:var(--stable);fill-opacity:.25;stroke:none}"
    ".area-canary{fill:var(--canary);fill-opacity:.55;stroke:none}"
    ".band-stable{fill:var(--stable);fill-opacity:.15;stroke:none}"
    ".band-canary{fill:var(--canary);fill-opacity:.15;stroke:none}"
    ".t-stable{fill:var(--stable);font-weight:600}.t-canary{fill:var(--canary);font-weight:600}"
    ".pass{fill:var(--pass)}.fail{fill:var(--fail)}.inconclusive{fill:var(--inconclusive)}"
    ".none{fill:var(--none)}.mark{fill:var(--bg);font-weight:700;text-anchor:middle}"
    "</style>\n";

double report_x(const struct report_data *data, double minute)
{
    double part = data->minutes > 0 ? minute / data->minutes : 0;
    return REPORT_LEFT + fmax(0, fmin(part, 1)) * (REPORT_RIGHT - REPORT_LEFT);
}

static void put_title(const struct report_data *data, struct buf *out)
{
    struct report_side stable, canary;
    report_sum(data, -INFINITY, INFINITY, &stable, &canary);
    buf_append(out, BYTES_LIT("<title id=\"t\">Canary "));
    report_escape(out, data->plan);
    buf_append(out, BYTES_LIT(": "));
    report_escape(out, data->outcome);
    buf_printf(out,
               "</title>\n<desc id=\"d\">%.0f minutes in %zu steps. Of %llu canary requests %llu "
               "failed, of stable's %llu requests %llu. The last verdict was %s. Four panels: the "
               "canary's share, error rates, latencies, verdicts.</desc>\n",
               data->minutes, data->step_count, (unsigned long long)canary.requests,
               (unsigned long long)canary.errors, (unsigned long long)stable.requests,
               (unsigned long long)stable.errors,
               data->last.count > 0 ? judge_verdict_name(data->last.verdict) : "none");
}

static void put_head(const struct report_data *data, struct buf *out)
{
    buf_printf(out, "<text class=\"head\" x=\"%d\" y=\"30\">Canary ", REPORT_MARGIN);
    report_escape(out, data->plan);
    buf_append(out, BYTES_LIT(": "));
    report_escape(out, data->outcome);
    buf_printf(out,
               "</text>\n<text class=\"end\" x=\"%d\" y=\"30\"><tspan class=\"t-canary\">canary"
               "</tspan> and <tspan class=\"t-stable\">stable</tspan></text>\n",
               REPORT_RIGHT);
}

/* A round number of minutes that gives some eight marks. */
static double tick_minutes(double minutes)
{
    static const double ticks[] = {0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440};
    size_t i = 0;
    while (i + 1 < sizeof ticks / sizeof *ticks && minutes / ticks[i] > 10)
        i++;
    return ticks[i];
}

static void put_time(const struct report_data *data, struct buf *out)
{
    double tick = tick_minutes(data->minutes);
    for (double minute = 0; minute <= data->minutes; minute += tick)
        buf_printf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">%.4g</text>\n",
                   report_x(data, minute), REPORT_BOTTOM + 16, minute);
    buf_printf(out, "<text class=\"end\" x=\"%d\" y=\"%d\">minutes</text>\n", REPORT_LEFT - 8,
               REPORT_BOTTOM + 16);
}

enum rc report_svg(struct bytes recording, struct buf *out, char error[RECORDING_ERROR_BYTES])
{
    struct report_data data;
    enum rc rc = report_data_read(&data, recording, error);
    if (rc == RC_OK) {
        buf_printf(out,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                   "viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t d\">\n",
                   REPORT_WIDTH, REPORT_HEIGHT, REPORT_WIDTH, REPORT_HEIGHT);
        put_title(&data, out);
        buf_append(out, bytes_from_str(style));
        put_head(&data, out);
        report_put_share(&data, out);
        report_put_errors(&data, out);
        report_put_latency(&data, out);
        report_put_verdicts(&data, out);
        put_time(&data, out);
        buf_append(out, BYTES_LIT("</svg>\n"));
    }
    report_data_release(&data);
    return rc;
}
