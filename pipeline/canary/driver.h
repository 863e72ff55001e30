#ifndef PIPELINE_CANARY_DRIVER_H
#define PIPELINE_CANARY_DRIVER_H

/*
 * driver — what a canary asks of the world: a clock, the rule, notes that outlive it, metrics.
 *
 * Layer:   canary. aws_driver.h is the one for AWS and the rig; tests have one of their own.
 * Threads: one thread.
 *
 * Each call but now_ms and wait may fail with RC_THROTTLED, RC_UNREACHABLE or RC_TIMEOUT (it may
 * help to ask again), RC_REFUSED (no permission, no such thing), RC_SYNTAX (an answer that is none)
 * or RC_NOMEM; then `why`, of CANARY_WHY_MAX bytes, says in one line what failed.
 */

#include "pipeline/canary/judge.h"
#include "pipeline/canary/state.h"

/* A parameter of the Systems Manager. */
struct canary_note {
    const char *text; /* in the driver's memory, until its next call */
    size_t len;
    int64_t version;
    int64_t modified_ms; /* by AWS's clock */
};

/* Requests of our own, among those of the users. */
struct canary_load {
    uint64_t sent, failed;
};

struct canary_driver {
    void *context;
    int64_t (*now_ms)(void *context); /* since the epoch */
    /* Waits, less where somebody sends a signal. false: we are told to end. */
    bool (*wait)(void *context, int64_t ms);

    /* Finds the rule, by the plan's `rule` at first and by rule->arn, where it is set, later. */
    enum rc (*rule_read)(void *context, struct canary_rule *rule, char *why);
    enum rc (*rule_write)(void *context, const struct canary_rule *rule, char *why);

    /* RC_NOT_FOUND: there is no such note. */
    enum rc (*note_read)(void *context, const char *name, struct canary_note *note, char *why);
    /* RC_EXISTS: it is there, and `overwrite` is false. */
    enum rc (*note_write)(void *context, const char *name, struct bytes text, bool overwrite,
                          int64_t *version, char *why);
    enum rc (*note_remove)(void *context, const char *name, char *why);

    /* Gives the canary's slot what it needs for `part` (0 to 1) of what it and the stable slot have
     * together, and looks whether it is there and healthy. RC_AGAIN: not yet; RC_CONFLICT: it never
     * will be; `why`. */
    enum rc (*prepare)(void *context, const struct canary_state *state, double part, char *why);
    /* Requests to the canary's slot through the pin rule. RC_CONFLICT: an answer was wrong. */
    enum rc (*smoke)(void *context, const struct canary_state *state, char *why);
    /* What both slots did from start_ms to end_ms; bins live until the next call. */
    enum rc (*sample)(void *context, const struct canary_state *state, int64_t start_ms,
                      int64_t end_ms, struct judge_sample *sample, char *why);
    /* RC_CONFLICT: an alarm is in ALARM, or the canary's slot has no healthy target; `why`. */
    enum rc (*alarms)(void *context, const struct canary_state *state, char *why);
    /* Runs the plan's hooks of a point. RC_CONFLICT: one of them failed. */
    enum rc (*hooks)(void *context, const struct canary_state *state, enum plan_point point,
                     char *why);
    /* How many requests of the plan's load there were so far. NULL, or false: it has none. */
    bool (*load)(void *context, struct canary_load *load);
    /* The slot `index` needs nothing any more. */
    enum rc (*retire)(void *context, const struct canary_state *state, size_t index, char *why);
};

#endif
