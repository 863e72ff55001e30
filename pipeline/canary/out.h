#ifndef PIPELINE_CANARY_OUT_H
#define PIPELINE_CANARY_OUT_H

/*
 * out — what a canary tells: lines for people or JSON lines, and a recording for `duet canary
 * judge` and `duet canary report`.
 *
 * Layer:   canary.
 * Memory:  streams are borrowed.
 *
 * The JSON lines are those of recording.h. Lines that nobody can take any more are lost without a
 * word: a canary must not end because a terminal has.
 */

#include <stdio.h>

#include "pipeline/canary/recording.h"

struct canary_out {
    FILE *stream; /* NULL: silent */
    bool is_json;
    FILE *record; /* NULL: none */
};

/* How far a step is. */
struct out_progress {
    unsigned step, step_count; /* from 1 */
    double share;
    int64_t baked_ms, bake_ms;
    uint64_t requests, requests_needed;
};

void out_run(struct canary_out *out, int64_t at_ms, const char *name, const char *text,
             const struct judge_policy *policy);
/* The first window that is all the step's comes next. Text has no line for it. */
void out_step(struct canary_out *out, int64_t at_ms, const struct out_progress *progress);

/* One window: the bar of its step, and the verdict. progress NULL: it is of the time before the
 * step, which is no news for people. */
void out_window(struct canary_out *out, int64_t at_ms, const struct judge_sample *sample,
                const struct judge_report *report, const struct out_progress *progress);

/* Anything else that happens; `type` is a word: "lock", "prepare", "smoke", "hook", "retry" ... */
void out_say(struct canary_out *out, int64_t at_ms, const char *type, const char *format, ...)
    PRINTF_LIKE(4, 5);

void out_end(struct canary_out *out, int64_t at_ms, const char *outcome, const char *why);

#endif
