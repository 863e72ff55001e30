#include "runtime/alb/checker.h"

#include <stdlib.h>

#include "runtime/alb/check.h"
#include "runtime/alb/pick.h"
#include "runtime/core/clock.h"

struct checker {
    struct checker_options options;
};

/* What target->health points to. */
struct patient {
    struct checker *checker;
    struct alb_target *target;
    struct health health;
    struct loop_timer timer; /* the next check, or the end of the delay */
    int64_t due_ms;          /* of the next check; 0: there is none */
    struct check *running;
};

/* Where the timer cannot be set for want of memory, the target keeps the state that it has. */
static void set_timer(struct patient *patient, int64_t due_ms)
{
    if (loop_timer_set(patient->checker->options.loop, &patient->timer, due_ms) != RC_OK)
        patient->due_ms = 0;
}

/* Tells the owner too, who may take the target away: nothing of it may be touched after. */
static void say(struct patient *patient)
{
    struct alb_target *target = patient->target;
    const struct checker_options *options = &patient->checker->options;
    const char *reason = health_reason_name(patient->health.reason);
    enum alb_target_state before = target->state;
    char text[ALB_TEXT_MAX];
    health_describe(&patient->health, text);
    alb_target_set_state(target, patient->health.state, reason, text);
    if (before == target->state)
        return;
    pick_turned(target, clock_ms_monotonic());
    if (options->on_changed)
        options->on_changed(options->context, target, before);
    if (target->state == ALB_UNHEALTHY && target->owner.on_unhealthy)
        target->owner.on_unhealthy(target->owner.context);
}

/* Whoever runs the target may know better, and have said so since the last check. */
static void adopt(struct patient *patient)
{
    enum alb_target_state state = patient->target->state;
    if (state != patient->health.state)
        health_adopt(&patient->health, state);
}

/* A target that the rig starts has as long as it needs, as ECS's grace period gives it. */
static bool is_starting(const struct patient *patient)
{
    return patient->health.state == ALB_INITIAL && patient->target->owner.on_failed;
}

/* --- checks --- */

static void on_checked(void *context, const struct health_result *result)
{
    struct patient *patient = context;
    const struct alb_health_check *settings = &patient->target->group->check;
    patient->running = NULL;
    adopt(patient);
    if (!result->is_pass && is_starting(patient))
        return;
    (void)health_take(&patient->health, result, settings->healthy_count, settings->unhealthy_count);
    say(patient);
}

static void check_now(struct patient *patient)
{
    int64_t interval_ms = (int64_t)patient->target->group->check.interval_s * 1000;
    int64_t now_ms = clock_ms_monotonic();
    /* Evenly from check to check; those that a stopped machine missed are not made up for. */
    patient->due_ms += interval_ms;
    if (patient->due_ms <= now_ms)
        patient->due_ms = now_ms + interval_ms;
    set_timer(patient, patient->due_ms);
    if (patient->running)
        return; /* it is as slow as the interval: its result is on its way */
    adopt(patient);
    health_begin(&patient->health);
    patient->running =
        check_start(patient->checker->options.loop, patient->target, on_checked, patient);
    say(patient);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct patient *patient = (void *)((char *)timer - offsetof(struct patient, timer));
    const struct checker_options *options = &patient->checker->options;
    struct alb_target *target = patient->target;
    (void)loop;
    if (patient->health.state != ALB_DRAINING) {
        check_now(patient);
        return;
    }
    options->on_cut(options->context, target);
    alb_target_remove(target);
}

static void stop_checks(struct patient *patient)
{
    check_cancel(patient->running);
    patient->running = NULL;
    patient->due_ms = 0;
    loop_timer_clear(patient->checker->options.loop, &patient->timer);
}

/* A shorter interval counts from now on, a longer one from the next check on. */
static void start_checks(struct patient *patient)
{
    int64_t now_ms = clock_ms_monotonic();
    int64_t interval_ms = (int64_t)patient->target->group->check.interval_s * 1000;
    if (patient->due_ms && patient->due_ms <= now_ms + interval_ms)
        return;
    patient->due_ms = patient->due_ms ? now_ms + interval_ms : now_ms;
    set_timer(patient, patient->due_ms);
}

/* --- what the model tells --- */

/* Brings one target to what its group's settings ask for. */
static void follow(struct patient *patient)
{
    const struct alb_target *target = patient->target;
    adopt(patient);
    if (target->state == ALB_DRAINING) {
        stop_checks(patient);
        health_set_draining(&patient->health);
        set_timer(patient, target->draining_until_ms);
    } else if (!target->group->is_used) {
        stop_checks(patient);
        health_set_unused(&patient->health);
    } else if (!target->group->check.is_enabled) {
        stop_checks(patient);
        health_set_unavailable(&patient->health);
    } else {
        health_set_checked(&patient->health);
        start_checks(patient);
    }
    say(patient);
}

static void on_target(void *context, struct alb_target *target)
{
    struct checker *checker = context;
    struct patient *patient = target->health;
    if (!patient) {
        patient = calloc(1, sizeof *patient);
        if (!patient)
            return; /* it stays as the model has it, and gets requests when no other can */
        *patient = (struct patient){.checker = checker, .target = target, .timer.fn = on_timer};
        health_init(&patient->health);
        target->health = patient;
    }
    follow(patient);
}

static void on_target_gone(void *context, struct alb_target *target)
{
    struct patient *patient = target->health;
    (void)context;
    if (!patient)
        return;
    stop_checks(patient);
    free(patient);
    target->health = NULL;
}

static void on_group(void *context, struct alb_group *group)
{
    for (struct alb_target *target = group->targets; target; target = target->next)
        on_target(context, target);
}

/* --- life --- */

struct checker *checker_new(const struct checker_options *options)
{
    struct checker *checker = calloc(1, sizeof *checker);
    if (!checker)
        return NULL;
    checker->options = *options;
    struct alb_watcher watcher = {.on_target = on_target,
                                  .on_target_gone = on_target_gone,
                                  .on_group = on_group,
                                  .context = checker};
    alb_model_watch(options->model, &watcher);
    for (struct alb_group *group = options->model->groups; group; group = group->next)
        on_group(checker, group);
    return checker;
}

void checker_free(struct checker *checker)
{
    free(checker);
}
