#ifndef RUNTIME_LOCAL_RIG_MODEL_H
#define RUNTIME_LOCAL_RIG_MODEL_H

/*
 * rig_model — the load balancer that terraform/ makes on AWS, as a model: four slots, all in the
 * one production rule, and settings with which both homes agree.
 *
 * Layer:   local. Knows alb and rig_config.
 */

#include "runtime/alb/model.h"
#include "runtime/local/rig_config.h"
#include "runtime/local/rig_state.h"

enum { RIG_RULE_PRIORITY = 40000 };

struct rig_model {
    struct alb_model *model;
    struct rig_state state;
    struct alb_listener *listener;
    struct alb_group *groups[RIG_SLOTS];
};

/* The ARN of the rig's function. */
#define RIG_FUNCTION_ARN "arn:aws:lambda:us-east-1:000000000000:function:duet-local"

/* Makes it for a listener on `port`; with config->state, as that folder has it, and keeps it there:
 * `rig_model` stays where it is. `find_function` and `context` as in alb_model_options. false:
 * `why` has the reason, and nothing is left. */
bool rig_model_init(struct rig_model *rig_model, const struct rig_config *config, unsigned port,
                    bool (*find_function)(void *context, struct bytes arn,
                                          struct alb_function *function),
                    void *context, struct alb_why *why) MUST_CHECK;

void rig_model_release(struct rig_model *rig_model);

#endif
