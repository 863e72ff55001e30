#include "runtime/core/limits.h"
#include "runtime/core/metrics.h"
#include "runtime/core/metrics_shard.h"
#include "runtime/core/text.h"

/*
 * The text format of Prometheus. What threads have counted is read as it stands, a route after the
 * other; nobody waits for it, and a summary is not disturbed.
 */

/* Upper bounds of the buckets that are shown, in microseconds: those that Prometheus' clients have,
 * and two below them. */
static const uint64_t bounds_us[] = {500,    1000,   2500,   5000,    10000,   25000,   50000,
                                     100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};
enum { BOUNDS = sizeof bounds_us / sizeof *bounds_us };

struct route_sum {
    uint64_t below[BOUNDS]; /* requests, each in the first bound that holds it */
    uint64_t count, errors, client_errors;
    double seconds;
};

static void add_bucket(struct route_sum *sum, size_t bucket, uint64_t count)
{
    uint64_t us = histogram_value(bucket);
    size_t i = 0;
    while (i < BOUNDS && us > bounds_us[i])
        i++;
    if (i < BOUNDS)
        sum->below[i] += count;
    sum->count += count;
    sum->seconds += (double)count * (double)us / 1e6;
}

static void sum_route(const struct metrics *metrics, size_t row, struct route_sum *sum)
{
    *sum = (struct route_sum){.count = 0};
    for (struct metrics_shard *shard = atomic_load(&metrics->_shards); shard; shard = shard->next) {
        struct metrics_counts *counts = &shard->routes[row];
        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
            uint32_t count = atomic_load_explicit(&counts->buckets[i], memory_order_relaxed);
            if (count)
                add_bucket(sum, i, count);
        }
        sum->errors += atomic_load_explicit(&counts->errors, memory_order_relaxed);
        sum->client_errors += atomic_load_explicit(&counts->client_errors, memory_order_relaxed);
    }
}

/* A pattern has no quote, backslash or line feed, which a label would have to escape. */
static struct bytes label_of(const struct metrics *metrics, size_t row, struct arena *arena)
{
    struct bytes label = BYTES_LIT("method=\"\",route=\"unrouted\"");
    if (row == metrics->route_count)
        return label;
    const struct route *route = &metrics->routes[row];
    if (arena_printf(arena, &label, "method=\"%.*s\",route=\"%s\"",
                     BYTES_ARG(http_method_name(route->method)), route->pattern) != RC_OK)
        return bytes_make(NULL, 0);
    return label;
}

static void print_requests(struct text *out, struct bytes label, const struct route_sum *sum)
{
    /* The counters are read one after the other: an error may be there before its request. */
    uint64_t failed = sum->errors + sum->client_errors;
    uint64_t ok = sum->count > failed ? sum->count - failed : 0;
    text_printf(out, "duet_requests_total{%.*s,outcome=\"ok\"} %llu\n", BYTES_ARG(label),
                (unsigned long long)ok);
    text_printf(out, "duet_requests_total{%.*s,outcome=\"client_error\"} %llu\n", BYTES_ARG(label),
                (unsigned long long)sum->client_errors);
    text_printf(out, "duet_requests_total{%.*s,outcome=\"error\"} %llu\n", BYTES_ARG(label),
                (unsigned long long)sum->errors);
}

static void print_durations(struct text *out, struct bytes label, const struct route_sum *sum)
{
    uint64_t below = 0;
    for (size_t i = 0; i < BOUNDS; i++) {
        below += sum->below[i];
        text_printf(out, "duet_request_duration_seconds_bucket{%.*s,le=\"%g\"} %llu\n",
                    BYTES_ARG(label), (double)bounds_us[i] / 1e6, (unsigned long long)below);
    }
    text_printf(out, "duet_request_duration_seconds_bucket{%.*s,le=\"+Inf\"} %llu\n",
                BYTES_ARG(label), (unsigned long long)sum->count);
    text_printf(out, "duet_request_duration_seconds_sum{%.*s} %.6f\n", BYTES_ARG(label),
                sum->seconds);
    text_printf(out, "duet_request_duration_seconds_count{%.*s} %llu\n", BYTES_ARG(label),
                (unsigned long long)sum->count);
}

typedef void print_fn(struct text *out, struct bytes label, const struct route_sum *sum);

/* Lines of one name stand together, so each name is a pass over the routes. */
static void print_routes(const struct metrics *metrics, struct text *out, print_fn *print)
{
    for (size_t row = 0; row <= metrics->route_count; row++) {
        struct route_sum sum;
        sum_route(metrics, row, &sum);
        if (sum.count)
            print(out, label_of(metrics, row, out->arena), &sum);
    }
}

static void print_count(struct text *out, const char *name, const char *type, uint64_t number)
{
    text_printf(out, "# TYPE duet_connections%s %s\nduet_connections%s %llu\n", name, type, name,
                (unsigned long long)number);
}

/* Closed ones first: no more may seem closed than were opened. */
static void print_connections(struct text *out, const struct metrics_connections *counts)
{
    uint64_t closed = atomic_load(&counts->closed), opened = atomic_load(&counts->opened);
    print_count(out, "_open", "gauge", opened - closed);
    print_count(out, "_total", "counter", opened);
    print_count(out, "_late_total", "counter", atomic_load(&counts->late));
    print_count(out, "_displaced_total", "counter", atomic_load(&counts->displaced));
    print_count(out, "_put_off_total", "counter", atomic_load(&counts->put_off));
}

void metrics_print(const struct metrics *metrics, struct text *out)
{
    if (!metrics->is_on || !metrics->is_summed)
        return;
    text_append(out, BYTES_LIT("# HELP duet_requests_total Answered requests.\n"
                               "# TYPE duet_requests_total counter\n"));
    print_routes(metrics, out, print_requests);
    text_append(out, BYTES_LIT("# HELP duet_request_duration_seconds From the whole request to its "
                               "answer.\n# TYPE duet_request_duration_seconds histogram\n"));
    print_routes(metrics, out, print_durations);
    print_connections(out, &metrics->connections);
}
