#include "runtime/core/histogram.h"

enum {
    EXACT = 32, /* buckets of one microsecond */
    STEPS = 16,
    STEP_BITS = 4,   /* of a power of two */
    FIRST_POWER = 5, /* 2^5 = EXACT */
};

size_t histogram_bucket(int64_t us)
{
    if (us < EXACT)
        return us < 0 ? 0 : (size_t)us;
    unsigned power = 63 - (unsigned)__builtin_clzll((unsigned long long)us);
    size_t step = (size_t)(us >> (power - STEP_BITS)) % STEPS;
    size_t bucket = EXACT + (size_t)(power - FIRST_POWER) * STEPS + step;
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

uint64_t histogram_value(size_t bucket)
{
    if (bucket < EXACT)
        return bucket;
    unsigned shift = (unsigned)((bucket - EXACT) / STEPS) + FIRST_POWER - STEP_BITS;
    uint64_t step = (bucket - EXACT) % STEPS;
    return ((STEPS + step) << shift) + ((UINT64_C(1) << shift) >> 1);
}

size_t histogram_sample(const uint32_t *counts, uint64_t *samples)
{
    uint64_t total = 0, below = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        total += counts[i];
    size_t n = total < HISTOGRAM_SAMPLES ? (size_t)total : HISTOGRAM_SAMPLES, done = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && done < n; i++) {
        below += counts[i];
        /* The sample `done` has the rank done * (total - 1) / (n - 1), counted from 0. */
        while (done < n && (n == 1 || done * (total - 1) / (n - 1) < below) && below)
            samples[done++] = histogram_value(i);
    }
    return n;
}
