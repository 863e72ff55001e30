#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/core/app.h"
#include "runtime/core/clock.h"
#include "runtime/core/metrics.h"
#include "runtime/core/text.h"
#include "tests/support/call.h"

static struct arena arena;
static struct metrics metrics;
static struct config config = {.home = HOME_FARGATE, .has_metrics = true, .metrics_s = 60};

static void handle(const struct http_request *req, struct http_response *res)
{
    (void)req;
    res->status = 204;
}

static const struct route routes[] = {
    {HTTP_GET, "/a", handle, 0},
    {HTTP_PUT, "/a", handle, 0},
    {HTTP_GET, "/never", handle, 0},
    ROUTES_END,
};

static void setup(void)
{
    arena_init(&arena, 1 << 20);
    metrics_init(&metrics, "service", routes, &config);
}

static void teardown(void)
{
    metrics_release(&metrics);
    arena_release(&arena);
}

TestSuite(metrics_print, .init = setup, .fini = teardown);

static void record(const struct route *route, int status, int64_t ago_us)
{
    metrics_record(&metrics, route, status, clock_us_monotonic() - ago_us);
}

static const char *printed(void)
{
    struct text out;
    struct bytes copy;
    text_init(&out, &arena);
    metrics_print(&metrics, &out);
    cr_assert_not(out.failed);
    cr_assert_eq(arena_dup(&arena, text_bytes(&out), &copy), RC_OK);
    return copy.ptr ? copy.ptr : "";
}

static void expect_line(const char *text, const char *line)
{
    char wanted[256];
    (void)snprintf(wanted, sizeof wanted, "\n%s\n", line);
    cr_expect(strstr(text, wanted) != NULL, "%s is not in %s", line, text);
}

/* Each duration stands far from the bounds beside it, so that a slow machine does not move it. */
Test(metrics_print, tells_requests_by_route_and_outcome)
{
    record(&routes[0], 200, 30000000);
    record(&routes[0], 404, 30000000);
    record(&routes[0], 500, 30000000);
    record(&routes[1], 204, 30000000);
    record(NULL, 400, 30000000);
    const char *text = printed();
    expect_line(text, "duet_requests_total{method=\"GET\",route=\"/a\",outcome=\"ok\"} 1");
    expect_line(text,
                "duet_requests_total{method=\"GET\",route=\"/a\",outcome=\"client_error\"} 1");
    expect_line(text, "duet_requests_total{method=\"GET\",route=\"/a\",outcome=\"error\"} 1");
    expect_line(text, "duet_requests_total{method=\"PUT\",route=\"/a\",outcome=\"ok\"} 1");
    expect_line(text,
                "duet_requests_total{method=\"\",route=\"unrouted\",outcome=\"client_error\"} 1");
    expect_line(text, "duet_request_duration_seconds_count{method=\"GET\",route=\"/a\"} 3");
    cr_expect_null(strstr(text, "/never"), "a route without a request has no line");
}

Test(metrics_print, buckets_are_cumulative)
{
    record(&routes[0], 200, 3600 * INT64_C(1000000));
    metrics_record(&metrics, &routes[0], 200, clock_us_monotonic() + 1000000); /* counts as 0 */
    const char *text = printed();
    expect_line(
        text, "duet_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",le=\"0.0005\"} 1");
    expect_line(text,
                "duet_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",le=\"10\"} 1");
    expect_line(text,
                "duet_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",le=\"+Inf\"} 2");
}

Test(metrics_print, a_summary_takes_nothing_away)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    metrics.fd = ends[1];
    record(&routes[0], 200, 0);
    metrics_write_summary(&metrics);
    record(&routes[0], 200, 0);
    expect_line(printed(), "duet_request_duration_seconds_count{method=\"GET\",route=\"/a\"} 2");
    (void)close(ends[0]);
    (void)close(ends[1]);
}

Test(metrics_print, tells_of_connections)
{
    metrics.connections = (struct metrics_connections){7, 3, 2, 1, 5};
    const char *text = printed();
    expect_line(text, "# TYPE duet_connections_open gauge");
    expect_line(text, "duet_connections_open 4");
    expect_line(text, "# TYPE duet_connections_total counter");
    expect_line(text, "duet_connections_total 7");
    expect_line(text, "duet_connections_late_total 2");
    expect_line(text, "duet_connections_displaced_total 1");
    expect_line(text, "duet_connections_put_off_total 5");
}

Test(metrics_print, says_nothing_where_they_are_off)
{
    metrics_release(&metrics);
    cr_expect_str_eq(printed(), "");
}

Test(metrics_print, handler_tells_of_its_process)
{
    struct call_home home;
    struct call call;
    call_home_init(&home, HOME_FARGATE, NULL);
    call_init(&call);
    cr_expect_eq(call_get(&call, &home, "/metrics"), 200);
    cr_expect_str_eq(call_field(&call, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    cr_expect(call_body_has(&call, "home=\"fargate\"} 1\n"));
    cr_expect(call_body_has(&call, "\nprocess_resident_memory_bytes "));
    cr_expect(call_body_has(&call, "\nprocess_cpu_seconds_total "));
    call_release(&call);
    call_home_release(&home);
}
