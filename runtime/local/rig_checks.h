#ifndef RUNTIME_LOCAL_RIG_CHECKS_H
#define RUNTIME_LOCAL_RIG_CHECKS_H

/*
 * rig_checks — the rig's health checks, and what people read of them.
 *
 * Layer:   local. Knows alb and console.
 */

#include "runtime/alb/checker.h"

/* Checks all targets of `model`, and says on the console which has become unhealthy, or is healthy
 * again. NULL: no memory. Free it by checker_free, after the model. */
struct checker *rig_checks_new(struct loop *loop, struct alb_model *model) MUST_CHECK;

#endif
