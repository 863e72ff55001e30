#include "pipeline/guard/guard_tasks.h"

#include <stdio.h>

#include "pipeline/canary/aws_service.h"

static unsigned at_least(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* The one behind the home's group, with its bounds. */
static enum rc find(struct guard_look *look, const struct guard_state *state,
                    struct aws_service *service, char *why)
{
    const struct guard_fargate *fargate = &look->policy->fargate;
    size_t group = guard_group(state, GUARD_FARGATE);
    api_begin(&look->driver->api);
    enum rc rc = aws_service_find(look->driver, fargate->cluster, fargate->services,
                                  fargate->service_count, look->rule.groups[group], service, why);
    return rc == RC_OK ? aws_service_read_bounds(look->driver, fargate->cluster, service, why) : rc;
}

enum rc guard_tasks_check(struct guard_look *look, const struct guard_state *state, char *why)
{
    struct aws_service service;
    return look->policy->fargate.service_count ? find(look, state, &service, why) : RC_OK;
}

enum rc guard_tasks_plan(struct guard_look *look, struct guard_state *state, char *why)
{
    struct guard_scaled *scaled = &state->scaled;
    struct aws_service service;
    unsigned tasks = look->policy->fargate.tasks;
    bool is_left;
    enum rc rc = find(look, state, &service, why);
    if (rc == RC_OK && scaled->is_set && strcmp(scaled->service, service.name) != 0)
        rc = guard_tasks_restore(look, state, &is_left, why);
    if (rc != RC_OK)
        return rc;
    if (!scaled->is_set) {
        *scaled = (struct guard_scaled){.is_set = true,
                                        .has_bounds = service.has_bounds,
                                        .min = service.min,
                                        .max = service.max,
                                        .desired = service.desired,
                                        .share = guard_share(state, state->normal, GUARD_FARGATE)};
        (void)snprintf(scaled->service, sizeof scaled->service, "%s", service.name);
    }
    scaled->set_min = at_least(service.min, tasks);
    scaled->set_max = at_least(service.max, tasks);
    scaled->set_desired = at_least(service.desired, tasks);
    return RC_OK;
}

enum rc guard_tasks_raise(struct guard_look *look, const struct guard_state *state, char *why)
{
    const struct guard_scaled *scaled = &state->scaled;
    const char *cluster = look->policy->fargate.cluster;
    enum rc rc = RC_OK;
    api_begin(&look->driver->api);
    if (scaled->has_bounds)
        rc = aws_service_set_bounds(look->driver, cluster, scaled->service, scaled->set_min,
                                    scaled->set_max, why);
    return rc == RC_OK ? aws_service_set_count(look->driver, cluster, scaled->service,
                                               scaled->set_desired, why)
                       : rc;
}

enum rc guard_tasks_restore(struct guard_look *look, struct guard_state *state, bool *is_left,
                            char *why)
{
    struct guard_scaled *scaled = &state->scaled;
    const char *cluster = look->policy->fargate.cluster, *name = scaled->service;
    struct aws_service now;
    api_begin(&look->driver->api);
    enum rc rc = aws_service_find(look->driver, cluster, &name, 1, NULL, &now, why);
    if (rc == RC_OK)
        rc = aws_service_read_bounds(look->driver, cluster, &now, why);
    if (rc != RC_OK)
        return rc;
    *is_left = now.has_bounds != scaled->has_bounds ||
               (now.has_bounds && (now.min != scaled->set_min || now.max != scaled->set_max));
    if (!*is_left && now.has_bounds)
        rc = aws_service_set_bounds(look->driver, cluster, name, scaled->min, scaled->max, why);
    /* A count that scaling has changed meanwhile is scaling's to change again. */
    if (rc == RC_OK && !*is_left && now.desired == scaled->set_desired &&
        now.desired != scaled->desired)
        rc = aws_service_set_count(look->driver, cluster, name, scaled->desired, why);
    if (rc == RC_OK)
        *scaled = (struct guard_scaled){.is_set = false};
    return rc;
}

enum rc guard_tasks_drop(struct guard_look *look, struct guard_state *state, char *why)
{
    const char *cluster = look->policy->fargate.cluster;
    struct aws_service service;
    enum rc rc = find(look, state, &service, why);
    if (rc == RC_OK && service.has_bounds)
        rc = aws_service_set_bounds(look->driver, cluster, service.name, 0, service.max, why);
    if (rc == RC_OK)
        rc = aws_service_set_count(look->driver, cluster, service.name, 0, why);
    if (rc == RC_OK)
        state->scaled = (struct guard_scaled){.is_set = false};
    return rc;
}
