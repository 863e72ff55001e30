#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/canary/decide.h"

/* Two shares that differ by less are the same. */
static const double same_share = 1e-6;

/* The part of the rule that stable and canary have together; no step changes it. */
static double home_share(const struct canary_state *state)
{
    return shares_of(state->before, state->count, state->stable) +
           shares_of(state->before, state->count, state->canary);
}

static double step_share(const struct plan_step *step, double home)
{
    if (step->is_all)
        return home;
    return step->is_of_home ? step->share * home : step->share;
}

bool canary_step_weights(const struct plan *plan, const struct canary_state *state, size_t index,
                         unsigned *weights, char *error, size_t error_len)
{
    double shares[SHARES_MAX], home = home_share(state);
    double share = step_share(&plan->steps[index], home);
    unsigned sum = 0;
    if (share > home + same_share) {
        (void)snprintf(error, error_len,
                       "steps[%zu].share: %g %% is more than the %g %% that '%s' and '%s' have "
                       "together",
                       index, 100 * share, 100 * home, plan->stable, plan->canary);
        return false;
    }
    for (size_t i = 0; i < state->count; i++) {
        shares[i] = shares_of(state->before, state->count, i);
        sum += state->before[i];
    }
    shares[state->canary] = share;
    shares[state->stable] = home - share < same_share ? 0 : home - share;
    if (shares_fit(shares, state->count, plan->precision, sum, weights))
        return true;
    (void)snprintf(
        error, error_len,
        "steps[%zu].share: no weights from 0 to 999 are within %g %% of %g %% beside the "
        "other slots",
        index, 100 * plan->precision, 100 * share);
    return false;
}

static bool find_group(const struct canary_rule *rule, const char *name, size_t *index, char *error,
                       size_t error_len)
{
    size_t used = 0;
    if (canary_rule_find(rule, name, index))
        return true;
    used +=
        (size_t)snprintf(error, error_len, "'%s' is no target group of the rule, which has", name);
    for (size_t i = 0; i < rule->count && used < error_len; i++)
        used += (size_t)snprintf(error + used, error_len - used, "%s %.*s", i ? "," : "",
                                 BYTES_ARG(canary_group_name(rule->groups[i])));
    return false;
}

static void take_rule(struct canary_state *state, const struct canary_rule *rule)
{
    memcpy(state->rule, rule->arn, sizeof state->rule);
    memcpy(state->groups, rule->groups, sizeof state->groups);
    memcpy(state->before, rule->weights, sizeof state->before);
    memcpy(state->was, rule->weights, sizeof state->was);
    memcpy(state->wished, rule->weights, sizeof state->wished);
    memcpy(state->tried, rule->weights, sizeof state->tried);
    state->count = rule->count;
}

static void name_run(struct canary_state *state, int64_t now_ms)
{
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm utc;
    char host[64] = "somewhere", text[20] = "0";
    if (gmtime_r(&now_s, &utc))
        (void)strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(state->run, sizeof state->run, "%s-%04x", text,
                   (unsigned)(getpid() ^ (now_ms % 1000 << 6)) & 0xffffu);
    (void)snprintf(state->owner, sizeof state->owner, "%s:%d", host, (int)getpid());
}

static bool take_steps(const struct plan *plan, struct canary_state *state, char *error,
                       size_t error_len)
{
    unsigned weights[SHARES_MAX];
    double share = step_share(&plan->steps[0], home_share(state));
    double now = canary_share(state, state->before);
    if (share <= now + same_share) {
        (void)snprintf(error, error_len,
                       "steps[0].share: %g %% is no more than the %g %% that '%s' has already",
                       100 * share, 100 * now, plan->canary);
        return false;
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        if (!canary_step_weights(plan, state, i, weights, error, error_len))
            return false;
        share = step_share(&plan->steps[i], home_share(state));
        state->permille[i] = (unsigned)lround(1000 * share);
    }
    state->step_count = (unsigned)plan->step_count;
    return true;
}

bool canary_state_init(struct canary_state *state, const struct plan *plan,
                       const struct canary_rule *rule, int64_t now_ms, char *error,
                       size_t error_len)
{
    *state = (struct canary_state){.phase = PHASE_PREPARE,
                                   .phase_ms = now_ms,
                                   .started_ms = now_ms,
                                   .judged_ms = now_ms,
                                   .expiry_ms = now_ms + plan->lease_ms};
    (void)snprintf(state->name, sizeof state->name, "%s", plan->name);
    memcpy(state->plan_hash, plan->hash, sizeof state->plan_hash);
    name_run(state, now_ms);
    take_rule(state, rule);
    if (!find_group(rule, plan->stable, &state->stable, error, error_len) ||
        !find_group(rule, plan->canary, &state->canary, error, error_len))
        return false;
    if (home_share(state) <= 0) {
        (void)snprintf(error, error_len, "neither '%s' nor '%s' has a share to shift", plan->stable,
                       plan->canary);
        return false;
    }
    return take_steps(plan, state, error, error_len);
}
