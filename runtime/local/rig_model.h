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
    struct alb_listener *listener; /* HTTP, on the rig's port */
    struct alb_listener *https;    /* NULL: there is none */
    bool is_https_optional;        /* nobody has asked for it */
    struct alb_group *groups[RIG_SLOTS];
};

/* The rig's function, where no plan gives another name. */
#define RIG_FUNCTION_ARN "arn:aws:lambda:us-east-1:000000000000:function:duet-local"

/* Of all HTTPS listeners: there is one certificate. */
#define RIG_CERTIFICATE_ARN "arn:aws:acm:us-east-1:000000000000:certificate/duet-local"

/* Makes it for listeners on the ports that `config` says, which may be 0 still; with config->state,
 * as that folder has it: `rig_model` stays where it is. The HTTPS listener has a rule of its own,
 * with the same weights. `find_function` and `context` as in alb_model_options. false: `why` has
 * the reason, and nothing is left. */
bool rig_model_init(struct rig_model *rig_model, const struct rig_config *config,
                    bool (*find_function)(void *context, struct bytes arn,
                                          struct alb_function *function),
                    void *context, struct alb_why *why) MUST_CHECK;

/* With config->state: keeps it there, now and after each change. false: `why` has the reason. */
bool rig_model_keep(struct rig_model *rig_model, const struct rig_config *config,
                    struct alb_why *why) MUST_CHECK;

void rig_model_release(struct rig_model *rig_model);

#endif
