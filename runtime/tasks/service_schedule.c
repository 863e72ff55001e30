#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/tasks/service_internal.h"

/*
 * One pass: surplus tasks of the primary deployment go, those of earlier ones go as far as enough
 * others are ready, and new ones are started as far as there is room. What a pass does not reach,
 * the event of the next task will bring.
 */

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 5000,
    BREAKER_MIN =
        3, /* failed tasks, as ECS counts them: half the wanted ones within these bounds */
    BREAKER_MAX = 200,
};

static const char scheduler[] = "ServiceSchedulerInitiated";

struct service_counts service_count(const struct service *service,
                                    const struct deployment *deployment)
{
    struct service_counts counts = {0};
    for (const struct task *task = service->tasks; task; task = task->next) {
        if (deployment && task->deployment != deployment)
            continue;
        if (task->state == TASK_RETIRING)
            counts.ending++;
        else if (task->was_ready)
            counts.running++;
        else
            counts.pending++;
        counts.ready += task->state == TASK_READY;
    }
    return counts;
}

static size_t current(struct service_counts counts)
{
    return counts.running + counts.pending;
}

/* --- what goes --- */

/* The task to be retired next, of the primary deployment or of the others: one that is not ready
 * before one that is, and of these the youngest. */
static struct task *victim_of(const struct service *service, bool of_primary)
{
    struct task *victim = NULL;
    for (struct task *task = service->tasks; task; task = task->next) {
        bool is_ready = task->state == TASK_READY;
        if (task->state == TASK_RETIRING || (task->deployment == service->primary) != of_primary)
            continue;
        if (!victim || !is_ready || victim->state == TASK_READY)
            victim = task;
    }
    return victim;
}

static void retire(struct service *service, struct task *task)
{
    char reason[SERVICE_TEXT_MAX];
    (void)snprintf(reason, sizeof reason, "Scaling activity initiated by (deployment %s)",
                   service->primary->id);
    service_say(service, "has stopped 1 running tasks: (task %s).", task->id);
    if (task->target)
        service_say(service, "deregistered 1 targets in (target-group %s)",
                    service->options.group->arn);
    task_retire(task, scheduler, reason);
}

static void retire_surplus(struct service *service)
{
    size_t count = current(service_count(service, service->primary));
    for (; count > service->desired; count--)
        retire(service, victim_of(service, true));
}

static void retire_others(struct service *service)
{
    size_t least = ((size_t)service->desired * service->min_percent + 99) / 100;
    struct task *victim;
    while ((victim = victim_of(service, false)) != NULL) {
        size_t ready = service_count(service, NULL).ready;
        if (victim->state == TASK_READY && service->desired > 0 && ready <= least)
            return;
        retire(service, victim);
    }
}

/* --- what comes --- */

static void try_later(struct service *service)
{
    int64_t pause_ms = 0;
    if (service->failures)
        pause_ms = BACKOFF_FIRST_MS << (service->failures < 7 ? service->failures - 1 : 6);
    if (pause_ms > BACKOFF_MAX_MS)
        pause_ms = BACKOFF_MAX_MS;
    if (loop_timer_set(service->options.loop, &service->timer, clock_ms_monotonic() + pause_ms) !=
        RC_OK)
        service->options.on_failed(service->options.context, "no memory for a timer");
}

static bool has_room(const struct service *service)
{
    size_t most = (size_t)service->desired * service->max_percent / 100;
    size_t own = current(service_count(service, service->primary));
    size_t all = current(service_count(service, NULL));
    return own < service->desired && (own == all || all < most);
}

/* After a failure one at a time, each when its pause is over. */
static void start_missing(struct service *service)
{
    while (service->primary->rollout != ROLLOUT_FAILED && has_room(service)) {
        if (service->failures && !service->is_start_due) {
            if (!service->timer._slot)
                try_later(service);
            return;
        }
        service->is_start_due = false;
        (void)service_start_task(service);
    }
}

/* --- how far it is --- */

static void note_progress(struct service *service)
{
    struct deployment *primary = service->primary;
    struct service_counts own = service_count(service, primary), all = service_count(service, NULL);
    bool is_done = own.ready == service->desired && current(all) == service->desired;
    if (!is_done) {
        service->is_steady = false;
        return;
    }
    if (primary->rollout == ROLLOUT_IN_PROGRESS) {
        primary->rollout = ROLLOUT_COMPLETED;
        primary->updated_ms = clock_ms_epoch();
        (void)snprintf(primary->reason, sizeof primary->reason, "ECS deployment %s completed.",
                       primary->id);
        bool is_new = service->completed != primary;
        service->completed = primary;
        service_say(service, "(deployment %s) deployment completed.", primary->id);
        if (service->desired && is_new)
            service->options.on_ready(service->options.context);
    }
    if (!service->is_steady)
        service_say(service, "has reached a steady state.");
    service->is_steady = true;
}

/* Requests wait while a task is missing and will be started. */
static void expect(struct service *service)
{
    bool is_expected = !service->is_stopping && service->timer._slot &&
                       current(service_count(service, NULL)) < service->desired;
    if (service->is_expected != is_expected)
        alb_group_expect(service->options.group, is_expected ? 1 : -1);
    service->is_expected = is_expected;
}

void service_schedule(struct service *service)
{
    service->is_changed = true;
    if (service->is_scheduling)
        return;
    service->is_scheduling = true;
    while (service->is_changed && !service->is_stopping) {
        service->is_changed = false;
        retire_surplus(service);
        retire_others(service);
        start_missing(service);
        note_progress(service);
    }
    service_prune(service);
    expect(service);
    service->is_scheduling = false;
}

/* --- what fails --- */

static void give_up(struct service *service, struct deployment *deployment)
{
    struct deployment *back = service->completed;
    deployment->rollout = ROLLOUT_FAILED;
    deployment->updated_ms = clock_ms_epoch();
    (void)snprintf(deployment->reason, sizeof deployment->reason,
                   "ECS deployment circuit breaker: tasks failed to start.");
    service_say(service, "(deployment %s) deployment failed: tasks failed to start.",
                deployment->id);
    if (!service->is_rolling_back_allowed || !back || back == deployment) {
        service->options.on_failed(service->options.context, "the new version is given up");
        return;
    }
    service->primary = back;
    service->failures = 0;
    loop_timer_clear(service->options.loop, &service->timer);
    back->rollout = ROLLOUT_IN_PROGRESS;
    back->updated_ms = deployment->updated_ms;
    back->failed_count = 0;
    (void)snprintf(back->reason, sizeof back->reason,
                   "ECS deployment circuit breaker: rolling back to deploymentId %s.", back->id);
    service_say(service, "rolling back to (deployment %s).", back->id);
    service->options.on_failed(service->options.context,
                               "the new version is given up; back to the one before");
}

void service_count_failure(struct service *service, struct deployment *deployment)
{
    unsigned most = service->desired / 2 + service->desired % 2;
    most = most < BREAKER_MIN ? BREAKER_MIN : most > BREAKER_MAX ? BREAKER_MAX : most;
    if (deployment->rollout != ROLLOUT_IN_PROGRESS)
        return;
    deployment->failed_count++;
    if (service->has_breaker && deployment == service->primary && deployment->failed_count >= most)
        give_up(service, deployment);
    else if (deployment->failed_count == BREAKER_MIN)
        service_say(service, "is unable to consistently start tasks successfully.");
    service->is_changed = true;
}

void service_note_failure(struct service *service, struct deployment *deployment,
                          const char *reason)
{
    if (deployment == service->primary)
        service->failures++;
    service->options.on_failed(service->options.context, reason);
    service_count_failure(service, deployment);
}
