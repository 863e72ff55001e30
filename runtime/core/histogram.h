#ifndef RUNTIME_CORE_HISTOGRAM_H
#define RUNTIME_CORE_HISTOGRAM_H

/*
 * histogram — how often which duration was seen, in buckets that are a sixteenth of their value
 * wide at most.
 *
 * Layer:   core.
 * Threads: plain functions; who counts, and where, is the caller's affair.
 *
 * Below 32 us each microsecond has its own bucket, above it each power of two has sixteen; so a
 * bucket's value is at most a thirty-second part off. The last one takes all from 1040 s on.
 */

#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_BUCKETS = 432,
    HISTOGRAM_SAMPLES = 100, /* what one metric may have in the embedded metric format */
};

/* The bucket of `us`; a negative duration is 0. */
size_t histogram_bucket(int64_t us);

/* The microseconds that stand for all of `bucket`: its middle. */
uint64_t histogram_value(size_t bucket);

/* Cuts a distribution down to at most HISTOGRAM_SAMPLES values, ascending: each count's value when
 * there are no more than that, else values of evenly spaced ranks, the least and the greatest among
 * them.
 *
 * counts   HISTOGRAM_BUCKETS of them
 * samples  out: room for HISTOGRAM_SAMPLES
 *
 * Returns how many were written; 0: all counts are 0. */
size_t histogram_sample(const uint32_t *counts, uint64_t *samples);

#endif
