#ifndef PIPELINE_CANARY_PLAN_PARTS_H
#define PIPELINE_CANARY_PLAN_PARTS_H

/*
 * plan_parts — the parts of a plan that have members of their own; for plan.c alone.
 *
 * Layer:   canary, private. Each reads its member of `root` into `plan`; errors are in the fields.
 */

#include "pipeline/canary/fields.h"
#include "pipeline/canary/plan.h"

void plan_read_rule(struct plan *plan, const struct fields_object *root);
void plan_read_steps(struct plan *plan, const struct fields_object *root);
void plan_read_smoke(struct plan *plan, const struct fields_object *root);
void plan_read_load(struct plan *plan, const struct fields_object *root);
void plan_read_capacity(struct plan *plan, const struct fields_object *root);
void plan_read_hooks(struct plan *plan, const struct fields_object *root);

/* What the pin rules call the slot of a group: "fargate-b" of "duet-dev-fargate-b"; the group's own
 * name where it ends with no slot's. */
const char *plan_slot_of(const char *group);

#endif
