#include <math.h>

#include "pipeline/guard/guard_decide.h"

/*
 * A target group without a target has no metrics: the load balancer's 503 is counted for the load
 * balancer alone, and RequestCount where a target was chosen ("CloudWatch metrics for your
 * Application Load Balancer"). What such a group has lost shows in two figures that must fit: the
 * home has fewer requests than its weight and the other home's requests say, and the load balancer
 * has answered about as many with 503.
 */

static const double noise = 4;      /* standard deviations of a home's requests */
static const double fit = 2;        /* how many times more one figure may be than the other */
static const double almost_all = 9; /* 503s for each request that found a target */

/* What of `unserved` is a home's, of weight `own`, where the other one has `other` and both have
 * had `requests` and `others`. */
static double part_of(double own, double other, double requests, double others, double unserved)
{
    if (own == 0)
        return 0;
    if (unserved > almost_all * (requests + others))
        return unserved * own / (own + other);
    double expected = other > 0 ? others * own / other : 0, missing = expected - requests;
    bool is_sure = missing > noise * sqrt(expected);
    bool is_fitting = missing < fit * unserved && unserved < fit * missing;
    return is_sure && is_fitting ? fmin(missing, unserved) : 0;
}

void guard_unserved(const struct guard_state *state, uint64_t unserved, struct guard_seen *seen)
{
    double weights[GUARD_HOMES], requests[GUARD_HOMES];
    for (int i = 0; i < GUARD_HOMES; i++) {
        weights[i] = seen->weights[guard_group(state, (enum guard_home)i)];
        requests[i] = (double)seen->homes[i].requests;
    }
    for (int i = 0; i < GUARD_HOMES; i++) {
        int other = GUARD_HOMES - 1 - i;
        uint64_t lost = (uint64_t)llround(
            part_of(weights[i], weights[other], requests[i], requests[other], (double)unserved));
        seen->homes[i].requests += lost;
        seen->homes[i].errors += lost;
    }
}
