#include "runtime/functions/sandbox_report.h"

#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"

static void give_line(struct sandbox *sandbox, const struct buf *line)
{
    if (!line->failed)
        sandbox_log(sandbox, buf_bytes(line));
}

static void append_status(struct buf *line, struct sandbox_status status)
{
    if (status.status)
        buf_printf(line, "\tStatus: %s", status.status);
    if (status.error_type)
        buf_printf(line, "\tError Type: %s", status.error_type);
}

/* The most memory that the process has had, while it is there to be asked: more than the looks at
 * it may have seen. */
static void see_memory(struct sandbox *sandbox)
{
    char path[64], text[128];
    unsigned long kilobytes;
    if (!sandbox->process)
        return;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)process_id(sandbox->process));
    FILE *status = fopen(path, "re");
    if (!status)
        return;
    while (fgets(text, sizeof text, status))
        if (sscanf(text, "VmHWM: %lu", &kilobytes) == 1 &&
            (kilobytes + 1023) / 1024 > sandbox->peak_memory_mb)
            sandbox->peak_memory_mb = (unsigned)((kilobytes + 1023) / 1024);
    (void)fclose(status);
}

/* Lambda never says more than the memory size. */
static unsigned shown_memory(const struct sandbox *sandbox)
{
    unsigned limit_mb = sandbox->options->memory_mb;
    return sandbox->peak_memory_mb < limit_mb ? sandbox->peak_memory_mb : limit_mb;
}

/* The init is billed too. */
static long long billed_ms(int64_t spent_us, int64_t init_us)
{
    return (long long)((spent_us + init_us + 999) / 1000);
}

/* --- JSON --- */

/* Begins a line; false: its level is below the least that is wanted. A failure is a warning. */
static bool begin_json(const struct sandbox *sandbox, struct buf *line, const char *type,
                       enum function_log level)
{
    char now[CLOCK_RFC3339_LEN + 1];
    if (level < sandbox->options->log)
        return false;
    clock_rfc3339(clock_ms_epoch(), now);
    buf_init(line, 1024);
    buf_printf(line, "{\"time\":\"%s\",\"type\":\"platform.%s\",\"record\":{", now, type);
    return true;
}

static void end_json(struct sandbox *sandbox, struct buf *line)
{
    buf_append(line, BYTES_LIT("}}"));
    give_line(sandbox, line);
    buf_release(line);
}

static void append_json_status(struct buf *line, struct sandbox_status status)
{
    buf_printf(line, ",\"status\":\"%s\"", status.status ? status.status : "success");
    if (!status.error_type)
        return;
    buf_append(line, BYTES_LIT(",\"errorType\":"));
    json_text_string(line, bytes_from_str(status.error_type));
}

static enum function_log level_of(struct sandbox_status status, enum function_log of_success)
{
    return status.status ? FUNCTION_LOG_JSON_WARN : of_success;
}

static void report_json_start(struct sandbox *sandbox)
{
    struct buf line;
    if (!begin_json(sandbox, &line, "start", FUNCTION_LOG_JSON_INFO))
        return;
    buf_printf(&line, "\"requestId\":\"%s\",\"version\":\"%s\"", sandbox->invocation->request_id,
               sandbox->options->version);
    end_json(sandbox, &line);
}

static void report_json_end(struct sandbox *sandbox, struct sandbox_status status, int64_t spent_us,
                            int64_t init_us)
{
    const char *id = sandbox->invocation->request_id;
    struct buf line;
    if (begin_json(sandbox, &line, "runtimeDone", level_of(status, FUNCTION_LOG_JSON_DEBUG))) {
        buf_printf(&line, "\"requestId\":\"%s\",\"metrics\":{\"durationMs\":%.3f}", id,
                   (double)spent_us / 1000);
        append_json_status(&line, status);
        end_json(sandbox, &line);
    }
    if (!begin_json(sandbox, &line, "report", level_of(status, FUNCTION_LOG_JSON_INFO)))
        return;
    buf_printf(&line,
               "\"requestId\":\"%s\",\"metrics\":{\"durationMs\":%.3f,\"billedDurationMs\":%lld,"
               "\"memorySizeMB\":%u,\"maxMemoryUsedMB\":%u",
               id, (double)spent_us / 1000, billed_ms(spent_us, init_us),
               sandbox->options->memory_mb, shown_memory(sandbox));
    if (init_us)
        buf_printf(&line, ",\"initDurationMs\":%.3f", (double)init_us / 1000);
    buf_append_char(&line, '}');
    append_json_status(&line, status);
    end_json(sandbox, &line);
}

static void report_json_init(struct sandbox *sandbox, const char *phase,
                             struct sandbox_status status)
{
    struct buf line;
    if (!begin_json(sandbox, &line, "initReport", level_of(status, FUNCTION_LOG_JSON_DEBUG)))
        return;
    buf_printf(&line,
               "\"initializationType\":\"on-demand\",\"phase\":\"%s\",\"metrics\":{"
               "\"durationMs\":%.3f}",
               phase, (double)(clock_us_monotonic() - sandbox->start_us) / 1000);
    append_json_status(&line, status);
    end_json(sandbox, &line);
}

/* --- text, or JSON --- */

void sandbox_report_start(struct sandbox *sandbox)
{
    struct buf line;
    if (sandbox->options->is_quiet && !sandbox->invocation->wants_log_tail)
        return;
    if (sandbox->options->log != FUNCTION_LOG_TEXT) {
        report_json_start(sandbox);
        return;
    }
    buf_init(&line, 256);
    buf_printf(&line, "START RequestId: %s Version: %s", sandbox->invocation->request_id,
               sandbox->options->version);
    give_line(sandbox, &line);
    buf_release(&line);
}

static void report_end_line(struct sandbox *sandbox)
{
    struct buf line;
    buf_init(&line, 256);
    buf_printf(&line, "END RequestId: %s", sandbox->invocation->request_id);
    give_line(sandbox, &line);
    buf_release(&line);
}

void sandbox_report_end(struct sandbox *sandbox, struct sandbox_status status)
{
    const struct invocation *invocation = sandbox->invocation;
    int64_t spent_us = clock_us_monotonic() - invocation->start_us;
    int64_t init_us = invocation->is_cold_start ? invocation->init_us : 0;
    struct buf line;
    if (sandbox->options->is_quiet && !status.status && !invocation->wants_log_tail)
        return;
    see_memory(sandbox);
    if (sandbox->options->log != FUNCTION_LOG_TEXT) {
        report_json_end(sandbox, status, spent_us, init_us);
        return;
    }
    report_end_line(sandbox);
    buf_init(&line, 1024);
    buf_printf(&line, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %lld ms",
               invocation->request_id, (double)spent_us / 1000, billed_ms(spent_us, init_us));
    buf_printf(&line, "\tMemory Size: %u MB", sandbox->options->memory_mb);
    if (sandbox->peak_memory_mb)
        buf_printf(&line, "\tMax Memory Used: %u MB", shown_memory(sandbox));
    if (init_us)
        buf_printf(&line, "\tInit Duration: %.2f ms", (double)init_us / 1000);
    append_status(&line, status);
    give_line(sandbox, &line);
    buf_release(&line);
}

void sandbox_report_init(struct sandbox *sandbox, const char *phase, struct sandbox_status status)
{
    struct buf line;
    if (sandbox->options->log != FUNCTION_LOG_TEXT) {
        report_json_init(sandbox, phase, status);
        return;
    }
    buf_init(&line, 1024);
    buf_printf(&line, "INIT_REPORT Init Duration: %.2f ms\tPhase: %s",
               (double)(clock_us_monotonic() - sandbox->start_us) / 1000, phase);
    append_status(&line, status);
    give_line(sandbox, &line);
    buf_release(&line);
}
