#include <math.h>

#include "pipeline/canary/judge_internal.h"

static const double far_sd = 3; /* the upper bound of a rate seen before: one in 700 is above it */

void judge_pair_add(struct judge_pair *pair, uint64_t canary_n, uint64_t stable_n)
{
    double canary = (double)canary_n;
    double stable = (double)(stable_n > 0 ? stable_n : pair->stable_n);
    if (canary > 0 && stable > 0) {
        pair->compared += canary;
        pair->overlap += canary * stable / (canary + stable);
    }
    pair->canary_n += canary_n;
    pair->stable_n += stable_n;
    pair->step_n += canary_n;
    pair->stable_step_n += stable_n;
}

double judge_pair_ratio(const struct judge_pair *pair)
{
    return pair->overlap > 0 ? pair->overlap / (pair->compared - pair->overlap) : 0;
}

void judge_take(struct evidence *evidence, const struct stats_table *window, uint64_t run_hits,
                uint64_t run_n)
{
    if (window->canary_n == 0)
        return;
    if (window->stable_n > 0) {
        evidence_between(evidence, window);
    } else if (run_n > 0) {
        double low, high;
        stats_wilson((double)run_hits, (double)run_n, far_sd, &low, &high);
        evidence_against(evidence, window->canary_hits, window->canary_n, fmin(high, 0.999));
    }
}
