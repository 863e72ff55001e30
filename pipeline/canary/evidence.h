#ifndef PIPELINE_CANARY_EVIDENCE_H
#define PIPELINE_CANARY_EVIDENCE_H

/*
 * evidence — an e-process for "the canary has hits more often than it may".
 *
 * Layer:   canary. Pure.
 * Threads: one thread at a time for each process.
 *
 * While the claim is false, its value is at no time of the run expected to be above 1, and it ever
 * reaches 1 / alpha with a probability of at most alpha (Ville's inequality): it may be looked at
 * after each window. It is a mixture, over how much worse the canary could be and since which
 * window, of products of likelihood ratios, one ratio a window.
 *
 * Invariant: windows are independent of the past but for what the caller chose from it: which
 * requests count as hits may depend on earlier windows, and on this one's of both slots together.
 */

#include "pipeline/canary/stats.h"

enum { EVIDENCE_ODDS = 8 };

struct evidence {
    double log_value;   /* 0 at the start */
    double log_without; /* the same without the window that speaks most against the canary since the
                         * evidence was last gone: whether there is more than one bad minute */
    double tolerated;   /* odds, canary to stable, that are no worse; >= 1 */
    double windows;     /* taken in */
    double log_parts[EVIDENCE_ODDS]; /* of regressions that have begun, for each odds */
    double log_best[EVIDENCE_ODDS];  /* the greatest ratio in each */
};

void evidence_init(struct evidence *evidence, double tolerated);

/* A window with both slots: the ratio of Fisher's noncentral hypergeometric distributions given the
 * window's margins, so that neither the rate nor the share need be the same in two windows. */
void evidence_between(struct evidence *evidence, const struct stats_table *table);

/* A window of the canary alone, held against `rate`, above 0 and below 1: ratios of binomials. */
void evidence_against(struct evidence *evidence, uint64_t hits, uint64_t n, double rate);

/* What log_value would at least be had all come in one window: of `hits` in both slots
 * `canary_hits` are the canary's, which has the part `canary_part` of the requests, weighed by what
 * is tolerated. */
double evidence_pooled(double hits, double canary_hits, double canary_part);

#endif
