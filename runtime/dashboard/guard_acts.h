#ifndef RUNTIME_DASHBOARD_GUARD_ACTS_H
#define RUNTIME_DASHBOARD_GUARD_ACTS_H

/*
 * guard_acts — what guards of this rig did and why, as sentences for the list of events.
 *
 * Layer:   dashboard, private. Knows control/parameter.h and the form of one parameter that `duet
 *          guard` writes, nothing else of it.
 *
 * Each act is a JSON object with "act" and "why" in a parameter PARAMETER/history/EPOCH_MS under
 * /duet/, which nobody writes twice.
 */

#include "runtime/control/parameter.h"

enum { GUARD_ACTS_TEXT_MAX = 240 }; /* of a sentence; a longer one is cut */

/* epoch_ms: when the guard did it, by its clock. */
typedef void guard_acts_tell_fn(void *context, int64_t epoch_ms, const char *text);

/* Tells each act behind `known_ms`, such as "move: fargate fails: 3 probes in a row: no answer",
 * the oldest first where one guard wrote them. Returns the last one's time, for the next look; 0 is
 * for the first. What is no act of a guard is passed over. NULL: there are no parameters. */
int64_t guard_acts_look(const struct parameters *parameters, int64_t known_ms,
                        guard_acts_tell_fn *tell, void *context) MUST_CHECK;

#endif
