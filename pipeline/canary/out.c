#include "pipeline/canary/out.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"

enum { LINE_MAX_BYTES = 256 * 1024, TEXT_MAX = 1024, BAR_CELLS = 20, CLOCK_AT = 11, CLOCK_LEN = 8 };

static void put(FILE *stream, const struct buf *line)
{
    if (!stream || line->failed || line->len == 0)
        return;
    (void)fwrite(line->data, 1, line->len, stream);
    (void)fflush(stream);
}

/* JSON goes to the recording, and to the stream where that wants it. */
static void put_json(struct canary_out *out, struct buf *line)
{
    put(out->record, line);
    if (out->is_json)
        put(out->stream, line);
    buf_release(line);
}

static void put_text(struct canary_out *out, int64_t at_ms, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void put_text(struct canary_out *out, int64_t at_ms, const char *format, ...)
{
    char when[CLOCK_RFC3339_LEN + 1];
    va_list args;
    if (!out->stream || out->is_json)
        return;
    clock_rfc3339(at_ms, when);
    (void)fprintf(out->stream, "%.*s  ", CLOCK_LEN, when + CLOCK_AT);
    va_start(args, format);
    (void)vfprintf(out->stream, format, args);
    va_end(args);
    (void)fputc('\n', out->stream);
    (void)fflush(out->stream);
}

void out_run(struct canary_out *out, int64_t at_ms, const char *name, const char *text,
             const struct judge_policy *policy)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    recording_run(&line, at_ms, name, policy);
    put_json(out, &line);
    out_say(out, at_ms, "start", "%s", text);
}

void out_step(struct canary_out *out, int64_t at_ms, const struct out_progress *progress)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    recording_step(&line, at_ms, progress->step, progress->share);
    put_json(out, &line);
}

/* How much of the step is done: of its time and its requests the lesser part. */
static double part_done(const struct out_progress *progress)
{
    double part = 1;
    if (progress->bake_ms)
        part = fmin(part, (double)progress->baked_ms / (double)progress->bake_ms);
    if (progress->requests_needed)
        part = fmin(part, (double)progress->requests /
                              (double)(progress->requests + progress->requests_needed));
    return fmax(part, 0);
}

static void draw_bar(double part, char bar[BAR_CELLS + 1])
{
    int full = (int)(part * BAR_CELLS);
    for (int i = 0; i < BAR_CELLS; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_CELLS] = 0;
}

void out_window(struct canary_out *out, int64_t at_ms, const struct judge_sample *sample,
                const struct judge_report *report, const struct out_progress *progress)
{
    struct buf line;
    char bar[BAR_CELLS + 1], needed[64] = "";
    buf_init(&line, LINE_MAX_BYTES);
    recording_sample(&line, sample);
    recording_verdict(&line, at_ms, report);
    put_json(out, &line);
    if (!progress)
        return;
    draw_bar(part_done(progress), bar);
    if (progress->requests_needed)
        (void)snprintf(needed, sizeof needed, ", %" PRIu64 " more needed",
                       progress->requests_needed);
    put_text(out, at_ms, "[%s] %.3g %%  %" PRIu64 " requests%s  %s%s%s", bar, 100 * progress->share,
             progress->requests, needed, judge_verdict_name(report->verdict),
             report->worst ? ": " : "", report->worst ? report->worst->why : "");
}

void out_say(struct canary_out *out, int64_t at_ms, const char *type, const char *format, ...)
{
    struct buf line;
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_init(&line, LINE_MAX_BYTES);
    buf_printf(&line, "{\"type\":\"%s\",\"at\":%" PRId64 ",\"text\":", type, at_ms);
    json_text_string(&line, bytes_from_str(text));
    buf_append(&line, BYTES_LIT("}\n"));
    put_json(out, &line);
    put_text(out, at_ms, "%s: %s", type, text);
}

void out_end(struct canary_out *out, int64_t at_ms, const char *outcome, const char *why)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    recording_end(&line, at_ms, outcome);
    put_json(out, &line);
    put_text(out, at_ms, "%s%s%s", outcome, *why ? ": " : "", why);
}
