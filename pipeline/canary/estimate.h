#ifndef PIPELINE_CANARY_ESTIMATE_H
#define PIPELINE_CANARY_ESTIMATE_H

/*
 * estimate — how long a canary must bake before a regression of a given size is found.
 *
 * Layer:   canary. Pure.
 * Threads: plain functions.
 *
 * The promise: of canaries that are as bad as `detect_errors` of the policy names, judge_look has
 * failed a part of at least `power` by the end of `minutes`. The bench of the judge checks it.
 */

#include <stdint.h>

#include "pipeline/canary/judge.h"

/* The traffic that is expected. */
struct estimate_traffic {
    double requests_per_second; /* of all the rule's slots, above 0 */
    double share;               /* the canary's part of it, above 0 and below 1 */
    double stable_share;        /* stable's; 0: all the rest */
    double error_rate;          /* stable's, from 0 to below 1 */
    double window_minutes;      /* how often the judge looks: 1 on AWS */
};

struct estimate {
    double minutes;           /* whole windows */
    uint64_t canary_requests; /* in that time */
    uint64_t windows;
};

/* What `policy` needs with `traffic`.
 *
 * RC_OK · RC_SYNTAX: a member of `traffic` is outside of what stands there · RC_UNSUPPORTED: not
 * even LIMIT_CANARY_ESTIMATE_MINUTES are enough, or the policy asks for no power */
enum rc estimate_bake(const struct judge_policy *policy, const struct estimate_traffic *traffic,
                      struct estimate *estimate) MUST_CHECK;

/* `duet canary estimate`: argv[0] is "estimate", then its options; prints to stdout, errors to
 * stderr. Returns the exit status: 0 · 1 it cannot be done in any time · 2 bad usage. */
int canary_estimate(int argc, char **argv);

#endif
