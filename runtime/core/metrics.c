#include "runtime/core/metrics.h"

#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/metrics_shard.h"

/*
 * A thread finds its shard by a pointer of its own. An id goes with it, since the memory of one
 * struct metrics may become another's.
 */
static _Thread_local struct {
    uint64_t id;
    struct metrics_shard *shard;
} mine;

static _Thread_local struct metrics_request in_hand;

const struct route metrics_raw_route = {.method = HTTP_METHOD_OTHER, .pattern = "raw"};

void metrics_init(struct metrics *metrics, const char *service, const struct route *routes,
                  const struct config *config)
{
    static _Atomic uint64_t last_id;
    *metrics = (struct metrics){.service = service,
                                .config = config,
                                .routes = routes,
                                .is_summed = config->home == HOME_FARGATE,
                                .fd = 1,
                                ._id = atomic_fetch_add(&last_id, 1) + 1};
    metrics->is_on = config->has_metrics && (!metrics->is_summed || config->metrics_s > 0);
    while (routes[metrics->route_count].pattern)
        metrics->route_count++;
}

void metrics_release(struct metrics *metrics)
{
    struct metrics_shard *shard = atomic_exchange(&metrics->_shards, NULL);
    while (shard) {
        struct metrics_shard *next = shard->next;
        free(shard);
        shard = next;
    }
    free(metrics->_written);
    metrics->_written = NULL;
    metrics->is_on = false;
}

struct metrics_request *metrics_request_in_hand(void)
{
    return &in_hand;
}

/* NULL: no memory; the request goes uncounted. */
static struct metrics_shard *shard_new(struct metrics *metrics)
{
    size_t rows = metrics->route_count + 1;
    struct metrics_shard *shard = calloc(1, sizeof *shard + rows * sizeof *shard->routes);
    if (!shard)
        return NULL;
    shard->next = atomic_load(&metrics->_shards);
    while (!atomic_compare_exchange_weak(&metrics->_shards, &shard->next, shard)) {
        /* shard->next has what is there now */
    }
    mine.id = metrics->_id;
    mine.shard = shard;
    return shard;
}

/* Of one thread alone, but read by another. */
static void add_one(_Atomic uint32_t *counter)
{
    uint32_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + 1, memory_order_relaxed);
}

static void count(struct metrics *metrics, const struct route *route, int status, int64_t us)
{
    struct metrics_shard *shard = mine.id == metrics->_id ? mine.shard : shard_new(metrics);
    if (!shard)
        return;
    struct metrics_counts *counts =
        &shard->routes[route ? (size_t)(route - metrics->routes) : metrics->route_count];
    add_one(&counts->buckets[histogram_bucket(us)]);
    if (status >= 500)
        add_one(&counts->errors);
    else if (status >= 400)
        add_one(&counts->client_errors);
}

int64_t metrics_record(struct metrics *metrics, const struct route *route, int status,
                       int64_t start_us)
{
    if (!metrics->is_on)
        return 0;
    int64_t now_us = clock_us_monotonic(), us = now_us - start_us;
    if (metrics->is_summed)
        count(metrics, route, status, us);
    else
        in_hand = (struct metrics_request){route, status, us, true};
    return now_us;
}
