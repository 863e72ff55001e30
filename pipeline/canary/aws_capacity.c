#include <math.h>
#include <stdio.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/buf.h"
#include "runtime/core/json_text.h"

/* --- tasks --- */

unsigned aws_tasks(const struct plan_capacity *capacity, double part)
{
    double tasks = ceil(part * capacity->tasks - 1e-9);
    return tasks > capacity->min ? (unsigned)tasks : capacity->min;
}

static enum rc send(struct aws_driver *driver, enum api_service service, const char *target,
                    struct buf *body, const cJSON **root, char *why)
{
    enum rc rc = body->failed
                     ? RC_NOMEM
                     : api_json(&driver->api, service, target, buf_bytes(body), false, root, why);
    buf_release(body);
    return rc;
}

/* Bounds first, so that scaling does not undo the count. */
static enum rc set_bounds(struct aws_driver *driver, const char *service, unsigned min,
                          unsigned max, char *why)
{
    const struct plan_capacity *capacity = &driver->options.plan->capacity;
    const cJSON *root;
    char id[512];
    struct buf body;
    buf_init(&body, AWS_FORM_MAX);
    (void)snprintf(id, sizeof id, "service/%s/%s", capacity->cluster, service);
    buf_printf(&body, "{\"ServiceNamespace\":\"ecs\",\"ScalableDimension\":"
                      "\"ecs:service:DesiredCount\",\"ResourceId\":");
    json_text_string(&body, bytes_from_str(id));
    buf_printf(&body, ",\"MinCapacity\":%u,\"MaxCapacity\":%u}", min, max);
    return send(driver, API_SCALING, "AnyScaleFrontendService.RegisterScalableTarget", &body, &root,
                why);
}

static enum rc set_count(struct aws_driver *driver, const char *service, unsigned count, char *why)
{
    const cJSON *root;
    struct buf body;
    buf_init(&body, AWS_FORM_MAX);
    buf_printf(&body, "{\"cluster\":");
    json_text_string(&body, bytes_from_str(driver->options.plan->capacity.cluster));
    buf_printf(&body, ",\"service\":");
    json_text_string(&body, bytes_from_str(service));
    buf_printf(&body, ",\"desiredCount\":%u}", count);
    return send(driver, API_ECS, "AmazonEC2ContainerServiceV20141113.UpdateService", &body, &root,
                why);
}

static enum rc count_tasks(struct aws_driver *driver, const char *service, unsigned *desired,
                           unsigned *running, char *why)
{
    const cJSON *root, *item;
    struct buf body;
    buf_init(&body, AWS_FORM_MAX);
    buf_printf(&body, "{\"cluster\":");
    json_text_string(&body, bytes_from_str(driver->options.plan->capacity.cluster));
    buf_printf(&body, ",\"services\":[");
    json_text_string(&body, bytes_from_str(service));
    buf_printf(&body, "]}");
    enum rc rc = send(driver, API_ECS, "AmazonEC2ContainerServiceV20141113.DescribeServices", &body,
                      &root, why);
    if (rc != RC_OK)
        return rc;
    item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "services"), 0);
    const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(item, "desiredCount");
    const cJSON *there = cJSON_GetObjectItemCaseSensitive(item, "runningCount");
    if (!cJSON_IsNumber(wanted) || !cJSON_IsNumber(there)) {
        (void)snprintf(why, CANARY_WHY_MAX, "there is no ECS service '%.80s'", service);
        return RC_REFUSED;
    }
    *desired = (unsigned)wanted->valuedouble;
    *running = (unsigned)there->valuedouble;
    return RC_OK;
}

enum rc aws_have_tasks(struct aws_driver *driver, unsigned needed, char *why)
{
    const struct plan_capacity *capacity = &driver->options.plan->capacity;
    unsigned desired = 0, running = 0;
    enum rc rc = RC_OK;
    if (driver->asked_tasks != needed)
        rc = set_bounds(driver, capacity->service, needed, capacity->max, why);
    if (rc == RC_OK)
        rc = count_tasks(driver, capacity->service, &desired, &running, why);
    if (rc == RC_OK && desired < needed)
        rc = set_count(driver, capacity->service, needed, why);
    if (rc != RC_OK)
        return rc;
    driver->asked_tasks = needed;
    if (running >= needed)
        return RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "the service '%.80s' runs %u tasks, and needs %u",
                   capacity->service, running, needed);
    return RC_AGAIN;
}

enum rc aws_drop_tasks(struct aws_driver *driver, char *why)
{
    const struct plan_capacity *capacity = &driver->options.plan->capacity;
    enum rc rc = set_bounds(driver, capacity->service, 0, capacity->max, why);
    driver->asked_tasks = 0;
    return rc == RC_OK ? set_count(driver, capacity->service, 0, why) : rc;
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
        rc = aws_have_tasks(driver, aws_tasks(capacity, part), why);
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
        rc = set_bounds(driver, service, 0, capacity->max, why);
    if (service && rc == RC_OK)
        rc = set_count(driver, service, 0, why);
    if (rc == RC_OK && is_canary && capacity->function)
        rc = call_lambda(driver, "DELETE", bytes_make(NULL, 0), &root, why);
    return rc;
}
