#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "runtime/core/clock.h"
#include "runtime/tasks/container.h"
#include "runtime/tasks/service_internal.h"

/* --- events --- */

static void make_id(char *text, size_t size)
{
    unsigned char b[16] = {0};
    (void)!getrandom(b, sizeof b, 0);
    (void)snprintf(text, size, "%02x%02x%02x%02x-%02x%02x-4%x%02x-a%x%02x-%02x%02x%02x%02x%02x%02x",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15u, b[7], b[8] & 15u, b[9], b[10],
                   b[11], b[12], b[13], b[14], b[15]);
}

void service_say(struct service *service, const char *format, ...)
{
    struct service_event *event = &service->events[service->event_count++ % SERVICE_EVENTS_MAX];
    int n = snprintf(event->text, sizeof event->text, "(service %.64s) ", service->options.name);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(event->text + n, sizeof event->text - (size_t)n, format, args);
    va_end(args);
    event->created_ms = clock_ms_epoch();
    make_id(event->id, sizeof event->id);
}

const struct service_event *service_event_at(const struct service *service, size_t back)
{
    if (back >= service->event_count || back >= SERVICE_EVENTS_MAX)
        return NULL;
    return &service->events[(service->event_count - 1 - back) % SERVICE_EVENTS_MAX];
}

/* --- ended tasks --- */

const struct stopped_task *service_stopped_at(const struct service *service, size_t back)
{
    if (back >= service->stopped_count || back >= SERVICE_STOPPED_MAX)
        return NULL;
    return &service->stopped[(service->stopped_count - 1 - back) % SERVICE_STOPPED_MAX];
}

static struct stopped_task *new_stopped(struct service *service,
                                        const struct deployment *deployment)
{
    struct stopped_task *stopped =
        &service->stopped[service->stopped_count++ % SERVICE_STOPPED_MAX];
    *stopped =
        (struct stopped_task){.definition = deployment->definition, .stopped_ms = clock_ms_epoch()};
    (void)snprintf(stopped->deployment, sizeof stopped->deployment, "%s", deployment->id);
    return stopped;
}

void service_note_stopped(struct service *service, const struct task *task, int status)
{
    struct stopped_task *stopped = new_stopped(service, task->deployment);
    (void)snprintf(stopped->id, sizeof stopped->id, "%s", task->id);
    stopped->created_ms = task->created_at_ms;
    stopped->started_ms = task->started_at_ms;
    stopped->stopping_ms = task->stop_code ? task->stopping_at_ms : stopped->stopped_ms;
    stopped->stop_code = task->stop_code ? task->stop_code : "EssentialContainerExited";
    stopped->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    bool is_unrun = task->owner.image && (stopped->exit_code == CONTAINER_NO_RUN ||
                                          stopped->exit_code == CONTAINER_NO_DOCKER);
    if (is_unrun && !task->stop_code) {
        stopped->stop_code = "TaskFailedToStart";
        (void)snprintf(stopped->reason, sizeof stopped->reason, "CannotPullContainerError: %.400s",
                       task->last_line);
        return;
    }
    (void)snprintf(stopped->reason, sizeof stopped->reason, "%.500s",
                   task->stop_code ? task->stop_reason : "Essential container in task exited");
}

void service_note_unstarted(struct service *service, const char *code, const char *reason)
{
    struct stopped_task *stopped = new_stopped(service, service->primary);
    make_id(stopped->id, sizeof stopped->id);
    size_t len = 0;
    for (const char *p = stopped->id; *p; p++)
        if (*p != '-')
            stopped->id[len++] = *p; /* a task's id is a UUID without its hyphens */
    stopped->id[len] = '\0';
    stopped->created_ms = stopped->stopping_ms = stopped->stopped_ms;
    stopped->stop_code = "TaskFailedToStart";
    stopped->exit_code = -1;
    (void)snprintf(stopped->reason, sizeof stopped->reason, "%s: %.400s", code, reason);
}
