#include <math.h>
#include <stdio.h>

#include "pipeline/canary/aws_service.h"

/* --- tasks --- */

unsigned aws_tasks(const struct plan_capacity *capacity, double part)
{
    double tasks = ceil(part * capacity->tasks - 1e-9);
    return tasks > capacity->min ? (unsigned)tasks : capacity->min;
}

/* Sees to it that the plan's service has at least so many tasks; never takes one away. RC_AGAIN:
 * they do not run yet. */
static enum rc have_tasks(struct aws_driver *driver, unsigned needed, char *why)
{
    const struct plan_capacity *capacity = &driver->options.plan->capacity;
    struct aws_service service = {.running = 0};
    enum rc rc = RC_OK;
    if (driver->asked_tasks != needed)
        rc = aws_service_set_bounds(driver, capacity->cluster, capacity->service, needed,
                                    capacity->max, why);
    if (rc == RC_OK)
        rc =
            aws_service_find(driver, capacity->cluster, &capacity->service, 1, NULL, &service, why);
    if (rc == RC_OK && service.desired < needed)
        rc = aws_service_set_count(driver, capacity->cluster, capacity->service, needed, why);
    if (rc != RC_OK)
        return rc;
    driver->asked_tasks = needed;
    if (service.running >= needed)
        return RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "the service '%.80s' runs %u tasks, and needs %u",
                   capacity->service, service.running, needed);
    return RC_AGAIN;
}

/* --- provisioned concurrency --- */

static enum rc call_lambda(struct aws_driver *driver, const char *method, struct bytes body,
                           const cJSON **root, char *why)
{
    const struct plan_capacity *capacity = &driver->options.plan->capacity;
    char path[256];
    (void)snprintf(path, sizeof path, "/2019-09-30/functions/%s/provisioned-concurrency",
                   capacity->function);
    return api_rest(&driver->api, API_LAMBDA, method, path, capacity->alias, body, root, why);
}

static enum rc have_concurrency(struct aws_driver *driver, char *why)
{
    const struct plan_capacity *capacity = &driver->options.plan->capacity;
    const cJSON *root;
    char body[64];
    enum rc rc = RC_OK;
    (void)snprintf(body, sizeof body, "{\"ProvisionedConcurrentExecutions\":%u}",
                   capacity->provisioned);
    if (!driver->is_provisioned)
        rc = call_lambda(driver, "PUT", bytes_from_str(body), &root, why);
    driver->is_provisioned |= rc == RC_OK;
    if (rc == RC_OK)
        rc = call_lambda(driver, "GET", bytes_make(NULL, 0), &root, why);
    if (rc != RC_OK)
        return rc;
    struct bytes status = json_bytes(cJSON_GetObjectItemCaseSensitive(root, "Status"));
    if (bytes_eq(status, BYTES_LIT("READY")))
        return RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "the provisioned concurrency of '%.80s' is %.*s",
                   capacity->function, (int)(status.len < 40 ? status.len : 40),
                   status.ptr ? status.ptr : "");
    return bytes_eq(status, BYTES_LIT("FAILED")) ? RC_CONFLICT : RC_AGAIN;
}

enum rc aws_capacity(struct aws_driver *driver, double part, char *why)
{
    const struct plan_capacity *capacity = &driver->options.plan->capacity;
    enum rc rc = RC_OK;
    if (capacity->service)
        rc = have_tasks(driver, aws_tasks(capacity, part), why);
    return rc == RC_OK && capacity->function ? have_concurrency(driver, why) : rc;
}

enum rc aws_retire(void *context, const struct canary_state *state, size_t index, char *why)
{
    struct aws_driver *driver = context;
    const struct plan_capacity *capacity = &driver->options.plan->capacity;
    bool is_canary = index == state->canary;
    const char *service = is_canary ? capacity->service : capacity->stable_service;
    const cJSON *root;
    enum rc rc = RC_OK;
    api_begin(&driver->api);
    if (service)
        rc = aws_service_set_bounds(driver, capacity->cluster, service, 0, capacity->max, why);
    if (service && rc == RC_OK)
        rc = aws_service_set_count(driver, capacity->cluster, service, 0, why);
    if (rc == RC_OK && is_canary && capacity->function)
        rc = call_lambda(driver, "DELETE", bytes_make(NULL, 0), &root, why);
    return rc;
}
