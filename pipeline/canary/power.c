/*
 * Given all hits of both slots, the canary's are binomial: by its part of the requests while it is
 * as bad as tolerated, by its part of the expected hits when it is as bad as supposed. So: over the
 * Poisson number of all hits, how probable are as many of the canary's as the evidence needs?
 */
#include "pipeline/canary/power.h"

#include <math.h>

#include "pipeline/canary/evidence.h"

static const double most_requests = 1e9;
static const double reach = 5;         /* standard deviations of the number of hits looked at */
static const double points_per_sd = 4; /* and how finely */

/* The fewest of `hits` that must be the canary's for the bound; hits + 1: all are too few. */
static double hits_wanted(const struct power_case *what, double hits, double part)
{
    double low = 0, high = hits + 1;
    while (low < high) {
        double middle = floor((low + high) / 2);
        if (evidence_pooled(hits, middle, part) >= what->log_bound)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double power_after(const struct power_case *what, double canary_n)
{
    double canary_mean = canary_n * what->canary_rate;
    double mean = canary_mean + canary_n * what->stable_per_canary * what->stable_rate;
    double part = what->tolerated / (what->tolerated + what->stable_per_canary);
    double sd = sqrt(mean), step = fmax(1, floor(sd / points_per_sd));
    double weights = 0, seen = 0;
    for (double hits = floor(fmax(0, mean - reach * sd)); hits <= mean + reach * sd + 1;
         hits += step) {
        double weight = exp(stats_log_poisson(hits, mean));
        double wanted = hits_wanted(what, hits, part);
        weights += weight;
        if (wanted <= hits)
            seen += weight * stats_binomial_above(wanted, hits, canary_mean / mean);
    }
    return weights > 0 ? seen / weights : 0;
}

double power_requests(const struct power_case *what, double power)
{
    double low = 0, high = 1;
    while (power_after(what, high) < power) {
        low = high;
        high *= 2;
        if (high > most_requests)
            return INFINITY;
    }
    while (high - low > fmax(1, high / 1000)) {
        double middle = floor((low + high) / 2);
        if (power_after(what, middle) >= power)
            high = middle;
        else
            low = middle;
    }
    return high;
}
