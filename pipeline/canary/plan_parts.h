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

#endif
