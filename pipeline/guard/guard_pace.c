#include "pipeline/guard/guard_pace.h"

int64_t guard_pace_interval_ms(const struct guard_probes *probes, double rate)
{
    double per_second = rate * probes->part;
    if (probes->interval_ms)
        return probes->interval_ms;
    if (per_second * GUARD_PACE_SLOWEST_MS <= 1000)
        return GUARD_PACE_SLOWEST_MS;
    if (per_second * GUARD_PACE_FASTEST_MS >= 1000)
        return GUARD_PACE_FASTEST_MS;
    return (int64_t)(1000 / per_second);
}

int64_t guard_pace_confirm_ms(const struct guard_probes *probes, int64_t interval_ms)
{
    int64_t others = probes->failures > 1 ? (int64_t)probes->failures - 1 : 1;
    int64_t confirm_ms = interval_ms / others;
    if (confirm_ms < probes->confirm_ms)
        confirm_ms = probes->confirm_ms;
    return confirm_ms < interval_ms ? confirm_ms : interval_ms;
}

int64_t guard_pace_next_ms(const struct guard_pace *pace)
{
    int64_t interval_ms = guard_pace_interval_ms(pace->probes, pace->rate);
    bool is_confirming = pace->bad > 0 && pace->bad < pace->probes->failures;
    return pace->sent_ms +
           (is_confirming ? guard_pace_confirm_ms(pace->probes, interval_ms) : interval_ms);
}

bool guard_pace_answer(struct guard_pace *pace, bool is_good)
{
    if (is_good)
        pace->bad = 0;
    else if (pace->bad <= pace->probes->failures)
        pace->bad++;
    return !is_good && pace->bad <= pace->probes->failures;
}
