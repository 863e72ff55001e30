#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "pipeline/canary/judge.h"

static struct judge *judge;
static struct judge_policy policy;
static struct judge_report report;

static void setup(void)
{
    judge_policy_init(&policy);
    policy.latency_ratio = 0;
}

static void teardown(void)
{
    judge_free(judge);
}

TestSuite(canary_judge, .init = setup, .fini = teardown);

static void start(void)
{
    cr_assert_null(judge_policy_check(&policy));
    judge = judge_new(&policy);
    cr_assert_not_null(judge);
}

/* A window in which all requests took 20 ms, but `slow` ones of the canary 400 ms. */
static enum judge_verdict look(uint64_t canary_n, uint64_t canary_errors, uint64_t stable_n,
                               uint64_t stable_errors, uint64_t slow)
{
    struct judge_bin canary[] = {{20, canary_n - slow}, {50, 0}, {400, slow}};
    struct judge_bin stable[] = {{20, stable_n - stable_n / 100}, {50, stable_n / 100}};
    struct judge_sample sample = {
        .minutes = 1,
        .stable = {stable_n, stable_errors, stable, 2},
        .canary = {canary_n, canary_errors, canary, 3},
    };
    cr_assert_eq(judge_look(judge, &sample, &report), RC_OK);
    return report.verdict;
}

Test(canary_judge, without_a_request_there_is_no_pass)
{
    start();
    for (int i = 0; i < 100; i++)
        cr_expect_eq(look(0, 0, 1000, 10, 0), JUDGE_NO_DATA);
    cr_expect_str_eq(report.worst->why, "the canary had no request in this step");
    cr_expect_lt(report.minutes_needed, 0.0);
    cr_expect_eq(report.requests_needed, 100u);
}

Test(canary_judge, without_anything_of_stable_there_is_no_pass)
{
    start();
    for (int i = 0; i < 100; i++)
        cr_expect_eq(look(1000, 0, 0, 0, 0), JUDGE_NO_DATA);
    cr_expect_str_eq(report.worst->why, "stable had no request in this run");
}

Test(canary_judge, passes_once_a_regression_of_the_named_size_would_have_been_found)
{
    start();
    unsigned windows = 0;
    uint64_t last_needed = UINT64_MAX;
    for (; windows < 200 && look(200, 2, 1800, 18, 0) == JUDGE_INCONCLUSIVE; windows++) {
        cr_expect_lt(report.requests_needed, last_needed);
        cr_expect_eq(report.minutes_needed, ceil((double)report.requests_needed / 200));
        cr_expect(strstr(report.worst->why, "more canary requests"), "%s", report.worst->why);
        last_needed = report.requests_needed;
    }
    cr_expect_eq(report.verdict, JUDGE_PASS, "%s", report.worst->why);
    cr_expect(windows > 10 && windows < 40, "%u", windows);
    cr_expect(strstr(report.worst->why, "a rate of 2 % would have been found"), "%s",
              report.worst->why);
}

Test(canary_judge, a_step_asks_for_its_minimum_anew)
{
    policy.power = 0;
    start();
    judge_step(judge);
    cr_expect_eq(look(99, 1, 900, 9, 0), JUDGE_INCONCLUSIVE);
    cr_expect_eq(report.requests_needed, 1u);
    cr_expect_eq(report.minutes_needed, 1.0);
    cr_expect_eq(look(1, 0, 900, 9, 0), JUDGE_PASS);
    judge_step(judge);
    cr_expect_eq(look(0, 0, 900, 9, 0), JUDGE_NO_DATA);
    cr_expect_eq(look(50, 0, 900, 9, 0), JUDGE_INCONCLUSIVE);
    cr_expect_eq(report.requests_needed, 50u);
}

Test(canary_judge, total_failure_is_found_in_the_second_window)
{
    start();
    cr_expect_eq(look(10, 10, 190, 2, 0), JUDGE_INCONCLUSIVE);
    cr_expect(strstr(report.worst->why, "in one window"), "%s", report.worst->why);
    cr_expect_eq(look(10, 10, 190, 2, 0), JUDGE_FAIL);
    cr_expect_lt(report.worst->p_value, report.worst->alpha);
}

Test(canary_judge, one_bad_window_alone_fails_nothing)
{
    start();
    for (int i = 0; i < 5; i++)
        cr_expect_neq(look(200, 2, 1800, 18, 0), JUDGE_FAIL);
    cr_expect_neq(look(200, 60, 1800, 18, 0), JUDGE_FAIL);
    for (int i = 0; i < 20; i++)
        cr_expect_neq(look(200, 2, 1800, 18, 0), JUDGE_FAIL, "%s", report.worst->why);
}

Test(canary_judge, what_fails_both_slots_fails_nothing)
{
    start();
    for (int i = 0; i < 10; i++)
        cr_expect_neq(look(200, 2, 1800, 18, 0), JUDGE_FAIL);
    for (int i = 0; i < 20; i++)
        cr_expect_neq(look(200, 100, 1800, 900, 0), JUDGE_FAIL, "%s", report.worst->why);
}

Test(canary_judge, errors_below_the_floor_are_tolerated)
{
    policy.error_floor = 0.05;
    start();
    for (int i = 0; i < 60; i++)
        cr_assert_neq(look(200, 6, 1800, 0, 0), JUDGE_FAIL, "%s", report.worst->why);
    for (int i = 0; i < 20; i++)
        (void)look(200, 30, 1800, 0, 0);
    cr_expect_eq(report.verdict, JUDGE_FAIL);
}

Test(canary_judge, a_limit_holds_whatever_stable_does)
{
    policy.error_rate_max = 0.05;
    start();
    for (int i = 0; i < 10; i++)
        (void)look(200, 20, 1800, 180, 0);
    cr_expect_eq(report.verdict, JUDGE_FAIL);
    cr_expect_eq(report.worst->check, JUDGE_ERROR_LIMIT);
}

Test(canary_judge, a_figure_above_a_limit_is_no_pass_before_it_is_certain)
{
    policy.error_rate_max = 0.05;
    policy.error_ratio = 0;
    policy.requests_min = 10;
    start();
    cr_expect_eq(look(18, 1, 0, 0, 0), JUDGE_INCONCLUSIVE);
    cr_expect(strstr(report.worst->why, "not for certain"), "%s", report.worst->why);
    cr_expect_eq(look(18, 0, 0, 0, 0), JUDGE_PASS, "%s", report.worst->why);
}

Test(canary_judge, without_stable_traffic_its_past_is_what_counts)
{
    policy.power = 0;
    start();
    for (int i = 0; i < 10; i++)
        (void)look(200, 2, 1800, 18, 0);
    for (int i = 0; i < 10; i++)
        cr_expect_neq(look(2000, 20, 0, 0, 0), JUDGE_FAIL, "%s", report.worst->why);
    for (int i = 0; i < 2; i++)
        (void)look(2000, 1000, 0, 0, 0);
    cr_expect_eq(report.verdict, JUDGE_FAIL);
}

/* Stable has had no error in 2000 requests, the canary has 7 in 90, of a run that has few. */
static void expect_no_pass_of_7_in_90(uint64_t stable_n, enum judge_verdict in_the_end)
{
    static const uint64_t errors[] = {1, 1, 0, 1, 1, 0, 1, 1, 1};
    policy.power = 0;
    policy.requests_min = 20;
    start();
    for (int i = 0; i < 10; i++)
        (void)look(0, 0, 200, 0, 0);
    judge_step(judge);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        cr_expect_neq(look(10, errors[i], stable_n, 0, 0), JUDGE_PASS, "window %zu: %s", i,
                      report.worst->why);
    cr_expect_eq(report.verdict, in_the_end, "%s", report.worst->why);
}

Test(canary_judge, few_requests_that_fail_are_no_pass_where_all_go_to_the_canary)
{
    expect_no_pass_of_7_in_90(0, JUDGE_FAIL);
}

Test(canary_judge, few_requests_that_fail_are_no_pass_beside_few_of_stable)
{
    expect_no_pass_of_7_in_90(15, JUDGE_INCONCLUSIVE);
    cr_expect(strstr(report.worst->why, "not for certain"), "%s", report.worst->why);
}

Test(canary_judge, errors_of_a_late_step_are_no_pass_however_good_those_before)
{
    policy.power = 0;
    policy.requests_min = 20;
    start();
    cr_expect_eq(look(5000, 0, 5000, 0, 0), JUDGE_PASS);
    judge_step(judge);
    for (int i = 0; i < 6; i++)
        cr_expect_neq(look(15, 1, 5, 0, 0), JUDGE_PASS);
}

Test(canary_judge, an_outage_of_both_slots_does_not_keep_a_canary_from_passing)
{
    policy.power = 0;
    start();
    for (int i = 0; i < 10; i++)
        (void)look(0, 0, 2000, 0, 0);
    judge_step(judge);
    cr_expect_eq(look(1000, 500, 1000, 500, 0), JUDGE_PASS, "%s", report.worst->why);
}

Test(canary_judge, a_slow_tail_fails)
{
    policy.error_ratio = 0;
    policy.latency_ratio = 1.1;
    start();
    unsigned windows = 0;
    while (windows < 20 && look(200, 0, 1800, 0, 12) != JUDGE_FAIL)
        windows++;
    cr_expect_lt(windows, 10u);
    cr_expect_eq(report.worst->check, JUDGE_LATENCY);
    cr_expect_eq(report.worst->figure, 400.0);
    cr_expect_eq(report.worst->bound, 20 * 1.1);
}

Test(canary_judge, a_tail_as_slow_as_allowed_does_not)
{
    policy.error_ratio = 0;
    policy.latency_ratio = 20;
    policy.detect_latency = 40;
    start();
    for (int i = 0; i < 60; i++)
        cr_assert_neq(look(200, 0, 1800, 0, 2), JUDGE_FAIL, "%s", report.worst->why);
}

Test(canary_judge, latencies_that_are_not_known_are_no_pass)
{
    struct judge_sample sample = {
        .minutes = 1, .stable = {9000, 9, NULL, 0}, .canary = {1000, 1, NULL, 0}};
    policy.latency_ratio = 1.1;
    policy.power = 0;
    start();
    cr_assert_eq(judge_look(judge, &sample, &report), RC_OK);
    cr_expect_eq(report.verdict, JUDGE_NO_DATA);
    cr_expect_str_eq(report.worst->why, "no latency of the canary is known in this step");
}

Test(canary_judge, the_slowest_quantile_has_a_limit)
{
    policy.error_ratio = 0;
    policy.latency_max_ms = 50;
    start();
    unsigned windows = 0;
    while (windows < 20 && look(200, 0, 0, 0, 10) != JUDGE_FAIL)
        windows++;
    cr_expect_lt(windows, 10u);
    cr_expect_eq(report.worst->check, JUDGE_LATENCY_LIMIT);
}

Test(canary_judge, refuses_samples_that_contradict_themselves)
{
    struct judge_bin falling[] = {{20, 1}, {10, 1}}, zero[] = {{0, 1}}, none[] = {{NAN, 1}};
    const struct judge_sample samples[] = {
        {.minutes = 1, .canary = {10, 11, NULL, 0}},
        {.minutes = 1, .stable = {10, 11, NULL, 0}},
        {.minutes = 0, .canary = {10, 1, NULL, 0}},
        {.minutes = NAN, .canary = {10, 1, NULL, 0}},
        {.minutes = INFINITY, .canary = {10, 1, 0, 0}},
        {.minutes = 1, .canary = {2, 0, falling, 2}},
        {.minutes = 1, .stable = {1, 0, zero, 1}},
        {.minutes = 1, .stable = {1, 0, none, 1}},
    };
    start();
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        cr_expect_eq(judge_look(judge, &samples[i], &report), RC_SYNTAX, "row %zu", i);
    cr_expect_eq(look(0, 0, 10, 0, 0), JUDGE_NO_DATA);
}

Test(canary_judge, takes_nothing_in_of_a_sample_with_too_many_bounds)
{
    struct judge_bin bins[JUDGE_BINS_MAX];
    struct judge_sample sample = {.minutes = 1,
                                  .canary = {JUDGE_BINS_MAX, 0, bins, JUDGE_BINS_MAX}};
    policy.requests_min = JUDGE_BINS_MAX;
    policy.power = 0;
    start();
    for (size_t i = 0; i < JUDGE_BINS_MAX; i++)
        bins[i] = (struct judge_bin){(double)i + 1, 1};
    sample.stable = sample.canary;
    cr_expect_eq(judge_look(judge, &sample, &report), RC_OK);
    cr_expect_eq(report.verdict, JUDGE_PASS, "%s", report.worst->why);
    judge_step(judge);
    for (size_t i = 0; i < JUDGE_BINS_MAX; i++)
        bins[i].upper_ms += 0.5;
    cr_expect_eq(judge_look(judge, &sample, &report), RC_BODY_LIMIT);
    cr_expect_eq(look(0, 0, 10, 0, 0), JUDGE_NO_DATA);
}
