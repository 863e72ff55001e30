#ifndef PIPELINE_GUARD_GUARD_COST_H
#define PIPELINE_GUARD_GUARD_COST_H

/*
 * guard_cost — which home is cheaper: the optional part of a guard's policy, and of its decision.
 *
 * Layer:   guard; no clock, no I/O.
 *
 * Lambda costs by the request, Fargate by the hour, so there is a rate of requests at which both
 * cost the same. Below it Lambda has all and Fargate no tasks; above it Fargate has as much as its
 * tasks carry, and Lambda the rest. The rate that is left must be passed by the policy's margin,
 * and for as long as its hold, before a share is moved; what the tasks cannot carry goes to Lambda
 * at once.
 */

#include "pipeline/guard/guard_decide.h"

/* What a request costs on Lambda, in the currency of the prices. */
double guard_cost_of_request(const struct guard_cost *cost);

/* The requests a second at which `tasks` cost as much as Lambda. */
double guard_cost_break_even(const struct guard_cost *cost, unsigned tasks);

/* The part of `rate` requests a second that Fargate should have; is_on: it has some now. */
double guard_cost_share(const struct guard_policy *policy, double rate, bool is_on);

/* Takes this turn's windows into the state. Called in each turn: a canary's turn, or one with an
 * ill home, begins the policy's hold anew. is_foreign: the weights are others than were wished. */
void guard_cost_look(const struct guard_policy *policy, const struct guard_seen *seen,
                     bool is_foreign, struct guard_state *state);

/* Decides, where nothing else is to be done: GUARD_COST, GUARD_SCALE, GUARD_SHRINK, GUARD_YIELD or
 * nothing. */
void guard_cost_decide(const struct guard_policy *policy, const struct guard_seen *seen,
                       struct guard_state *state, struct guard_act *act);

#endif
