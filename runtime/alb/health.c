#include "runtime/alb/health.h"

#include <stdio.h>

static bool is_checked(const struct health *health)
{
    return health->state == ALB_INITIAL || health->state == ALB_HEALTHY ||
           health->state == ALB_UNHEALTHY;
}

static void set(struct health *health, enum alb_target_state state, enum health_reason reason)
{
    *health = (struct health){.state = state, .reason = reason};
}

void health_init(struct health *health)
{
    set(health, ALB_INITIAL, HEALTH_REGISTRATION_IN_PROGRESS);
}

void health_begin(struct health *health)
{
    if (health->state == ALB_INITIAL)
        health->reason = HEALTH_INITIAL_CHECKING;
}

static bool take_pass(struct health *health, unsigned threshold)
{
    if (health->state == ALB_HEALTHY) {
        health->streak = 0;
        return false;
    }
    if (health->state == ALB_UNHEALTHY && ++health->streak < threshold)
        return false;
    set(health, ALB_HEALTHY, HEALTH_NO_REASON);
    return true;
}

static bool take_failure(struct health *health, const struct health_result *result,
                         unsigned threshold)
{
    bool was_unhealthy = health->state == ALB_UNHEALTHY;
    if (!was_unhealthy && ++health->streak < threshold)
        return false;
    /* An unhealthy target tells of its newest failure. */
    set(health, ALB_UNHEALTHY, result->reason);
    health->code = result->code;
    return !was_unhealthy;
}

bool health_take(struct health *health, const struct health_result *result,
                 unsigned healthy_threshold, unsigned unhealthy_threshold)
{
    if (!is_checked(health))
        return false;
    if (result->is_pass)
        return take_pass(health, healthy_threshold);
    return take_failure(health, result, unhealthy_threshold);
}

void health_set_unused(struct health *health)
{
    set(health, ALB_UNUSED, HEALTH_NOT_IN_USE);
}

void health_set_unavailable(struct health *health)
{
    set(health, ALB_UNAVAILABLE, HEALTH_CHECK_DISABLED);
}

void health_set_draining(struct health *health)
{
    set(health, ALB_DRAINING, HEALTH_DEREGISTRATION_IN_PROGRESS);
}

void health_set_checked(struct health *health)
{
    if (!is_checked(health))
        health_init(health);
}

void health_adopt(struct health *health, enum alb_target_state state)
{
    static const enum health_reason reasons[] = {
        [ALB_INITIAL] = HEALTH_INITIAL_CHECKING,
        [ALB_HEALTHY] = HEALTH_NO_REASON,
        [ALB_UNHEALTHY] = HEALTH_FAILED_CHECKS,
        [ALB_UNUSED] = HEALTH_NOT_IN_USE,
        [ALB_DRAINING] = HEALTH_DEREGISTRATION_IN_PROGRESS,
        [ALB_UNAVAILABLE] = HEALTH_CHECK_DISABLED,
    };
    set(health, state, reasons[state]);
}

/* --- words: "Target health status" in the user guide --- */

struct wording {
    const char *name, *description;
};

static const struct wording wordings[] = {
    [HEALTH_NO_REASON] = {NULL, ""},
    [HEALTH_REGISTRATION_IN_PROGRESS] = {"Elb.RegistrationInProgress",
                                         "Target registration is in progress"},
    [HEALTH_INITIAL_CHECKING] = {"Elb.InitialHealthChecking", "Initial health checks in progress"},
    [HEALTH_CODE_MISMATCH] = {"Target.ResponseCodeMismatch", ""}, /* made with its code */
    [HEALTH_TIMEOUT] = {"Target.Timeout", "Request timed out"},
    [HEALTH_FAILED_CHECKS] = {"Target.FailedHealthChecks", "Health checks failed"},
    [HEALTH_NOT_REGISTERED] = {"Target.NotRegistered",
                               "Target is not registered to the target group"},
    [HEALTH_NOT_IN_USE] = {"Target.NotInUse", "Target group is not configured to receive traffic "
                                              "from the load balancer"},
    [HEALTH_DEREGISTRATION_IN_PROGRESS] = {"Target.DeregistrationInProgress",
                                           "Target deregistration is in progress"},
    [HEALTH_CHECK_DISABLED] = {"Target.HealthCheckDisabled", "Health checks are disabled"},
    [HEALTH_INTERNAL_ERROR] = {"Elb.InternalError",
                               "Health checks failed due to an internal error"},
};

const char *health_reason_name(enum health_reason reason)
{
    return wordings[reason].name;
}

void health_describe(const struct health *health, char text[ALB_TEXT_MAX])
{
    if (health->reason == HEALTH_CODE_MISMATCH)
        (void)snprintf(text, ALB_TEXT_MAX, "Health checks failed with these codes: [%d]",
                       health->code);
    else
        (void)snprintf(text, ALB_TEXT_MAX, "%s", wordings[health->reason].description);
}
