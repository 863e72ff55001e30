#ifndef RUNTIME_FUNCTIONS_REGISTRY_HOME_H
#define RUNTIME_FUNCTIONS_REGISTRY_HOME_H

/*
 * registry_home — a function, version or alias of the registry as a load balancer's target.
 *
 * Layer:   functions. Knows alb and registry.
 *
 * What the ARN means is looked up at each call: an alias that is pointed elsewhere takes the target
 * along, and one that is gone makes calls end as ALB_INVOKED_UNREACHABLE.
 */

#include "runtime/alb/alb_lambda.h"
#include "runtime/functions/registry.h"

/* true: `arn` names something that is there now. */
bool registry_home_is_there(const struct registry *registry, struct bytes arn);

/* What the load balancer calls for `arn`, which need not be there; it lives as the registry does.
 * false: it is no ARN of a function, or there is no memory. */
bool registry_home(struct registry *registry, struct bytes arn,
                   struct alb_function *function) MUST_CHECK;

#endif
