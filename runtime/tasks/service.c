#include "runtime/tasks/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "runtime/core/clock.h"
#include "runtime/tasks/service_internal.h"

/* --- deployments --- */

struct deployment *service_deploy(struct service *service, const struct definition *definition)
{
    struct deployment *deployment = calloc(1, sizeof *deployment);
    uint64_t number = 0;
    if (!deployment)
        return NULL;
    (void)!getrandom(&number, sizeof number, 0);
    (void)snprintf(deployment->id, sizeof deployment->id, "ecs-svc/%019llu",
                   (unsigned long long)(number % 9000000000000000000U + 1000000000000000000U));
    deployment->definition = definition;
    deployment->created_ms = deployment->updated_ms = clock_ms_epoch();
    (void)snprintf(deployment->reason, sizeof deployment->reason, "ECS deployment %s in progress.",
                   deployment->id);
    deployment->next = service->deployments;
    service->deployments = service->primary = deployment;
    service->failures = 0;
    loop_timer_clear(service->options.loop, &service->timer);
    return deployment;
}

static bool has_tasks(const struct service *service, const struct deployment *deployment)
{
    for (const struct task *task = service->tasks; task; task = task->next)
        if (task->deployment == deployment)
            return true;
    return false;
}

void service_prune(struct service *service)
{
    struct deployment **link = &service->deployments;
    while (*link) {
        struct deployment *each = *link;
        if (each == service->primary || each == service->completed || has_tasks(service, each)) {
            link = &each->next;
        } else {
            *link = each->next;
            free(each);
        }
    }
}

/* --- tasks --- */

static void on_task_ready(void *context, struct task *task)
{
    struct service *service = context;
    if (task->deployment == service->primary)
        service->failures = 0;
    service_schedule(service);
}

static void unlink_task(struct service *service, const struct task *task)
{
    struct task **link = &service->tasks;
    while (*link != task)
        link = &(*link)->next;
    *link = task->next;
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
    unlink_task(service, task);
    service_note_stopped(service, task, status);
    if (service->is_stopping) {
        if (!service->tasks)
            service->on_stopped(service->stop_context);
        return;
    }
    if (!task->was_ready && !task->stop_code) {
        describe_end(task, status, text, sizeof text);
        service_note_failure(service, task->deployment, text);
    }
    service_schedule(service);
}

/* As ECS does: another one is started, and this one is stopped when it has ended what it has. */
static void on_task_unhealthy(void *context, struct task *task)
{
    struct service *service = context;
    char reason[SERVICE_TEXT_MAX];
    if (service->is_stopping)
        return;
    (void)snprintf(reason, sizeof reason, "Task failed ELB health checks in (target-group %s)",
                   service->options.group->arn);
    service_say(service, "(task %s) failed ELB health checks in (target-group %s).", task->id,
                service->options.group->arn);
    task_retire(task, "ServiceSchedulerInitiated", reason);
    service_count_failure(service, task->deployment);
    service_schedule(service);
}

static void on_task_line(void *context, bool is_error, struct bytes line)
{
    struct service *service = context;
    service->options.on_line(service->options.context, is_error, line);
}

static struct task *make_task(struct service *service, char *error, size_t error_len)
{
    const struct definition *definition = service->primary->definition;
    const struct service_options *options = &service->options;
    const struct task_owner owner = {
        .loop = options->loop,
        .argv = definition->argv,
        .image = definition->program ? NULL : definition->image,
        .container_port = definition->port,
        .env = definition->env,
        .probe_path = options->probe_path ? options->probe_path : "/healthcheck",
        .stop_grace_ms =
            definition->stop_timeout_s ? definition->stop_timeout_s * 1000 : options->stop_grace_ms,
        .debugger = options->debugger,
        .on_ready = on_task_ready,
        .on_exit = on_task_exit,
        .on_unhealthy = on_task_unhealthy,
        .on_line = on_task_line,
        .context = service,
    };
    return task_start(&owner, error, error_len);
}

bool service_start_task(struct service *service)
{
    char error[SERVICE_TEXT_MAX];
    struct task *task = make_task(service, error, sizeof error), **last = &service->tasks;
    if (!task) {
        service_note_unstarted(service, "CannotStartContainerError", error);
        service_note_failure(service, service->primary, error);
        return false;
    }
    task->deployment = service->primary;
    while (*last)
        last = &(*last)->next;
    *last = task;
    if (!task_register(task, service->options.group)) {
        *last = NULL;
        task_kill(task);
        service_note_failure(service, service->primary, "no memory");
        return false;
    }
    service_say(service, "has started 1 tasks: (task %s).", task->id);
    service_say(service, "registered 1 targets in (target-group %s)", service->options.group->arn);
    return true;
}

void service_stop_task(struct service *service, struct task *task, const char *reason)
{
    task_retire(task, "UserInitiated", reason);
    service_schedule(service);
}

/* --- changes --- */

struct service_wish service_wish(const struct service *service)
{
    return (struct service_wish){
        .desired = service->desired,
        .min_percent = service->min_percent,
        .max_percent = service->max_percent,
        .has_breaker = service->has_breaker,
        .is_rolling_back_allowed = service->is_rolling_back_allowed,
        .definition = service->primary->definition,
    };
}

bool service_update(struct service *service, const struct service_wish *wish)
{
    if ((wish->is_forced || wish->definition != service->primary->definition) &&
        !service_deploy(service, wish->definition))
        return false;
    service->desired = wish->desired;
    service->min_percent = wish->min_percent;
    service->max_percent = wish->max_percent;
    service->has_breaker = wish->has_breaker;
    service->is_rolling_back_allowed = wish->is_rolling_back_allowed;
    service_schedule(service);
    return true;
}

/* --- life --- */

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct service *service = (void *)((char *)timer - offsetof(struct service, timer));
    (void)loop;
    service->is_start_due = true;
    service_schedule(service);
}

struct service *service_new(const struct service_options *options, char *error, size_t error_len)
{
    struct service *service = calloc(1, sizeof *service);
    if (service) {
        service->options = *options;
        service->created_ms = clock_ms_epoch();
        service->desired = options->task_count;
        service->min_percent = 100;
        service->max_percent = 200;
        service->has_breaker = service->is_rolling_back_allowed = true;
        service->timer.fn = on_timer;
        service->options.name = service->name = strdup(options->name);
    }
    if (!service || !service->name || !service_deploy(service, options->definition)) {
        (void)snprintf(error, error_len, "no memory");
        free(service ? service->name : NULL);
        free(service);
        return NULL;
    }
    alb_group_hold(service->options.group);
    service_schedule(service);
    return service;
}

void service_stop(struct service *service, service_event_fn *on_stopped, void *context)
{
    service->is_stopping = true;
    service->on_stopped = on_stopped;
    service->stop_context = context;
    loop_timer_clear(service->options.loop, &service->timer);
    service_schedule(service);
    for (struct task *task = service->tasks; task; task = task->next)
        task_stop(task, "ServiceSchedulerInitiated", "The rig ends");
    if (!service->tasks)
        on_stopped(context);
}

void service_free(struct service *service)
{
    if (!service)
        return;
    service->is_stopping = true;
    loop_timer_clear(service->options.loop, &service->timer);
    service_schedule(service);
    while (service->tasks) {
        struct task *next = service->tasks->next;
        task_kill(service->tasks);
        service->tasks = next;
    }
    while (service->deployments) {
        struct deployment *next = service->deployments->next;
        free(service->deployments);
        service->deployments = next;
    }
    alb_group_let_go(service->options.group);
    free(service->name);
    free(service);
}
