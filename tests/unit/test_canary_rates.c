/* How often the judge is wrong, over some hundred seeded runs each: `make bench ONLY=canary` has
 * ten thousand. The seeds are fixed, so the counts are. */
#include <criterion/criterion.h>

#include "pipeline/canary/estimate.h"
#include "tests/support/canary_traffic.h"

enum { RUNS = 200 };

/* The runs that fail. */
static unsigned failures(const struct traffic_case *what)
{
    struct judge_policy policy;
    judge_policy_init(&policy);
    policy.power = 0; /* which tells a pass from inconclusive, and is the slow part */
    struct traffic *traffic = traffic_new(what);
    unsigned count = 0;
    for (unsigned run = 0; run < RUNS; run++)
        count += traffic_judge(traffic, &policy, run) > 0;
    traffic_free(traffic);
    return count;
}

Test(canary_rates, one_equal_canary_in_a_hundred_fails_at_most)
{
    static const struct traffic_case cases[] = {
        {.name = "even", .windows = 60, .error_rate = 0.01},
        {.name = "noisy", .windows = 60, .error_rate = 0.01, .shared_noise = 1},
        {.name = "growing", .windows = 60, .error_rate = 0.01, .shape = TRAFFIC_GROWING},
        {.name = "coarse", .windows = 60, .error_rate = 0.01, .coarse = 4},
        {.name = "most", .requests = 300, .share = 0.9, .windows = 60, .error_rate = 0.01},
        {.name = "tolerated", .windows = 20, .error_rate = 0.01, .all_times = 1.1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_leq(failures(&cases[i]), RUNS / 100u, "%s", cases[i].name);
}

Test(canary_rates, twice_the_errors_are_found_in_the_time_that_the_estimate_says)
{
    struct judge_policy policy;
    judge_policy_init(&policy);
    struct estimate_traffic expected = {
        .requests_per_second = 20, .share = 0.1, .error_rate = 0.01, .window_minutes = 1};
    struct estimate estimate;
    cr_assert_eq(estimate_bake(&policy, &expected, &estimate), RC_OK);
    struct traffic_case what = {.requests = 1200,
                                .windows = (unsigned)estimate.windows,
                                .error_rate = 0.01,
                                .error_times = 2};
    cr_expect_geq(failures(&what), RUNS * 95u / 100);
}

Test(canary_rates, total_failure_is_found_within_two_windows)
{
    struct traffic_case what = {
        .requests = 200, .windows = 32, .from_window = 30, .error_rate = 0.01, .error_more = 1};
    cr_expect_eq(failures(&what), (unsigned)RUNS);
}

Test(canary_rates, a_p99_up_by_half_is_found_in_two_thousand_requests)
{
    struct traffic_case all = {.windows = 10, .error_rate = 0.01, .all_times = 1.5};
    struct traffic_case slow = {.windows = 10, .error_rate = 0.01, .slow_times = 1.5};
    cr_expect_geq(failures(&all), RUNS * 90u / 100);
    cr_expect_geq(failures(&slow), RUNS * 90u / 100);
}

/* Of two slots that are equally large each tells as little as the other. */
Test(canary_rates, a_slow_tail_at_half_of_the_traffic_takes_twice_the_requests)
{
    struct traffic_case slow = {
        .windows = 10, .requests = 400, .share = 0.5, .error_rate = 0.01, .slow_times = 1.5};
    cr_expect_geq(failures(&slow), RUNS * 30u / 100);
    slow.windows = 20;
    cr_expect_geq(failures(&slow), RUNS * 85u / 100);
}
