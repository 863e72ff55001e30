#ifndef RUNTIME_TASKS_ECS_INTERNAL_H
#define RUNTIME_TASKS_ECS_INTERNAL_H

/*
 * ecs_internal — what the files of ecs share.
 *
 * Layer:   tasks, for ecs*.c alone.
 *
 * Functions that give bool: false means that the call has been answered with its error.
 */

#include "runtime/control/input.h"
#include "runtime/tasks/ecs.h"

enum { ECS_PAGE_MAX = 100 };

/* The cluster that the call names, or leaves out, is ours. */
bool ecs_check_cluster(const struct ecs *ecs, struct control_call *call) MUST_CHECK;

/* The service under `name`, which must be there where it `is_required`; else NULL. */
bool ecs_read_service(const struct ecs *ecs, struct control_call *call, const char *name,
                      bool is_required, struct service **out) MUST_CHECK;

/* A text made for the result. */
void ecs_write_format(struct control_call *call, struct datum *map, const char *name,
                      const char *format, ...) PRINTF_LIKE(4, 5);

/* "arn:aws:ecs:REGION:ACCOUNT:KIND/CLUSTER/NAME"; NULL as `name`: without the last part. */
void ecs_write_arn(const struct ecs *ecs, struct control_call *call, struct datum *map,
                   const char *member, const char *kind, const char *name);

/* A time, where it is one: `ms` since the epoch is not 0. */
void ecs_write_time(struct control_call *call, struct datum *map, const char *name, int64_t ms);

/* {"arn", "reason": "MISSING"} in `failures`. */
void ecs_write_missing(const struct ecs *ecs, struct control_call *call, struct datum *failures,
                       const char *kind, struct bytes name);

/* A service as DescribeServices gives it. */
void ecs_write_service(const struct ecs *ecs, struct control_call *call, struct datum *map,
                       const struct service *service);

/* Changes `wish` as deploymentConfiguration and taskDefinition say, where they are there. */
bool ecs_read_configuration(struct control_call *call, struct service_wish *wish) MUST_CHECK;
bool ecs_read_definition(const struct ecs *ecs, struct control_call *call, bool is_required,
                         struct service_wish *wish) MUST_CHECK;

/* --- the actions --- */

control_action_fn ecs_register_task_definition, ecs_describe_task_definition,
    ecs_list_task_definitions, ecs_list_task_definition_families, ecs_deregister_task_definition,
    ecs_describe_services, ecs_list_services, ecs_update_service, ecs_create_service,
    ecs_delete_service, ecs_list_tasks, ecs_describe_tasks, ecs_stop_task, ecs_describe_clusters,
    ecs_list_clusters;

#endif
