#include "pipeline/guard/guard_deciding.h"

#include <stdarg.h>
#include <stdio.h>

void guard_deciding_act(struct guard_deciding *d, enum guard_act_kind kind, enum guard_home home,
                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    d->act->kind = kind;
    d->act->home = home;
    (void)vsnprintf(d->act->why, sizeof d->act->why, format, args);
    va_end(args);
}

void guard_yield(struct guard_deciding *d, const char *why)
{
    d->state->phase = GUARD_FOREIGN;
    d->state->is_alarmed = d->state->is_held = false;
    memcpy(d->state->wished, d->seen->weights, sizeof d->state->wished);
    guard_deciding_act(d, GUARD_YIELD, d->state->away, "%s", why);
}

/* The weights are not ours to change, and a home that has a share fails. */
static void tell_others(struct guard_deciding *d, const char *whose)
{
    struct guard_state *state = d->state;
    bool is_failing = false;
    for (int i = 0; i < GUARD_HOMES; i++) {
        enum guard_home home = (enum guard_home)i;
        if (!state->homes[i].is_down || guard_share(state, d->seen->weights, home) == 0)
            continue;
        is_failing = true;
        if (!state->is_alarmed && d->act->kind == GUARD_STAY)
            guard_deciding_act(d, GUARD_ALARM, home, "%s fails (%.120s), and the weights stay: %s",
                               guard_home_name(home), state->homes[i].why, whose);
    }
    state->is_alarmed = is_failing && (state->is_alarmed || d->act->kind == GUARD_ALARM);
}

void guard_leave_alone(struct guard_deciding *d)
{
    struct guard_state *state = d->state;
    const unsigned *weights = d->seen->weights;
    if (state->phase == GUARD_WATCH) { /* a release's, nobody else's */
        memcpy(state->wished, weights, sizeof state->wished);
        memcpy(state->tried, weights, sizeof state->tried);
    }
    if (state->phase == GUARD_FOREIGN)
        memcpy(state->wished, weights, sizeof state->wished);
    else if (state->phase != GUARD_WATCH && d->seen->has_new_groups)
        guard_yield(d, "a canary has brought other target groups: its weights stay until "
                       "`duet guard clear`");
    tell_others(d, d->seen->is_locked ? "a canary has the lock"
                                      : "somebody has set them, until `duet guard clear`");
}
