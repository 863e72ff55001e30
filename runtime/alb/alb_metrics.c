#include "runtime/alb/alb_metrics.h"

#include <stdlib.h>

#include "runtime/core/histogram.h"

enum metric {
    REQUEST_COUNT,
    TARGET_2XX,
    TARGET_3XX,
    TARGET_4XX,
    TARGET_5XX,
    ELB_3XX,
    ELB_4XX,
    ELB_5XX,
    ELB_500,
    ELB_502,
    ELB_503,
    ELB_504,
    RESPONSE_TIME,
    LAMBDA_USER_ERROR,
    LAMBDA_INTERNAL_ERROR,
    LAMBDA_BYTES,
    HEALTHY_HOSTS,
    UNHEALTHY_HOSTS,
    HEALTHY_DNS,
    UNHEALTHY_DNS,
    HEALTHY_ROUTING,
    UNHEALTHY_ROUTING_STATE,
    ACTIVE_CONNECTIONS,
    NEW_CONNECTIONS,
    CONNECTION_ERRORS,
    TLS_ERRORS,
    REQUESTS_PER_TARGET,
    UNHEALTHY_ROUTING,
    NON_STICKY,
    PROCESSED_BYTES,
    DESYNC_COUNT,
    FIXED_RESPONSES,
    REDIRECTS,
    METRIC_COUNT
};

/* Sets of dimensions: the load balancer, the target group, the zone. */
enum { L = 1, ZL = 2, TL = 4, TZL = 8, T = 16, TZ = 32, SET_COUNT = 6 };

static const struct {
    struct bytes name, unit;
    unsigned sets;
} rows[METRIC_COUNT] = {
#define ROW(metric, name, unit, sets) [metric] = {BYTES_INIT(name), BYTES_INIT(unit), sets}
    ROW(REQUEST_COUNT, "RequestCount", "Count", L | ZL | TL | TZL),
    ROW(TARGET_2XX, "HTTPCode_Target_2XX_Count", "Count", L | ZL | TL | TZL),
    ROW(TARGET_3XX, "HTTPCode_Target_3XX_Count", "Count", L | ZL | TL | TZL),
    ROW(TARGET_4XX, "HTTPCode_Target_4XX_Count", "Count", L | ZL | TL | TZL),
    ROW(TARGET_5XX, "HTTPCode_Target_5XX_Count", "Count", L | ZL | TL | TZL),
    ROW(ELB_3XX, "HTTPCode_ELB_3XX_Count", "Count", L | ZL),
    ROW(ELB_4XX, "HTTPCode_ELB_4XX_Count", "Count", L | ZL),
    ROW(ELB_5XX, "HTTPCode_ELB_5XX_Count", "Count", L | ZL),
    ROW(ELB_500, "HTTPCode_ELB_500_Count", "Count", L | ZL),
    ROW(ELB_502, "HTTPCode_ELB_502_Count", "Count", L | ZL),
    ROW(ELB_503, "HTTPCode_ELB_503_Count", "Count", L | ZL),
    ROW(ELB_504, "HTTPCode_ELB_504_Count", "Count", L | ZL),
    ROW(RESPONSE_TIME, "TargetResponseTime", "Seconds", L | ZL | TL | TZL),
    ROW(LAMBDA_USER_ERROR, "LambdaUserError", "Count", T | TL),
    ROW(LAMBDA_INTERNAL_ERROR, "LambdaInternalError", "Count", T | TL),
    ROW(LAMBDA_BYTES, "LambdaTargetProcessedBytes", "Bytes", L),
    ROW(HEALTHY_HOSTS, "HealthyHostCount", "Count", TL | TZL),
    ROW(UNHEALTHY_HOSTS, "UnHealthyHostCount", "Count", TL | TZL),
    ROW(HEALTHY_DNS, "HealthyStateDNS", "Count", TL | TZL),
    ROW(UNHEALTHY_DNS, "UnhealthyStateDNS", "Count", TL | TZL),
    ROW(HEALTHY_ROUTING, "HealthyStateRouting", "Count", TL | TZL),
    ROW(UNHEALTHY_ROUTING_STATE, "UnhealthyStateRouting", "Count", TL | TZL),
    ROW(ACTIVE_CONNECTIONS, "ActiveConnectionCount", "Count", L | ZL),
    ROW(NEW_CONNECTIONS, "NewConnectionCount", "Count", L | ZL),
    ROW(CONNECTION_ERRORS, "TargetConnectionErrorCount", "Count", L | ZL | TL | TZL),
    ROW(TLS_ERRORS, "TargetTLSNegotiationErrorCount", "Count", L | ZL | TL | TZL),
    ROW(REQUESTS_PER_TARGET, "RequestCountPerTarget", "Count", T | TZ | TL | TZL),
    ROW(UNHEALTHY_ROUTING, "UnhealthyRoutingRequestCount", "Count", TL | TZL),
    ROW(NON_STICKY, "NonStickyRequestCount", "Count", L | ZL),
    ROW(PROCESSED_BYTES, "ProcessedBytes", "Bytes", L | ZL),
    ROW(DESYNC_COUNT, "DesyncMitigationMode_NonCompliant_Request_Count", "Count", L | ZL),
    ROW(FIXED_RESPONSES, "HTTP_Fixed_Response_Count", "Count", L | ZL),
    ROW(REDIRECTS, "HTTP_Redirect_Count", "Count", L | ZL),
#undef ROW
};

/* Observations of the second that goes on. */
struct counter {
    double count, sum, min, max;
};

/* Of the load balancer, or of a group. */
struct owner {
    struct counter counters[METRIC_COUNT];
    uint32_t latencies[HISTOGRAM_BUCKETS];
    size_t least_bucket, greatest_bucket; /* of those that are not 0 */
    struct series *series[METRIC_COUNT][SET_COUNT];
};

struct alb_metrics_group {
    struct owner owner;
    struct alb_metrics_group *next;
    char tail[]; /* of its ARN */
};

struct alb_metrics {
    struct series_store *store;
    struct owner owner;
    struct alb_metrics_group *groups;
    int64_t second;             /* that the counters are of */
    uint64_t opened, peak_open; /* connections: at the last look; the most of this minute */
    int64_t peak_minute;
    struct bytes zone;
    char balancer[]; /* the tail of its ARN; the zone behind it */
};

static void owner_reset(struct owner *owner)
{
    memset(owner->counters, 0, sizeof owner->counters);
    memset(owner->latencies, 0, sizeof owner->latencies);
    owner->least_bucket = HISTOGRAM_BUCKETS;
    owner->greatest_bucket = 0;
}

struct alb_metrics *alb_metrics_new(struct series_store *store, struct bytes balancer,
                                    struct bytes zone)
{
    struct alb_metrics *metrics = calloc(1, sizeof *metrics + balancer.len + zone.len + 2);
    if (!metrics)
        return NULL;
    memcpy(metrics->balancer, balancer.ptr, balancer.len);
    memcpy(metrics->balancer + balancer.len + 1, zone.ptr, zone.len);
    metrics->zone = bytes_make(metrics->balancer + balancer.len + 1, zone.len);
    metrics->store = store;
    owner_reset(&metrics->owner);
    return metrics;
}

void alb_metrics_free(struct alb_metrics *metrics)
{
    while (metrics && metrics->groups) {
        struct alb_metrics_group *group = metrics->groups;
        metrics->groups = group->next;
        free(group);
    }
    free(metrics);
}

struct alb_metrics_group *alb_metrics_group(struct alb_metrics *metrics, struct bytes tail)
{
    struct alb_metrics_group *group = metrics->groups;
    while (group && !bytes_eq(bytes_from_str(group->tail), tail))
        group = group->next;
    if (group)
        return group;
    group = calloc(1, sizeof *group + tail.len + 1);
    if (!group)
        return NULL;
    memcpy(group->tail, tail.ptr, tail.len);
    owner_reset(&group->owner);
    group->next = metrics->groups;
    metrics->groups = group;
    return group;
}

/* --- to the store --- */

static struct series *open_series(const struct alb_metrics *metrics, const char *tail,
                                  enum metric metric, unsigned set)
{
    struct series_dimension dimensions[3];
    size_t count = 0;
    if (set & (L | ZL | TL | TZL))
        dimensions[count++] =
            (struct series_dimension){BYTES_LIT("LoadBalancer"), bytes_from_str(metrics->balancer)};
    if (set & (TL | TZL | T | TZ))
        dimensions[count++] =
            (struct series_dimension){BYTES_LIT("TargetGroup"), bytes_from_str(tail)};
    if (set & (ZL | TZL | TZ))
        dimensions[count++] =
            (struct series_dimension){BYTES_LIT("AvailabilityZone"), metrics->zone};
    struct series_id id = {BYTES_LIT("AWS/ApplicationELB"), rows[metric].name, dimensions, count};
    return series_open(metrics->store, &id, rows[metric].unit);
}

/* A bucket's middle may lie beyond what was really seen; never a percentile. */
static void list_latencies(const struct owner *owner, struct series_value *values,
                           struct series_sum *sum)
{
    sum->values = values;
    for (size_t i = owner->least_bucket; i <= owner->greatest_bucket; i++) {
        double value = (double)histogram_value(i) / 1e6;
        value = value < sum->min ? sum->min : value > sum->max ? sum->max : value;
        if (owner->latencies[i])
            values[sum->value_count++] = (struct series_value){value, owner->latencies[i]};
    }
}

static void flush_owner(struct alb_metrics *metrics, struct owner *owner, const char *tail,
                        unsigned sets)
{
    struct series_value values[HISTOGRAM_BUCKETS];
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct counter *counter = &owner->counters[i];
        if (counter->count == 0)
            continue;
        struct series_sum sum = {counter->count, counter->sum, counter->min, counter->max, NULL, 0};
        if (i == RESPONSE_TIME)
            list_latencies(owner, values, &sum);
        else if (counter->min == counter->max) {
            values[0] = (struct series_value){counter->min, counter->count};
            sum.values = values;
            sum.value_count = 1;
        }
        for (unsigned set = 0; set < SET_COUNT; set++) {
            struct series **series = &owner->series[i][set];
            if (!(rows[i].sets & sets & (1u << set)))
                continue;
            if (!*series)
                *series = open_series(metrics, tail, (enum metric)i, 1u << set);
            /* Without memory a second is missing; the next may be there again. */
            if (*series && series_add(*series, metrics->second, &sum) != RC_OK)
                continue;
        }
    }
    owner_reset(owner);
}

void alb_metrics_flush(struct alb_metrics *metrics)
{
    flush_owner(metrics, &metrics->owner, NULL, L | ZL);
    for (struct alb_metrics_group *group = metrics->groups; group; group = group->next)
        flush_owner(metrics, &group->owner, group->tail, TL | TZL | T | TZ);
}

/* --- counting --- */

static void begin_second(struct alb_metrics *metrics, int64_t second)
{
    if (second == metrics->second)
        return;
    alb_metrics_flush(metrics);
    metrics->second = second;
}

static void observe_one(struct owner *owner, enum metric metric, double value)
{
    struct counter *counter = &owner->counters[metric];
    counter->min = counter->count == 0 || value < counter->min ? value : counter->min;
    counter->max = counter->count == 0 || value > counter->max ? value : counter->max;
    counter->sum += value;
    counter->count++;
    if (metric != RESPONSE_TIME)
        return;
    size_t bucket = histogram_bucket((int64_t)(value * 1e6 + 0.5));
    owner->latencies[bucket]++;
    owner->least_bucket = bucket < owner->least_bucket ? bucket : owner->least_bucket;
    owner->greatest_bucket = bucket > owner->greatest_bucket ? bucket : owner->greatest_bucket;
}

/* For the load balancer, and for the group where there is one. */
static void observe(struct alb_metrics *metrics, struct alb_metrics_group *group,
                    enum metric metric, double value)
{
    if (rows[metric].sets & (L | ZL))
        observe_one(&metrics->owner, metric, value);
    if (group && rows[metric].sets & (TL | T))
        observe_one(&group->owner, metric, value);
}

static void count_ones(struct counter *counter, unsigned count)
{
    counter->min = counter->max = 1;
    counter->sum += count;
    counter->count += count;
}

/* `count` events, each of the value 1, which is all that these metrics have. */
static void events(struct alb_metrics *metrics, struct alb_metrics_group *group, enum metric metric,
                   unsigned count)
{
    if (count && (rows[metric].sets & (L | ZL)))
        count_ones(&metrics->owner.counters[metric], count);
    if (count && group && (rows[metric].sets & (TL | T)))
        count_ones(&group->owner.counters[metric], count);
}

static void count_statuses(struct alb_metrics *metrics, const struct alb_metrics_request *request)
{
    static const struct {
        int status;
        enum metric metric;
    } single[] = {{500, ELB_500}, {502, ELB_502}, {503, ELB_503}, {504, ELB_504}};
    int of_target = request->target_status / 100, of_balancer = request->balancer_status / 100;
    if (of_target >= 2 && of_target <= 5)
        events(metrics, request->group, (enum metric)(TARGET_2XX + (of_target - 2)), 1);
    if (of_balancer >= 3 && of_balancer <= 5)
        events(metrics, NULL, (enum metric)(ELB_3XX + (of_balancer - 3)), 1);
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        events(metrics, NULL, single[i].metric, request->balancer_status == single[i].status);
}

static void count_target(struct alb_metrics *metrics, const struct alb_metrics_request *request)
{
    struct alb_metrics_group *group = request->group;
    events(metrics, group, REQUEST_COUNT, 1);
    if (request->target_us >= 0)
        observe(metrics, group, RESPONSE_TIME, (double)request->target_us / 1e6);
    if (request->is_lambda)
        observe(metrics, NULL, LAMBDA_BYTES, (double)request->bytes);
    else if (request->healthy_count)
        observe(metrics, group, REQUESTS_PER_TARGET, 1.0 / request->healthy_count);
    events(metrics, group, UNHEALTHY_ROUTING, request->is_fail_open);
}

void alb_metrics_count(struct alb_metrics *metrics, const struct alb_metrics_request *request)
{
    struct alb_metrics_group *group = request->group;
    begin_second(metrics, request->second);
    if (request->has_target)
        count_target(metrics, request);
    count_statuses(metrics, request);
    events(metrics, group, CONNECTION_ERRORS, request->connection_errors);
    events(metrics, group, TLS_ERRORS, request->tls_errors);
    events(metrics, group, LAMBDA_USER_ERROR, request->lambda_failure == ALB_METRICS_USER);
    events(metrics, group, LAMBDA_INTERNAL_ERROR, request->lambda_failure == ALB_METRICS_INTERNAL);
    events(metrics, NULL, NON_STICKY, request->is_not_sticky);
    events(metrics, NULL, DESYNC_COUNT, desync_tier(request->desync) != DESYNC_COMPLIANT);
    events(metrics, NULL, FIXED_RESPONSES, request->action == ALB_METRICS_FIXED);
    events(metrics, NULL, REDIRECTS, request->action == ALB_METRICS_REDIRECT);
    if (request->bytes)
        observe(metrics, NULL, PROCESSED_BYTES, (double)request->bytes);
}

enum alb_metrics_failure alb_metrics_failure(const char *error_reason)
{
    static const char *const internal[] = {"LambdaConnectionError", "LambdaConnectionTimeout",
                                           "LambdaServiceException", "LambdaUnhandledException"};
    if (!error_reason || strncmp(error_reason, "Lambda", strlen("Lambda")) != 0)
        return ALB_METRICS_NO_FAILURE;
    for (size_t i = 0; i < sizeof internal / sizeof internal[0]; i++)
        if (strcmp(error_reason, internal[i]) == 0)
            return ALB_METRICS_INTERNAL;
    return ALB_METRICS_USER;
}

void alb_metrics_hosts(struct alb_metrics *metrics, struct alb_metrics_group *group,
                       const struct alb_metrics_look *look)
{
    begin_second(metrics, look->second);
    observe(metrics, group, HEALTHY_HOSTS, look->healthy);
    observe(metrics, group, UNHEALTHY_HOSTS, look->unhealthy);
    observe(metrics, group, HEALTHY_DNS, look->is_dns_enough);
    observe(metrics, group, UNHEALTHY_DNS, !look->is_dns_enough);
    observe(metrics, group, HEALTHY_ROUTING, look->is_routing_enough);
    observe(metrics, group, UNHEALTHY_ROUTING_STATE, !look->is_routing_enough);
}

void alb_metrics_connections(struct alb_metrics *metrics, int64_t second, uint64_t opened,
                             uint64_t open)
{
    begin_second(metrics, second);
    if (opened > metrics->opened)
        observe(metrics, NULL, NEW_CONNECTIONS, (double)(opened - metrics->opened));
    metrics->opened = opened;
    if (second / 60 != metrics->peak_minute)
        metrics->peak_open = 0;
    metrics->peak_minute = second / 60;
    if (open <= metrics->peak_open)
        return;
    observe(metrics, NULL, ACTIVE_CONNECTIONS, (double)(open - metrics->peak_open));
    metrics->peak_open = open;
}
