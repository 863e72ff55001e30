#ifndef TESTS_SUPPORT_CANARY_PEERS_H
#define TESTS_SUPPORT_CANARY_PEERS_H

/*
 * canary_peers — the rules by which other canary tools decide, written anew from what they say they
 * do, to be held against the judge on the same traffic.
 */

#include "tests/support/canary_traffic.h"

enum { PEER_WINDOWS_MAX = 128 };

/* What these tools see of a window and slot: one number a metric. */
struct peer_point {
    uint64_t requests;
    double error_rate, p99_ms;
};

struct peer_run {
    struct peer_point stable[PEER_WINDOWS_MAX], canary[PEER_WINDOWS_MAX];
    unsigned windows;
};

/* The next window; those over PEER_WINDOWS_MAX are left out. */
void peer_run_add(struct peer_run *run, const struct judge_sample *sample);

/* Both return the window of the rollback, from 1; 0: none. */

/* Flagger: each interval a check fails when the canary's rate of success or its p99 is beyond a
 * fixed threshold, or when there is no request; `failures_max` failed checks roll back. Stable is
 * not looked at. */
struct flagger {
    double error_rate_max, p99_max_ms;
    unsigned failures_max;
};
unsigned peer_flagger(const struct flagger *flagger, const struct peer_run *run);

/* Kayenta: each metric, error rate and p99, as a point a minute for either slot; a metric is "High"
 * when the lower end of the Mann-Whitney (Hodges-Lehmann) confidence interval of the difference is
 * above `tolerance` times the estimate's size, and one that is High ends the canary. Judged after
 * each `every` windows, over all points since the start, and after the last. */
struct kayenta {
    double confidence, tolerance;
    unsigned every;
};
unsigned peer_kayenta(const struct kayenta *kayenta, const struct peer_run *run);

#endif
