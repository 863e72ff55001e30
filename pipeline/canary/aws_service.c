#include "pipeline/canary/aws_service.h"

#include <stdio.h>

#include "runtime/core/buf.h"
#include "runtime/core/json_text.h"

static const char scalable[] =
    "{\"ServiceNamespace\":\"ecs\",\"ScalableDimension\":\"ecs:service:DesiredCount\",";

static enum rc send(struct aws_driver *driver, enum api_service service, const char *target,
                    struct buf *body, const cJSON **root, char *why)
{
    enum rc rc = body->failed
                     ? RC_NOMEM
                     : api_json(&driver->api, service, target, buf_bytes(body), false, root, why);
    buf_release(body);
    return rc;
}

static void put(struct buf *body, const char *before, const char *text)
{
    buf_printf(body, "%s", before);
    json_text_string(body, bytes_from_str(text));
}

/* --- reading --- */

static bool is_behind(const cJSON *item, const char *group)
{
    const cJSON *balancer;
    cJSON_ArrayForEach(balancer, cJSON_GetObjectItemCaseSensitive(item, "loadBalancers"))
    {
        const cJSON *arn = cJSON_GetObjectItemCaseSensitive(balancer, "targetGroupArn");
        if (cJSON_IsString(arn) && strcmp(arn->valuestring, group) == 0)
            return true;
    }
    return false;
}

static bool read_count(const cJSON *item, const char *name, unsigned *out)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(item, name);
    if (!cJSON_IsNumber(number) || number->valuedouble < 0 || number->valuedouble > 1e9)
        return false;
    *out = (unsigned)number->valuedouble;
    return true;
}

static bool take_service(const cJSON *item, const char *asked, struct aws_service *service)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "serviceName");
    *service = (struct aws_service){.has_bounds = false};
    (void)snprintf(service->name, sizeof service->name, "%s",
                   cJSON_IsString(name) ? name->valuestring : asked);
    return read_count(item, "desiredCount", &service->desired) &&
           read_count(item, "runningCount", &service->running);
}

enum rc aws_service_find(struct aws_driver *driver, const char *cluster, const char *const *names,
                         size_t count, const char *group, struct aws_service *service, char *why)
{
    const cJSON *root, *item;
    struct buf body;
    buf_init(&body, AWS_FORM_MAX);
    put(&body, "{\"cluster\":", cluster);
    for (size_t i = 0; i < count; i++)
        put(&body, i ? "," : ",\"services\":[", names[i]);
    buf_printf(&body, "]}");
    enum rc rc = send(driver, API_ECS, "AmazonEC2ContainerServiceV20141113.DescribeServices", &body,
                      &root, why);
    if (rc != RC_OK)
        return rc;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "services"))
    {
        if ((!group || is_behind(item, group)) && take_service(item, names[0], service))
            return RC_OK;
    }
    if (group)
        (void)snprintf(why, CANARY_WHY_MAX,
                       "none of the ECS services '%.60s'%s has the tasks of %s", names[0],
                       count > 1 ? " ..." : "", group);
    else
        (void)snprintf(why, CANARY_WHY_MAX, "there is no ECS service '%.80s'", names[0]);
    return RC_REFUSED;
}

static void put_id(struct buf *body, const char *before, const char *cluster, const char *name)
{
    char id[2 * AWS_SERVICE_NAME_MAX + 16];
    (void)snprintf(id, sizeof id, "service/%.255s/%.255s", cluster, name);
    put(body, before, id);
}

enum rc aws_service_read_bounds(struct aws_driver *driver, const char *cluster,
                                struct aws_service *service, char *why)
{
    const cJSON *root, *item;
    struct buf body;
    buf_init(&body, AWS_FORM_MAX);
    buf_printf(&body, "%s", scalable);
    put_id(&body, "\"ResourceIds\":[", cluster, service->name);
    buf_printf(&body, "]}");
    enum rc rc = send(driver, API_SCALING, "AnyScaleFrontendService.DescribeScalableTargets", &body,
                      &root, why);
    if (rc != RC_OK)
        return rc;
    item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "ScalableTargets"), 0);
    service->has_bounds = read_count(item, "MinCapacity", &service->min) &&
                          read_count(item, "MaxCapacity", &service->max);
    return RC_OK;
}

/* --- writing --- */

enum rc aws_service_set_bounds(struct aws_driver *driver, const char *cluster, const char *name,
                               unsigned min, unsigned max, char *why)
{
    const cJSON *root;
    struct buf body;
    buf_init(&body, AWS_FORM_MAX);
    buf_printf(&body, "%s", scalable);
    put_id(&body, "\"ResourceId\":", cluster, name);
    buf_printf(&body, ",\"MinCapacity\":%u,\"MaxCapacity\":%u}", min, max);
    return send(driver, API_SCALING, "AnyScaleFrontendService.RegisterScalableTarget", &body, &root,
                why);
}

enum rc aws_service_set_count(struct aws_driver *driver, const char *cluster, const char *name,
                              unsigned count, char *why)
{
    const cJSON *root;
    struct buf body;
    buf_init(&body, AWS_FORM_MAX);
    put(&body, "{\"cluster\":", cluster);
    put(&body, ",\"service\":", name);
    buf_printf(&body, ",\"desiredCount\":%u}", count);
    return send(driver, API_ECS, "AmazonEC2ContainerServiceV20141113.UpdateService", &body, &root,
                why);
}
