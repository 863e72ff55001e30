#include <string.h>

#include "pipeline/guard/guard_state.h"

/*
 * Which group stands for a home that has no weight in the rule. The one that had weight last, as
 * what it runs has served; but once the other home's traffic has gone on to another slot, a release
 * was promoted there, and has been put into this home's last slot too (pipeline/environment.sh: the
 * idle slot of a home without traffic). One without a target stands for nothing where another has
 * some.
 */

static bool is_of(const struct guard_state *state, size_t group, enum guard_home home)
{
    return group < state->count && guard_home_of(bytes_from_str(state->groups[group])) == home;
}

static size_t last_by_name(const struct guard_state *state, enum guard_home home)
{
    size_t last = SHARES_MAX;
    for (size_t i = 0; i < state->count; i++)
        if (is_of(state, i, home) &&
            (last == SHARES_MAX || strcmp(state->groups[i], state->groups[last]) > 0))
            last = i;
    return last;
}

static size_t heaviest(const struct guard_state *state, const unsigned *weights,
                       enum guard_home home)
{
    size_t best = SHARES_MAX;
    for (size_t i = 0; i < state->count; i++)
        if (is_of(state, i, home) && weights[i] > 0 &&
            (best == SHARES_MAX || weights[i] > weights[best]))
            best = i;
    return best;
}

size_t guard_group(const struct guard_state *state, enum guard_home home)
{
    size_t best = heaviest(state, state->normal, home), known = state->stand_in[home];
    if (best < SHARES_MAX)
        return best;
    return known > 0 && is_of(state, known - 1, home) ? known - 1 : last_by_name(state, home);
}

void guard_stand_in_look(struct guard_state *state, const unsigned *weights)
{
    bool is_released = false;
    for (int i = 0; i < GUARD_HOMES; i++) {
        size_t best = heaviest(state, weights, (enum guard_home)i);
        if (best == SHARES_MAX)
            continue;
        is_released |= state->stand_in[i] > 0 && state->stand_in[i] != best + 1;
        state->stand_in[i] = (unsigned)best + 1;
    }
    for (int i = 0; i < GUARD_HOMES && is_released; i++)
        if (heaviest(state, weights, (enum guard_home)i) == SHARES_MAX)
            state->stand_in[i] = (unsigned)last_by_name(state, (enum guard_home)i) + 1;
}

size_t guard_stand_in_other(const struct guard_state *state, enum guard_home home, size_t after)
{
    if (heaviest(state, state->normal, home) < SHARES_MAX)
        return SHARES_MAX;
    for (size_t i = after; i < state->count; i++)
        if (is_of(state, i, home) && i != guard_group(state, home))
            return i;
    return SHARES_MAX;
}
