#include <criterion/criterion.h>

#include "pipeline/canary/estimate.h"

static struct judge_policy policy;
static struct estimate_traffic traffic;
static struct estimate estimate;

static void setup(void)
{
    judge_policy_init(&policy);
    traffic = (struct estimate_traffic){
        .requests_per_second = 20, .share = 0.1, .error_rate = 0.01, .window_minutes = 1};
}

TestSuite(canary_estimate, .init = setup);

static double minutes(void)
{
    cr_assert_eq(estimate_bake(&policy, &traffic, &estimate), RC_OK);
    return estimate.minutes;
}

Test(canary_estimate, says_minutes_requests_and_windows_that_agree)
{
    double wanted = minutes();
    cr_expect(wanted > 20 && wanted < 60, "%g", wanted);
    cr_expect_eq(estimate.windows, (uint64_t)wanted);
    cr_expect_eq(estimate.canary_requests, (uint64_t)(wanted * 120));
}

Test(canary_estimate, more_traffic_and_greater_regressions_take_less_time)
{
    double before = minutes();
    traffic.requests_per_second = 40;
    double faster = minutes();
    cr_expect_lt(faster, before);
    policy.detect_errors = 0.03;
    cr_expect_lt(minutes(), faster);
}

Test(canary_estimate, more_certainty_takes_more_time)
{
    double before = minutes();
    policy.alpha = 0.001;
    double stricter = minutes();
    cr_expect_gt(stricter, before);
    policy.power = 0.99;
    cr_expect_gt(minutes(), stricter);
}

Test(canary_estimate, a_failure_takes_the_windows_that_confirm_it)
{
    traffic.requests_per_second = 1e6;
    cr_expect_eq(minutes(), 2.0);
    traffic.window_minutes = 5;
    cr_expect_eq(minutes(), 10.0);
}

Test(canary_estimate, knows_a_floor)
{
    double before = minutes();
    policy.error_floor = 0.02;
    cr_expect_gt(minutes(), before);
}

Test(canary_estimate, refuses_what_is_no_traffic_and_what_takes_for_ever)
{
    traffic.requests_per_second = 1e-4;
    cr_expect_eq(estimate_bake(&policy, &traffic, &estimate), RC_UNSUPPORTED);
    traffic.requests_per_second = 0;
    cr_expect_eq(estimate_bake(&policy, &traffic, &estimate), RC_SYNTAX);
    setup();
    traffic.share = 1;
    cr_expect_eq(estimate_bake(&policy, &traffic, &estimate), RC_SYNTAX);
    setup();
    policy.power = 0;
    cr_expect_eq(estimate_bake(&policy, &traffic, &estimate), RC_UNSUPPORTED);
}
