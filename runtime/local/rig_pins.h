#ifndef RUNTIME_LOCAL_RIG_PINS_H
#define RUNTIME_LOCAL_RIG_PINS_H

/*
 * rig_pins — how releases find and reach a slot: its tags, and the rules by which a request that
 * knows the secret chooses it, whatever its weight is. terraform/modules/routing has the same ones.
 *
 * Layer:   local. Knows alb and rig_config.
 */

#include "runtime/alb/model.h"
#include "runtime/local/rig_config.h"

/* Tags each group as its slot: Slot, and Name. ALB_OK, or no memory. */
enum alb_error rig_pins_tag(struct alb_model *model, struct alb_group *const *groups,
                            struct alb_why *why) MUST_CHECK;

/* A rule by the header X-Duet-Pin, "SECRET.SLOT", and one by the cookie duet-pin for each slot.
 * Without config->pin_secret there is none. */
enum alb_error rig_pins_add(struct alb_listener *listener, const struct rig_config *config,
                            struct alb_group *const *groups, struct alb_why *why) MUST_CHECK;

#endif
