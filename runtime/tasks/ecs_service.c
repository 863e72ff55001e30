#include "runtime/tasks/ecs_internal.h"

enum { NAMES_MAX = 10 };

/* --- shapes --- */

static void write_counts(struct control_call *call, struct datum *map,
                         const struct service *service, const struct deployment *deployment)
{
    struct service_counts counts = service_count(service, deployment);
    datum_int(&call->maker, map, "runningCount", (int64_t)counts.running);
    datum_int(&call->maker, map, "pendingCount", (int64_t)counts.pending);
}

static void write_deployment(struct control_call *call, struct datum *list,
                             const struct service *service, const struct deployment *deployment)
{
    static const char *const rollouts[] = {"IN_PROGRESS", "COMPLETED", "FAILED"};
    bool is_primary = deployment == service->primary;
    struct datum *map = datum_map(&call->maker, list, NULL);
    datum_string(&call->maker, map, "id", deployment->id);
    datum_string(&call->maker, map, "status", is_primary ? "PRIMARY" : "ACTIVE");
    datum_string(&call->maker, map, "taskDefinition", deployment->definition->arn);
    datum_int(&call->maker, map, "desiredCount", is_primary ? service->desired : 0);
    write_counts(call, map, service, deployment);
    datum_int(&call->maker, map, "failedTasks", deployment->failed_count);
    ecs_write_time(call, map, "createdAt", deployment->created_ms);
    ecs_write_time(call, map, "updatedAt", deployment->updated_ms);
    datum_string(&call->maker, map, "launchType", "FARGATE");
    datum_string(&call->maker, map, "platformVersion", "LATEST");
    datum_string(&call->maker, map, "rolloutState", rollouts[deployment->rollout]);
    datum_string(&call->maker, map, "rolloutStateReason", deployment->reason);
}

/* The primary one first, then those that still have tasks. */
static void write_deployments(struct control_call *call, struct datum *map,
                              const struct service *service)
{
    struct datum *list = datum_list(&call->maker, map, "deployments");
    write_deployment(call, list, service, service->primary);
    for (const struct deployment *each = service->deployments; each; each = each->next) {
        struct service_counts counts = service_count(service, each);
        if (each != service->primary && counts.running + counts.pending + counts.ending)
            write_deployment(call, list, service, each);
    }
}

static void write_events(struct control_call *call, struct datum *map,
                         const struct service *service)
{
    const struct service_event *event;
    struct datum *list = datum_list(&call->maker, map, "events");
    for (size_t back = 0; (event = service_event_at(service, back)) != NULL; back++) {
        struct datum *item = datum_map(&call->maker, list, NULL);
        datum_string(&call->maker, item, "id", event->id);
        ecs_write_time(call, item, "createdAt", event->created_ms);
        datum_string(&call->maker, item, "message", event->text);
    }
}

static void write_settings(struct control_call *call, struct datum *map,
                           const struct service *service)
{
    struct datum *settings = datum_map(&call->maker, map, "deploymentConfiguration");
    struct datum *breaker = datum_map(&call->maker, settings, "deploymentCircuitBreaker");
    datum_bool(&call->maker, breaker, "enable", service->has_breaker);
    datum_bool(&call->maker, breaker, "rollback", service->is_rolling_back_allowed);
    datum_int(&call->maker, settings, "maximumPercent", service->max_percent);
    datum_int(&call->maker, settings, "minimumHealthyPercent", service->min_percent);
    datum_string(&call->maker, datum_map(&call->maker, map, "deploymentController"), "type", "ECS");
    struct datum *balancer =
        datum_map(&call->maker, datum_list(&call->maker, map, "loadBalancers"), NULL);
    datum_string(&call->maker, balancer, "targetGroupArn", service->options.group->arn);
    datum_string(&call->maker, balancer, "containerName", service->primary->definition->container);
    datum_int(&call->maker, balancer, "containerPort", service->primary->definition->port);
    (void)datum_list(&call->maker, map, "serviceRegistries");
    (void)datum_list(&call->maker, map, "placementConstraints");
    (void)datum_list(&call->maker, map, "placementStrategy");
}

void ecs_write_service(const struct ecs *ecs, struct control_call *call, struct datum *map,
                       const struct service *service)
{
    ecs_write_arn(ecs, call, map, "serviceArn", "service", service->options.name);
    datum_string(&call->maker, map, "serviceName", service->options.name);
    ecs_write_arn(ecs, call, map, "clusterArn", "cluster", NULL);
    datum_string(&call->maker, map, "status",
                 !service->is_removed ? "ACTIVE"
                 : service->tasks     ? "DRAINING"
                                      : "INACTIVE");
    datum_int(&call->maker, map, "desiredCount", service->desired);
    write_counts(call, map, service, NULL);
    datum_string(&call->maker, map, "launchType", "FARGATE");
    datum_string(&call->maker, map, "platformVersion", "LATEST");
    datum_string(&call->maker, map, "schedulingStrategy", "REPLICA");
    datum_string(&call->maker, map, "taskDefinition", service->primary->definition->arn);
    ecs_write_time(call, map, "createdAt", service->created_ms);
    write_settings(call, map, service);
    write_deployments(call, map, service);
    write_events(call, map, service);
}

/* --- DescribeServices, ListServices --- */

void ecs_describe_services(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    const struct datum *names;
    if (!ecs_check_cluster(ecs, call) ||
        !input_texts(call, call->input, "services", true, NAMES_MAX, &names))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "services");
    struct datum *failures = datum_list(&call->maker, result, "failures");
    for (const struct datum *each = names->first; each; each = each->next) {
        const struct service *service = cluster_service(ecs->cluster, each->text);
        if (!service)
            service = cluster_removed(ecs->cluster, each->text);
        if (service)
            ecs_write_service(ecs, call, datum_map(&call->maker, list, NULL), service);
        else
            ecs_write_missing(ecs, call, failures, "service", each->text);
    }
    control_answer(call, result);
}

void ecs_list_services(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    const struct cluster *cluster = ecs->cluster;
    struct input_page page;
    if (!ecs_check_cluster(ecs, call) ||
        !input_page(call, "maxResults", ECS_PAGE_MAX, 10, "nextToken", "InvalidParameterException",
                    cluster->service_count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "serviceArns");
    for (size_t i = page.from; i < page.to; i++)
        ecs_write_arn(ecs, call, list, NULL, "service", cluster->services[i]->options.name);
    input_page_next(call, result, "nextToken", &page, cluster->service_count);
    control_answer(call, result);
}

/* --- UpdateService --- */

/* Settings that a service here does not have. */
static bool refuse_what_is_not_here(struct control_call *call)
{
    static const char *const names[] = {"loadBalancers", "serviceRegistries",
                                        "volumeConfigurations", "serviceConnectConfiguration",
                                        "deploymentController"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct datum *value = datum_get(call->input, names[i]);
        if (!value || (value->kind == DATUM_LIST && value->count == 0))
            continue;
        control_fail(call, 400, "InvalidParameterException", "%s cannot be changed here.",
                     names[i]);
        return false;
    }
    return true;
}

bool ecs_read_configuration(struct control_call *call, struct service_wish *wish)
{
    const struct datum *map = datum_get(call->input, "deploymentConfiguration");
    const struct datum *breaker = datum_get(map, "deploymentCircuitBreaker");
    int64_t least = wish->min_percent, most = wish->max_percent;
    struct bytes strategy = datum_get_text(map, "strategy");
    if (strategy.len && !bytes_eq(strategy, BYTES_LIT("ROLLING"))) {
        input_refuse(call, map, "strategy", "ROLLING is the one strategy here");
        return false;
    }
    if (!input_int(call, map, "minimumHealthyPercent", 0, 100, &least) ||
        !input_int(call, map, "maximumPercent", 100, 10000, &most) ||
        !input_flag(call, breaker, "enable", &wish->has_breaker) ||
        !input_flag(call, breaker, "rollback", &wish->is_rolling_back_allowed))
        return false;
    if (least >= most) {
        control_fail(call, 400, "InvalidParameterException",
                     "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will "
                     "block deployments.");
        return false;
    }
    wish->min_percent = (unsigned)least;
    wish->max_percent = (unsigned)most;
    return true;
}

bool ecs_read_definition(const struct ecs *ecs, struct control_call *call, bool is_required,
                         struct service_wish *wish)
{
    struct bytes name = {NULL, 0};
    if (!input_text(call, call->input, "taskDefinition", is_required, &name))
        return false;
    if (name.len == 0)
        return true;
    wish->definition = definition_find(&ecs->cluster->definitions, name);
    if (wish->definition && wish->definition->is_active)
        return true;
    control_fail(call, 400, "ClientException",
                 wish->definition ? "TaskDefinition is inactive" : "TaskDefinition not found.");
    return false;
}

void ecs_update_service(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    struct service *service;
    if (!ecs_read_service(ecs, call, "service", true, &service))
        return;
    struct service_wish wish = service_wish(service);
    int64_t desired = wish.desired;
    if (!refuse_what_is_not_here(call) ||
        !input_int(call, call->input, "desiredCount", 0, SERVICE_TASKS_MAX, &desired) ||
        !input_flag(call, call->input, "forceNewDeployment", &wish.is_forced) ||
        !ecs_read_configuration(call, &wish) || !ecs_read_definition(ecs, call, false, &wish))
        return;
    wish.desired = (unsigned)desired;
    if (!service_update(service, &wish)) {
        control_fail(call, 500, "ServerException", "no memory");
        return;
    }
    struct datum *result = control_result(call);
    ecs_write_service(ecs, call, datum_map(&call->maker, result, "service"), service);
    control_answer(call, result);
}
