#include "runtime/tasks/ecs.h"

#include <stdarg.h>

#include "runtime/tasks/ecs_internal.h"

static const struct control_action actions[] = {
    {"RegisterTaskDefinition", ecs_register_task_definition},
    {"DescribeTaskDefinition", ecs_describe_task_definition},
    {"ListTaskDefinitions", ecs_list_task_definitions},
    {"ListTaskDefinitionFamilies", ecs_list_task_definition_families},
    {"DeregisterTaskDefinition", ecs_deregister_task_definition},
    {"DescribeServices", ecs_describe_services},
    {"ListServices", ecs_list_services},
    {"UpdateService", ecs_update_service},
    {"CreateService", ecs_create_service},
    {"DeleteService", ecs_delete_service},
    {"ListTasks", ecs_list_tasks},
    {"DescribeTasks", ecs_describe_tasks},
    {"StopTask", ecs_stop_task},
    {"DescribeClusters", ecs_describe_clusters},
    {"ListClusters", ecs_list_clusters},
};

void ecs_init(struct ecs *ecs, struct cluster *cluster)
{
    *ecs = (struct ecs){
        .cluster = cluster,
        .service = {.name = "ecs",
                    .target = "AmazonEC2ContainerServiceV20141113",
                    .invalid = "InvalidParameterException",
                    .actions = actions,
                    .action_count = sizeof actions / sizeof actions[0],
                    .context = ecs,
                    .keep = {.fault = "ServerException"}},
    };
}

/* --- what all share --- */

static bool is_ours(const struct ecs *ecs, struct bytes name)
{
    return bytes_eq(cluster_arn_tail(name), bytes_from_str(ecs->cluster->name));
}

bool ecs_check_cluster(const struct ecs *ecs, struct control_call *call)
{
    struct bytes name = {NULL, 0};
    if (!input_text(call, call->input, "cluster", false, &name))
        return false;
    if (name.len == 0 || is_ours(ecs, name))
        return true;
    control_fail(call, 400, "ClusterNotFoundException", "Cluster not found.");
    return false;
}

bool ecs_read_service(const struct ecs *ecs, struct control_call *call, const char *name,
                      bool is_required, struct service **out)
{
    struct bytes text = {NULL, 0};
    *out = NULL;
    if (!ecs_check_cluster(ecs, call) || !input_text(call, call->input, name, is_required, &text))
        return false;
    if (!is_required && text.len == 0)
        return true;
    *out = cluster_service(ecs->cluster, text);
    if (!*out)
        control_fail(call, 400, "ServiceNotFoundException", "Service not found.");
    return *out != NULL;
}

void ecs_write_format(struct control_call *call, struct datum *map, const char *name,
                      const char *format, ...)
{
    struct bytes text = {NULL, 0};
    va_list args;
    va_start(args, format);
    if (arena_vprintf(call->arena, &text, format, args) != RC_OK)
        call->maker.failed = true;
    va_end(args);
    datum_text(&call->maker, map, name, text);
}

void ecs_write_arn(const struct ecs *ecs, struct control_call *call, struct datum *map,
                   const char *member, const char *kind, const char *name)
{
    const struct definitions *definitions = &ecs->cluster->definitions;
    ecs_write_format(call, map, member, "arn:aws:ecs:%s:%s:%s/%s%s%s", definitions->region,
                     definitions->account, kind, ecs->cluster->name, name ? "/" : "",
                     name ? name : "");
}

void ecs_write_time(struct control_call *call, struct datum *map, const char *name, int64_t ms)
{
    if (ms)
        datum_time(&call->maker, map, name, (double)ms / 1000);
}

void ecs_write_missing(const struct ecs *ecs, struct control_call *call, struct datum *failures,
                       const char *kind, struct bytes name)
{
    struct datum *map = datum_map(&call->maker, failures, NULL);
    struct bytes text = {NULL, 0};
    if (bytes_starts_with(name, BYTES_LIT("arn:")))
        datum_text(&call->maker, map, "arn", name);
    else if (arena_dup(call->arena, name, &text) == RC_OK)
        ecs_write_arn(ecs, call, map, "arn", kind, text.ptr);
    else
        call->maker.failed = true;
    datum_string(&call->maker, map, "reason", "MISSING");
}

/* --- DescribeClusters, ListClusters --- */

static void write_cluster(const struct ecs *ecs, struct control_call *call, struct datum *list)
{
    const struct cluster *cluster = ecs->cluster;
    struct service_counts sum = {0};
    struct datum *map = datum_map(&call->maker, list, NULL);
    for (size_t i = 0; i < cluster->service_count; i++) {
        struct service_counts counts = service_count(cluster->services[i], NULL);
        sum.running += counts.running;
        sum.pending += counts.pending;
    }
    ecs_write_arn(ecs, call, map, "clusterArn", "cluster", NULL);
    datum_string(&call->maker, map, "clusterName", cluster->name);
    datum_string(&call->maker, map, "status", "ACTIVE");
    datum_int(&call->maker, map, "registeredContainerInstancesCount", 0);
    datum_int(&call->maker, map, "runningTasksCount", (int64_t)sum.running);
    datum_int(&call->maker, map, "pendingTasksCount", (int64_t)sum.pending);
    datum_int(&call->maker, map, "activeServicesCount", (int64_t)cluster->service_count);
    struct datum *providers = datum_list(&call->maker, map, "capacityProviders");
    datum_string(&call->maker, providers, NULL, "FARGATE");
}

void ecs_describe_clusters(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    const struct datum *names = NULL;
    if (!input_texts(call, call->input, "clusters", false, ECS_PAGE_MAX, &names))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "clusters");
    struct datum *failures = datum_list(&call->maker, result, "failures");
    if (!names || names->count == 0)
        write_cluster(ecs, call, list);
    for (const struct datum *each = names ? names->first : NULL; each; each = each->next) {
        if (is_ours(ecs, each->text))
            write_cluster(ecs, call, list);
        else
            ecs_write_missing(ecs, call, failures, "cluster", each->text);
    }
    control_answer(call, result);
}

void ecs_list_clusters(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    struct datum *result = control_result(call);
    ecs_write_arn(ecs, call, datum_list(&call->maker, result, "clusterArns"), NULL, "cluster",
                  NULL);
    control_answer(call, result);
}
