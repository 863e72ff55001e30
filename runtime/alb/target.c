#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/alb/internal.h"
#include "runtime/alb/upstream.h"
#include "runtime/core/clock.h"

const char *alb_target_state_name(enum alb_target_state state)
{
    static const char *const names[] = {
        [ALB_INITIAL] = "initial", [ALB_HEALTHY] = "healthy",   [ALB_UNHEALTHY] = "unhealthy",
        [ALB_UNUSED] = "unused",   [ALB_DRAINING] = "draining", [ALB_UNAVAILABLE] = "unavailable",
    };
    return names[state];
}

/* --- states --- */

static void wake(struct alb_group *group)
{
    if (group->waiting && group->model->wake)
        group->model->wake(group);
}

void alb_target_set_state(struct alb_target *target, enum alb_target_state state,
                          const char *reason, const char *description)
{
    if (state != ALB_HEALTHY)
        target->healthy_since_ms = 0;
    else if (target->state != ALB_HEALTHY)
        target->healthy_since_ms = clock_ms_monotonic();
    target->state = state;
    target->reason = reason;
    (void)snprintf(target->description, sizeof target->description, "%s",
                   description ? description : "");
    wake(target->group);
}

void alb_target_begin(struct alb_target *target)
{
    const struct alb_group *group = target->group;
    if (!group->is_used)
        alb_target_set_state(target, ALB_UNUSED, "Target.NotInUse",
                             "Target group is not configured to receive traffic from the load "
                             "balancer");
    else if (!group->check.is_enabled)
        alb_target_set_state(target, ALB_UNAVAILABLE, "Target.HealthCheckDisabled",
                             "Health checks are disabled");
    else
        alb_target_set_state(target, ALB_INITIAL, "Elb.RegistrationInProgress",
                             "Target registration is in progress");
}

void alb_group_expect(struct alb_group *group, int change)
{
    group->expected += (size_t)change;
    if (change < 0)
        wake(group);
}

/* --- registering --- */

struct alb_target *alb_target_find(const struct alb_group *group, struct bytes id, unsigned port)
{
    for (struct alb_target *target = group->targets; target; target = target->next)
        if (bytes_eq(id, bytes_from_str(target->id)) && (port == 0 || port == target->port))
            return target;
    return NULL;
}

static enum alb_error set_address(struct alb_target *target, unsigned port, struct alb_why *why)
{
    target->address.sin_family = AF_INET;
    target->port = port ? port : target->group->port;
    target->address.sin_port = htons((uint16_t)target->port);
    if (inet_pton(AF_INET, target->id, &target->address.sin_addr) != 1)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "The IP address '%s' is not a valid IPv4 address", target->id);
    if (target->port < 1 || target->port > 65535)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR, "'%u' is no port: it must be 1-65535",
                                 target->port);
    return ALB_OK;
}

static enum alb_error set_function(struct alb_target *target, struct alb_why *why)
{
    const struct alb_model_options *options = &target->group->model->options;
    if (target->group->targets)
        return alb_refuse_printf(why, ALB_E_INVALID_TARGET,
                                 "A target group of type lambda has one target at most");
    if (!options->find_function ||
        !options->find_function(options->context, bytes_from_str(target->id), &target->function))
        return alb_refuse_printf(why, ALB_E_INVALID_TARGET, "There is no function '%s'",
                                 target->id);
    if (target->group->model->may_call &&
        !target->group->model->may_call(options->context, bytes_from_str(target->id),
                                        bytes_from_str(target->group->arn)))
        return alb_refuse_printf(why, ALB_E_ACCESS_DENIED,
                                 "elasticloadbalancing principal does not have permission to "
                                 "invoke %s from target group %s",
                                 target->id, target->group->arn);
    return ALB_OK;
}

/* Fills what the target's type asks for. */
static enum alb_error describe(struct alb_target *target, struct bytes id, unsigned port,
                               struct alb_why *why)
{
    if (id.len == 0 || id.len > ALB_ARN_MAX)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR, "A target's id has 1 to %d bytes",
                                 ALB_ARN_MAX);
    memcpy(target->id, id.ptr, id.len);
    return target->group->type == ALB_TARGET_IP ? set_address(target, port, why)
                                                : set_function(target, why);
}

static void link_target(struct alb_target *target)
{
    struct alb_target **last = &target->group->targets;
    while (*last)
        last = &(*last)->next;
    *last = target;
    target->registered_ms = clock_ms_monotonic();
    alb_target_begin(target);
    alb_tell_target(target);
}

static struct alb_target *known(const struct alb_group *group, struct bytes id, unsigned port)
{
    return alb_target_find(group, id, group->type == ALB_TARGET_IP && !port ? group->port : port);
}

static size_t target_count(const struct alb_group *group)
{
    size_t count = 0;
    for (const struct alb_target *each = group->targets; each; each = each->next)
        count++;
    return count;
}

enum alb_error alb_target_register(struct alb_group *group, struct bytes id, unsigned port,
                                   const struct alb_target_owner *owner, struct alb_target **target,
                                   struct alb_why *why)
{
    struct alb_target *item = known(group, id, port);
    if (item) {
        if (item->state == ALB_DRAINING) {
            alb_target_begin(item);
            alb_tell_target(item);
        }
        if (target)
            *target = item;
        return ALB_OK;
    }
    if (target_count(group) >= ALB_TARGETS_MAX)
        return alb_refuse(why, ALB_E_TOO_MANY_TARGETS);
    item = calloc(1, sizeof *item);
    if (!item)
        return alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    item->group = group;
    enum alb_error error = describe(item, id, port, why);
    if (error != ALB_OK) {
        free(item);
        return error;
    }
    if (owner)
        item->owner = *owner;
    link_target(item);
    if (target)
        *target = item;
    return ALB_OK;
}

/* --- ends --- */

static void close_idle(struct alb_target *target)
{
    while (target->idle_count)
        upstream_close(target->idle[--target->idle_count]);
}

/* Both may be said at once: nobody sends to it, and its last request has ended. */
static void say_if_unused(struct alb_target *target)
{
    void (*on_unused)(void *context) = target->owner.on_unused;
    if (target->in_flight || (target->state != ALB_DRAINING && !target->is_removed))
        return;
    target->owner.on_unused = NULL;
    if (on_unused)
        on_unused(target->owner.context);
}

static void free_removed(struct alb_target *target)
{
    struct alb_group *group = target->group;
    close_idle(target);
    free(target);
    alb_group_let_go(group);
}

void alb_target_remove(struct alb_target *target)
{
    struct alb_group *group = target->group;
    struct alb_target **link = &group->targets;
    while (*link != target)
        link = &(*link)->next;
    *link = target->next;
    alb_group_hold(group);
    alb_tell_target_gone(target);
    if (target->owner.on_gone)
        target->owner.on_gone(target->owner.context);
    target->is_removed = true;
    target->in_flight++; /* stays while the owner is told */
    close_idle(target);
    wake(group);
    alb_target_let_go(target);
}

void alb_target_deregister(struct alb_target *target)
{
    const struct alb_group *group = target->group;
    unsigned delay_s = group->attributes.deregistration_delay_s;
    if (group->type == ALB_TARGET_LAMBDA || delay_s == 0) {
        alb_target_remove(target);
        return;
    }
    if (target->state == ALB_DRAINING)
        return;
    target->draining_until_ms = clock_ms_monotonic() + (int64_t)delay_s * 1000;
    alb_target_set_state(target, ALB_DRAINING, "Target.DeregistrationInProgress",
                         "Target deregistration is in progress");
    close_idle(target);
    alb_tell_target(target);
    say_if_unused(target);
}

void alb_target_hold(struct alb_target *target)
{
    target->in_flight++;
}

void alb_target_let_go(struct alb_target *target)
{
    target->in_flight--;
    if (target->in_flight)
        return;
    bool is_removed = target->is_removed;
    say_if_unused(target); /* of one that only drains, the owner may free it */
    if (is_removed)
        free_removed(target);
}
