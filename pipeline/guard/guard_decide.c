#include "pipeline/guard/guard_decide.h"

#include <stdarg.h>
#include <stdio.h>

#include "pipeline/guard/guard_cost.h"

static const int64_t relapse_forgotten_ms = 3600 * 1000;
enum { DOUBLED_MOST = 3 }; /* relapses that still double the wait */

const char *guard_act_name(enum guard_act_kind kind)
{
    static const char *const names[] = {"stay",   "move",  "step",  "again", "cost",
                                        "shrink", "scale", "alarm", "yield"};
    return names[kind];
}

struct deciding {
    const struct guard_policy *policy;
    const struct guard_seen *seen;
    struct guard_state *state;
    struct guard_act *act;
};

static void PRINTF_LIKE(4, 5) decide(struct deciding *d, enum guard_act_kind kind,
                                     enum guard_home home, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    d->act->kind = kind;
    d->act->home = home;
    (void)vsnprintf(d->act->why, sizeof d->act->why, format, args);
    va_end(args);
}

static enum guard_home other(enum guard_home home)
{
    return home == GUARD_LAMBDA ? GUARD_FARGATE : GUARD_LAMBDA;
}

static bool is_same(const struct guard_state *state, const unsigned *a, const unsigned *b)
{
    return memcmp(a, b, state->count * sizeof *a) == 0;
}

/* The weights that give `home` the part `part` of what it normally has, and the other home the
 * rest, each by its groups' normal weights. */
static void set_weights(struct deciding *d, enum guard_home home, double part)
{
    struct guard_state *state = d->state;
    enum guard_home rest = other(home);
    double of_home = guard_share(state, state->normal, home), shares[SHARES_MAX];
    double of_rest = guard_share(state, state->normal, rest);
    unsigned sum = 0;
    for (size_t i = 0; i < state->count; i++) {
        enum guard_home whose = guard_home_of(bytes_from_str(state->groups[i]));
        shares[i] = shares_of(state->normal, state->count, i);
        sum += state->normal[i];
        if (whose == home)
            shares[i] *= part;
        else if (whose == rest && of_rest > 0)
            shares[i] *= (of_rest + of_home * (1 - part)) / of_rest;
        else if (i == guard_group(state, rest))
            shares[i] = of_home * (1 - part);
    }
    memcpy(state->tried, d->seen->weights, sizeof state->tried);
    if (part >= 1)
        memcpy(state->wished, state->normal, sizeof state->wished);
    bool is_exact = part >= 1 ||
                    shares_fit(shares, state->count, d->policy->plan.precision, sum, state->wished);
    (void)is_exact; /* the nearest ones do as well */
    memcpy(d->act->weights, state->wished, sizeof d->act->weights);
}

/* --- away --- */

/* Whether `home` can carry all traffic; asks for tasks first where it has too few. */
static bool can_carry(struct deciding *d, enum guard_home home, const char *why)
{
    const struct guard_home_state *known = &d->state->homes[home];
    unsigned tasks = d->policy->plan.capacity.tasks;
    int64_t now_ms = d->seen->now_ms;
    if (known->is_down || known->probe_bad > 0)
        return false;
    if (home == GUARD_LAMBDA || !d->policy->plan.capacity.service)
        return known->healthy > 0 || known->is_unchecked;
    if (known->healthy >= tasks)
        return true;
    if (d->state->scaling_ms == 0)
        d->state->scaling_ms = now_ms;
    bool is_waited_for = now_ms - d->state->scaling_ms < d->policy->scale_wait_ms;
    if (!is_waited_for)
        return known->healthy > 0;
    decide(d, GUARD_SCALE, home, "%s: %u of %u tasks are healthy, and lambda fails: %s",
           guard_home_name(home), known->healthy, tasks, why);
    return false;
}

static void alarm_once(struct deciding *d, enum guard_home home)
{
    const struct guard_home_state *homes = d->state->homes;
    enum guard_home rest = other(home);
    if (d->state->is_alarmed)
        return;
    d->state->is_alarmed = true;
    decide(d, GUARD_ALARM, home,
           "%s fails (%.90s), and %s cannot carry it (%.90s): the weights stay",
           guard_home_name(home), homes[home].why, guard_home_name(rest),
           homes[rest].is_down ? homes[rest].why : "no healthy target");
}

/* `home` fails and has a share. */
static void leave(struct deciding *d, enum guard_home home)
{
    struct guard_state *state = d->state;
    struct guard_home_state *known = &state->homes[home];
    int64_t now_ms = d->seen->now_ms;
    char why[GUARD_WHY_MAX];
    if (known->moved_ms && now_ms - known->moved_ms < d->policy->apart_ms)
        return;
    if (!can_carry(d, other(home), known->why)) {
        if (d->act->kind == GUARD_STAY)
            alarm_once(d, home);
        return;
    }
    if (now_ms - known->moved_ms > relapse_forgotten_ms)
        known->relapses = 0;
    else if (known->relapses < DOUBLED_MOST)
        known->relapses++;
    known->moved_ms = now_ms;
    state->is_alarmed = false;
    state->scaling_ms = 0;
    state->phase = GUARD_AWAY;
    state->away = home;
    set_weights(d, home, 0);
    (void)snprintf(why, sizeof why, "%s", known->why);
    decide(d, GUARD_MOVE, home, "%s fails: %.180s", guard_home_name(home), why);
}

/* --- back --- */

static void step_back(struct deciding *d, size_t step)
{
    struct guard_state *state = d->state;
    double part = d->policy->steps[step];
    state->step = step;
    state->stepped_ms = d->seen->now_ms;
    state->phase = part >= 1 ? GUARD_WATCH : GUARD_BACK;
    set_weights(d, state->away, part);
    decide(d, GUARD_STEP, state->away, "%s is well again: %g %% of its share",
           guard_home_name(state->away), 100 * part);
}

static bool is_well(const struct deciding *d, enum guard_home home)
{
    const struct guard_home_state *known = &d->state->homes[home];
    bool is_heard = (d->policy->probes.url == NULL && d->policy->health_looks == 0) ||
                    known->is_unchecked || known->good_ms > known->bad_ms;
    return !known->is_down && is_heard && known->probe_bad == 0;
}

static void while_away(struct deciding *d)
{
    struct guard_state *state = d->state;
    enum guard_home home = state->away, carrier = other(home);
    const struct guard_home_state *known = &state->homes[home];
    int64_t wait_ms = d->policy->back_after_ms << known->relapses;
    if (state->homes[carrier].is_down) {
        leave(d, carrier);
        return;
    }
    state->is_alarmed = false;
    if (is_well(d, home) && d->seen->now_ms - known->bad_ms >= wait_ms &&
        d->seen->now_ms - known->moved_ms >= wait_ms)
        step_back(d, 0);
}

static void while_back(struct deciding *d)
{
    struct guard_state *state = d->state;
    enum guard_home home = state->away, carrier = other(home);
    if (state->homes[home].is_down)
        leave(d, home);
    else if (state->homes[carrier].is_down)
        leave(d, carrier);
    else if (d->seen->now_ms - state->stepped_ms >= d->policy->step_ms && is_well(d, home))
        step_back(d, state->step + 1);
}

static void while_watching(struct deciding *d)
{
    struct guard_state *state = d->state;
    bool is_failing = false;
    memcpy(state->normal, d->seen->weights, sizeof state->normal);
    memcpy(state->wished, d->seen->weights, sizeof state->wished);
    for (int i = 0; i < GUARD_HOMES && d->act->kind == GUARD_STAY; i++) {
        enum guard_home home = (enum guard_home)i;
        if (!state->homes[i].is_down || guard_share(state, state->normal, home) == 0)
            continue;
        is_failing = true;
        leave(d, home);
    }
    if (is_failing)
        return;
    state->is_alarmed = false;
    guard_cost_decide(d->policy, d->seen, state, d->act);
    if (d->act->kind != GUARD_SCALE)
        state->scaling_ms = 0;
}

/* The weights are not what they should be. false: somebody else has set them. */
static bool is_ours(struct deciding *d)
{
    struct guard_state *state = d->state;
    const unsigned *weights = d->seen->weights;
    if (!d->seen->has_new_groups && is_same(state, weights, state->wished))
        return true;
    if (!d->seen->has_new_groups && is_same(state, weights, state->tried)) {
        memcpy(d->act->weights, state->wished, sizeof d->act->weights);
        decide(d, GUARD_AGAIN, state->away, "the weights that were written last are not there");
        return true;
    }
    state->phase = GUARD_FOREIGN;
    decide(d, GUARD_YIELD, state->away,
           "somebody else has changed the weights: they stay until `duet guard clear`");
    return false;
}

/* In quiet times: the weights are neither what was wished nor what was there before. */
static bool is_changed(const struct deciding *d)
{
    const struct guard_state *state = d->state;
    return state->phase == GUARD_WATCH && !is_same(state, d->seen->weights, state->wished) &&
           !is_same(state, d->seen->weights, state->tried);
}

void guard_decide(const struct guard_policy *policy, const struct guard_seen *seen,
                  struct guard_state *state, struct guard_act *act)
{
    struct deciding d = {.policy = policy, .seen = seen, .state = state, .act = act};
    *act = (struct guard_act){.kind = GUARD_STAY};
    guard_signs(policy, seen, state);
    if (seen->has_rule)
        guard_cost_look(policy, seen, is_changed(&d), state);
    if (seen->has_new_groups && seen->is_locked && state->phase != GUARD_WATCH)
        state->phase = GUARD_FOREIGN; /* the canary's; nothing of ours is there any more */
    if (seen->has_rule && seen->is_locked && state->phase == GUARD_WATCH) {
        memcpy(state->wished, seen->weights, sizeof state->wished); /* a release's, nobody else's */
        memcpy(state->tried, seen->weights, sizeof state->tried);
    }
    if (!seen->has_rule || seen->is_locked || state->phase == GUARD_FOREIGN)
        return;
    if (state->phase == GUARD_WATCH) {
        /* The last step back may not have been written. */
        if (!is_same(state, seen->weights, state->wished) &&
            is_same(state, seen->weights, state->tried)) {
            (void)is_ours(&d);
            return;
        }
        while_watching(&d);
        if (state->phase == GUARD_WATCH && act->kind != GUARD_COST)
            memcpy(state->tried, state->wished, sizeof state->tried);
        return;
    }
    if (!is_ours(&d) || act->kind != GUARD_STAY)
        return;
    if (state->phase == GUARD_AWAY)
        while_away(&d);
    else
        while_back(&d);
}
