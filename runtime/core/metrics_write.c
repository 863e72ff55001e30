#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/core/metrics_shard.h"

/*
 * Every metric in every set of dimensions is one that CloudWatch bills by the month, so the sets
 * are few: by route, and the service's home as a whole, which is what alarms and the canary look
 * at. ColdStart is in the latter alone, and only where there was one: its sum over that of Requests
 * is the share of cold starts. A request's id is a plain member: as a dimension, each request would
 * be a new metric.
 */
#define BY_ROUTE_AND_HOME                                                                     \
    ",\"Dimensions\":[[\"Service\",\"Home\",\"Route\"],[\"Service\",\"Home\"]],\"Metrics\":[" \
    "{\"Name\":\"Requests\",\"Unit\":\"Count\"},{\"Name\":\"Errors\",\"Unit\":\"Count\"},"    \
    "{\"Name\":\"ClientErrors\",\"Unit\":\"Count\"},"                                         \
    "{\"Name\":\"Latency\",\"Unit\":\"Milliseconds\"}]}"
#define COLD_START_BY_HOME                                   \
    ",\"Dimensions\":[[\"Service\",\"Home\"]],\"Metrics\":[" \
    "{\"Name\":\"ColdStart\",\"Unit\":\"Count\"}]}"

enum { DIMENSION_MAX_BYTES = 1024 };

struct line {
    struct buf out;
    char room[LIMIT_METRICS_LINE_BYTES];
};

static void append_directive(struct line *line, const struct metrics *metrics, struct bytes rest)
{
    buf_append(&line->out, BYTES_LIT("{\"Namespace\":"));
    json_text_string(&line->out, bytes_from_str(metrics->config->metrics_namespace));
    buf_append(&line->out, rest);
}

/* CloudWatch takes printable ASCII, and not nothing. */
static void append_dimension(struct line *line, const char *key, const char *value)
{
    char text[DIMENSION_MAX_BYTES];
    size_t n = 0;
    for (; value[n] && n < sizeof text; n++)
        text[n] = value[n] < ' ' || value[n] > '~' ? '?' : value[n];
    if (n == 0)
        text[n++] = '-';
    buf_append(&line->out, BYTES_LIT(",\""));
    buf_append(&line->out, bytes_from_str(key));
    buf_append(&line->out, BYTES_LIT("\":"));
    json_text_string(&line->out, bytes_make(text, n));
}

static void append_number(struct line *line, struct bytes key, uint64_t number)
{
    buf_append(&line->out, key);
    buf_append_u64(&line->out, number);
}

static void append_ms(struct line *line, uint64_t us)
{
    char fraction[] = {'.', (char)('0' + us / 100 % 10), (char)('0' + us / 10 % 10),
                       (char)('0' + us % 10)};
    buf_append_u64(&line->out, us / 1000);
    buf_append(&line->out, bytes_make(fraction, sizeof fraction));
}

/* Lambda drops JSON lines whose level is under the function's, and takes those without level and
 * time for INFO ("Log-level filtering", Lambda developer guide). Metrics are no matter of level. */
static void append_level(struct line *line, const struct config *config, int64_t now_ms)
{
    char timestamp[CLOCK_RFC3339_LEN + 1];
    if (config->home != HOME_LAMBDA || config->log_level <= LOG_INFO)
        return;
    clock_rfc3339(now_ms, timestamp);
    buf_append(&line->out, BYTES_LIT(",\"timestamp\":\""));
    buf_append(&line->out, bytes_make(timestamp, CLOCK_RFC3339_LEN));
    buf_append(&line->out, BYTES_LIT("\",\"level\":\""));
    buf_append(&line->out, bytes_from_str(log_level_name(config->log_level)));
    buf_append_char(&line->out, '"');
}

static void begin(struct line *line, const struct metrics *metrics, const struct route *route,
                  bool is_cold)
{
    line->out = (struct buf){
        .data = line->room, .cap = sizeof line->room, .max = sizeof line->room}; /* never grows */
    int64_t now_ms = clock_ms_epoch();
    append_number(line, BYTES_LIT("{\"_aws\":{\"Timestamp\":"), (uint64_t)now_ms);
    buf_append(&line->out, BYTES_LIT(",\"CloudWatchMetrics\":["));
    append_directive(line, metrics, BYTES_LIT(BY_ROUTE_AND_HOME));
    if (is_cold) {
        buf_append_char(&line->out, ',');
        append_directive(line, metrics, BYTES_LIT(COLD_START_BY_HOME));
    }
    buf_append(&line->out, BYTES_LIT("]}"));
    append_level(line, metrics->config, now_ms);
    append_dimension(line, "Service", metrics->service);
    append_dimension(line, "Home", home_name(metrics->config->home));
    append_dimension(line, "Route", route ? route->pattern : "unrouted");
    if (is_cold)
        append_number(line, BYTES_LIT(",\"ColdStart\":"), 1);
}

static void append_counts(struct line *line, uint64_t requests, uint64_t errors,
                          uint64_t client_errors)
{
    append_number(line, BYTES_LIT(",\"Requests\":"), requests);
    append_number(line, BYTES_LIT(",\"Errors\":"), errors);
    append_number(line, BYTES_LIT(",\"ClientErrors\":"), client_errors);
    buf_append(&line->out, BYTES_LIT(",\"Latency\":"));
}

/* Between the log's lines, and lost in silence as those. */
static void end(struct line *line, const struct metrics *metrics)
{
    buf_append(&line->out, BYTES_LIT("}\n"));
    if (!line->out.failed)
        log_write_line(metrics->fd, buf_bytes(&line->out));
}

/* --- an invocation --- */

static bool is_cold_start(struct metrics *metrics)
{
    const char *type = metrics->config->initialization_type;
    return !atomic_exchange(&metrics->_had_invocation, true) &&
           !(type && strcmp(type, "provisioned-concurrency") == 0);
}

void metrics_write_invocation(struct metrics *metrics, struct bytes request_id)
{
    struct metrics_request *request = metrics_request_in_hand();
    struct line line;
    if (!metrics->is_on || !request->is_set)
        return;
    request->is_set = false;
    begin(&line, metrics, request->route, is_cold_start(metrics));
    append_counts(&line, 1, request->status >= 500,
                  request->status >= 400 && request->status < 500);
    append_ms(&line, request->duration_us > 0 ? (uint64_t)request->duration_us : 0);
    buf_append(&line.out, BYTES_LIT(",\"requestId\":"));
    json_text_string(&line.out, request_id);
    end(&line, metrics);
}

/* --- a summary --- */

static void add_shards(const struct metrics *metrics, size_t row, struct metrics_total *total)
{
    const struct metrics_shard *shard = atomic_load(&metrics->_shards);
    for (; shard; shard = shard->next) {
        const struct metrics_counts *counts = &shard->routes[row];
        for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
            total->buckets[i] += atomic_load_explicit(&counts->buckets[i], memory_order_relaxed);
        total->errors += atomic_load_explicit(&counts->errors, memory_order_relaxed);
        total->client_errors += atomic_load_explicit(&counts->client_errors, memory_order_relaxed);
    }
}

/* What was not told before; how many requests that are. */
static uint64_t subtract(struct metrics_total *total, const struct metrics_total *written)
{
    uint64_t requests = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        total->buckets[i] -= written->buckets[i];
        requests += total->buckets[i];
    }
    total->errors -= written->errors;
    total->client_errors -= written->client_errors;
    return requests;
}

/* `written` stays as it is where there is no line: a thread may just be between its two counters.
 */
static void write_row(const struct metrics *metrics, const struct route *route,
                      struct metrics_total *total, struct metrics_total *written)
{
    uint64_t samples[HISTOGRAM_SAMPLES];
    struct line line;
    struct metrics_total now = *total;
    uint64_t requests = subtract(total, written);
    if (requests == 0)
        return;
    *written = now;
    size_t n = histogram_sample(total->buckets, samples);
    begin(&line, metrics, route, false);
    append_counts(&line, requests, total->errors, total->client_errors);
    for (size_t i = 0; i < n; i++) {
        buf_append_char(&line.out, i ? ',' : '[');
        append_ms(&line, samples[i]);
    }
    buf_append_char(&line.out, ']');
    end(&line, metrics);
}

/* Several routes may have one pattern, a method each: the first of them stands for all. */
static size_t row_of(const struct metrics *metrics, size_t row)
{
    size_t first = 0;
    if (row == metrics->route_count)
        return row;
    while (strcmp(metrics->routes[first].pattern, metrics->routes[row].pattern) != 0)
        first++;
    return first;
}

void metrics_write_summary(struct metrics *metrics)
{
    size_t rows = metrics->route_count + 1;
    if (!metrics->is_on || !metrics->is_summed)
        return;
    if (!metrics->_written)
        metrics->_written = calloc(rows, sizeof *metrics->_written);
    if (!metrics->_written)
        return;
    for (size_t first = 0; first < rows; first++) {
        struct metrics_total total = {.errors = 0};
        if (row_of(metrics, first) != first)
            continue;
        for (size_t row = first; row < rows; row++)
            if (row_of(metrics, row) == first)
                add_shards(metrics, row, &total);
        write_row(metrics, first < metrics->route_count ? &metrics->routes[first] : NULL, &total,
                  &metrics->_written[first]);
    }
}
