#include "pipeline/canary/stats.h"

#include <math.h>
#include <stdbool.h>

static const double negligible = 1e-18; /* beside a sum near 1 in a double */
static const double huge = 1e200;

/* gamma of no negative number is asked for, so the sign that lgamma keeps in a global is dropped.
 */
static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

static double log_choose(double n, double k)
{
    return log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1);
}

double stats_log_add(double a, double b)
{
    double high = fmax(a, b);
    if (isinf(high))
        return high;
    return high + log1p(exp(fmin(a, b) - high));
}

double stats_log_poisson(double k, double mean)
{
    return k * log(mean) - mean - log_gamma(k + 1);
}

/* The margins: all hits, and the least and most of them that can be the canary's. */
struct margins {
    double canary, stable, hits, low, high;
};

static struct margins margins_of(const struct stats_table *table)
{
    struct margins m = {.canary = (double)table->canary_n, .stable = (double)table->stable_n};
    m.hits = (double)table->canary_hits + (double)table->stable_hits;
    m.low = fmax(0, m.hits - m.stable);
    m.high = fmin(m.hits, m.canary);
    return m;
}

/* h(k + 1) / h(k) of the hypergeometric distribution. */
static double next_ratio(const struct margins *m, double k)
{
    return (m->canary - k) * (m->hits - k) / ((k + 1) * (m->stable - m->hits + k + 1));
}

double stats_fisher(const struct stats_table *table)
{
    struct margins m = margins_of(table);
    double k = (double)table->canary_hits;
    if (k <= m.low)
        return 1;
    double term = exp(log_choose(m.canary, k) + log_choose(m.stable, m.hits - k) -
                      log_choose(m.canary + m.stable, m.hits));
    double sum = 0;
    for (; k <= m.high && term > sum * negligible; k++) {
        sum += term;
        term *= next_ratio(&m, k);
    }
    return fmin(sum, 1);
}

void stats_log_moments(const struct stats_table *table, const double *odds, int count,
                       double *log_moments)
{
    struct margins m = margins_of(table);
    double term[STATS_ODDS_MAX], sum[STATS_ODDS_MAX];
    for (int i = 0; i < count; i++) {
        term[i] = sum[i] = 1;
        log_moments[i] = m.low * log(odds[i]);
    }
    bool is_done = false;
    for (double k = m.low; k < m.high && !is_done; k++) {
        double ratio = next_ratio(&m, k);
        is_done = true;
        for (int i = 0; i < count; i++) {
            term[i] *= ratio * odds[i];
            sum[i] += term[i];
            if (sum[i] > huge) {
                sum[i] /= huge;
                term[i] /= huge;
                log_moments[i] += log(huge);
            }
            is_done = is_done && ratio * odds[i] < 1 && term[i] < sum[i] * negligible;
        }
    }
    for (int i = 0; i < count; i++)
        log_moments[i] += log(sum[i]);
}

/* The sum of P(X = k), P(X = k + step), ... until they no longer count. */
static double binomial_sum(double k, double n, double p, int step)
{
    double term = exp(log_choose(n, k) + k * log(p) + (n - k) * log1p(-p));
    double sum = 0;
    while (k >= 0 && k <= n && term > sum * negligible) {
        sum += term;
        term *= step > 0 ? (n - k) / (k + 1) * p / (1 - p) : k / (n - k + 1) * (1 - p) / p;
        k += step;
    }
    return fmin(sum, 1);
}

double stats_binomial_above(double k, double n, double p)
{
    if (k <= 0 || p >= 1)
        return k <= n ? 1 : 0;
    if (k > n || p <= 0)
        return 0;
    return k > n * p ? binomial_sum(k, n, p, 1) : 1 - binomial_sum(k - 1, n, p, -1);
}

void stats_wilson(double hits, double n, double z, double *low, double *high)
{
    *low = 0;
    *high = 1;
    if (n <= 0)
        return;
    double rate = hits / n, square = z * z / n;
    double middle = (rate + square / 2) / (1 + square);
    double half = z / (1 + square) * sqrt(rate * (1 - rate) / n + square / (4 * n));
    *low = hits <= 0 ? 0 : fmax(0, middle - half);
    *high = hits >= n ? 1 : fmin(1, middle + half);
}
