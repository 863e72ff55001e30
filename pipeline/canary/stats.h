#ifndef PIPELINE_CANARY_STATS_H
#define PIPELINE_CANARY_STATS_H

/*
 * stats — the few distributions that the judge stands on.
 *
 * Layer:   canary. Pure arithmetic; tested against tables that SciPy computed.
 * Threads: plain functions.
 */

#include <stdint.h>

/* Two slots' counts: `hits` of `n` each; hits <= n. */
struct stats_table {
    uint64_t canary_hits, canary_n;
    uint64_t stable_hits, stable_n;
};

/* Fisher's exact test, one-sided: the probability of at least canary_hits for the canary, given all
 * margins, when both have the same rate. For a single look; 1 when there is nothing to compare. */
double stats_fisher(const struct stats_table *table);

/* log of the sum over k of h(k) * odds[i]^k for each of `count` odds, where h is the hypergeometric
 * distribution of canary_hits given the margins, up to one constant for all of them. The
 * differences are what is wanted. `count` is at most STATS_ODDS_MAX. */
enum { STATS_ODDS_MAX = 16 };
void stats_log_moments(const struct stats_table *table, const double *odds, int count,
                       double *log_moments);

/* P(X >= k) of X ~ Binomial(n, p). */
double stats_binomial_above(double k, double n, double p);

/* log of P(X = k) of X ~ Poisson(mean), mean > 0. */
double stats_log_poisson(double k, double mean);

/* Wilson's bounds of a rate, `z` standard errors wide to each side; 0 and 1 when n is 0. */
void stats_wilson(double hits, double n, double z, double *low, double *high);

/* log(exp(a) + exp(b)), without overflow; either may be -INFINITY. */
double stats_log_add(double a, double b);

#endif
