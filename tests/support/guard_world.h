#ifndef TESTS_SUPPORT_GUARD_WORLD_H
#define TESTS_SUPPORT_GUARD_WORLD_H

/*
 * guard_world — a rule with two homes and a clock, in memory, for guard_decide: what it writes is
 * what it sees next.
 */

#include "pipeline/guard/guard_decide.h"

enum { GUARD_WORLD_MOVES = 4096 };

struct guard_world {
    struct guard_policy policy;
    struct guard_state state;
    struct guard_seen seen;
    struct guard_act act; /* the last one */
    size_t moves, steps, alarms, scales, yields, costs, shrinks, unscales;
    int64_t moved_ms[GUARD_WORLD_MOVES]; /* when, in order */
    bool is_deaf;                        /* what is written does not come to be */
};

/* "lambda-a" and "fargate-a" with these weights, both healthy; `policy` is its JSON. */
void guard_world_init(struct guard_world *world, const char *policy, unsigned lambda,
                      unsigned fargate);
void guard_world_release(struct guard_world *world);

/* One round, `ms` after the last; news of the homes are forgotten after it. */
void guard_world_turn(struct guard_world *world, int64_t ms);

/* The share of a home by the weights as they are. */
double guard_world_share(const struct guard_world *world, enum guard_home home);

/* These are the homes' shares. */
void guard_world_expect(const struct guard_world *world, double lambda, double fargate);

/* Rounds a second apart with such probes. */
void guard_world_probe(struct guard_world *world, int seconds, enum guard_sign lambda,
                       enum guard_sign fargate);

#endif
