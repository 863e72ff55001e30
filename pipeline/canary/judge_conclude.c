#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "pipeline/canary/judge_internal.h"

static const double most_needed = 1e15;

void judge_text(char *text, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, size, format, args);
    va_end(args);
}

/* Canary requests still needed, for the minimum of the step and for the power. */
static double still_needed(const struct judge *judge, const struct judge_state *state)
{
    double least = (double)judge->policy.requests_min - (double)state->step_n;
    return fmax(0, fmax(least, state->needed - state->had));
}

static double minutes_for(const struct judge *judge, const struct judge_state *state,
                          double requests)
{
    if (requests <= 0)
        return 0;
    if (state->step_n == 0 || requests > most_needed)
        return -1;
    return ceil(requests * judge->step_minutes / (double)state->step_n);
}

static enum judge_verdict verdict_of(const struct judge *judge, const struct judge_state *state,
                                     double needed)
{
    bool is_confirmed = judge->policy.confirm == 1 || state->log_without >= judge->log_bound / 2;
    if (state->log_value >= judge->log_bound && is_confirmed)
        return JUDGE_FAIL;
    if (!state->has_data)
        return JUDGE_NO_DATA;
    if (state->log_value >= judge->log_bound || state->over || needed > 0)
        return JUDGE_INCONCLUSIVE;
    return JUDGE_PASS;
}

static void say_what_is_needed(const struct judge *judge, const struct judge_state *state,
                               struct judge_result *result)
{
    char time[48] = "";
    if (result->minutes_needed > 0)
        judge_text(time, sizeof time, ", about %.0f min at this pace", result->minutes_needed);
    if (state->needed - state->had > most_needed)
        judge_text(result->why, sizeof result->why, "%s: %s cannot be found in any time",
                   state->figures, state->regression);
    else if (state->needed > state->had)
        judge_text(result->why, sizeof result->why,
                   "%s: %llu more canary requests%s until %s would be found", state->figures,
                   (unsigned long long)result->requests_needed, time, state->regression);
    else
        judge_text(result->why, sizeof result->why,
                   "%s: %llu more canary requests%s until there are %llu in this step",
                   state->figures, (unsigned long long)result->requests_needed, time,
                   (unsigned long long)judge->policy.requests_min);
}

static void say_inconclusive(const struct judge *judge, const struct judge_state *state,
                             struct judge_result *result)
{
    if (state->log_value >= judge->log_bound)
        judge_text(result->why, sizeof result->why,
                   "%s: worse, but in one window; another one like it decides", state->figures);
    else if (result->requests_needed > 0)
        say_what_is_needed(judge, state, result);
    else
        judge_text(result->why, sizeof result->why, "%s: %s, but not for certain", state->figures,
                   state->over);
}

static void say_why(const struct judge *judge, const struct judge_state *state,
                    struct judge_result *result)
{
    switch (result->verdict) {
    case JUDGE_FAIL:
        judge_text(result->why, sizeof result->why,
                   "%s: a canary that keeps to the bound looks like that with a probability of at "
                   "most %.2g",
                   state->figures, result->p_value);
        break;
    case JUDGE_NO_DATA:
        judge_text(result->why, sizeof result->why, "%s", state->missing);
        break;
    case JUDGE_INCONCLUSIVE:
        say_inconclusive(judge, state, result);
        break;
    case JUDGE_PASS:
        if (state->needed > 0)
            judge_text(result->why, sizeof result->why, "%s: %s would have been found",
                       state->figures, state->regression);
        else
            judge_text(result->why, sizeof result->why, "%s: no sign that it is worse",
                       state->figures);
        break;
    }
}

void judge_conclude(const struct judge *judge, const struct judge_state *state,
                    struct judge_result *result)
{
    double needed = still_needed(judge, state);
    result->p_value = fmin(1, exp(-state->log_value));
    result->verdict = verdict_of(judge, state, needed);
    if (result->verdict == JUDGE_INCONCLUSIVE || result->verdict == JUDGE_NO_DATA) {
        result->requests_needed = (uint64_t)ceil(fmin(needed, most_needed));
        result->minutes_needed = minutes_for(judge, state, needed);
    }
    say_why(judge, state, result);
}
