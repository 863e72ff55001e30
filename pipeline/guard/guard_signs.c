#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "pipeline/guard/guard_decide.h"

double guard_rate_surely(uint64_t errors, uint64_t requests)
{
    const double z = 3;
    double n = (double)requests, rate = n > 0 ? (double)errors / n : 0;
    if (errors == 0 || requests == 0)
        return 0;
    double middle = rate + z * z / (2 * n);
    double half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
    return fmax((middle - half) / (1 + z * z / n), 0);
}

/* A bad sign; the state keeps the reason of the one that made the home fail. */
#define BAD(home, now, is_enough, ...)                                   \
    do {                                                                 \
        (home)->bad_ms = (now);                                          \
        if ((is_enough) && !(home)->is_down) {                           \
            (home)->is_down = true;                                      \
            (void)snprintf((home)->why, sizeof(home)->why, __VA_ARGS__); \
        }                                                                \
    } while (0)

static void take_probe(const struct guard_policy *policy, const struct guard_home_seen *seen,
                       int64_t now_ms, struct guard_home_state *home)
{
    if (seen->probe == GUARD_GOOD) {
        home->probe_bad = 0;
        home->good_ms = now_ms;
    }
    if (seen->probe != GUARD_BAD)
        return;
    home->probe_bad++;
    BAD(home, now_ms, home->probe_bad >= policy->probes.failures, "%u probes in a row: %s",
        home->probe_bad, seen->probe_why ? seen->probe_why : "no answer");
}

static void take_health(const struct guard_policy *policy, const struct guard_home_seen *seen,
                        int64_t now_ms, struct guard_home_state *home)
{
    if (!seen->has_health)
        return;
    home->healthy = seen->healthy;
    home->is_unchecked = seen->is_unchecked;
    if (seen->healthy > 0 || seen->is_unchecked || policy->health_looks == 0) {
        home->health_bad = 0;
        if (seen->healthy > 0)
            home->good_ms = now_ms;
        return;
    }
    home->health_bad++;
    BAD(home, now_ms, home->health_bad >= policy->health_looks,
        "no healthy target of %u at %u looks", seen->total, home->health_bad);
}

/* begin_ms: of the window. */
static void take_window(const struct guard_policy *policy, const struct guard_home_seen *seen,
                        int64_t begin_ms, int64_t now_ms, struct guard_home_state *home)
{
    const struct guard_metrics *metrics = &policy->metrics;
    if (seen->has_window)
        home->rate = (double)seen->requests / policy->plan.period_s;
    if (!seen->has_window || metrics->windows == 0 || seen->requests < metrics->requests)
        return;
    if (home->moved_ms && begin_ms < home->moved_ms)
        return; /* why it was left is known already */
    double surely = guard_rate_surely(seen->errors, seen->requests);
    bool is_slow = seen->latency_ms > metrics->latency_ms;
    if (surely <= metrics->errors && !is_slow) {
        home->window_bad = 0;
        return;
    }
    home->window_bad++;
    bool is_enough = home->window_bad >= metrics->windows;
    if (surely > metrics->errors)
        BAD(home, now_ms, is_enough || surely > metrics->severe,
            "%" PRIu64 " of %" PRIu64 " requests failed", seen->errors, seen->requests);
    else
        BAD(home, now_ms, is_enough, "a tenth of its requests takes over %.0f ms",
            seen->latency_ms);
}

/* A home that has nothing to do and no target, as Fargate at zero tasks, is no failing one; its
 * signs begin when it has a target. */
static bool is_idle(const struct guard_state *state, const struct guard_seen *seen,
                    enum guard_home home)
{
    const struct guard_home_state *known = &state->homes[home];
    const struct guard_home_seen *now = &seen->homes[home];
    unsigned healthy = now->has_health ? now->healthy : known->healthy;
    bool is_unchecked = now->has_health ? now->is_unchecked : known->is_unchecked;
    return healthy == 0 && !is_unchecked && guard_share(state, state->normal, home) == 0;
}

static void not_after(int64_t now_ms, int64_t *at_ms)
{
    if (*at_ms > now_ms)
        *at_ms = now_ms;
}

/* A clock that goes back, or another machine's that is ahead, has no say. */
static void forget_future(int64_t now_ms, struct guard_state *state)
{
    not_after(now_ms, &state->stepped_ms);
    not_after(now_ms, &state->scaling_ms);
    not_after(now_ms, &state->window_ms);
    not_after(now_ms, &state->cost.since_ms);
    for (int i = 0; i < GUARD_HOMES; i++) {
        not_after(now_ms, &state->homes[i].bad_ms);
        not_after(now_ms, &state->homes[i].good_ms);
        not_after(now_ms, &state->homes[i].moved_ms);
    }
}

/* Bad signs in a row are so close to each other, or nobody has looked between them: what a guard
 * before this one has counted is no row with what we see. */
static int64_t row_ms(const struct guard_policy *policy)
{
    int64_t calm_ms = guard_policy_calm_ms(policy), look_ms = 2 * policy->interval_ms;
    int64_t probe_ms = 2 * (policy->probes.interval_ms + policy->probes.timeout_ms);
    int64_t most_ms = look_ms > probe_ms ? look_ms : probe_ms;
    return calm_ms > most_ms ? calm_ms : most_ms;
}

/* The same of windows: longer, and one of them was missing or had too few requests. */
static int64_t windows_ms(const struct guard_policy *policy)
{
    int64_t ms = 3 * (int64_t)policy->plan.period_s * 1000 + policy->plan.late_ms;
    return ms > 3 * policy->interval_ms ? ms : 3 * policy->interval_ms;
}

void guard_signs(const struct guard_policy *policy, const struct guard_seen *seen,
                 struct guard_state *state)
{
    int64_t begin_ms = state->window_ms - (int64_t)policy->plan.period_s * 1000;
    forget_future(seen->now_ms, state);
    for (int i = 0; i < GUARD_HOMES; i++) {
        struct guard_home_state *home = &state->homes[i];
        const struct guard_home_seen *now = &seen->homes[i];
        if (seen->now_ms - home->bad_ms >= row_ms(policy))
            home->probe_bad = home->health_bad = 0;
        if (seen->now_ms - home->bad_ms >= windows_ms(policy))
            home->window_bad = 0;
        take_health(policy, now, seen->now_ms, home);
        take_probe(policy, now, seen->now_ms, home);
        take_window(policy, now, begin_ms, seen->now_ms, home);
        bool is_quiet = seen->now_ms - home->bad_ms >= guard_policy_calm_ms(policy) &&
                        home->probe_bad == 0 && home->health_bad == 0;
        if (is_idle(state, seen, (enum guard_home)i)) {
            home->probe_bad = home->health_bad = home->window_bad = 0;
            home->is_down = false;
        } else if (home->is_down && is_quiet) {
            home->is_down = false;
        }
    }
}
