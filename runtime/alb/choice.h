#ifndef RUNTIME_ALB_CHOICE_H
#define RUNTIME_ALB_CHOICE_H

/*
 * choice — which target of a group gets the next request.
 *
 * Layer:   alb, pure.
 * Memory:  `struct choice` is a member of each target; nothing is allocated.
 * Threads: one at a time.
 *
 * Facts: "Edit target group attributes" in the ALB user guide (algorithms, slow start).
 */

#include "runtime/alb/attribute.h"
#include "runtime/alb/random.h"
#include "runtime/core/bytes.h"

/* What the choice knows of a target. All zero is a good start. */
struct choice {
    bool is_eligible;      /* the owner's, set before each choice */
    unsigned in_flight;    /* the owner's: requests sent to it and not yet answered */
    int64_t slow_since_ms; /* it is in slow start since then; 0: it is not */
    int64_t _credit;       /* of the rotation */
};

/* --- slow start: a target's share grows from nearly nothing to a full one --- */

enum { CHOICE_FULL_SHARE = 1000 };

/* A target that has just become healthy enters slow start, but only with round_robin, with a
 * duration, and beside another healthy target (is_eligible) that is not in slow start itself.
 *
 * all          the group's targets, `count` of them; `target` is one of them
 * duration_s   slow_start.duration_seconds; 0: off */
void choice_slow_start(struct choice *target, struct choice *const *all, size_t count,
                       enum alb_algorithm algorithm, unsigned duration_s, int64_t now_ms);

/* It has become unhealthy, or is deregistered: out of slow start. */
static inline void choice_slow_end(struct choice *target)
{
    target->slow_since_ms = 0;
}

/* From 1 to CHOICE_FULL_SHARE; in slow start it grows evenly with time, and its end is noted. */
unsigned choice_share(struct choice *target, unsigned duration_s, int64_t now_ms);

/* --- the choice --- */

/* Chooses among the targets that are eligible.
 *
 * round_robin         in turn, each as often as its share says, evenly mixed
 * least_outstanding   the one with the fewest in flight; among equals in turn
 * weighted_random     by chance, each as likely
 *
 * NULL: none is eligible */
struct choice *choice_pick(struct choice *const *all, size_t count, enum alb_algorithm algorithm,
                           unsigned duration_s, int64_t now_ms, struct random_state *random);

#endif
