#ifndef TESTS_SUPPORT_CANARY_TRAFFIC_H
#define TESTS_SUPPORT_CANARY_TRAFFIC_H

/*
 * canary_traffic — seeded traffic of a stable and a canary slot, window by window, as a load
 * balancer would count it.
 *
 * Each request falls on a slot at random, fails with the slot's rate, and takes as long as one of
 * two kinds: the fast one (19 of 20, median 20 ms) or the slow one (median 80 ms), both log-normal.
 * Equal seeds give equal traffic.
 */

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/canary/judge.h"

enum traffic_shape {
    TRAFFIC_EVEN,
    TRAFFIC_WAVES,  /* by 80 % up and down, with minutes of five times as much */
    TRAFFIC_GROWING /* the canary's share: 1, 5, 10, 25, 50 %, a fifth of the windows each */
};

struct traffic_case {
    const char *name;
    double requests; /* in a window, of both slots together; 0: 2000 */
    double share;    /* the canary's part; 0: 0.1 */
    unsigned windows;
    double error_rate; /* stable's */
    enum traffic_shape shape;
    double shared_noise; /* standard deviation of the log of each minute's error rate; a fifth of
                          * it goes to latency. The same for both slots */
    double own_noise;    /* standard deviation of the log of each slot's latency in each minute */
    unsigned coarse;     /* bins of the grid that are reported as one; 0: each by itself */
    /* What is wrong with the canary. */
    unsigned from_window; /* from here on; 0 is the first */
    double error_times;   /* its error rate, in stable's; 0: 1 */
    double error_more;    /* and besides */
    double all_times;     /* its latencies, in stable's; 0: 1 */
    double slow_times;    /* those of the slow kind alone; 0: 1 */
};

struct traffic;

/* The traffic of one run after the other; what is computed once for the case is kept. */
struct traffic *traffic_new(const struct traffic_case *what);
void traffic_free(struct traffic *traffic);

/* The start of run `seed`. */
void traffic_start(struct traffic *traffic, uint64_t seed);

/* The next window: valid until the next call. */
const struct judge_sample *traffic_next(struct traffic *traffic);

/* The windows of a run in which `judge` fails for the first time, from 1; 0: in none. */
unsigned traffic_judge(struct traffic *traffic, const struct judge_policy *policy, uint64_t seed);

#endif
