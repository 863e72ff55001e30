#ifndef RUNTIME_TASKS_SCALING_H
#define RUNTIME_TASKS_SCALING_H

/*
 * scaling — Application Auto Scaling on the control port: bounds of services' desired counts.
 *
 * Layer:   tasks. Knows cluster and control.
 * Threads: all on the loop's thread.
 * Source:  Application Auto Scaling API, version 2016-02-06; JSON 1.1.
 *
 * RegisterScalableTarget, DescribeScalableTargets, DeregisterScalableTarget, for the namespace ecs
 * and the dimension ecs:service:DesiredCount. A service whose count is outside its new bounds is
 * brought inside at once. There are no policies: nothing else scales by itself.
 */

#include "runtime/control/control_service.h"
#include "runtime/tasks/cluster.h"

struct scaling {
    struct cluster *cluster; /* borrowed */
    struct control_service service;
};

/* Fills `scaling`, which stays where it is; scaling->service is its row for the control port. */
void scaling_init(struct scaling *scaling, struct cluster *cluster);

#endif
