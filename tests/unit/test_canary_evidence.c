#include <criterion/criterion.h>
#include <math.h>

#include "pipeline/canary/evidence.h"
#include "pipeline/canary/power.h"

static double log_choose(double n, double k)
{
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* What the value is expected to be after a window of 30 canary and 90 stable requests with `hits`
 * hits, when the odds are `odds` and the value before was that of `before`. */
static double expected(const struct evidence *before, uint64_t hits, double odds)
{
    double sum = 0, weights = 0;
    for (uint64_t k = 0; k <= 30 && k <= hits; k++) {
        struct evidence after = *before;
        struct stats_table table = {k, 30, hits - k, 90};
        evidence_between(&after, &table);
        double weight = exp(log_choose(30, (double)k) + log_choose(90, (double)(hits - k)) +
                            (double)k * log(odds));
        weights += weight;
        sum += weight * exp(after.log_value);
    }
    return sum / weights;
}

Test(canary_evidence, an_equal_canary_is_expected_to_gain_nothing)
{
    struct evidence evidence;
    struct stats_table table = {3, 40, 2, 80};
    evidence_init(&evidence, 1);
    cr_expect_eq(evidence.log_value, 0.0);
    for (uint64_t window = 0; window < 40; window++) {
        cr_expect(fabs(expected(&evidence, window, 1) / exp(evidence.log_value) - 1) < 1e-9);
        evidence_between(&evidence, &table);
        table.canary_hits = window % 4;
    }
}

Test(canary_evidence, a_better_canary_is_expected_to_lose)
{
    struct evidence evidence;
    evidence_init(&evidence, 1);
    cr_expect_lt(expected(&evidence, 12, 0.8), 1.0);
    cr_expect_gt(expected(&evidence, 12, 1.25), 1.0);
}

Test(canary_evidence, what_is_tolerated_is_expected_to_gain_nothing)
{
    struct evidence evidence;
    evidence_init(&evidence, 1.5);
    cr_expect(fabs(expected(&evidence, 12, 1.5) - 1) < 1e-9);
    cr_expect_lt(expected(&evidence, 12, 1.2), 1.0);
    cr_expect_gt(expected(&evidence, 12, 2), 1.0);
}

Test(canary_evidence, against_a_rate_the_rate_itself_gains_nothing)
{
    struct evidence start;
    double sum = 0;
    evidence_init(&start, 1);
    for (uint64_t k = 0; k <= 50; k++) {
        struct evidence after = start;
        evidence_against(&after, k, 50, 0.1);
        sum += exp(log_choose(50, (double)k) + (double)k * log(0.1) + (double)(50 - k) * log(0.9) +
                   after.log_value);
    }
    cr_expect(fabs(sum - 1) < 1e-9, "%.12g", sum);
}

Test(canary_evidence, empty_windows_change_nothing)
{
    struct evidence evidence;
    struct stats_table none = {0, 20, 0, 200};
    evidence_init(&evidence, 1);
    for (int i = 0; i < 1000; i++)
        evidence_between(&evidence, &none);
    cr_expect(fabs(evidence.log_value) < 1e-9, "%g", evidence.log_value);
}

Test(canary_evidence, a_regression_that_begins_late_is_seen_as_well)
{
    struct evidence evidence;
    struct stats_table good = {10, 1000, 90, 9000}, bad = {40, 1000, 90, 9000};
    evidence_init(&evidence, 1);
    for (int i = 0; i < 200; i++)
        evidence_between(&evidence, &good);
    cr_expect_lt(evidence.log_value, 0.0);
    for (int i = 0; i < 2; i++)
        evidence_between(&evidence, &bad);
    cr_expect_gt(evidence.log_value, log(1000));
}

Test(canary_power, more_requests_see_more)
{
    struct power_case what = {.canary_rate = 0.02,
                              .stable_rate = 0.01,
                              .stable_per_canary = 9,
                              .tolerated = 1,
                              .log_bound = log(200)};
    double last = 0;
    for (double n = 250; n < 20000; n *= 2) {
        double power = power_after(&what, n);
        cr_expect_geq(power, last, "%g", n);
        last = power;
    }
    cr_expect_gt(last, 0.999);
    double needed = power_requests(&what, 0.9);
    cr_expect_geq(power_after(&what, needed), 0.9);
    cr_expect_lt(power_after(&what, needed * 0.98), 0.9);
}

Test(canary_power, what_is_tolerated_is_never_found)
{
    struct power_case what = {.canary_rate = 0.01,
                              .stable_rate = 0.01,
                              .stable_per_canary = 9,
                              .tolerated = 1,
                              .log_bound = log(200)};
    cr_expect(isinf(power_requests(&what, 0.9)));
}
