#include "runtime/tasks/scaling.h"

#include "runtime/control/input.h"
#include "runtime/core/clock.h"

enum { PAGE_MAX = 50 };

static const char *const namespaces[] = {"ecs", NULL};
static const char *const dimensions[] = {"ecs:service:DesiredCount", NULL};

/* --- parameters --- */

/* ServiceNamespace, which is required, and ScalableDimension. */
static bool read_kind(struct control_call *call, bool is_dimension_required)
{
    unsigned which = 0;
    struct bytes text;
    return input_text(call, call->input, "ServiceNamespace", true, &text) &&
           input_choice(call, call->input, "ServiceNamespace", namespaces, &which) &&
           input_text(call, call->input, "ScalableDimension", is_dimension_required, &text) &&
           input_choice(call, call->input, "ScalableDimension", dimensions, &which);
}

/* "service/CLUSTER/NAME"; NULL: there is no such service. */
static struct service *service_of(const struct scaling *scaling, struct bytes id)
{
    static const struct bytes prefix = BYTES_INIT("service/");
    struct bytes cluster = bytes_from_str(scaling->cluster->name);
    if (!bytes_starts_with(id, prefix))
        return NULL;
    id = bytes_skip(id, prefix.len);
    if (!bytes_starts_with(id, cluster) || id.len == cluster.len || id.ptr[cluster.len] != '/')
        return NULL;
    return cluster_service(scaling->cluster, bytes_skip(id, cluster.len + 1));
}

static bool read_service(const struct scaling *scaling, struct control_call *call,
                         struct service **out)
{
    struct bytes id;
    if (!read_kind(call, true) || !input_text(call, call->input, "ResourceId", true, &id))
        return false;
    *out = service_of(scaling, id);
    if (!*out)
        control_fail(call, 400, "ValidationException", "ECS service doesn't exist: %.*s",
                     BYTES_ARG(id));
    return *out != NULL;
}

static void write_id(const struct scaling *scaling, struct control_call *call, struct datum *map,
                     const struct service *service)
{
    struct bytes id = {NULL, 0};
    if (arena_printf(call->arena, &id, "service/%s/%s", scaling->cluster->name,
                     service->options.name) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, map, "ResourceId", id);
}

static void write_arn(const struct scaling *scaling, struct control_call *call, struct datum *map,
                      const struct service *service)
{
    const struct definitions *here = &scaling->cluster->definitions;
    struct bytes arn = {NULL, 0};
    if (arena_printf(call->arena, &arn, "arn:aws:application-autoscaling:%s:%s:scalable-target/%s",
                     here->region, here->account, service->options.name) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, map, "ScalableTargetARN", arn);
}

/* --- the actions --- */

static bool read_bounds(struct control_call *call, struct cluster_bounds *bounds)
{
    int64_t min = -1, max = -1;
    if (bounds->is_set) {
        min = bounds->min;
        max = bounds->max;
    }
    if (!input_int(call, call->input, "MinCapacity", 0, SERVICE_TASKS_MAX, &min) ||
        !input_int(call, call->input, "MaxCapacity", 0, SERVICE_TASKS_MAX, &max))
        return false;
    if (min < 0 || max < 0) {
        control_fail(call, 400, "ValidationException",
                     "A scalable target has a MinCapacity and a MaxCapacity");
        return false;
    }
    if (min > max) {
        control_fail(call, 400, "ValidationException",
                     "Maximum capacity cannot be less than minimum capacity");
        return false;
    }
    bounds->min = (unsigned)min;
    bounds->max = (unsigned)max;
    return true;
}

static void register_target(void *context, struct control_call *call)
{
    struct scaling *scaling = context;
    struct service *service;
    if (!read_service(scaling, call, &service))
        return;
    struct cluster_bounds *bounds = cluster_bounds_of(scaling->cluster, service), wanted = *bounds;
    struct service_wish wish = service_wish(service);
    if (!read_bounds(call, &wanted))
        return;
    if (wish.desired < wanted.min)
        wish.desired = wanted.min;
    if (wish.desired > wanted.max)
        wish.desired = wanted.max;
    if (!service_update(service, &wish)) {
        control_fail(call, 500, "InternalServiceException", "no memory");
        return;
    }
    if (!wanted.is_set)
        wanted.created_ms = clock_ms_epoch();
    wanted.is_set = true;
    *bounds = wanted;
    struct datum *result = control_result(call);
    write_arn(scaling, call, result, service);
    control_answer(call, result);
}

static void deregister_target(void *context, struct control_call *call)
{
    struct scaling *scaling = context;
    struct service *service;
    if (!read_service(scaling, call, &service))
        return;
    struct cluster_bounds *bounds = cluster_bounds_of(scaling->cluster, service);
    if (!bounds->is_set) {
        control_fail(call, 400, "ObjectNotFoundException",
                     "No scalable target found for service namespace: ecs, resource ID: %.*s, "
                     "scalable dimension: ecs:service:DesiredCount",
                     BYTES_ARG(datum_get_text(call->input, "ResourceId")));
        return;
    }
    *bounds = (struct cluster_bounds){.is_set = false};
    control_answer(call, NULL);
}

static void write_target(const struct scaling *scaling, struct control_call *call,
                         struct datum *list, const struct service *service,
                         const struct cluster_bounds *bounds)
{
    struct datum *map = datum_map(&call->maker, list, NULL);
    datum_string(&call->maker, map, "ServiceNamespace", namespaces[0]);
    datum_string(&call->maker, map, "ScalableDimension", dimensions[0]);
    write_id(scaling, call, map, service);
    datum_int(&call->maker, map, "MinCapacity", bounds->min);
    datum_int(&call->maker, map, "MaxCapacity", bounds->max);
    datum_time(&call->maker, map, "CreationTime", (double)bounds->created_ms / 1000);
    write_arn(scaling, call, map, service);
}

static bool is_asked_for(const struct scaling *scaling, const struct datum *ids,
                         const struct service *service)
{
    if (!ids || ids->count == 0)
        return true;
    for (const struct datum *each = ids->first; each; each = each->next)
        if (service_of(scaling, each->text) == service)
            return true;
    return false;
}

static void describe_targets(void *context, struct control_call *call)
{
    struct scaling *scaling = context;
    struct cluster *cluster = scaling->cluster;
    const struct datum *ids = NULL;
    if (!read_kind(call, false) ||
        !input_texts(call, call->input, "ResourceIds", false, PAGE_MAX, &ids))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "ScalableTargets");
    for (size_t i = 0; i < cluster->service_count; i++)
        if (cluster->bounds[i].is_set && is_asked_for(scaling, ids, cluster->services[i]))
            write_target(scaling, call, list, cluster->services[i], &cluster->bounds[i]);
    control_answer(call, result);
}

static const struct control_action actions[] = {
    {"RegisterScalableTarget", register_target},
    {"DescribeScalableTargets", describe_targets},
    {"DeregisterScalableTarget", deregister_target},
};

void scaling_init(struct scaling *scaling, struct cluster *cluster)
{
    *scaling = (struct scaling){
        .cluster = cluster,
        .service = {.name = "application-autoscaling",
                    .target = "AnyScaleFrontendService",
                    .invalid = "ValidationException",
                    .actions = actions,
                    .action_count = sizeof actions / sizeof actions[0],
                    .context = scaling,
                    .keep = {.fault = "InternalServiceException"}},
    };
}
