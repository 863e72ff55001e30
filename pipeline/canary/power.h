#ifndef PIPELINE_CANARY_POWER_H
#define PIPELINE_CANARY_POWER_H

/*
 * power — would a regression of a given size have been seen?
 *
 * Layer:   canary. Pure.
 * Threads: plain functions.
 */

/* A regression, and what evidence.h asks of it. */
struct power_case {
    double canary_rate, stable_rate; /* of hits; canary_rate above 0 */
    double stable_per_canary;        /* requests, above 0 */
    double tolerated;                /* as of evidence_init */
    double log_bound;                /* what log_value must reach */
};

/* The probability that log_value is at least log_bound after `canary_n` requests: from the products
 * since the first window alone, and with Poisson counts, both of which give less than there is. */
double power_after(const struct power_case *what, double canary_n);

/* The fewest canary requests that give at least `power`; INFINITY: no number does. */
double power_requests(const struct power_case *what, double power);

#endif
