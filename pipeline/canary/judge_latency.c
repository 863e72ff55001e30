/*
 * Latency: "slow" is a hit. The threshold of a tail is the latency that this part of both slots'
 * requests of the run exceed together, stable's taken `latency_ratio` times as long: where the
 * canary may be so much slower, both have the same distribution then, and whose requests are the
 * slow ones is as random as whose fail. It depends on both slots together only, so that given all
 * latencies of the window the assignment to slots is still the random one.
 *
 * A canary that is slow throughout and has more of the traffic than the tail is wide is all of that
 * tail, and when it lies in one bin nothing lies beyond it. So there are thresholds of stable's
 * alone too. They are taken from the windows before, which says nothing about the assignment in
 * this one.
 *
 * Bins that a threshold cuts count as slow for stable, as fast for the canary: coarse bins cost
 * power, never false alarms.
 */
#include <math.h>
#include <string.h>

#include "pipeline/canary/judge_internal.h"
#include "pipeline/canary/power.h"

static void edge_add(struct judge_grid *grid, const struct judge_edge *edge)
{
    if (grid->count < JUDGE_BINS_MAX)
        grid->edges[grid->count] = *edge;
    grid->count++;
}

/* The next bound of the three ascending lists, and all that lies below it. */
static bool edge_next(const struct judge_grid *grid, const struct judge_sample *sample,
                      size_t at[3], struct judge_edge *edge)
{
    const struct judge_side *stable = &sample->stable, *canary = &sample->canary;
    bool has[3] = {at[0] < grid->count, at[1] < stable->bin_count, at[2] < canary->bin_count};
    double uppers[3] = {has[0] ? grid->edges[at[0]].upper_ms : NAN,
                        has[1] ? stable->bins[at[1]].upper_ms : NAN,
                        has[2] ? canary->bins[at[2]].upper_ms : NAN};
    double upper = fmin(fmin(uppers[0], uppers[1]), uppers[2]); /* of those that are there */
    *edge = (struct judge_edge){.upper_ms = upper};
    if (has[0] && uppers[0] == upper)
        *edge = grid->edges[at[0]++];
    if (has[1] && uppers[1] == upper)
        edge->stable += stable->bins[at[1]++].count;
    if (has[2] && uppers[2] == upper)
        edge->canary += canary->bins[at[2]++].count;
    return has[0] || has[1] || has[2];
}

static enum rc grid_add(struct judge *judge, const struct judge_sample *sample)
{
    struct judge_grid *merged = &judge->merged;
    size_t at[3] = {0};
    struct judge_edge edge;
    merged->count = 0;
    merged->stable = merged->canary = 0;
    while (edge_next(&judge->grid, sample, at, &edge)) {
        edge_add(merged, &edge);
        merged->stable += edge.stable;
        merged->canary += edge.canary;
    }
    if (merged->count > JUDGE_BINS_MAX)
        return RC_BODY_LIMIT;
    memcpy(judge->grid.edges, merged->edges, merged->count * sizeof *merged->edges);
    judge->grid.count = merged->count;
    judge->grid.stable = merged->stable;
    judge->grid.canary = merged->canary;
    return RC_OK;
}

double judge_grid_quantile(const struct judge_grid *grid, double quantile, bool of_canary)
{
    double wanted = quantile * (double)(of_canary ? grid->canary : grid->stable), below = 0;
    double upper = 0;
    for (size_t i = 0; i < grid->count && (below < wanted || upper == 0); i++) {
        uint64_t count = of_canary ? grid->edges[i].canary : grid->edges[i].stable;
        below += (double)count;
        if (count > 0 && !isinf(grid->edges[i].upper_ms))
            upper = grid->edges[i].upper_ms;
    }
    return upper;
}

uint64_t judge_bin_above(double lower_ms, double upper_ms, uint64_t count, double ms)
{
    if (upper_ms <= ms)
        return 0;
    if (lower_ms >= ms || isinf(upper_ms))
        return count;
    return (uint64_t)ceil((double)count * (upper_ms - ms) / (upper_ms - lower_ms));
}

/* Stable's requests of the run that took longer than `ms`. */
static uint64_t stable_above(const struct judge_grid *grid, double ms)
{
    uint64_t above = 0;
    for (size_t i = grid->count; i > 0 && grid->edges[i - 1].upper_ms > ms; i--)
        above += judge_bin_above(i > 1 ? grid->edges[i - 2].upper_ms : 0,
                                 grid->edges[i - 1].upper_ms, grid->edges[i - 1].stable, ms);
    return above;
}

/* The same of one window; a bin begins where the grid has the bound before its own. */
static uint64_t window_above(const struct judge_grid *grid, const struct judge_side *side,
                             double ms)
{
    uint64_t above = 0;
    size_t edge = grid->count;
    for (size_t i = side->bin_count; i > 0 && side->bins[i - 1].upper_ms > ms; i--) {
        const struct judge_bin *bin = &side->bins[i - 1];
        while (edge > 0 && grid->edges[edge - 1].upper_ms >= bin->upper_ms)
            edge--;
        above += judge_bin_above(edge > 0 ? grid->edges[edge - 1].upper_ms : 0, bin->upper_ms,
                                 bin->count, ms);
    }
    return above;
}

/* stable_above of falling latencies: `whole` requests lie in the bins from `at` on. */
struct descent {
    size_t at;
    uint64_t whole;
};

static uint64_t descend(const struct judge_grid *grid, struct descent *descent, double ms)
{
    const struct judge_edge *edges = grid->edges;
    while (descent->at > 1 && edges[descent->at - 2].upper_ms >= ms)
        descent->whole += edges[--descent->at].stable;
    if (descent->at == 0)
        return descent->whole;
    const struct judge_edge *cut = &edges[descent->at - 1];
    double lower_ms = descent->at > 1 ? edges[descent->at - 2].upper_ms : 0;
    return descent->whole + judge_bin_above(lower_ms, cut->upper_ms, cut->stable, ms);
}

double judge_threshold_ms(const struct judge *judge, const struct judge_tail *tail)
{
    const struct judge_grid *grid = &judge->grid;
    struct descent descent = {.at = grid->count};
    double most = tail->part * (double)(grid->stable + (tail->of_stable ? 0 : grid->canary));
    uint64_t canary = 0;
    double found = 0;
    for (size_t i = grid->count; i > 0; i--) {
        double upper = grid->edges[i - 1].upper_ms;
        uint64_t stable = descend(grid, &descent, upper / judge->policy.latency_ratio);
        if (found > 0 && (double)(canary + stable) > most)
            break;
        if (!isinf(upper))
            found = upper;
        canary += tail->of_stable ? 0 : grid->edges[i - 1].canary;
    }
    return found;
}

static uint64_t bins_above(const struct judge_side *side, double ms)
{
    uint64_t above = 0;
    for (size_t i = side->bin_count; i > 0 && side->bins[i - 1].upper_ms > ms; i--)
        above += side->bins[i - 1].count;
    return above;
}

static uint64_t bins_all(const struct judge_side *side)
{
    return bins_above(side, 0);
}

/* The canary's requests of the window that took longer than `ms` for certain: the grid has a bound
 * at or above it below their bin. */
static uint64_t slower_for_certain(const struct judge_grid *grid, const struct judge_side *side,
                                   double ms)
{
    size_t i = 0;
    while (i < grid->count && grid->edges[i].upper_ms < ms)
        i++;
    return i < grid->count ? bins_above(side, grid->edges[i].upper_ms) : 0;
}

/* From stable's requests before the window; 0 where the tail is not of these. */
static void thresholds_before(const struct judge *judge, double slow_ms[JUDGE_TAILS])
{
    for (int i = 0; i < judge->tail_count; i++)
        slow_ms[i] = judge->tails[i].of_stable && judge->grid.stable > 0
                         ? judge_threshold_ms(judge, &judge->tails[i])
                         : 0;
}

/* A tail of stable's has nothing to go by before stable's first window, which passes it by. */
static void compare(struct judge *judge, const struct judge_sample *sample,
                    const double before_ms[JUDGE_TAILS], const struct stats_table *all)
{
    for (int i = 0; i < judge->tail_count; i++) {
        const struct judge_tail *tail = &judge->tails[i];
        double slow_ms = tail->of_stable ? before_ms[i] : judge_threshold_ms(judge, tail);
        double stable_slow_ms = slow_ms / judge->policy.latency_ratio;
        struct stats_table window = *all;
        if (slow_ms == 0)
            continue;
        window.canary_hits = bins_above(&sample->canary, slow_ms);
        window.stable_hits = window_above(&judge->grid, &sample->stable, stable_slow_ms);
        /* A window without stable's requests has added none to those before. */
        judge_take(&judge->latency[i], &window, stable_above(&judge->grid, stable_slow_ms),
                   judge->timed.stable_n);
    }
}

enum rc judge_latency_take(struct judge *judge, const struct judge_sample *sample)
{
    const struct judge_policy *policy = &judge->policy;
    double before_ms[JUDGE_TAILS];
    thresholds_before(judge, before_ms);
    enum rc rc = grid_add(judge, sample);
    if (rc)
        return rc;
    struct stats_table all = {.canary_n = bins_all(&sample->canary),
                              .stable_n = bins_all(&sample->stable)};
    if (policy->latency_ratio > 0)
        compare(judge, sample, before_ms, &all);
    if (policy->latency_max_ms > 0 && all.canary_n > 0)
        evidence_against(&judge->latency_limit,
                         slower_for_certain(&judge->grid, &sample->canary, policy->latency_max_ms),
                         all.canary_n, 1 - policy->latency_quantile);
    judge_pair_add(&judge->timed, all.canary_n, all.stable_n);
    return RC_OK;
}
