#include <criterion/criterion.h>
#include <math.h>

#include "pipeline/canary/stats.h"

/* The expected values were computed by SciPy 1.17.1. */

static bool is_near(double value, double wanted)
{
    return fabs(value - wanted) <= 1e-9 * fmax(1e-9, fabs(wanted)) + 1e-18;
}

Test(canary_stats, fisher_is_what_scipy_says)
{
    static const struct {
        struct stats_table table;
        double p;
    } rows[] = {
        {{3, 20, 1, 20}, 0.302494802495},
        {{12, 200, 90, 1800}, 0.318151712464},
        {{8, 100, 40, 900}, 0.0967945895053},
        {{0, 50, 3, 50}, 1},
        {{5, 5, 0, 5}, 0.00396825396825},
        {{30, 2000, 150, 18000}, 0.00361721225736},
        {{1, 1000, 1, 9000}, 0.1900090009},
        {{20, 20, 20, 180}, 8.54285895369e-17},
        {{0, 0, 3, 50}, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double p = stats_fisher(&rows[i].table);
        cr_expect(fabs(p - rows[i].p) <= 1e-9 * rows[i].p, "row %zu: %.12g", i, p);
    }
}

Test(canary_stats, binomial_tails_are_what_scipy_says)
{
    static const struct {
        double k, n, rate, p;
    } rows[] = {
        {3, 10, 0.1, 0.0701908264},
        {0, 10, 0.1, 1},
        {10, 10, 0.5, 0.0009765625},
        {30, 1000, 0.02, 0.0206965186732},
        {11, 1000, 0.02, 0.98976345184},
        {5, 10000, 0.0001, 0.00365754781718},
        {520, 1000, 0.5, 0.108724146602},
        {480, 1000, 0.5, 0.902616835769},
        {11, 10, 0.5, 0},
        {1, 10, 0, 0},
        {10, 10, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double p = stats_binomial_above(rows[i].k, rows[i].n, rows[i].rate);
        cr_expect(is_near(p, rows[i].p), "row %zu: %.12g", i, p);
    }
}

Test(canary_stats, poisson_is_what_scipy_says)
{
    cr_expect(is_near(stats_log_poisson(0, 0.5), -0.5));
    cr_expect(is_near(stats_log_poisson(3, 2.5), -1.54288727361));
    cr_expect(is_near(stats_log_poisson(100, 120.5), -5.07440026249));
    cr_expect(is_near(stats_log_poisson(10000, 9800), -7.55119022772));
}

Test(canary_stats, wilsons_bounds_are_what_scipy_says)
{
    static const struct {
        double hits, n, low, high;
    } rows[] = {{0, 10, 0, 0.2775327999},
                {10, 10, 0.7224672001, 1},
                {3, 100, 0.01025452402, 0.08451936429},
                {50, 1000, 0.03813026239, 0.06531382024},
                {0, 0, 0, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double low, high;
        stats_wilson(rows[i].hits, rows[i].n, 1.959963984540054, &low, &high);
        cr_expect(is_near(low, rows[i].low), "row %zu: %.12g", i, low);
        cr_expect(is_near(high, rows[i].high), "row %zu: %.12g", i, high);
    }
}

Test(canary_stats, moments_of_the_hypergeometric_are_what_scipy_says)
{
    static const struct {
        struct stats_table table;
        double odds, log_moment;
    } rows[] = {
        {{3, 20, 1, 20}, 2, 1.60464473873},
        {{12, 200, 90, 1800}, 3, 17.9728338624},
        {{30, 2000, 150, 18000}, 40, 281.409887014},
        {{20, 20, 20, 180}, 1000, 101.307504128},
        {{400, 1000, 5000, 9000}, 1.5, 237.082375532},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double odds[] = {rows[i].odds, 1}, log_moments[2];
        stats_log_moments(&rows[i].table, odds, 2, log_moments);
        cr_expect(is_near(log_moments[0] - log_moments[1], rows[i].log_moment), "row %zu: %.12g", i,
                  log_moments[0] - log_moments[1]);
    }
}

Test(canary_stats, logs_are_added_without_overflow)
{
    cr_expect(is_near(stats_log_add(log(2), log(3)), log(5)));
    cr_expect(is_near(stats_log_add(5000, 5000), 5000 + log(2)));
    cr_expect(is_near(stats_log_add(-INFINITY, -7), -7));
    cr_expect_eq(stats_log_add(-INFINITY, -INFINITY), -INFINITY);
}
