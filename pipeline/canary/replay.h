#ifndef PIPELINE_CANARY_REPLAY_H
#define PIPELINE_CANARY_REPLAY_H

/*
 * replay — a recorded run, judged again: line by line, by its own policy or by another.
 *
 * Layer:   canary.
 * Threads: plain functions.
 */

#include "pipeline/canary/recording.h"

/* What replay_run calls, in the order of the lines. */
struct replay_visitor {
    void (*step)(void *context, int64_t at_ms, unsigned step, double share);
    /* `then` is the verdict that stands in the recording for this sample, or -1: none does. */
    void (*looked)(void *context, const struct judge_sample *sample,
                   const struct judge_report *report, int then);
    /* A line of another type that has a text; views into the line. */
    void (*event)(void *context, int64_t at_ms, struct bytes type, struct bytes text);
    void (*end)(void *context, int64_t at_ms, struct bytes outcome);
    /* Before all others, and again where a run was resumed. */
    void (*run)(void *context, int64_t at_ms, struct bytes plan);
};

/* Judges the lines of `text`; members of `visitor` may be NULL. A last line that was cut off (the
 * writer was killed) is passed over.
 *
 * policy  NULL: the recording's own
 * error   out on RC_SYNTAX: "line 7: ..." */
enum rc replay_run(struct bytes text, const struct judge_policy *policy,
                   const struct replay_visitor *visitor, void *context,
                   char error[RECORDING_ERROR_BYTES]) MUST_CHECK;

/* `duet canary judge RECORDING`: prints each window's verdict and why, and where it differs from
 * the recorded one. Returns the exit status: that of the last verdict (0 pass, 1 fail, 3
 * inconclusive or no data) · 2 bad usage, or no recording · 4 a verdict differs from the recorded
 * one. */
int canary_judge(int argc, char **argv);

#endif
