/*
 * Errors: against stable with Fisher's conditioning, and against limits. A rate that the policy
 * tolerates in any case is a limit too: the check fails only when both stand against the canary,
 * which makes false alarms rarer still.
 */
#include <math.h>

#include "pipeline/canary/judge_internal.h"
#include "pipeline/canary/power.h"

static const double least_more = 1.5; /* odds; less than half as many errors again is not sought */
static const double most_rate = 0.9;  /* of stable's that is compared with */
static const double for_certain =
    1e4; /* stable's requests per canary request where a rate is given */

void judge_errors_take(struct judge *judge, const struct judge_sample *sample)
{
    const struct judge_side *canary = &sample->canary, *stable = &sample->stable;
    struct stats_table window = {canary->errors, canary->requests, stable->errors,
                                 stable->requests};
    judge_take(&judge->errors, &window, judge->stable_errors, judge->requests.stable_n);
    if (canary->requests > 0 && judge->policy.error_floor > 0)
        evidence_against(&judge->error_floor, canary->errors, canary->requests,
                         judge->policy.error_floor);
    if (canary->requests > 0 && judge->policy.error_rate_max > 0)
        evidence_against(&judge->error_limit, canary->errors, canary->requests,
                         judge->policy.error_rate_max);
    judge->canary_errors += canary->errors;
    judge->stable_errors += stable->errors;
    judge->canary_step_errors += canary->errors;
    judge->stable_step_errors += stable->errors;
    judge_pair_add(&judge->requests, canary->requests, stable->requests);
}

static double with_odds(double rate, double odds)
{
    return odds * rate / (1 - rate + odds * rate);
}

double judge_errors_detect(const struct judge_policy *policy, double rate)
{
    double least = with_odds(rate, least_more * policy->error_ratio);
    double wanted = fmax(rate + policy->detect_errors, least);
    return fmin(fmax(wanted, with_odds(policy->error_floor, least_more)), 0.999);
}

double judge_errors_need(const struct judge_policy *policy, double rate, double stable_per_canary,
                         double power)
{
    struct power_case against_stable = {
        .canary_rate = judge_errors_detect(policy, rate),
        .stable_rate = rate,
        .stable_per_canary = stable_per_canary,
        .tolerated = policy->error_ratio,
        .log_bound = judge_log_bound(policy),
    };
    if (policy->error_floor == 0)
        return power_requests(&against_stable, power);
    /* Both must be found: each may fail to be in half of the runs that one may. */
    struct power_case against_floor = against_stable;
    against_floor.stable_rate = policy->error_floor;
    against_floor.stable_per_canary = for_certain;
    against_floor.tolerated = 1;
    double both = 1 - (1 - power) / 2;
    return fmax(power_requests(&against_stable, both), power_requests(&against_floor, both));
}

static double rate_of(uint64_t errors, uint64_t requests)
{
    return requests > 0 ? (double)errors / (double)requests : 0;
}

/* Few requests may prove nothing, and a step of few be allowed all the same. But a canary whose
 * rate in this step is already what a pass must exclude does not pass before more of them have
 * come. Stable's rate is the one of this step where that is the worse: an outage is the canary's
 * fault no more than stable's. */
static bool is_over(const struct judge *judge, double stable_rate)
{
    const struct judge_pair *pair = &judge->requests;
    double beside = fmax(stable_rate, rate_of(judge->stable_step_errors, pair->stable_step_n));
    double detect = judge_errors_detect(&judge->policy, fmin(beside, most_rate));
    return rate_of(judge->canary_step_errors, pair->step_n) > fmax(beside, detect);
}

void judge_errors_result(const struct judge *judge, struct judge_result *result)
{
    const struct judge_policy *policy = &judge->policy;
    const struct judge_pair *pair = &judge->requests;
    double stable_rate = rate_of(judge->stable_errors, pair->stable_n);
    char figures[160], regression[80], over[80];
    result->figure = rate_of(judge->canary_errors, pair->canary_n);
    result->bound = fmax(with_odds(stable_rate, policy->error_ratio), policy->error_floor);
    judge_text(figures, sizeof figures,
               "error rate %.3g %% of %llu canary requests, stable's %.3g %% of %llu",
               100 * result->figure, (unsigned long long)pair->canary_n, 100 * stable_rate,
               (unsigned long long)pair->stable_n);
    judge_text(regression, sizeof regression, "a rate of %.3g %%",
               100 * judge_errors_detect(policy, stable_rate));
    judge_text(over, sizeof over, "worse in this step, %llu errors of %llu",
               (unsigned long long)judge->canary_step_errors, (unsigned long long)pair->step_n);
    struct judge_state state = {
        .log_value = judge->errors.log_value,
        .log_without = judge->errors.log_without,
        .has_data = pair->step_n > 0 && pair->stable_n > 0,
        .missing = pair->step_n > 0 ? "stable had no request in this run"
                                    : "the canary had no request in this step",
        .step_n = pair->step_n,
        .had = pair->compared,
        .figures = figures,
        .regression = regression,
        .over = is_over(judge, stable_rate) ? over : NULL,
    };
    if (policy->error_floor > 0) {
        state.log_value = fmin(state.log_value, judge->error_floor.log_value);
        state.log_without = fmin(state.log_without, judge->error_floor.log_without);
    }
    if (state.has_data && policy->power > 0)
        state.needed = judge_errors_need(policy, fmin(stable_rate, most_rate),
                                         judge_pair_ratio(pair), policy->power);
    judge_conclude(judge, &state, result);
}

void judge_error_limit_result(const struct judge *judge, struct judge_result *result)
{
    char figures[160];
    result->figure = rate_of(judge->canary_errors, judge->requests.canary_n);
    result->bound = judge->policy.error_rate_max;
    judge_text(figures, sizeof figures, "error rate %.3g %% of %llu canary requests, limit %.3g %%",
               100 * result->figure, (unsigned long long)judge->requests.canary_n,
               100 * result->bound);
    struct judge_state state = {
        .log_value = judge->error_limit.log_value,
        .log_without = judge->error_limit.log_without,
        .has_data = judge->requests.step_n > 0,
        .missing = "the canary had no request in this step",
        .step_n = judge->requests.step_n,
        .over = result->figure > result->bound ? "above it" : NULL,
        .figures = figures,
    };
    judge_conclude(judge, &state, result);
}
