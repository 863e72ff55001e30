#include <criterion/criterion.h>
#include <math.h>

#include "pipeline/canary/shares.h"
#include "runtime/core/limits.h"

static const double precision = 0.0005;

static const struct row {
    const char *name;
    double shares[4];
    unsigned sum;
    unsigned weights[4];
} rows[] = {
    {"a tenth", {0.9, 0.1, 0, 0}, 0, {9, 1, 0, 0}},
    {"a tenth keeps the sum that people gave", {0.9, 0.1, 0, 0}, 100, {90, 10, 0, 0}},
    {"the least", {0.999, 0.001, 0, 0}, 100, {999, 1, 0, 0}},
    {"all", {0, 1, 0, 0}, 100, {0, 100, 0, 0}},
    {"all of one home", {0.5, 0, 0, 0.5}, 100, {50, 0, 0, 50}},
    {"a tenth of one home", {0.45, 0.05, 0, 0.5}, 100, {45, 5, 0, 50}},
};

Test(canary_shares, fits_the_wished_ones_exactly)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned weights[4];
        cr_expect(shares_fit(rows[i].shares, 4, precision, rows[i].sum, weights), "%s",
                  rows[i].name);
        for (size_t k = 0; k < 4; k++)
            cr_expect_eq(weights[k], rows[i].weights[k], "%s: weight %zu is %u", rows[i].name, k,
                         weights[k]);
    }
}

Test(canary_shares, every_tenth_of_a_percent_can_be_had_beside_thirds)
{
    for (int n = 1; n <= 333; n++) {
        double share = n / 1000.0, shares[3] = {1.0 / 3 - share, share, 2.0 / 3};
        unsigned weights[3];
        shares[0] = fmax(shares[0], 0);
        shares[2] = 1 - shares[0] - share;
        cr_expect(shares_fit(shares, 3, precision, 0, weights), "%d", n);
        for (size_t i = 0; i < 3; i++) {
            cr_expect_leq(weights[i], LIMIT_WEIGHT);
            cr_expect_leq(fabs(shares_of(weights, 3, i) - shares[i]), precision + 1e-9);
            cr_expect_eq(shares[i] > 0, weights[i] > 0);
        }
    }
}

Test(canary_shares, says_when_no_integers_have_them)
{
    const double shares[3] = {0.9975, 0.001, 0.0015};
    unsigned weights[3];
    cr_expect_not(shares_fit(shares, 3, 0.0001, 0, weights));
    cr_expect(shares_fit(shares, 3, 0.0005, 0, weights));
}

Test(canary_shares, a_rule_without_weights_has_no_shares)
{
    const unsigned weights[2] = {0, 0};
    cr_expect_eq(shares_of(weights, 2, 0), 0);
}
