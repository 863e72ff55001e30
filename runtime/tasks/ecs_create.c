#include <stdio.h>

#include "runtime/tasks/ecs_internal.h"

enum { ERROR_MAX = 512 };

static bool refuse(struct control_call *call, const char *text)
{
    control_fail(call, 400, "InvalidParameterException", "%s", text);
    return false;
}

static bool is_name(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return text.len > 0 && text.len <= CLUSTER_NAME_MAX;
}

/* --- CreateService --- */

/* What would make a service another than those here. */
static bool refuse_what_is_not_here(struct control_call *call)
{
    static const char *const names[] = {"serviceRegistries", "volumeConfigurations",
                                        "serviceConnectConfiguration"};
    struct bytes strategy = datum_get_text(call->input, "schedulingStrategy");
    struct bytes controller =
        datum_get_text(datum_get(call->input, "deploymentController"), "type");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct datum *value = datum_get(call->input, names[i]);
        if (value && !(value->kind == DATUM_LIST && value->count == 0)) {
            control_fail(call, 400, "InvalidParameterException", "%s: there is none here.",
                         names[i]);
            return false;
        }
    }
    if (strategy.len && !bytes_eq(strategy, BYTES_LIT("REPLICA")))
        return refuse(call, "schedulingStrategy: REPLICA is the one here.");
    if (controller.len && !bytes_eq(controller, BYTES_LIT("ECS")))
        return refuse(call, "deploymentController: ECS is the one here.");
    return true;
}

/* Each task is a target of one group: that of the one item of loadBalancers. */
static struct alb_group *read_group(const struct ecs *ecs, struct control_call *call,
                                    const struct definition *definition)
{
    const struct datum *list = datum_get_list(call->input, "loadBalancers");
    const struct datum *item = list && list->count == 1 ? list->first : NULL;
    struct bytes container = datum_get_text(item, "containerName");
    int64_t port = definition->port;
    if (!item) {
        (void)refuse(call, "loadBalancers: a service here has one target group.");
        return NULL;
    }
    if (container.len && !bytes_eq(container, bytes_from_str(definition->container))) {
        control_fail(call, 400, "InvalidParameterException",
                     "The container %.*s does not exist in the task definition.",
                     BYTES_ARG(container));
        return NULL;
    }
    if (!input_int(call, item, "containerPort", 1, 65535, &port))
        return NULL;
    struct alb_group *group =
        alb_group_find(ecs->cluster->model, datum_get_text(item, "targetGroupArn"));
    if (port != definition->port)
        (void)refuse(call, "loadBalancers: the containerPort is not the task definition's.");
    else if (!group || group->type != ALB_TARGET_IP)
        (void)refuse(call, "loadBalancers: there is no target group of type ip by that "
                           "targetGroupArn.");
    return call->is_answered ? NULL : group;
}

static bool read_name(const struct ecs *ecs, struct control_call *call, const char **name)
{
    struct bytes text, copy = {NULL, 0};
    if (!ecs_check_cluster(ecs, call) || !input_text(call, call->input, "serviceName", true, &text))
        return false;
    if (!is_name(text)) {
        input_refuse(call, call->input, "serviceName",
                     "Member must have 1 to 255 letters, digits, '-' and '_'");
        return false;
    }
    if (cluster_service(ecs->cluster, text))
        return refuse(call, "Creation of service was not idempotent.");
    if (arena_dup(call->arena, text, &copy) != RC_OK) {
        control_fail(call, 500, "ServerException", "no memory");
        return false;
    }
    *name = copy.ptr;
    return true;
}

static void answer(const struct ecs *ecs, struct control_call *call, const struct service *service)
{
    struct datum *result = control_result(call);
    ecs_write_service(ecs, call, datum_map(&call->maker, result, "service"), service);
    control_answer(call, result);
}

void ecs_create_service(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    char error[ERROR_MAX];
    struct service_options options = ecs->cluster->usual;
    struct service_wish wish = {.min_percent = 100, .max_percent = 200};
    int64_t desired = 1;
    if (!read_name(ecs, call, &options.name) || !refuse_what_is_not_here(call) ||
        !ecs_read_definition(ecs, call, true, &wish) || !ecs_read_configuration(call, &wish) ||
        !input_int(call, call->input, "desiredCount", 0, SERVICE_TASKS_MAX, &desired))
        return;
    options.definition = wish.definition;
    options.task_count = wish.desired = (unsigned)desired;
    options.group = read_group(ecs, call, wish.definition);
    if (!options.group)
        return;
    struct service *service = cluster_add(ecs->cluster, &options, error, sizeof error);
    if (!service)
        control_fail(call, 400, "InvalidParameterException", "%s", error);
    else if (!service_update(service, &wish))
        control_fail(call, 500, "ServerException", "no memory");
    else
        answer(ecs, call, service);
}

/* --- DeleteService --- */

void ecs_delete_service(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    struct service *service;
    bool is_forced = false;
    if (!ecs_read_service(ecs, call, "service", true, &service) ||
        !input_flag(call, call->input, "force", &is_forced))
        return;
    if (service->options.is_given) {
        (void)refuse(call, "The service is a slot of the rig, which stays: scale it to 0.");
        return;
    }
    if (service->desired && !is_forced) {
        (void)refuse(call, "The service cannot be stopped while it is scaled above 0.");
        return;
    }
    cluster_remove(ecs->cluster, service);
    answer(ecs, call, service);
}
