#ifndef RUNTIME_CORE_METRICS_SHARD_H
#define RUNTIME_CORE_METRICS_SHARD_H

/*
 * metrics_shard — what metrics.c (recording) and metrics_write.c (EMF lines) share.
 *
 * Layer:   core, private.
 */

#include "runtime/core/histogram.h"
#include "runtime/core/metrics.h"

/* Of one route and one thread, counted up for ever: whoever writes a summary remembers what it has
 * told, and tells the difference. So each counter has one thread that writes it, and needs no
 * locked instruction. They wrap around; differences do not mind. */
struct metrics_counts {
    _Atomic uint32_t buckets[HISTOGRAM_BUCKETS];
    _Atomic uint32_t errors, client_errors;
};

struct metrics_shard {
    struct metrics_shard *next;
    struct metrics_counts routes[]; /* route_count and one for the unrouted */
};

/* The sum of shards, of one route. */
struct metrics_total {
    uint32_t buckets[HISTOGRAM_BUCKETS];
    uint32_t errors, client_errors;
};

/* One request on Lambda, from metrics_record to metrics_write_invocation. */
struct metrics_request {
    const struct route *route;
    int status;
    int64_t duration_us;
    bool is_set;
};

/* The calling thread's. */
struct metrics_request *metrics_request_in_hand(void);

#endif
