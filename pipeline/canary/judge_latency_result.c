#include <math.h>

#include "pipeline/canary/judge_internal.h"
#include "pipeline/canary/power.h"

static const double least_more =
    1.2; /* of the rate beyond a threshold; less is no sign of anything */

/* The part of stable's requests beyond `ms`. */
static double part_above(const struct judge_grid *grid, double ms)
{
    double above = 0;
    for (size_t i = grid->count; i > 0 && grid->edges[i - 1].upper_ms > ms; i--)
        above +=
            (double)judge_bin_above(i > 1 ? grid->edges[i - 2].upper_ms : 0,
                                    grid->edges[i - 1].upper_ms, grid->edges[i - 1].stable, ms);
    return above / (double)grid->stable;
}

/* The requests after which one of the thresholds would have shown a canary with stable's latencies
 * detect_latency times as long. */
static double requests_needed(const struct judge *judge)
{
    const struct judge_policy *policy = &judge->policy;
    double fewest = INFINITY;
    for (int i = 0; i < judge->tail_count; i++) {
        double slow_ms = judge_threshold_ms(judge, &judge->tails[i]);
        struct power_case what = {
            .canary_rate = part_above(&judge->grid, slow_ms / policy->detect_latency),
            .stable_rate = part_above(&judge->grid, slow_ms / policy->latency_ratio),
            .stable_per_canary = judge_pair_ratio(&judge->timed),
            .tolerated = 1,
            .log_bound = judge->log_bound - log(judge->tails[i].weight),
        };
        if (what.canary_rate > least_more * what.stable_rate)
            fewest = fmin(fewest, power_requests(&what, policy->power));
    }
    return fewest;
}

/* The mean over the thresholds. */
static void sum_up(const struct judge *judge, struct judge_state *state)
{
    state->log_value = state->log_without = -INFINITY;
    for (int i = 0; i < judge->tail_count; i++) {
        const struct evidence *tail = &judge->latency[i];
        double log_weight = log(judge->tails[i].weight);
        state->log_value = stats_log_add(state->log_value, log_weight + tail->log_value);
        state->log_without = stats_log_add(state->log_without, log_weight + tail->log_without);
    }
}

void judge_latency_result(const struct judge *judge, struct judge_result *result)
{
    const struct judge_policy *policy = &judge->policy;
    const struct judge_pair *pair = &judge->timed;
    double stable_ms = judge_grid_quantile(&judge->grid, policy->latency_quantile, false);
    char figures[160], regression[80];
    result->figure = judge_grid_quantile(&judge->grid, policy->latency_quantile, true);
    result->bound = stable_ms * policy->latency_ratio;
    judge_text(
        figures, sizeof figures,
        "p%.4g %.4g ms of %llu canary requests, stable's %.4g ms of %llu, times %.3g allowed",
        100 * policy->latency_quantile, result->figure, (unsigned long long)pair->canary_n,
        stable_ms, (unsigned long long)pair->stable_n, policy->latency_ratio);
    judge_text(regression, sizeof regression, "one %.3g times as slow", policy->detect_latency);
    struct judge_state state = {
        .has_data = pair->step_n > 0 && pair->stable_n > 0,
        .missing = pair->step_n > 0 ? "no latency of stable is known in this run"
                                    : "no latency of the canary is known in this step",
        .step_n = pair->step_n,
        .had = pair->compared,
        .figures = figures,
        .regression = regression,
    };
    sum_up(judge, &state);
    if (state.has_data && policy->power > 0)
        state.needed = requests_needed(judge);
    judge_conclude(judge, &state, result);
}

void judge_latency_limit_result(const struct judge *judge, struct judge_result *result)
{
    const struct judge_policy *policy = &judge->policy;
    char figures[160];
    result->figure = judge_grid_quantile(&judge->grid, policy->latency_quantile, true);
    result->bound = policy->latency_max_ms;
    judge_text(figures, sizeof figures, "p%.4g %.4g ms of %llu canary requests, limit %.4g ms",
               100 * policy->latency_quantile, result->figure,
               (unsigned long long)judge->timed.canary_n, result->bound);
    struct judge_state state = {
        .log_value = judge->latency_limit.log_value,
        .log_without = judge->latency_limit.log_without,
        .has_data = judge->timed.step_n > 0,
        .missing = "no latency of the canary is known in this step",
        .step_n = judge->timed.step_n,
        .over = result->figure > result->bound ? "above it" : NULL,
        .figures = figures,
    };
    judge_conclude(judge, &state, result);
}
