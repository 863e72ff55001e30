#ifndef PIPELINE_CANARY_JUDGE_H
#define PIPELINE_CANARY_JUDGE_H

/*
 * judge — is the canary worse than stable? Asked after every interval, answered so that asking
 * often costs nothing.
 *
 * Layer:   canary. Pure: no clock, no I/O; what it says follows from the policy and the samples
 *          alone, so that a recorded run can be judged again.
 * Memory:  judge_new allocates all that it ever needs.
 * Threads: one thread at a time for each judge.
 *
 * Use: 1. judge_policy_init, fill in, judge_policy_check   2. judge_new
 *      3. judge_step at the start of each step   4. judge_look once for each window
 *
 * Principle: each window's errors are compared given how many there were in both slots, and only by
 * whose requests they fell on (Fisher's conditioning); the ratios of likelihoods that come of it
 * are multiplied up over all windows of the run into an e-process. A check fails when it reaches 1
 * / (its part of alpha), which happens to an equal canary with a probability of at most that part
 * in the whole run, however often one looks (Ville's inequality). "Slow" is judged like "wrong":
 * by the requests beyond a latency that both slots' requests together, or stable's in the windows
 * before, exceed in a given part.
 * README.md of this folder has the proof and the measured rates.
 */

#include <stddef.h>
#include <stdint.h>

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

enum {
    JUDGE_BINS_MAX = 512, /* distinct upper bounds in one run; runtime/core/histogram.h has 432 */
    JUDGE_WHY_BYTES = 320,
};

/* `count` requests took at most `upper_ms`, and more than the bin below it allows. */
struct judge_bin {
    double upper_ms; /* above 0; INFINITY is allowed for the last one */
    uint64_t count;
};

/* What one slot did in one window. */
struct judge_side {
    uint64_t requests; /* sent to the slot; what the load balancer answered in its place counts */
    uint64_t errors; /* of these: 5xx of the target, Lambda errors, 502-504 made by the balancer */
    /* Latency, ascending by upper_ms. All samples of a run must cut at the same bounds (a grid), of
     * which each may use a part: bins without a request may be left out, but a bin is taken to
     * begin at the bound below it that the run has shown. Borrowed for the call. */
    const struct judge_bin *bins;
    size_t bin_count; /* 0: no latency is known for this window */
};

/* One window: the same stretch of time for both slots. */
struct judge_sample {
    int64_t start_ms; /* since the epoch; the judge passes it through to the recording only */
    double minutes;   /* how long it is, above 0 */
    struct judge_side stable, canary;
};

/* What is asked of the canary. judge_policy_init says the values that a plan need not name. */
struct judge_policy {
    double alpha;          /* 0.01: chance of a false alarm of all checks together in a whole run */
    double power;          /* 0.95: chance that what `detect_*` name is found before a pass; 0: do
                            * not ask for it, requests_min alone decides */
    uint64_t requests_min; /* 100: canary requests in a step before it can pass */
    unsigned confirm;      /* 2: windows that must speak against the canary, at least half of what a
                            * failure takes without the worst one; 1: one bad minute may do */
    double error_ratio; /* 1: odds of an error, canary to stable, that are tolerated; 0: no check */
    double error_floor; /* 0: an error rate that is tolerated, however good stable is */
    double detect_errors;    /* 0.01: rate on top of stable's that a pass must exclude */
    double latency_quantile; /* 0.99: where the tail begins that is compared and limited */
    double latency_ratio;    /* 1.1: latency, canary to stable, that is tolerated; 0: no check */
    double detect_latency;   /* 1.5: latency, canary to stable, that a pass must exclude */
    double error_rate_max;   /* 0: no limit; else the greatest rate, whatever stable does */
    double latency_max_ms;   /* 0: no limit; else of the quantile above */
};

enum judge_verdict { JUDGE_PASS, JUDGE_FAIL, JUDGE_INCONCLUSIVE, JUDGE_NO_DATA };

/* The checks, in the order in which judge_look reports them. */
enum judge_check {
    JUDGE_ERRORS,        /* error rate against stable */
    JUDGE_LATENCY,       /* latency against stable, from the quantile's neighbourhood up */
    JUDGE_ERROR_LIMIT,   /* error rate against error_rate_max */
    JUDGE_LATENCY_LIMIT, /* the quantile against latency_max_ms */
    JUDGE_CHECKS,
};

/* What one check found. Rates are parts of 1, latencies milliseconds. */
struct judge_result {
    enum judge_check check;
    enum judge_verdict verdict;
    double figure;  /* the canary's error rate, or its quantile, since the run's start */
    double bound;   /* what it is held against: stable's figure times the ratio, or the limit */
    double p_value; /* holds at every look: at most 1 / (evidence); see alpha */
    double alpha;   /* this check's part of the policy's */
    uint64_t requests_needed; /* canary requests still needed; 0 unless inconclusive or no data */
    double minutes_needed;    /* at the rate of this step; negative: unknown, no request came yet */
    char why[JUDGE_WHY_BYTES]; /* one plain sentence */
};

struct judge_report {
    enum judge_verdict verdict; /* fail, else no data, else inconclusive, else pass: the worst */
    uint64_t requests_needed;   /* the most of all checks */
    double minutes_needed;      /* likewise; negative: unknown */
    const struct judge_result *worst; /* the check that decided; into `results` */
    size_t count;
    struct judge_result results[JUDGE_CHECKS]; /* of the checks that the policy asks for */
};

struct judge;

/* The values that stand beside the members above. */
void judge_policy_init(struct judge_policy *policy);

/* NULL when `policy` can be judged by, else what is wrong with it: names the member, static text.
 */
const char *judge_policy_check(const struct judge_policy *policy);

/* A judge at the start of a run, before its first step. `policy` is copied and has passed
 * judge_policy_check. NULL: no memory. The caller frees it with judge_free. */
struct judge *judge_new(const struct judge_policy *policy);

/* Works on NULL. */
void judge_free(struct judge *judge);

/* A step begins: requests are counted anew for requests_min and for the pace. The evidence goes on:
 * alpha holds for the run as a whole. */
void judge_step(struct judge *judge);

/* Takes one window in and says what is known after it. A window of a slot without a request is a
 * window all the same. Where stable has none, the canary is held against what stable did before.
 *
 * report  out
 *
 * RC_OK · RC_SYNTAX: the sample contradicts itself (more errors than requests, bins not ascending,
 * no length), nothing was taken in · RC_BODY_LIMIT: over JUDGE_BINS_MAX bounds, likewise */
enum rc judge_look(struct judge *judge, const struct judge_sample *sample,
                   struct judge_report *report) MUST_CHECK;

/* "pass", "fail", "inconclusive", "no data". */
const char *judge_verdict_name(enum judge_verdict verdict);

/* "errors", "latency", "error limit", "latency limit". */
const char *judge_check_name(enum judge_check check);

#endif
