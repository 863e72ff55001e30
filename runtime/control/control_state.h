#ifndef RUNTIME_CONTROL_CONTROL_STATE_H
#define RUNTIME_CONTROL_CONTROL_STATE_H

/* control_state — the load balancer's model as JSON, for people and scripts. Layer: control. */

#include "runtime/alb/model.h"
#include "runtime/core/http.h"

/* Answers 200 with {"loadBalancer", "loadBalancerArn", "listeners": [{"listenerArn", "port",
 * "rules": [{"ruleArn", "priority", "targetGroups": [{"name", "weight"}]}]}], "targetGroups":
 * [{"name", "targetGroupArn", "type", "requests", "targets": [{"id", "port", "state", "reason",
 * "requests", "inFlight"}]}]}. */
void control_state_answer(const struct alb_model *model, struct arena *arena,
                          struct http_response *res);

#endif
