/* Latency where the usual tail says nothing: slots of any share, all in one bin, bins of any width.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "pipeline/canary/judge.h"
#include "tests/support/canary_traffic.h"

static struct judge_policy policy;

static void setup(void)
{
    judge_policy_init(&policy);
    policy.power = 0;
    policy.error_ratio = 0;
}

TestSuite(canary_slow, .init = setup);

/* Two slots, each of which takes equally long for all of its requests, in bins `width` times as
 * wide as the one before. */
struct constant {
    double share, stable_ms, canary_ms, width;
    unsigned before; /* windows of stable's alone, before the run */
};

enum { BINS = 200 };

/* A whole grid from a tenth of a millisecond on, as CloudWatch is asked for one: `count` requests
 * of `ms`, none in the others. */
static void fill(const struct constant *what, double ms, uint64_t count, struct judge_bin *bins)
{
    double upper = 0.1;
    for (int i = 0; i < BINS; i++) {
        double lower = i > 0 ? upper : 0;
        upper = i > 0 ? upper * what->width : upper;
        bins[i] = (struct judge_bin){upper, lower < ms && ms <= upper ? count : 0};
    }
}

/* The window of the run that fails, from 1; 0: none of ten. */
static unsigned constant_judge(const struct constant *what)
{
    struct judge *judge = judge_new(&policy);
    struct judge_report report;
    unsigned failed_at = 0;
    cr_assert_not_null(judge);
    for (unsigned i = 0; i < what->before + 10 && failed_at == 0; i++) {
        bool is_before = i < what->before;
        uint64_t all = 100, canary_n = is_before ? 0 : (uint64_t)lround(what->share * 100);
        struct judge_bin canary[BINS], stable[BINS];
        fill(what, what->canary_ms, canary_n, canary);
        fill(what, what->stable_ms, all - canary_n, stable);
        struct judge_sample sample = {.minutes = 1,
                                      .stable = {all - canary_n, 0, stable, BINS},
                                      .canary = {canary_n, 0, canary, BINS}};
        cr_assert_eq(judge_look(judge, &sample, &report), RC_OK);
        if (report.verdict == JUDGE_FAIL)
            failed_at = i - what->before + 1;
    }
    judge_free(judge);
    return failed_at;
}

Test(canary_slow, is_found_whatever_the_share)
{
    static const double shares[] = {0.02, 0.05, 0.1, 0.11, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.98};
    static const double widths[] = {1.044, 1.41, 4};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        for (size_t j = 0; j < sizeof widths / sizeof *widths; j++) {
            struct constant what = {
                .share = shares[i], .stable_ms = 1, .canary_ms = 200, .width = widths[j]};
            unsigned failed_at = constant_judge(&what);
            cr_expect(failed_at >= 2 && failed_at <= 6, "share %g, width %g: %u", what.share,
                      what.width, failed_at);
            what.before = 10;
            failed_at = constant_judge(&what);
            cr_expect(failed_at >= 2 && failed_at <= 6, "share %g, width %g, known before: %u",
                      what.share, what.width, failed_at);
        }
    }
}

Test(canary_slow, is_found_where_stable_has_nothing_any_more)
{
    struct constant what = {
        .share = 1, .stable_ms = 1, .canary_ms = 200, .width = 1.1, .before = 10};
    cr_expect_eq(constant_judge(&what), 2u);
}

Test(canary_slow, needs_to_be_slower_than_the_ratio)
{
    static const double shares[] = {0.1, 0.4, 0.9, 1};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        for (double stable_ms = 50; stable_ms < 60; stable_ms += 0.7) {
            struct constant what = {.share = shares[i],
                                    .stable_ms = stable_ms,
                                    .canary_ms = 1.1 * stable_ms,
                                    .width = 1.044,
                                    .before = 10};
            cr_expect_eq(constant_judge(&what), 0u, "%g ms, share %g", stable_ms, what.share);
        }
    }
}
