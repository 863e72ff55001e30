#include "runtime/functions/sandbox_report.h"

#include <stdio.h>

#include "runtime/core/clock.h"

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

void sandbox_report_start(struct sandbox *sandbox)
{
    struct buf line;
    if (sandbox->options->is_quiet && !sandbox->invocation->wants_log_tail)
        return;
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
    report_end_line(sandbox);
    buf_init(&line, 1024);
    buf_printf(&line, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %lld ms",
               invocation->request_id, (double)spent_us / 1000,
               (long long)((spent_us + init_us + 999) / 1000)); /* the init is billed too */
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
    buf_init(&line, 1024);
    buf_printf(&line, "INIT_REPORT Init Duration: %.2f ms\tPhase: %s",
               (double)(clock_us_monotonic() - sandbox->start_us) / 1000, phase);
    append_status(&line, status);
    give_line(sandbox, &line);
    buf_release(&line);
}
