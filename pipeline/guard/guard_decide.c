#include "pipeline/guard/guard_deciding.h"

#include <stdio.h>

#include "pipeline/guard/guard_cost.h"
#include "runtime/core/clock.h"

static const int64_t relapse_forgotten_ms = 3600 * 1000;
enum { DOUBLED_MOST = 3 }; /* relapses that still double the wait */

const char *guard_act_name(enum guard_act_kind kind)
{
    static const char *const names[] = {"stay",   "move",  "step",    "again", "cost",
                                        "shrink", "scale", "unscale", "alarm", "yield"};
    return names[kind];
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
static void set_weights(struct guard_deciding *d, enum guard_home home, double part)
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

/* How long a home must be well before its share comes back. */
static int64_t back_after_ms(const struct guard_deciding *d, const struct guard_home_state *known)
{
    unsigned relapses = known->relapses < DOUBLED_MOST ? known->relapses : DOUBLED_MOST;
    return d->policy->back_after_ms << relapses;
}

/* --- away --- */

enum carrying { CARRIES, CARRIES_LATER, CARRIES_NOT };

static bool has_target(const struct guard_home_state *known)
{
    return known->healthy > 0 || known->is_unchecked;
}

/* Whether `home` can carry all traffic; asks for tasks first where it has too few. A bad probe of
 * it says nothing yet: the next ones do. */
static enum carrying can_carry(struct guard_deciding *d, enum guard_home home, const char *why)
{
    const struct guard_home_state *known = &d->state->homes[home];
    unsigned tasks = d->policy->fargate.tasks;
    int64_t now_ms = d->seen->now_ms;
    bool is_scaled = home == GUARD_FARGATE && d->policy->fargate.service_count > 0;
    if (known->is_down || (!is_scaled && !has_target(known)))
        return CARRIES_NOT;
    if (has_target(known) && known->probe_bad > 0)
        return CARRIES_LATER;
    if (!is_scaled || known->healthy >= tasks)
        return CARRIES;
    if (d->state->scaling_ms == 0)
        d->state->scaling_ms = now_ms;
    if (now_ms - d->state->scaling_ms >= d->policy->scale_wait_ms)
        return has_target(known) ? CARRIES : CARRIES_NOT;
    guard_deciding_act(d, GUARD_SCALE, home, "%s: %u of %u tasks are healthy, and lambda fails: %s",
                       guard_home_name(home), known->healthy, tasks, why);
    return CARRIES_LATER;
}

static void alarm_once(struct guard_deciding *d, enum guard_home home)
{
    const struct guard_home_state *homes = d->state->homes;
    enum guard_home rest = other(home);
    if (d->state->is_alarmed)
        return;
    d->state->is_alarmed = true;
    guard_deciding_act(d, GUARD_ALARM, home,
                       "%s fails (%.90s), and %s cannot carry it (%.90s): the weights stay",
                       guard_home_name(home), homes[home].why, guard_home_name(rest),
                       homes[rest].is_down ? homes[rest].why : "no healthy target");
}

/* Two moves away from one home are `apart` from each other, as where somebody has cleared the state
 * while a share was away. */
static bool is_held(struct guard_deciding *d, enum guard_home home)
{
    const struct guard_home_state *known = &d->state->homes[home];
    int64_t until_ms = known->moved_ms + d->policy->apart_ms;
    char when[CLOCK_RFC3339_LEN + 1];
    if (!known->moved_ms || d->seen->now_ms >= until_ms)
        return false;
    if (d->state->is_held)
        return true;
    d->state->is_held = true;
    clock_rfc3339(until_ms, when);
    guard_deciding_act(d, GUARD_ALARM, home,
                       "%s fails (%.120s); it was left a short while ago, so "
                       "its share stays until %s",
                       guard_home_name(home), known->why, when);
    return true;
}

/* `home` fails and has a share. One that answers again, though not for long enough to be trusted,
 * is not left: what has held us up may be over only now. */
static void leave(struct guard_deciding *d, enum guard_home home)
{
    struct guard_state *state = d->state;
    struct guard_home_state *known = &state->homes[home];
    int64_t now_ms = d->seen->now_ms;
    char why[GUARD_WHY_MAX];
    if (known->probe_bad + known->health_bad + known->window_bad == 0)
        return;
    if (is_held(d, home))
        return;
    enum carrying carrying = can_carry(d, other(home), known->why);
    if (carrying == CARRIES_NOT)
        alarm_once(d, home);
    if (carrying != CARRIES)
        return;
    if (now_ms - known->moved_ms > relapse_forgotten_ms + back_after_ms(d, known))
        known->relapses = 0;
    else if (known->relapses < DOUBLED_MOST)
        known->relapses++;
    known->moved_ms = now_ms;
    state->is_alarmed = state->is_held = false;
    state->scaling_ms = 0;
    state->phase = GUARD_AWAY;
    state->away = home;
    set_weights(d, home, 0);
    (void)snprintf(why, sizeof why, "%s", known->why);
    guard_deciding_act(d, GUARD_MOVE, home, "%s fails: %.180s", guard_home_name(home), why);
}

/* --- back --- */

/* A record may be of a policy with more steps. */
static void step_back(struct guard_deciding *d, size_t step)
{
    struct guard_state *state = d->state;
    step = step < d->policy->step_count ? step : d->policy->step_count - 1;
    double part = d->policy->steps[step];
    state->step = step;
    state->stepped_ms = d->seen->now_ms;
    state->phase = part >= 1 ? GUARD_WATCH : GUARD_BACK;
    set_weights(d, state->away, part);
    guard_deciding_act(d, GUARD_STEP, state->away, "%s is well again: %g %% of its share",
                       guard_home_name(state->away), 100 * part);
}

static bool is_well(const struct guard_deciding *d, enum guard_home home)
{
    const struct guard_home_state *known = &d->state->homes[home];
    bool is_heard = (d->policy->probes.url == NULL && d->policy->health_looks == 0) ||
                    known->is_unchecked || known->good_ms > known->bad_ms;
    return !known->is_down && is_heard && known->probe_bad == 0;
}

static void while_away(struct guard_deciding *d)
{
    struct guard_state *state = d->state;
    enum guard_home home = state->away, carrier = other(home);
    const struct guard_home_state *known = &state->homes[home];
    int64_t wait_ms = back_after_ms(d, known);
    if (state->homes[carrier].is_down) {
        leave(d, carrier);
        return;
    }
    state->is_alarmed = state->is_held = false;
    if (is_well(d, home) && d->seen->now_ms - known->bad_ms >= wait_ms &&
        d->seen->now_ms - known->moved_ms >= wait_ms)
        step_back(d, 0);
}

/* The share of the last step has been seen: a home without probes and health checks, as Lambda's
 * may be, shows itself by the metrics of a whole window alone. */
static bool is_step_judged(const struct guard_deciding *d, enum guard_home home)
{
    const struct guard_policy *policy = d->policy;
    int64_t period_ms = (int64_t)policy->plan.period_s * 1000;
    return policy->probes.url || policy->metrics.windows == 0 ||
           !d->state->homes[home].is_unchecked ||
           d->state->window_ms - period_ms >= d->state->stepped_ms;
}

static void while_back(struct guard_deciding *d)
{
    struct guard_state *state = d->state;
    enum guard_home home = state->away, carrier = other(home);
    if (state->homes[home].is_down)
        leave(d, home);
    else if (state->homes[carrier].is_down)
        leave(d, carrier);
    else if (d->seen->now_ms - state->stepped_ms >= d->policy->step_ms && is_well(d, home) &&
             is_step_judged(d, home))
        step_back(d, state->step + 1);
}

/* Tasks that were asked for in case Lambda fails: it has been well for a while, and Fargate has no
 * more than it had then. */
static bool is_done_with_tasks(const struct guard_deciding *d)
{
    const struct guard_home_state *lambda = &d->state->homes[GUARD_LAMBDA];
    const struct guard_scaled *scaled = &d->state->scaled;
    return scaled->is_set && is_well(d, GUARD_LAMBDA) &&
           d->seen->now_ms - lambda->bad_ms >= d->policy->back_after_ms &&
           guard_share(d->state, d->state->normal, GUARD_FARGATE) <= scaled->share + 0.001;
}

static void while_watching(struct guard_deciding *d)
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
    state->is_alarmed = state->is_held = false;
    if (is_done_with_tasks(d))
        guard_deciding_act(d, GUARD_UNSCALE, GUARD_FARGATE,
                           "lambda is well again: '%.100s' gets %u tasks, as before",
                           state->scaled.service, state->scaled.desired);
    else
        guard_cost_decide(d->policy, d->seen, state, d->act);
    if (d->act->kind != GUARD_SCALE)
        state->scaling_ms = 0;
}

/* --- weights that are not what was wished --- */

/* A move that was never made, of a home that is well by now. */
static void give_up(struct guard_state *state)
{
    state->phase = GUARD_WATCH;
    state->untold.at_ms = 0;
    memcpy(state->wished, state->tried, sizeof state->wished);
}

/* A share that was to come back, to a home that fails by now. */
static void stay_away(struct guard_deciding *d)
{
    struct guard_state *state = d->state;
    bool is_step = is_same(state, state->wished, state->normal);
    if (state->phase == GUARD_WATCH && is_step)
        state->phase = GUARD_BACK;
    state->untold.at_ms = 0;
    memcpy(state->wished, state->tried, sizeof state->wished);
}

/* The last write has not come to be: once more, where it is still right. */
static void write_again(struct guard_deciding *d)
{
    struct guard_state *state = d->state;
    struct guard_home_state *homes = state->homes;
    enum guard_home home = state->away, carrier = other(home);
    bool is_away = state->phase == GUARD_AWAY;
    if (is_away && !homes[home].is_down && is_same(state, state->tried, state->normal)) {
        give_up(state);
        return;
    }
    if (is_away && (homes[carrier].is_down || !has_target(&homes[carrier]))) {
        alarm_once(d, home);
        return;
    }
    if (!is_away && (homes[GUARD_LAMBDA].is_down || homes[GUARD_FARGATE].is_down)) {
        stay_away(d);
        return;
    }
    memcpy(d->act->weights, state->wished, sizeof d->act->weights);
    if (is_away)
        guard_deciding_act(d, GUARD_AGAIN, home, "once more: %s fails: %.180s",
                           guard_home_name(home), homes[home].why);
    else
        guard_deciding_act(d, GUARD_AGAIN, home,
                           "once more: the weights that were written are not there");
}

/* false: somebody else has set the weights. What is there can be taken back by a person from then
 * on: it is not a write of ours that is late. */
static bool is_ours(struct guard_deciding *d)
{
    struct guard_state *state = d->state;
    const unsigned *weights = d->seen->weights;
    if (!d->seen->has_new_groups && is_same(state, weights, state->wished)) {
        memcpy(state->tried, state->wished, sizeof state->tried);
        return true;
    }
    if (!d->seen->has_new_groups && is_same(state, weights, state->tried)) {
        write_again(d);
        return true;
    }
    guard_yield(d, "somebody else has changed the weights: they stay until `duet guard clear`");
    return false;
}

/* In quiet times: the weights are neither what was wished nor what was there before. */
static bool is_changed(const struct guard_deciding *d)
{
    const struct guard_state *state = d->state;
    return state->phase == GUARD_WATCH && !is_same(state, d->seen->weights, state->wished) &&
           !is_same(state, d->seen->weights, state->tried);
}

static void decide(struct guard_deciding *d)
{
    const struct guard_seen *seen = d->seen;
    struct guard_state *state = d->state;
    struct guard_act *act = d->act;
    if (!is_same(state, seen->weights, state->wished) &&
        !is_same(state, seen->weights, state->tried))
        state->untold.at_ms = 0; /* whatever it was, it is no more */
    if (seen->is_locked || state->phase == GUARD_FOREIGN) {
        guard_leave_alone(d);
        return;
    }
    if (state->phase == GUARD_WATCH) {
        /* The last step back may not have been written. */
        if (!is_same(state, seen->weights, state->wished) &&
            is_same(state, seen->weights, state->tried)) {
            write_again(d);
            if (act->kind == GUARD_AGAIN)
                return;
        }
    }
    if (state->phase == GUARD_WATCH) {
        while_watching(d);
        if (state->phase == GUARD_WATCH && act->kind != GUARD_COST)
            memcpy(state->tried, state->wished, sizeof state->tried);
        return;
    }
    if (!is_ours(d) || act->kind != GUARD_STAY)
        return;
    if (state->phase == GUARD_AWAY)
        while_away(d);
    else if (state->phase == GUARD_BACK)
        while_back(d);
}

/* For those who look at the state. */
static int64_t next_ms(const struct guard_deciding *d)
{
    const struct guard_state *state = d->state;
    const struct guard_home_state *known = &state->homes[state->away];
    int64_t last_ms = known->bad_ms > known->moved_ms ? known->bad_ms : known->moved_ms;
    if (state->phase == GUARD_AWAY)
        return last_ms + back_after_ms(d, known);
    if (state->phase == GUARD_BACK)
        return state->stepped_ms + d->policy->step_ms;
    return 0;
}

void guard_decide(const struct guard_policy *policy, const struct guard_seen *seen,
                  struct guard_state *state, struct guard_act *act)
{
    struct guard_deciding d = {.policy = policy, .seen = seen, .state = state, .act = act};
    *act = (struct guard_act){.kind = GUARD_STAY};
    guard_signs(policy, seen, state);
    if (!seen->has_rule)
        return;
    guard_cost_look(policy, seen, is_changed(&d), state);
    decide(&d);
    state->next_ms = next_ms(&d);
}
