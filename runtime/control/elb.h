#ifndef RUNTIME_CONTROL_ELB_H
#define RUNTIME_CONTROL_ELB_H

/*
 * elb — the actions of the Elastic Load Balancing API (version 2015-12-01) on the rig's load
 * balancer.
 *
 * Layer:   control. Knows the model (runtime/alb/model.h), which it reads and changes.
 * Threads: all on the loop's thread.
 * Source:  the Elastic Load Balancing API reference, and botocore's model of it.
 *
 * Every call is refused whole or done whole. Actions that the rig cannot do (it has one load
 * balancer, whose listeners are its own) get AWS's error for an unknown action.
 */

#include "runtime/alb/model.h"
#include "runtime/control/control_service.h"

struct elb;

/* `model` is borrowed. NULL: no memory. */
struct elb *elb_new(struct alb_model *model) MUST_CHECK;

void elb_free(struct elb *elb);

/* The service for control_new; lives as long as `elb`. */
const struct control_service *elb_service(const struct elb *elb);

#endif
