#include <criterion/criterion.h>

#include "runtime/core/histogram.h"

static uint32_t counts[HISTOGRAM_BUCKETS];
static uint64_t samples[HISTOGRAM_SAMPLES];

Test(histogram, buckets_follow_each_other_without_a_gap)
{
    size_t last = 0;
    for (int64_t us = 0; us < 2000000; us++) {
        size_t bucket = histogram_bucket(us);
        cr_assert(bucket == last || bucket == last + 1, "%lld us: %zu after %zu", (long long)us,
                  bucket, last);
        last = bucket;
    }
}

Test(histogram, a_buckets_value_is_near_to_all_that_is_in_it)
{
    for (int64_t us = 0; us < 1000000000; us += us / 1000 + 1) {
        int64_t value = (int64_t)histogram_value(histogram_bucket(us));
        int64_t off = value > us ? value - us : us - value;
        cr_assert_leq(off * 32, us, "%lld us became %lld", (long long)us, (long long)value);
        cr_assert_eq(histogram_bucket(value), histogram_bucket(us));
    }
}

Test(histogram, what_is_out_of_range_is_in_the_first_or_last_bucket)
{
    cr_expect_eq(histogram_bucket(-1), 0u);
    cr_expect_eq(histogram_bucket(INT64_MIN), 0u);
    cr_expect_eq(histogram_bucket(INT64_MAX), HISTOGRAM_BUCKETS - 1u);
    cr_expect_eq(histogram_bucket(INT64_C(2000) * 1000 * 1000), HISTOGRAM_BUCKETS - 1u);
    cr_expect_lt(histogram_bucket(900 * 1000 * 1000), HISTOGRAM_BUCKETS - 1u);
}

Test(histogram, nothing_gives_no_sample)
{
    cr_expect_eq(histogram_sample(counts, samples), 0u);
}

Test(histogram, up_to_a_hundred_counts_all_are_there)
{
    for (size_t n = 1; n <= HISTOGRAM_SAMPLES; n++) {
        counts[5 + n % 3]++;
        cr_assert_eq(histogram_sample(counts, samples), n);
        uint64_t sum = 0, wanted = 0;
        for (size_t i = 0; i < n; i++)
            sum += samples[i];
        for (size_t i = 5; i < 8; i++)
            wanted += i * counts[i];
        cr_assert_eq(sum, wanted, "%zu", n);
    }
}

Test(histogram, more_are_cut_to_a_hundred_that_stand_for_all)
{
    counts[1] = 1;
    counts[10] = 50000;
    counts[20] = 49000;
    counts[30] = 998;
    counts[300] = 1;
    cr_assert_eq(histogram_sample(counts, samples), (size_t)HISTOGRAM_SAMPLES);
    cr_expect_eq(samples[0], 1u, "the least");
    cr_expect_eq(samples[99], histogram_value(300), "the greatest");
    cr_expect_eq(samples[49], 10u);
    cr_expect_eq(samples[50], 20u);
    cr_expect_eq(samples[98], 20u);
    for (size_t i = 1; i < HISTOGRAM_SAMPLES; i++)
        cr_expect_geq(samples[i], samples[i - 1]);
}

Test(histogram, counts_at_their_maximum_do_not_overflow)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        counts[i] = UINT32_MAX;
    cr_assert_eq(histogram_sample(counts, samples), (size_t)HISTOGRAM_SAMPLES);
    cr_expect_eq(samples[0], 0u);
    cr_expect_eq(samples[99], histogram_value(HISTOGRAM_BUCKETS - 1));
}
