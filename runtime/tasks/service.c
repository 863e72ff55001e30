#include "runtime/tasks/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "runtime/core/clock.h"
#include "runtime/tasks/task.h"

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 5000 };

struct service {
    struct service_options options;
    struct task_owner owner;
    struct task *tasks;
    struct loop_timer restart_timer;
    unsigned failures; /* tasks in a row that ended before they were ready */
    bool was_ready, is_stopping, is_replacing;
    bool is_expected; /* the group knows that a task will come */
    service_event_fn *on_stopped;
};

void service_count(const struct service *service, size_t *total, size_t *ready)
{
    *total = *ready = 0;
    for (const struct task *task = service->tasks; task; task = task->next) {
        *total += 1;
        *ready += task->state == TASK_READY;
    }
}

/* Tasks that stay: neither old ones nor those that retire. */
static size_t current_count(const struct service *service)
{
    size_t count = 0;
    for (const struct task *task = service->tasks; task; task = task->next)
        count += task->state != TASK_RETIRING && !task->is_old;
    return count;
}

/* --- tasks --- */

static unsigned wanted(const struct service *service)
{
    return service->options.task_count;
}

/* Between the end of a task and the start of the next. */
static void expect(struct service *service, bool is_expected)
{
    if (service->is_expected != is_expected)
        alb_group_expect(service->options.group, is_expected ? 1 : -1);
    service->is_expected = is_expected;
}

static bool start_task(struct service *service, char *error, size_t error_len)
{
    struct task *task = task_start(&service->owner, error, error_len);
    if (!task)
        return false;
    struct task **last = &service->tasks;
    while (*last)
        last = &(*last)->next;
    *last = task;
    if (task_register(task, service->options.group))
        return true;
    *last = NULL;
    task_kill(task);
    (void)snprintf(error, error_len, "no memory");
    return false;
}

static void restart_later(struct service *service)
{
    int64_t pause_ms = 0;
    if (service->failures)
        pause_ms = BACKOFF_FIRST_MS << (service->failures < 7 ? service->failures - 1 : 6);
    if (pause_ms > BACKOFF_MAX_MS)
        pause_ms = BACKOFF_MAX_MS;
    if (loop_timer_set(service->options.loop, &service->restart_timer,
                       clock_ms_monotonic() + pause_ms) != RC_OK)
        service->options.on_failed(service->options.context, "no memory for a timer");
}

static void on_restart_timer(struct loop *loop, struct loop_timer *timer)
{
    struct service *service = (void *)((char *)timer - offsetof(struct service, restart_timer));
    char error[512];
    (void)loop;
    while (!service->is_stopping && current_count(service) < wanted(service)) {
        if (!start_task(service, error, sizeof error)) {
            service->failures++;
            service->options.on_failed(service->options.context, error);
            restart_later(service);
            return;
        }
    }
    expect(service, false);
}

static void retire_old(struct service *service)
{
    service->is_replacing = false;
    struct task *next;
    for (struct task *task = service->tasks; task; task = next) {
        next = task->next;
        if (task->is_old && task->state != TASK_RETIRING)
            task_retire(task);
    }
}

static void on_task_ready(void *context, struct task *task)
{
    struct service *service = context;
    size_t total, ready, is_current = 0;
    (void)task;
    service->failures = 0;
    service_count(service, &total, &ready);
    for (const struct task *each = service->tasks; each; each = each->next)
        is_current += each->state == TASK_READY && !each->is_old;
    if (is_current < wanted(service) || (service->was_ready && !service->is_replacing))
        return;
    service->was_ready = true;
    retire_old(service);
    service->options.on_ready(service->options.context);
}

static void unlink_task(struct service *service, const struct task *task)
{
    struct task **link = &service->tasks;
    while (*link != task)
        link = &(*link)->next;
    *link = task->next;
}

/* The new version does not start: the old tasks stay what they were. */
static void give_up_replacing(struct service *service)
{
    service->is_replacing = false;
    for (struct task *task = service->tasks; task; task = task->next) {
        if (!task->is_old)
            task_stop(task);
        task->is_old = false;
    }
}

static void describe_end(const struct task *task, int status, char *text, size_t text_len)
{
    if (WIFSIGNALED(status))
        (void)snprintf(text, text_len, "the server was ended by signal %d", WTERMSIG(status));
    else
        (void)snprintf(text, text_len, "the server exited with status %d%s%s", WEXITSTATUS(status),
                       task->last_line[0] ? ": " : "", task->last_line);
}

static void on_task_exit(void *context, struct task *task, int status)
{
    struct service *service = context;
    char text[TASK_LAST_LINE + 64];
    bool is_expected = task->state == TASK_RETIRING;
    unlink_task(service, task);
    if (service->is_stopping) {
        if (!service->tasks)
            service->on_stopped(service->options.context);
        return;
    }
    if (is_expected)
        return;
    if (!task->was_ready) {
        service->failures++;
        describe_end(task, status, text, sizeof text);
        service->options.on_failed(service->options.context, text);
        if (service->is_replacing && !task->is_old) {
            give_up_replacing(service);
            return;
        }
    }
    expect(service, true);
    restart_later(service);
}

/* As ECS does: another one is started, and this one is stopped when it has ended what it has. */
static void on_task_unhealthy(void *context, struct task *task)
{
    struct service *service = context;
    if (service->is_stopping || task->is_old)
        return;
    expect(service, true);
    task_retire(task);
    restart_later(service);
}

static void on_task_line(void *context, bool is_error, struct bytes line)
{
    struct service *service = context;
    service->options.on_line(service->options.context, is_error, line);
}

void service_replace(struct service *service)
{
    char error[512];
    service->is_replacing = true;
    for (struct task *task = service->tasks; task; task = task->next)
        task->is_old = true;
    while (current_count(service) < wanted(service)) {
        if (!start_task(service, error, sizeof error)) {
            service->options.on_failed(service->options.context, error);
            give_up_replacing(service);
            return;
        }
    }
}

/* --- life --- */

struct service *service_new(const struct service_options *options, char *error, size_t error_len)
{
    struct service *service = calloc(1, sizeof *service);
    if (!service) {
        (void)snprintf(error, error_len, "no memory");
        return NULL;
    }
    service->options = *options;
    if (options->task_count == 0)
        service->options.task_count = 1;
    service->restart_timer.fn = on_restart_timer;
    service->owner = (struct task_owner){
        .loop = options->loop,
        .program = options->program,
        .env = options->env,
        .probe_path = options->probe_path ? options->probe_path : "/healthcheck",
        .stop_grace_ms = options->stop_grace_ms ? options->stop_grace_ms : 30000,
        .on_ready = on_task_ready,
        .on_exit = on_task_exit,
        .on_unhealthy = on_task_unhealthy,
        .on_line = on_task_line,
        .context = service,
    };
    for (unsigned i = 0; i < wanted(service); i++) {
        if (!start_task(service, error, error_len)) {
            service_free(service);
            return NULL;
        }
    }
    return service;
}

void service_stop(struct service *service, service_event_fn *on_stopped)
{
    service->is_stopping = true;
    service->on_stopped = on_stopped;
    loop_timer_clear(service->options.loop, &service->restart_timer);
    expect(service, false);
    for (struct task *task = service->tasks; task; task = task->next)
        task_stop(task);
    if (!service->tasks)
        on_stopped(service->options.context);
}

void service_free(struct service *service)
{
    if (!service)
        return;
    loop_timer_clear(service->options.loop, &service->restart_timer);
    expect(service, false);
    while (service->tasks) {
        struct task *next = service->tasks->next;
        task_kill(service->tasks);
        service->tasks = next;
    }
    free(service);
}
