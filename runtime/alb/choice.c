/*
 * The rotation is a smooth weighted one: at each choice every candidate earns its share, the one
 * with the most credit is taken and pays what all earned together. With equal shares this is plain
 * round robin; with others, each target's turns are spread evenly.
 */
#include "runtime/alb/choice.h"

void choice_slow_start(struct choice *target, struct choice *const *all, size_t count,
                       enum alb_algorithm algorithm, unsigned duration_s, int64_t now_ms)
{
    bool has_full = false;
    for (size_t i = 0; i < count; i++)
        has_full |= all[i] != target && all[i]->is_eligible && !all[i]->slow_since_ms;
    target->slow_since_ms = has_full && duration_s && algorithm == ALB_ROUND_ROBIN ? now_ms : 0;
}

unsigned choice_share(struct choice *target, unsigned duration_s, int64_t now_ms)
{
    int64_t whole_ms = (int64_t)duration_s * 1000, past_ms = now_ms - target->slow_since_ms;
    if (target->slow_since_ms && past_ms >= whole_ms)
        choice_slow_end(target);
    if (!target->slow_since_ms)
        return CHOICE_FULL_SHARE;
    int64_t share = past_ms * CHOICE_FULL_SHARE / whole_ms;
    return share > 0 ? (unsigned)share : 1;
}

/* Whether it is a candidate: eligible, and with none more in flight than `in_flight_max`. */
static bool is_candidate(const struct choice *target, unsigned in_flight_max)
{
    return target->is_eligible && target->in_flight <= in_flight_max;
}

static struct choice *rotate(struct choice *const *all, size_t count, unsigned in_flight_max,
                             unsigned duration_s, int64_t now_ms)
{
    struct choice *best = NULL;
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        struct choice *target = all[i];
        if (!target->is_eligible)
            target->_credit = 0; /* it comes back without claims from before */
        if (!is_candidate(target, in_flight_max))
            continue;
        unsigned share = choice_share(target, duration_s, now_ms);
        target->_credit += share;
        sum += share;
        if (!best || target->_credit > best->_credit)
            best = target;
    }
    if (best)
        best->_credit -= sum;
    return best;
}

static unsigned least_in_flight(struct choice *const *all, size_t count)
{
    unsigned least = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        if (all[i]->is_eligible && all[i]->in_flight < least)
            least = all[i]->in_flight;
    return least;
}

static struct choice *pick_by_chance(struct choice *const *all, size_t count,
                                     struct random_state *random)
{
    size_t eligible = 0, i = 0;
    for (size_t j = 0; j < count; j++)
        eligible += all[j]->is_eligible;
    if (!eligible)
        return NULL;
    for (uint64_t ticket = random_below(random, eligible);; i++) {
        if (!all[i]->is_eligible)
            continue;
        if (ticket-- == 0)
            return all[i];
    }
}

struct choice *choice_pick(struct choice *const *all, size_t count, enum alb_algorithm algorithm,
                           unsigned duration_s, int64_t now_ms, struct random_state *random)
{
    switch (algorithm) {
    case ALB_ROUND_ROBIN:
        return rotate(all, count, UINT32_MAX, duration_s, now_ms);
    case ALB_LEAST_OUTSTANDING:
        return rotate(all, count, least_in_flight(all, count), 0, now_ms);
    case ALB_WEIGHTED_RANDOM:
        return pick_by_chance(all, count, random);
    }
    return NULL;
}
