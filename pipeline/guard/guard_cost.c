#include "pipeline/guard/guard_cost.h"

#include <math.h>
#include <stdio.h>

static const double hour_s = 3600, mb_of_gb = 1024, million = 1000 * 1000;
static const double least_change = 0.05; /* of a share, that is worth a write */

double guard_cost_of_request(const struct guard_cost *cost)
{
    return cost->million_requests / million +
           cost->gb_second * cost->memory_mb / mb_of_gb * (double)cost->duration_ms / 1000;
}

double guard_cost_break_even(const struct guard_cost *cost, unsigned tasks)
{
    return tasks * cost->task_hour / hour_s / guard_cost_of_request(cost);
}

double guard_cost_share(const struct guard_policy *policy, double rate, bool is_on)
{
    const struct guard_cost *cost = &policy->cost;
    unsigned tasks = policy->fargate.tasks;
    double even = guard_cost_break_even(cost, tasks);
    if (rate < even * (is_on ? 1 - cost->margin : 1 + cost->margin))
        return 0;
    return fmin(1, tasks * cost->task_requests / rate);
}

static bool is_ill(const struct guard_home_state *home)
{
    return home->is_down || home->probe_bad > 0 || home->health_bad > 0 || home->window_bad > 0;
}

void guard_cost_look(const struct guard_policy *policy, const struct guard_seen *seen,
                     bool is_foreign, struct guard_state *state)
{
    const struct guard_home_seen *homes = seen->homes;
    struct guard_cost_state *cost = &state->cost;
    if (!policy->cost.is_on)
        return;
    if (homes[GUARD_LAMBDA].has_window && homes[GUARD_FARGATE].has_window) {
        cost->has_rate = true;
        cost->rate = (double)(homes[GUARD_LAMBDA].requests + homes[GUARD_FARGATE].requests) /
                     policy->plan.period_s;
    }
    if (seen->is_locked || state->phase != GUARD_WATCH || is_ill(&state->homes[GUARD_LAMBDA]) ||
        is_ill(&state->homes[GUARD_FARGATE])) {
        cost->since_ms = 0;
        cost->has_rate = false;
    }
    if (seen->is_locked)
        return;
    if (is_foreign && cost->is_begun && !cost->is_foreign)
        cost->is_foreign = cost->is_untold = true;
    cost->is_begun = true;
}

/* What both homes have; groups of neither keep what is theirs. */
static double both_homes(const struct guard_state *state)
{
    return guard_share(state, state->normal, GUARD_LAMBDA) +
           guard_share(state, state->normal, GUARD_FARGATE);
}

/* Each home's part, of what both have, by its groups' normal weights. */
static void set_weights(const struct guard_policy *policy, const struct guard_seen *seen,
                        double fargate, struct guard_state *state, struct guard_act *act)
{
    double shares[SHARES_MAX];
    unsigned sum = 0;
    for (size_t i = 0; i < state->count; i++) {
        enum guard_home home = guard_home_of(bytes_from_str(state->groups[i]));
        double part = (home == GUARD_FARGATE ? fargate : 1 - fargate) * both_homes(state);
        double has = guard_share(state, state->normal, home);
        shares[i] = home < GUARD_HOMES ? 0 : shares_of(state->normal, state->count, i);
        if (home < GUARD_HOMES && has > 0)
            shares[i] = shares_of(state->normal, state->count, i) / has * part;
        else if (home < GUARD_HOMES && i == guard_group(state, home))
            shares[i] = part;
        sum += state->normal[i];
    }
    memcpy(state->tried, seen->weights, sizeof state->tried);
    bool is_exact = shares_fit(shares, state->count, policy->plan.precision, sum, state->wished);
    (void)is_exact; /* the nearest ones do as well */
    memcpy(act->weights, state->wished, sizeof act->weights);
}

static void ask(struct guard_act *act, enum guard_act_kind kind, const char *what,
                const struct guard_policy *policy, double rate)
{
    double even = guard_cost_break_even(&policy->cost, policy->fargate.tasks);
    act->kind = kind;
    act->home = GUARD_FARGATE;
    act->is_lasting = true;
    (void)snprintf(act->why, sizeof act->why,
                   "%.1f requests a second, both homes cost the same at %.1f: %s", rate, even,
                   what);
}

static void act_now(const struct guard_policy *policy, const struct guard_seen *seen, double wanted,
                    double share, struct guard_state *state, struct guard_act *act)
{
    char what[64];
    unsigned tasks = policy->fargate.tasks, healthy = state->homes[GUARD_FARGATE].healthy;
    double rate = state->cost.rate;
    if (wanted > share && healthy < tasks) {
        if (state->scaling_ms == 0)
            state->scaling_ms = seen->now_ms;
        (void)snprintf(what, sizeof what, "%u of %u tasks are healthy", healthy, tasks);
        ask(act, GUARD_SCALE, what, policy, rate);
        return;
    }
    state->cost.since_ms = 0;
    if (wanted == share) {
        ask(act, GUARD_SHRINK, "no tasks", policy, rate);
        return;
    }
    set_weights(policy, seen, wanted, state, act);
    (void)snprintf(what, sizeof what, "%.0f %% for fargate", 100 * wanted);
    ask(act, GUARD_COST, what, policy, rate);
}

void guard_cost_decide(const struct guard_policy *policy, const struct guard_seen *seen,
                       struct guard_state *state, struct guard_act *act)
{
    struct guard_cost_state *cost = &state->cost;
    if (!policy->cost.is_on)
        return;
    if (cost->is_untold) {
        cost->is_untold = false;
        ask(act, GUARD_YIELD, "somebody has set weights: they stay until `duet guard clear`",
            policy, cost->rate);
    }
    if (cost->is_foreign || !cost->has_rate)
        return;
    double both = both_homes(state);
    if (both == 0)
        return;
    double share = guard_share(state, state->normal, GUARD_FARGATE) / both;
    double wanted = guard_cost_share(policy, cost->rate, share > 0);
    bool is_idle = wanted == 0 && share == 0 && state->homes[GUARD_FARGATE].healthy > 0;
    bool is_off = fabs(wanted - share) > least_change || (wanted == 0) != (share == 0);
    if (!is_idle && !is_off) {
        cost->since_ms = 0;
        return;
    }
    if (cost->since_ms == 0)
        cost->since_ms = seen->now_ms;
    bool is_burst = wanted > 0 && wanted < share;
    if (is_burst || seen->now_ms - cost->since_ms >= policy->cost.hold_ms)
        act_now(policy, seen, wanted, share, state, act);
}
