#include "runtime/local/rig_metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/local/console.h"

enum { HOSTS_EVERY_MS = 5000 };

static void flush(void *context)
{
    struct rig_metrics *metrics = context;
    observe_hosts(metrics->metrics, metrics->model, clock_ms_epoch() * 1000);
    alb_metrics_flush(metrics->metrics);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct rig_metrics *metrics = (void *)((char *)timer - offsetof(struct rig_metrics, timer));
    observe_hosts(metrics->metrics, metrics->model, clock_ms_epoch() * 1000);
    /* Without memory for it the next look is the next reading's. */
    if (loop_timer_set(loop, timer, clock_ms_monotonic() + HOSTS_EVERY_MS) != RC_OK)
        return;
}

static bool open_log(struct rig_metrics *metrics, const char *access_log, char *error,
                     size_t error_len)
{
    if (!access_log)
        return true;
    metrics->log_fd = open(access_log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (metrics->log_fd < 0)
        (void)snprintf(error, error_len, "cannot open the access log '%s': %s", access_log,
                       strerror(errno));
    return metrics->log_fd >= 0;
}

bool rig_metrics_init(struct rig_metrics *metrics, struct loop *loop, const struct alb_model *model,
                      const char *access_log, char *error, size_t error_len)
{
    struct cloudwatch_options options = {
        .store = &metrics->store, .before_read = flush, .context = metrics};
    metrics->loop = loop;
    metrics->model = model;
    metrics->log_fd = -1;
    metrics->timer.fn = on_timer;
    buf_init(&metrics->line, LIMIT_INPUT_BYTES);
    if (!open_log(metrics, access_log, error, error_len))
        return false;
    metrics->metrics =
        alb_metrics_new(&metrics->store, alb_arn_tail(model->arn), BYTES_LIT("us-east-1a"));
    metrics->cloudwatch = cloudwatch_new(&options);
    if (metrics->metrics && metrics->cloudwatch &&
        loop_timer_set(loop, &metrics->timer, clock_ms_monotonic() + HOSTS_EVERY_MS) == RC_OK)
        return true;
    (void)snprintf(error, error_len, "cannot keep metrics: no memory");
    return false;
}

void rig_metrics_release(struct rig_metrics *metrics)
{
    if (!metrics->loop)
        return;
    loop_timer_clear(metrics->loop, &metrics->timer);
    cloudwatch_free(metrics->cloudwatch);
    alb_metrics_free(metrics->metrics);
    series_store_release(&metrics->store);
    buf_release(&metrics->line);
    if (metrics->log_fd >= 0)
        (void)close(metrics->log_fd);
    *metrics = (struct rig_metrics){.log_fd = -1};
}

void rig_metrics_record(struct rig_metrics *metrics, const struct alb_record *record)
{
    int64_t epoch_us = loop_epoch_us(metrics->loop);
    observe_request(metrics->metrics, record, epoch_us);
    if (metrics->log_fd < 0)
        return;
    buf_reset(&metrics->line);
    observe_line(record, epoch_us, &metrics->line);
    /* A full disk loses lines, not requests. */
    if (!metrics->line.failed && write(metrics->log_fd, metrics->line.data, metrics->line.len) < 0)
        return;
}

void rig_metrics_show(const struct alb_record *record)
{
    long long duration_us = record->done_us - record->received_us;
    console_printf("alb", "%.*s %.*s -> %s %d %lld.%03lld ms%s%s%s%s", BYTES_ARG(record->method),
                   BYTES_ARG(record->path), record->group ? record->group->name : "-",
                   record->status, duration_us / 1000, duration_us % 1000,
                   record->reason ? " " : "", record->reason ? record->reason : "",
                   record->detail ? ": " : "", record->detail ? record->detail : "");
}
