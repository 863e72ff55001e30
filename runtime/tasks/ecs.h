#ifndef RUNTIME_TASKS_ECS_H
#define RUNTIME_TASKS_ECS_H

/*
 * ecs — the Elastic Container Service on the control port: what a release does with services.
 *
 * Layer:   tasks. Knows cluster and control.
 * Threads: all on the loop's thread.
 * Source:  Amazon ECS API, version 2014-11-13; JSON 1.1.
 *
 * RegisterTaskDefinition, DescribeTaskDefinition, ListTaskDefinitions, ListTaskDefinitionFamilies,
 * DeregisterTaskDefinition · DescribeServices, ListServices, UpdateService, CreateService,
 * DeleteService · ListTasks, DescribeTasks, StopTask · DescribeClusters, ListClusters. There is one
 * cluster; the services of the rig's slots are there from the start, and stay. Who keeps what
 * changes sets service.keep.
 */

#include "runtime/control/control_service.h"
#include "runtime/tasks/cluster.h"

struct ecs {
    struct cluster *cluster; /* borrowed */
    struct control_service service;
};

/* Fills `ecs`, which stays where it is; ecs->service is its row for the control port. */
void ecs_init(struct ecs *ecs, struct cluster *cluster);

#endif
