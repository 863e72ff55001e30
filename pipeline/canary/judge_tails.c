#include "pipeline/canary/judge_internal.h"

/* The quantile that is named has about half of the prior. The wider tails share most of the rest:
 * at the quantile itself few requests lie beyond, at ten times as many a slower build shows sooner.
 * What stable's own tails are there for is gross, and needs little. */
static const struct {
    double wider, weight;
    bool of_stable;
} around[JUDGE_TAILS] = {{1, 9, false},  {2.5, 3, false}, {5, 3, false},
                         {10, 3, false}, {1, 1, true},    {10, 1, true}};

static const double widest = 0.5;

void judge_tails_init(struct judge *judge)
{
    double sum = 0;
    for (int i = 0; i < JUDGE_TAILS; i++) {
        struct judge_tail tail = {(1 - judge->policy.latency_quantile) * around[i].wider,
                                  around[i].of_stable, around[i].weight};
        if (around[i].wider > 1 && tail.part > widest)
            continue;
        evidence_init(&judge->latency[judge->tail_count], 1);
        judge->tails[judge->tail_count++] = tail;
        sum += tail.weight;
    }
    for (int i = 0; i < judge->tail_count; i++)
        judge->tails[i].weight /= sum;
}
