#ifndef PIPELINE_GUARD_GUARD_TASKS_H
#define PIPELINE_GUARD_GUARD_TASKS_H

/*
 * guard_tasks — the tasks of the Fargate home: as many as it needs to carry all, and as before once
 * it need not.
 *
 * Layer:   guard. All fail as struct canary_driver says.
 *
 * Of the policy's services it is the one whose tasks register with the group that carries the home
 * (guard_group), so that a release into the other slot needs no other policy. A lower bound of its
 * scaling is raised with the count, which scaling would take back else; a service that is not
 * scaled gets no bounds.
 */

#include "pipeline/guard/guard_look.h"

/* Looks for the service. RC_REFUSED: none of them, which a policy must not say. RC_OK where the
 * policy has none. */
enum rc guard_tasks_check(struct guard_look *look, const struct guard_state *state,
                          char *why) MUST_CHECK;

/* Notes in the state what the service has and is to get: the policy's tasks. What was noted before
 * stays the former one; of another service, it is set back first. */
enum rc guard_tasks_plan(struct guard_look *look, struct guard_state *state, char *why) MUST_CHECK;

/* Gives the service what is noted. The caller has kept the state before it. */
enum rc guard_tasks_raise(struct guard_look *look, const struct guard_state *state,
                          char *why) MUST_CHECK;

/* Sets back what is noted, and forgets it. What is not as it was left then is somebody else's, as a
 * release's, and stays: `is_left`. */
enum rc guard_tasks_restore(struct guard_look *look, struct guard_state *state, bool *is_left,
                            char *why) MUST_CHECK;

/* Takes all tasks away, and lets scaling come down to none; forgets what is noted. */
enum rc guard_tasks_drop(struct guard_look *look, struct guard_state *state, char *why) MUST_CHECK;

#endif
