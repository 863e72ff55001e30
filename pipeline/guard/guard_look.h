#ifndef PIPELINE_GUARD_GUARD_LOOK_H
#define PIPELINE_GUARD_GUARD_LOOK_H

/*
 * guard_look — what AWS's APIs, or the rig's, tell of the rule and of both homes.
 *
 * Layer:   guard. All fail as struct canary_driver says.
 */

#include "pipeline/canary/aws_internal.h"
#include "pipeline/guard/guard_decide.h"

struct guard_look {
    struct aws_driver *driver;
    const struct guard_policy *policy;
    struct canary_rule rule;
    char lock[PLAN_LOCK_MAX + 1]; /* that a canary of the rule has; "": none */
};

/* Looks whether a canary of the rule, which has been read, has a lock: the policy's, its
 * environment's or the plain one. */
enum rc guard_look_locks(struct guard_look *look, struct guard_seen *seen, char *why) MUST_CHECK;

/* Reads the rule and the canary's locks into `seen`, which has_rule then, and the names of the
 * rule's groups into the state, with their weights where they are others than before. RC_REFUSED
 * besides: a home has no group in the rule. */
enum rc guard_look_rule(struct guard_look *look, struct guard_state *state, struct guard_seen *seen,
                        char *why) MUST_CHECK;

/* Looks at both homes' targets, and at their metrics where a window more is complete. */
enum rc guard_look_homes(struct guard_look *look, struct guard_state *state,
                         struct guard_seen *seen, char *why) MUST_CHECK;

/* Publishes to the policy's topic; RC_OK where it has none. */
enum rc guard_look_publish(struct guard_look *look, const char *subject, struct bytes text,
                           char *why) MUST_CHECK;

#endif
