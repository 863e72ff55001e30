#ifndef PIPELINE_GUARD_GUARD_DECIDING_H
#define PIPELINE_GUARD_GUARD_DECIDING_H

/*
 * guard_deciding — the parts of guard_decide; what a guard does, and does not, while a canary or a
 * person has the weights is guard_others.c.
 *
 * Layer:   guard, private; no clock, no I/O.
 */

#include "pipeline/guard/guard_decide.h"

/* One decision; all is guard_decide's. */
struct guard_deciding {
    const struct guard_policy *policy;
    const struct guard_seen *seen;
    struct guard_state *state;
    struct guard_act *act; /* GUARD_STAY until something is decided */
};

/* Decides on an act; the text is its reason. Its weights are the caller's to set. */
void guard_deciding_act(struct guard_deciding *d, enum guard_act_kind kind, enum guard_home home,
                        const char *format, ...) PRINTF_LIKE(4, 5);

/* The weights are somebody else's from now on, until `clear`: GUARD_YIELD. */
void guard_yield(struct guard_deciding *d, const char *why);

/* A canary has the lock, or the weights are a person's: what is there is taken note of, and that a
 * home with a share fails is told once (GUARD_ALARM). */
void guard_leave_alone(struct guard_deciding *d);

#endif
