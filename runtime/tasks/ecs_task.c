#include <stdio.h>

#include "runtime/tasks/ecs_internal.h"

/* A task that runs, or one that has ended, in what both have. */
struct view {
    const struct service *service;
    const struct task *task; /* NULL: it has ended */
    const struct definition *definition;
    const char *id, *deployment, *last, *health, *stop_code, *reason;
    int64_t created_ms, started_ms, stopping_ms, stopped_ms;
    int exit_code; /* -1: none */
};

static struct view view_running(const struct service *service, const struct task *task)
{
    bool is_ending = task->state == TASK_RETIRING;
    return (struct view){
        .service = service,
        .task = task,
        .definition = task->deployment->definition,
        .id = task->id,
        .deployment = task->deployment->id,
        .last = task->is_stopping ? "STOPPING"
                : is_ending       ? "DEACTIVATING"
                : task->was_ready ? "RUNNING"
                                  : "PENDING",
        .health = task->state == TASK_READY ? "HEALTHY"
                  : task->was_ready         ? "UNHEALTHY"
                                            : "UNKNOWN",
        .stop_code = task->stop_code,
        .reason = task->stop_reason,
        .created_ms = task->created_at_ms,
        .started_ms = task->started_at_ms,
        .stopping_ms = task->stopping_at_ms,
        .exit_code = -1,
    };
}

static struct view view_stopped(const struct service *service, const struct stopped_task *stopped)
{
    return (struct view){
        .service = service,
        .definition = stopped->definition,
        .id = stopped->id,
        .deployment = stopped->deployment,
        .last = "STOPPED",
        .health = "UNKNOWN",
        .stop_code = stopped->stop_code,
        .reason = stopped->reason,
        .created_ms = stopped->created_ms,
        .started_ms = stopped->started_ms,
        .stopping_ms = stopped->stopping_ms,
        .stopped_ms = stopped->stopped_ms,
        .exit_code = stopped->exit_code,
    };
}

static void write_container(const struct ecs *ecs, struct control_call *call, struct datum *map,
                            const struct view *view)
{
    struct datum *item = datum_map(&call->maker, datum_list(&call->maker, map, "containers"), NULL);
    ecs_write_arn(ecs, call, item, "taskArn", "task", view->id);
    datum_string(&call->maker, item, "name", view->definition->container);
    datum_string(&call->maker, item, "image", view->definition->image);
    datum_string(&call->maker, item, "lastStatus", view->last);
    datum_string(&call->maker, item, "healthStatus", view->health);
    if (view->exit_code >= 0)
        datum_int(&call->maker, item, "exitCode", view->exit_code);
    struct datum *ports = datum_list(&call->maker, item, "networkBindings");
    if (!view->task)
        return;
    struct datum *port = datum_map(&call->maker, ports, NULL);
    datum_string(&call->maker, port, "bindIP", "127.0.0.1");
    datum_int(&call->maker, port, "containerPort", view->task->port);
    datum_int(&call->maker, port, "hostPort", view->task->port);
    datum_string(&call->maker, port, "protocol", "tcp");
    if (view->task->process)
        ecs_write_format(call, item, "runtimeId", "%d", (int)process_id(view->task->process));
}

static void write_task(const struct ecs *ecs, struct control_call *call, struct datum *map,
                       const struct view *view)
{
    ecs_write_arn(ecs, call, map, "taskArn", "task", view->id);
    ecs_write_arn(ecs, call, map, "clusterArn", "cluster", NULL);
    datum_string(&call->maker, map, "taskDefinitionArn", view->definition->arn);
    datum_string(&call->maker, map, "lastStatus", view->last);
    datum_string(&call->maker, map, "desiredStatus", view->stop_code ? "STOPPED" : "RUNNING");
    datum_string(&call->maker, map, "healthStatus", view->health);
    ecs_write_format(call, map, "group", "service:%s", view->service->options.name);
    datum_string(&call->maker, map, "startedBy", view->deployment);
    datum_string(&call->maker, map, "launchType", "FARGATE");
    ecs_write_time(call, map, "createdAt", view->created_ms);
    ecs_write_time(call, map, "startedAt", view->started_ms);
    ecs_write_time(call, map, "stoppingAt", view->stopping_ms);
    ecs_write_time(call, map, "stoppedAt", view->stopped_ms);
    if (view->stop_code) {
        datum_string(&call->maker, map, "stopCode", view->stop_code);
        datum_string(&call->maker, map, "stoppedReason", view->reason);
    }
    write_container(ecs, call, map, view);
}

/* --- ListTasks --- */

struct filter {
    const struct service *service; /* NULL: any */
    struct bytes family, started_by;
    unsigned state; /* 1: those that are stopped, or are to be */
};

static bool is_wanted(const struct filter *filter, const struct view *view)
{
    return (!filter->service || filter->service == view->service) &&
           (view->stop_code != NULL) == (filter->state == 1) &&
           (filter->family.len == 0 ||
            bytes_eq(bytes_from_str(view->definition->family), filter->family)) &&
           (filter->started_by.len == 0 ||
            bytes_eq(bytes_from_str(view->deployment), filter->started_by));
}

/* Ids of the wanted ones in `list`, an array in the arena with room for all; how many. */
static size_t collect(const struct ecs *ecs, const struct filter *filter, const char **list)
{
    size_t count = 0;
    for (size_t i = 0; i < ecs->cluster->service_count; i++) {
        const struct service *service = ecs->cluster->services[i];
        const struct stopped_task *stopped;
        for (const struct task *task = service->tasks; task; task = task->next) {
            struct view view = view_running(service, task);
            if (is_wanted(filter, &view))
                list[count++] = task->id;
        }
        for (size_t back = 0; (stopped = service_stopped_at(service, back)) != NULL; back++) {
            struct view view = view_stopped(service, stopped);
            if (is_wanted(filter, &view))
                list[count++] = stopped->id;
        }
    }
    return count;
}

static size_t room_for(const struct ecs *ecs)
{
    size_t room = 1;
    for (size_t i = 0; i < ecs->cluster->service_count; i++) {
        room += SERVICE_STOPPED_MAX;
        for (const struct task *task = ecs->cluster->services[i]->tasks; task; task = task->next)
            room++;
    }
    return room;
}

void ecs_list_tasks(void *context, struct control_call *call)
{
    static const char *const states[] = {"RUNNING", "STOPPED", "PENDING", NULL};
    const struct ecs *ecs = context;
    struct filter filter = {.service = NULL};
    struct service *service;
    struct input_page page;
    if (!ecs_read_service(ecs, call, "serviceName", false, &service) ||
        !input_text(call, call->input, "family", false, &filter.family) ||
        !input_text(call, call->input, "startedBy", false, &filter.started_by) ||
        !input_choice(call, call->input, "desiredStatus", states, &filter.state))
        return;
    filter.service = service;
    const char **ids = arena_alloc(call->arena, room_for(ecs) * sizeof *ids);
    size_t count = ids && filter.state != 2 ? collect(ecs, &filter, ids) : 0;
    if (!input_page(call, "maxResults", ECS_PAGE_MAX, ECS_PAGE_MAX, "nextToken",
                    "InvalidParameterException", count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "taskArns");
    call->maker.failed |= ids == NULL;
    for (size_t i = page.from; i < page.to; i++)
        ecs_write_arn(ecs, call, list, NULL, "task", ids[i]);
    input_page_next(call, result, "nextToken", &page, count);
    control_answer(call, result);
}

/* --- DescribeTasks, StopTask --- */

static bool find(const struct ecs *ecs, struct bytes name, struct view *view)
{
    struct service *service;
    const struct service *of_stopped;
    const struct task *task = cluster_task(ecs->cluster, name, &service);
    if (task) {
        *view = view_running(service, task);
        return true;
    }
    const struct stopped_task *stopped = cluster_stopped_task(ecs->cluster, name, &of_stopped);
    if (stopped)
        *view = view_stopped(of_stopped, stopped);
    return stopped != NULL;
}

void ecs_describe_tasks(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    const struct datum *names;
    struct view view;
    if (!ecs_check_cluster(ecs, call) ||
        !input_texts(call, call->input, "tasks", true, ECS_PAGE_MAX, &names))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "tasks");
    struct datum *failures = datum_list(&call->maker, result, "failures");
    for (const struct datum *each = names->first; each; each = each->next) {
        if (find(ecs, each->text, &view))
            write_task(ecs, call, datum_map(&call->maker, list, NULL), &view);
        else
            ecs_write_missing(ecs, call, failures, "task", each->text);
    }
    control_answer(call, result);
}

void ecs_stop_task(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    struct service *service;
    struct bytes name, reason = BYTES_LIT("Task stopped by user");
    char text[TASK_REASON_MAX];
    if (!ecs_check_cluster(ecs, call) || !input_text(call, call->input, "task", true, &name) ||
        !input_text(call, call->input, "reason", false, &reason))
        return;
    struct task *task = cluster_task(ecs->cluster, name, &service);
    if (!task) {
        control_fail(call, 400, "InvalidParameterException", "The referenced task was not found.");
        return;
    }
    (void)snprintf(text, sizeof text, "%.*s", BYTES_ARG(reason));
    service_stop_task(service, task, text);
    struct datum *result = control_result(call);
    struct view view = view_running(service, task);
    write_task(ecs, call, datum_map(&call->maker, result, "task"), &view);
    control_answer(call, result);
}
