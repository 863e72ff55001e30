#include "pipeline/canary/shares.h"

#include <math.h>

#include "runtime/core/limits.h"

/* Two errors of floating point are told apart from two errors of rounding by this. */
static const double equal_enough = 1e-9;

double shares_of(const unsigned *weights, size_t count, size_t index)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    return sum ? (double)weights[index] / sum : 0;
}

/* Rounds to weights whose sum is about `sum`. The largest error of a share; 2: they are none. */
static double try_sum(const double *shares, size_t count, unsigned sum, unsigned *weights)
{
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        weights[i] = (unsigned)lround(shares[i] * sum);
        if (shares[i] > 0 && weights[i] == 0)
            weights[i] = 1;
        if (weights[i] > LIMIT_WEIGHT)
            return 2;
    }
    for (size_t i = 0; i < count; i++)
        worst = fmax(worst, fabs(shares_of(weights, count, i) - shares[i]));
    return worst;
}

bool shares_fit(const double *shares, size_t count, double precision, unsigned sum,
                unsigned *weights)
{
    unsigned tried[SHARES_MAX];
    double best = 3;
    if (sum)
        best = try_sum(shares, count, sum, weights);
    for (unsigned n = 1; n <= LIMIT_WEIGHT * SHARES_MAX && best > equal_enough; n++) {
        double worst = try_sum(shares, count, n, tried);
        if (worst < best - equal_enough) {
            best = worst;
            memcpy(weights, tried, count * sizeof *tried);
        }
    }
    return best <= precision + equal_enough;
}
