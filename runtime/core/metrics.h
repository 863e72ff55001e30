#ifndef RUNTIME_CORE_METRICS_H
#define RUNTIME_CORE_METRICS_H

/*
 * metrics — requests, errors, latency and cold starts, in CloudWatch's embedded metric format: one
 * JSON object a line on stdout, of which CloudWatch makes metrics by itself, without an agent.
 *
 * Layer:   core. app_handle records; front ends record what never gets there, and write.
 * Memory:  on the server each thread that records gets counters of its own, about two kilobytes a
 *          route, until metrics_release.
 * Threads: metrics_record on any number at once; no two write to the same memory, so nobody waits.
 *          The writing functions as said there.
 *
 * Metrics: Requests, Errors (status 5xx) and ClientErrors (4xx), Latency in milliseconds, from the
 * moment the request was whole to the moment its answer was, and ColdStart. Dimensions: Service,
 * Home and Route (the route's pattern, never a path; "unrouted" for requests that have none, "raw"
 * for events that are no HTTP request).
 *
 * On Lambda each invocation is a line of its own. On the server a period's requests are summed, a
 * line for each route that had any: counts exact, latencies as up to 100 values that stand for all
 * of them (see histogram.h): percentiles and averages hold, but Latency's own SampleCount and Sum
 * are those of the values; count by Requests.
 */

#include <stdatomic.h>

#include "runtime/core/config.h"
#include "runtime/core/router.h"

struct metrics_shard;
struct metrics_total;
struct text;

/* The server's connections since its start, counted by its loops. For metrics_print alone: what
 * CloudWatch would bill by the month tells its readers less than the load balancer's own counts. */
struct metrics_connections {
    _Atomic uint64_t opened, closed;
    _Atomic uint64_t late;      /* closed: too slow with a request, or to take an answer */
    _Atomic uint64_t displaced; /* closed while idle, to make room for others */
    _Atomic uint64_t put_off;   /* times when nobody could be accepted for a while */
};

struct metrics {
    bool is_on;
    bool is_summed; /* the server's way */
    const char *service;
    const struct config *config;
    const struct route *routes;
    size_t route_count;
    int fd; /* where lines go: stdout */
    uint64_t _id;
    struct metrics_connections connections;
    _Atomic(struct metrics_shard *) _shards;
    struct metrics_total *_written; /* what the summaries so far have told, a row a route */
    atomic_bool _had_invocation;
};

/* Allocates nothing; all is borrowed. Nothing is recorded where the settings say off. */
void metrics_init(struct metrics *metrics, const char *service, const struct route *routes,
                  const struct config *config);

/* After the last thread that records; works on a zeroed struct. */
void metrics_release(struct metrics *metrics);

/* The route of events for the raw handler; on Lambda alone. */
extern const struct route metrics_raw_route;

/* Counts one request, at the price of looking at the clock. On Lambda it is kept for
 * metrics_write_invocation on the same thread.
 *
 * route     of the table given to metrics_init, or metrics_raw_route; NULL: unrouted
 * status    of the answer; of an invocation that ends in an error, 500
 * start_us  clock_us_monotonic() when the request was whole
 *
 * What the clock said, clock_us_monotonic(); 0 when metrics are off, which do not look. */
int64_t metrics_record(struct metrics *metrics, const struct route *route, int status,
                       int64_t start_us);

/* On Lambda: writes the line of the request that this thread recorded last, if there is one since
 * the last call. After the response is posted: what this takes is not the client's time. */
void metrics_write_invocation(struct metrics *metrics, struct bytes request_id);

/* On the server: writes the lines of what was recorded since the last call. One thread alone, while
 * others may record. */
void metrics_write_summary(struct metrics *metrics);

/* On the server: prints what was recorded since the start in the text format of Prometheus:
 * duet_requests_total and duet_request_duration_seconds by method, route and outcome, routes
 * without a request left out; a duration's bucket is that of its histogram bucket's middle. Then
 * the connections. Any thread, while others record. Nothing where metrics are off, and nothing on
 * Lambda, where each request is a line. */
void metrics_print(const struct metrics *metrics, struct text *out);

#endif
