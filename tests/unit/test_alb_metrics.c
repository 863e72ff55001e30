#include <criterion/criterion.h>

#include "runtime/alb/alb_metrics.h"
#include "runtime/alb/series_stat.h"

/* What each kind of request adds to which metric, under which dimensions. */

static struct series_store store;
static struct alb_metrics *metrics;
static struct alb_metrics_group *ip, *lambda;
static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
    metrics = alb_metrics_new(&store, BYTES_LIT("app/duet/1"), BYTES_LIT("z1"));
    cr_assert_not_null(metrics);
    ip = alb_metrics_group(metrics, BYTES_LIT("targetgroup/ip/2"));
    lambda = alb_metrics_group(metrics, BYTES_LIT("targetgroup/fn/3"));
    cr_assert(ip && lambda && ip != lambda);
    cr_assert_eq(alb_metrics_group(metrics, BYTES_LIT("targetgroup/ip/2")), ip);
}

static void teardown(void)
{
    alb_metrics_free(metrics);
    series_store_release(&store);
    arena_release(&arena);
}

TestSuite(alb_metrics, .init = setup, .fini = teardown);

/* A letter a dimension: L load balancer, T the ip group, F the function's, Z zone. -1: missing. */
static double stat(const char *name, const char *set, const char *text)
{
    struct series_dimension dimensions[3];
    size_t count = 0;
    for (const char *c = set; *c; c++)
        dimensions[count++] =
            *c == 'L'
                ? (struct series_dimension){BYTES_LIT("LoadBalancer"), BYTES_LIT("app/duet/1")}
            : *c == 'Z' ? (struct series_dimension){BYTES_LIT("AvailabilityZone"), BYTES_LIT("z1")}
            : *c == 'T'
                ? (struct series_dimension){BYTES_LIT("TargetGroup"), BYTES_LIT("targetgroup/ip/2")}
                : (struct series_dimension){BYTES_LIT("TargetGroup"),
                                            BYTES_LIT("targetgroup/fn/3")};
    struct series_id id = {BYTES_LIT("AWS/ApplicationELB"), bytes_from_str(name), dimensions,
                           count};
    struct series_sum sum;
    struct series_stat how;
    double value = -1;
    cr_assert(series_stat_parse(bytes_from_str(text), &how));
    alb_metrics_flush(metrics);
    const struct series *series = series_find(&store, &id);
    if (series && series_between(series, 0, INT64_MAX, &arena, &sum) == RC_OK)
        cr_assert_eq(series_stat_compute(&how, &sum, &value), RC_OK);
    return value;
}

#define EXPECT(name, set, want) \
    cr_expect_eq(stat(name, set, "Sum"), want, name " " set ": %g", stat(name, set, "Sum"))

Test(alb_metrics, a_container_that_answers)
{
    struct alb_metrics_request request = {.second = 100,
                                          .group = ip,
                                          .has_target = true,
                                          .target_status = 404,
                                          .target_us = 250000,
                                          .healthy_count = 2,
                                          .bytes = 700};
    alb_metrics_count(metrics, &request);
    request.second = 101;
    request.target_status = 200;
    request.target_us = 750000;
    alb_metrics_count(metrics, &request);
    EXPECT("RequestCount", "L", 2);
    EXPECT("RequestCount", "LZ", 2);
    EXPECT("RequestCount", "TL", 2);
    EXPECT("RequestCount", "TZL", 2);
    EXPECT("RequestCount", "T", -1);
    EXPECT("HTTPCode_Target_4XX_Count", "TL", 1);
    EXPECT("HTTPCode_Target_2XX_Count", "L", 1);
    EXPECT("HTTPCode_ELB_4XX_Count", "L", -1);
    EXPECT("TargetResponseTime", "TL", 1.0);
    EXPECT("RequestCountPerTarget", "T", 1);
    EXPECT("RequestCountPerTarget", "L", -1);
    EXPECT("ProcessedBytes", "LZ", 1400);
    EXPECT("LambdaTargetProcessedBytes", "L", -1);
    cr_expect_eq(stat("TargetResponseTime", "L", "Average"), 0.5);
    cr_expect_eq(stat("TargetResponseTime", "L", "p100"), 0.75);
    cr_expect_eq(stat("RequestCount", "L", "Average"), 1);
}

Test(alb_metrics, a_function_that_fails_is_an_elb_502_and_a_lambda_error)
{
    struct alb_metrics_request request = {.second = 100,
                                          .group = lambda,
                                          .is_lambda = true,
                                          .has_target = true,
                                          .balancer_status = 502,
                                          .target_us = -1,
                                          .lambda_failure = ALB_METRICS_USER,
                                          .healthy_count = 1,
                                          .bytes = 300};
    alb_metrics_count(metrics, &request);
    EXPECT("HTTPCode_ELB_5XX_Count", "L", 1);
    EXPECT("HTTPCode_ELB_502_Count", "LZ", 1);
    EXPECT("HTTPCode_ELB_502_Count", "FL", -1);
    EXPECT("HTTPCode_Target_5XX_Count", "L", -1);
    EXPECT("RequestCount", "FL", 1);
    EXPECT("RequestCount", "TL", -1);
    EXPECT("LambdaUserError", "F", 1);
    EXPECT("LambdaUserError", "FL", 1);
    EXPECT("LambdaUserError", "FLZ", -1);
    EXPECT("LambdaUserError", "L", -1);
    EXPECT("LambdaInternalError", "F", -1);
    EXPECT("LambdaTargetProcessedBytes", "L", 300);
    EXPECT("RequestCountPerTarget", "F", -1);
    EXPECT("TargetResponseTime", "L", -1);
}

Test(alb_metrics, what_the_load_balancer_does_by_itself)
{
    struct alb_metrics_request request = {
        .second = 100, .balancer_status = 301, .action = ALB_METRICS_REDIRECT, .target_us = -1};
    alb_metrics_count(metrics, &request);
    request.action = ALB_METRICS_FIXED;
    request.balancer_status = 200;
    alb_metrics_count(metrics, &request);
    request.action = ALB_METRICS_FORWARD;
    request.balancer_status = 400;
    request.desync = DESYNC_BAD_METHOD;
    alb_metrics_count(metrics, &request);
    EXPECT("RequestCount", "L", -1);
    EXPECT("HTTP_Redirect_Count", "L", 1);
    EXPECT("HTTPCode_ELB_3XX_Count", "L", 1);
    EXPECT("HTTP_Fixed_Response_Count", "LZ", 1);
    EXPECT("HTTPCode_ELB_4XX_Count", "L", 1);
    EXPECT("HTTPCode_ELB_5XX_Count", "L", -1);
    EXPECT("DesyncMitigationMode_NonCompliant_Request_Count", "L", 1);
    EXPECT("ProcessedBytes", "L", -1);
}

Test(alb_metrics, a_container_that_is_not_there)
{
    struct alb_metrics_request request = {.second = 100,
                                          .group = ip,
                                          .has_target = true,
                                          .balancer_status = 504,
                                          .target_us = -1,
                                          .connection_errors = 3,
                                          .tls_errors = 2,
                                          .is_fail_open = true,
                                          .is_not_sticky = true};
    alb_metrics_count(metrics, &request);
    EXPECT("TargetConnectionErrorCount", "TZL", 3);
    EXPECT("TargetConnectionErrorCount", "L", 3);
    EXPECT("TargetTLSNegotiationErrorCount", "TL", 2);
    EXPECT("UnhealthyRoutingRequestCount", "TL", 1);
    EXPECT("UnhealthyRoutingRequestCount", "L", -1);
    EXPECT("NonStickyRequestCount", "L", 1);
    EXPECT("HTTPCode_ELB_504_Count", "L", 1);
}

Test(alb_metrics, hosts_have_least_and_greatest)
{
    alb_metrics_hosts(
        metrics, ip,
        &(struct alb_metrics_look){.second = 100, .healthy = 2, .is_dns_enough = true});
    alb_metrics_hosts(metrics, ip,
                      &(struct alb_metrics_look){
                          .second = 101, .healthy = 1, .unhealthy = 1, .is_routing_enough = true});
    cr_expect_eq(stat("HealthyHostCount", "TL", "Minimum"), 1);
    cr_expect_eq(stat("HealthyHostCount", "TZL", "Maximum"), 2);
    cr_expect_eq(stat("UnHealthyHostCount", "TL", "Maximum"), 1);
    cr_expect_eq(stat("UnHealthyHostCount", "L", "Maximum"), -1);
    cr_expect_eq(stat("HealthyStateDNS", "TL", "Sum"), 1);
    cr_expect_eq(stat("UnhealthyStateDNS", "TZL", "Sum"), 1);
    cr_expect_eq(stat("HealthyStateRouting", "TL", "Sum"), 1);
    cr_expect_eq(stat("UnhealthyStateRouting", "TL", "Maximum"), 1);
}

/* The minute from 120 to 179 saw 5 at most; the next one begins anew. */
Test(alb_metrics, connections_count_once_as_new_and_once_a_minute_as_active)
{
    alb_metrics_connections(metrics, 120, 3, 3);
    alb_metrics_connections(metrics, 125, 7, 5);
    alb_metrics_connections(metrics, 179, 7, 2);
    EXPECT("NewConnectionCount", "L", 7);
    EXPECT("ActiveConnectionCount", "ZL", 5);
    alb_metrics_connections(metrics, 180, 7, 2);
    EXPECT("NewConnectionCount", "L", 7);
    EXPECT("ActiveConnectionCount", "ZL", 5 + 2);
}

/* A reading in the middle of a second takes nothing away from what comes after it. */
Test(alb_metrics, many_readings_count_each_request_once)
{
    struct alb_metrics_request request = {
        .second = 100, .group = ip, .has_target = true, .target_status = 200};
    for (int i = 0; i < 1000; i++) {
        request.second = 100 + i / 300;
        request.target_us = i * 10;
        alb_metrics_count(metrics, &request);
        if (i % 77 == 0)
            EXPECT("RequestCount", "TL", i + 1);
    }
    EXPECT("HTTPCode_Target_2XX_Count", "L", 1000);
    cr_expect_eq(stat("TargetResponseTime", "TL", "SampleCount"), 1000);
    double p90 = stat("TargetResponseTime", "TL", "p90");
    cr_expect(p90 > 0.009 * 31 / 32 && p90 < 0.009 * 33 / 32, "%g", p90);
}

Test(alb_metrics, reasons_of_functions_failures)
{
    cr_expect_eq(alb_metrics_failure(NULL), ALB_METRICS_NO_FAILURE);
    cr_expect_eq(alb_metrics_failure("AWSALBTGCookieInvalid"), ALB_METRICS_NO_FAILURE);
    cr_expect_eq(alb_metrics_failure("LambdaInvalidResponse"), ALB_METRICS_USER);
    cr_expect_eq(alb_metrics_failure("LambdaThrottling"), ALB_METRICS_USER);
    cr_expect_eq(alb_metrics_failure("LambdaConnectionTimeout"), ALB_METRICS_INTERNAL);
}
