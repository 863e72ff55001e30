#ifndef RUNTIME_ALB_STATE_H
#define RUNTIME_ALB_STATE_H

/*
 * state — the model as JSON and back, for a rig that is started again.
 *
 * Layer:   alb. Knows the model, core/ and json/. No I/O: state_file has that.
 *
 * Kept: the load balancer, its target groups with health checks, attributes and registered targets,
 * its listeners with rules and weights; all with their ARNs, so that whoever noted one still finds
 * it. Not kept: the states of targets, which are checked anew, and targets that have an owner
 * (tasks of the rig), which registers them anew; a target that drains is gone.
 */

#include "runtime/alb/model.h"
#include "runtime/core/buf.h"

/* Of the text; a reader refuses every other. */
enum { ALB_STATE_VERSION = 1 };

/* Appends the model as one JSON object, a line. out->failed: it has no room. */
void alb_state_print(const struct alb_model *model, struct buf *out);

/* Makes all that `text` describes in a model that has no listener and no group yet.
 *
 * false: `why` says what is wrong, and where: not JSON from line and column on, another version, a
 * member that is missing or of another type, or what the model refuses. The model is then of no
 * use: part of it may be there. */
bool alb_state_parse(struct alb_model *model, struct bytes text, struct alb_why *why) MUST_CHECK;

#endif
