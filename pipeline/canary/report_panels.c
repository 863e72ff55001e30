#include <math.h>

#include "pipeline/canary/report_svg.h"

/* A panel's scale: values from low to high, upwards; by their logarithm where that is asked for. */
struct scale {
    double low, high, top, bottom;
    bool is_log;
};

static double y_of(const struct scale *scale, double value)
{
    double part = scale->is_log
                      ? log(fmax(value, scale->low) / scale->low) / log(scale->high / scale->low)
                      : (value - scale->low) / (scale->high - scale->low);
    return scale->bottom - fmax(0, fmin(part, 1)) * (scale->bottom - scale->top);
}

static void put_name(struct buf *out, double top, const char *name, const char *more)
{
    buf_printf(out, "<text x=\"%d\" y=\"%.0f\"><tspan class=\"name\">%s</tspan> %s</text>\n",
               REPORT_LEFT, top - 10, name, more);
}

static void put_grid(struct buf *out, const struct scale *scale, double value, const char *unit)
{
    double y = y_of(scale, value);
    buf_printf(
        out,
        "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">%.3g"
        "%s</text>\n",
        REPORT_LEFT, y, REPORT_RIGHT, REPORT_LEFT - 8, y + 4, value, unit);
}

/* --- share --- */

static double y_of_share(double share)
{
    const struct scale scale = {0, 1, REPORT_SHARE_TOP, REPORT_SHARE_BOTTOM, false};
    return y_of(&scale, share);
}

/* The corners of the canary's share along time. */
static void put_share_corners(const struct report_data *data, struct buf *out)
{
    double share = 0;
    for (size_t i = 0; i < data->step_count; i++) {
        double x = report_x(data, data->steps[i].minute);
        buf_printf(out, "L%.1f %.1fL%.1f %.1f", x, y_of_share(share), x,
                   y_of_share(data->steps[i].share));
        share = data->steps[i].share;
    }
    buf_printf(out, "L%d %.1f", REPORT_RIGHT, y_of_share(share));
}

void report_put_share(const struct report_data *data, struct buf *out)
{
    const struct scale percent = {0, 100, REPORT_SHARE_TOP, REPORT_SHARE_BOTTOM, false};
    put_name(out, REPORT_SHARE_TOP - 10, "Share", "of the requests, canary below, stable above");
    for (int i = 0; i <= 2; i++)
        put_grid(out, &percent, 50 * i, " %");
    buf_printf(out, "<path class=\"area-canary\" d=\"M%d %d", REPORT_LEFT, REPORT_SHARE_BOTTOM);
    put_share_corners(data, out);
    buf_printf(out, "V%dZ\"/>\n<path class=\"area-stable\" d=\"M%d %d", REPORT_SHARE_BOTTOM,
               REPORT_LEFT, REPORT_SHARE_BOTTOM);
    put_share_corners(data, out);
    buf_printf(out, "V%dH%dZ\"/>\n", REPORT_SHARE_TOP, REPORT_LEFT);
    double free_from = 0; /* marks that stand too close go without a word */
    for (size_t i = 0; i < data->step_count; i++) {
        double x = report_x(data, data->steps[i].minute);
        buf_printf(out, "<path class=\"step\" d=\"M%.1f %dV%dM%.1f %dV%dM%.1f %dV%d\"/>", x,
                   REPORT_SHARE_TOP - 4, REPORT_SHARE_BOTTOM, x, REPORT_ERRORS_TOP,
                   REPORT_ERRORS_BOTTOM, x, REPORT_LATENCY_TOP, REPORT_LATENCY_BOTTOM);
        if (x >= free_from && x < REPORT_RIGHT - 30) {
            buf_printf(out, "<text x=\"%.1f\" y=\"%d\">%.3g %%</text>", x + 3, REPORT_SHARE_TOP - 6,
                       100 * data->steps[i].share);
            free_from = x + 52;
        }
        buf_append_char(out, '\n');
    }
}

/* --- errors and latencies --- */

typedef double value_fn(const struct report_side *side, int which);

static double error_rate(const struct report_side *side, int which)
{
    return 100 * (which == 0 ? side->rate : which < 0 ? side->low : side->high);
}

static double latency(const struct report_side *side, int which)
{
    return side->latency_ms[which];
}

static const struct report_side *side_at(const struct report_data *data, size_t i, bool is_canary)
{
    return is_canary ? &data->windows[i].canary : &data->windows[i].stable;
}

static double x_at(const struct report_data *data, size_t i)
{
    return report_x(data, data->windows[i].minute + data->windows[i].minutes / 2);
}

enum { LONE_HALF = 4 }; /* pixels of a value alone, to each side */

/* A line that is broken where a value is not known; a value alone is a dash. */
static void put_line(const struct report_data *data, struct buf *out, const struct scale *scale,
                     value_fn *value, int which, bool is_canary, const char *style)
{
    bool is_open = false;
    buf_printf(out, "<path class=\"line %s %s\" stroke-linecap=\"round\" d=\"",
               is_canary ? "canary" : "stable", style);
    for (size_t i = 0; i < data->window_count; i++) {
        double at = value(side_at(data, i, is_canary), which);
        bool has_next =
            i + 1 < data->window_count && !isnan(value(side_at(data, i + 1, is_canary), which));
        if (!isnan(at) && !is_open && !has_next)
            buf_printf(out, "M%.1f %.1fh%d", x_at(data, i) - LONE_HALF, y_of(scale, at),
                       2 * LONE_HALF);
        else if (!isnan(at))
            buf_printf(out, "%s%.1f %.1f", is_open ? "L" : "M", x_at(data, i), y_of(scale, at));
        is_open = !isnan(at);
    }
    buf_append(out, BYTES_LIT("\"/>\n"));
}

/* The 95 % bounds of each window, as boxes as wide as it. */
static void put_bounds(const struct report_data *data, struct buf *out, const struct scale *scale,
                       bool is_canary)
{
    buf_printf(out, "<path class=\"band-%s\" d=\"", is_canary ? "canary" : "stable");
    for (size_t i = 0; i < data->window_count; i++) {
        const struct report_side *side = side_at(data, i, is_canary);
        const struct report_window *window = &data->windows[i];
        if (side->requests == 0)
            continue;
        double high = y_of(scale, 100 * side->high), low = y_of(scale, 100 * side->low);
        buf_printf(out, "M%.1f %.1fH%.1fV%.1fH%.1fZ", report_x(data, window->minute), high,
                   report_x(data, window->minute + window->minutes), low,
                   report_x(data, window->minute));
    }
    buf_append(out, BYTES_LIT("\"/>\n"));
}

/* 1, 2 or 5 times a power of ten, not below `value`. */
static double round_up(double value)
{
    double power = pow(10, floor(log10(value)));
    double part = value / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/* What the axis of errors must reach, in percent: the rates with room above them, and of the bounds
 * so much that the narrowest ends in its lower half. Where next to nothing failed, the picture
 * shows next to nothing. */
static double errors_span(const struct report_data *data)
{
    static const double least_percent = 1;
    double most = 0, narrowest = 1;
    for (size_t i = 0; i < data->window_count; i++)
        for (int is_canary = 0; is_canary < 2; is_canary++) {
            const struct report_side *side = side_at(data, i, is_canary);
            if (side->requests == 0)
                continue;
            most = fmax(most, fmin(side->high, 3 * side->rate));
            if (is_canary)
                narrowest = fmin(narrowest, side->high);
        }
    return round_up(fmin(100, fmax(least_percent, 100 * fmax(most, 2 * narrowest))));
}

void report_put_errors(const struct report_data *data, struct buf *out)
{
    struct scale scale = {0, errors_span(data), REPORT_ERRORS_TOP, REPORT_ERRORS_BOTTOM, false};
    put_name(out, REPORT_ERRORS_TOP, "Errors", "rate a window, with 95 % bounds");
    for (int i = 0; i <= 2; i++)
        put_grid(out, &scale, scale.high * i / 2, " %");
    for (int is_canary = 0; is_canary < 2; is_canary++)
        put_bounds(data, out, &scale, is_canary);
    for (int is_canary = 0; is_canary < 2; is_canary++)
        put_line(data, out, &scale, error_rate, 0, is_canary, "");
}

void report_put_latency(const struct report_data *data, struct buf *out)
{
    static const char *const styles[REPORT_QUANTILES] = {"thin dash", "thin", ""};
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < data->window_count; i++)
        for (int side = 0; side < 2; side++)
            for (int which = 0; which < REPORT_QUANTILES; which++) {
                double ms = side_at(data, i, side)->latency_ms[which];
                least = fmin(least, isnan(ms) ? INFINITY : ms);
                most = fmax(most, isnan(ms) ? 0 : ms);
            }
    put_name(out, REPORT_LATENCY_TOP, "Latency",
             "p99 thick, p95 thin, p50 dashed; milliseconds, logarithmic");
    if (most == 0)
        return;
    struct scale scale = {round_up(0.4 * least), round_up(most * 1.01), REPORT_LATENCY_TOP,
                          REPORT_LATENCY_BOTTOM, true};
    for (double ms = round_up(scale.low); ms <= scale.high; ms = round_up(ms * 1.01))
        put_grid(out, &scale, ms, "");
    for (int is_canary = 0; is_canary < 2; is_canary++)
        for (int which = 0; which < REPORT_QUANTILES; which++)
            put_line(data, out, &scale, latency, which, is_canary, styles[which]);
}
