#ifndef PIPELINE_GUARD_GUARD_PACE_H
#define PIPELINE_GUARD_GUARD_PACE_H

/*
 * guard_pace — when a home's next probe is due: a function of the policy, the home's traffic and
 * the probes that were answered so far.
 *
 * Layer:   guard; no clock, no I/O.
 *
 * A home without a bad probe is asked once an interval. Where the interval is "auto", probes are at
 * most `part` of the home's own requests, between GUARD_PACE_SLOWEST_MS and GUARD_PACE_FASTEST_MS:
 * 1 / part requests meet a dead home before a probe does, whatever their rate is, and probes are
 * never more than that part of the bill.
 *
 * After a bad probe the others that the policy needs in a row follow within one more interval, no
 * closer than `confirm` apart. So a dead home is known after two intervals at most, or after one
 * and (failures - 1) x confirm; and a disturbance that is shorter than those confirmations take
 * moves nothing: 42 ms by default, a second where a home has little to do.
 *
 * What chance does by default (8 in a row, 6 ms): where each probe fails by itself one time in a
 * hundred, eight in a row come once in 10^16 probes; two homes with the most probes there are, 100
 * a second each, ask 1.2 x 10^8 in a week, so that a false move is once in 80 million weeks. Where
 * one in ten fails while the load balancer takes out a dead task of ten, 30 s long, it is 3,000
 * probes at 10^-8 each: one of such deaths in 33,000. A hiccup of 30 ms meets five probes, as a
 * rule: it needs three more bad ones, one chance in 250,000 even where one in a hundred is bad.
 *
 * Probes overlap, where answers take longer than the pace. They count in the order in which they
 * are answered, or given up: nothing waits for one that hangs, and one that was sent before the
 * home died and is answered well only begins the row anew.
 */

#include "pipeline/guard/guard_policy.h"

enum { GUARD_PACE_FASTEST_MS = 10, GUARD_PACE_SLOWEST_MS = 1000 };

/* Zeroed but for `probes`: nothing is known. */
struct guard_pace {
    const struct guard_probes *probes; /* borrowed */
    double rate;                       /* of the home's requests a second; 0: not known */
    unsigned bad;                      /* probes in a row */
    int64_t sent_ms;                   /* the last one, by the caller's clock */
};

/* Between two probes of a home without a bad one. */
int64_t guard_pace_interval_ms(const struct guard_probes *probes, double rate);

/* Between the probes that follow a bad one; never over the interval. */
int64_t guard_pace_confirm_ms(const struct guard_probes *probes, int64_t interval_ms);

/* When the next probe is due. */
int64_t guard_pace_next_ms(const struct guard_pace *pace);

/* Counts an answer. true: it may complete a row that makes the home a failing one. */
bool guard_pace_answer(struct guard_pace *pace, bool is_good);

#endif
