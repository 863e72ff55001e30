#include <criterion/criterion.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/app.h"
#include "runtime/core/clock.h"
#include "runtime/core/histogram.h"
#include "tests/support/emf.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static struct arena arena;
static int ends[2];
static char text[256 * 1024];
static struct metrics metrics;
static struct config config = {
    .has_metrics = true, .metrics_s = 60, .metrics_namespace = "Duet \"1\""};

static void handle(const struct http_request *req, struct http_response *res)
{
    (void)req;
    res->status = 204;
}

static const struct route routes[] = {
    {HTTP_GET, "/a", handle, 0},
    {HTTP_GET, "/b/{name}", handle, 0},
    {HTTP_PUT, "/a", handle, 0},
    ROUTES_END,
};

static void setup(void)
{
    arena_init(&arena, 16 << 20);
    cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static void teardown(void)
{
    metrics_release(&metrics);
    arena_release(&arena);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

TestSuite(metrics, .init = setup, .fini = teardown);

static void start(enum home home, const char *service)
{
    config.home = home;
    metrics_init(&metrics, service, routes, &config);
    metrics.fd = ends[1];
}

static void record(const struct route *route, int status)
{
    metrics_record(&metrics, route, status, clock_us_monotonic());
}

/* All that was written. */
static struct bytes output(void)
{
    ssize_t n = read(ends[0], text, sizeof text);
    return bytes_make(text, n > 0 ? (size_t)n : 0);
}

static struct bytes summary(void)
{
    metrics_write_summary(&metrics);
    return output();
}

/* The row of `route` in lines that are checked one and all; NULL: none. */
static cJSON *row_of(struct bytes lines, const char *route)
{
    cJSON *root, *found = NULL;
    while ((root = emf_next(&arena, &lines)) != NULL)
        if (bytes_eq(emf_text(root, "Route"), bytes_from_str(route))) {
            cr_expect_null(found, "%s twice", route);
            found = root;
        }
    return found;
}

static void expect_row(struct bytes lines, const char *route, int requests, int errors,
                       int client_errors)
{
    const cJSON *root = row_of(lines, route);
    cr_assert_not_null(root, "%s: %.*s", route, BYTES_ARG(lines));
    cr_expect_eq(emf_number(root, "Requests"), requests, "%s", route);
    cr_expect_eq(emf_number(root, "Errors"), errors, "%s", route);
    cr_expect_eq(emf_number(root, "ClientErrors"), client_errors, "%s", route);
    cr_expect_eq(emf_count(root, "Latency"),
                 (size_t)(requests < HISTOGRAM_SAMPLES ? requests : HISTOGRAM_SAMPLES));
}

/* --- an invocation --- */

static cJSON *invocation(const struct route *route, int status)
{
    record(route, status);
    metrics_write_invocation(&metrics, BYTES_LIT("id-1"));
    struct bytes line = output();
    cr_assert(line.len && line.ptr[line.len - 1] == '\n');
    cr_assert_eq(bytes_find(line, '\n'), line.len - 1, "one line: %.*s", BYTES_ARG(line));
    return emf_check(&arena, bytes_make(line.ptr, line.len - 1));
}

static bool is_cold(const cJSON *root)
{
    return emf_count(root, "ColdStart") == 1;
}

Test(metrics, an_invocation_is_one_line_of_its_own)
{
    start(HOME_LAMBDA, "shop");
    metrics_record(&metrics, &routes[1], 200, clock_us_monotonic() - 2345678);
    metrics_write_invocation(&metrics, BYTES_LIT("id-1"));
    struct bytes line = output();
    cJSON *root = emf_check(&arena, bytes_make(line.ptr, line.len - 1));
    cr_expect(bytes_eq(emf_text(root, "Service"), BYTES_LIT("shop")));
    cr_expect(bytes_eq(emf_text(root, "Home"), BYTES_LIT("lambda")));
    cr_expect(bytes_eq(emf_text(root, "Route"), BYTES_LIT("/b/{name}")));
    cr_expect(bytes_eq(emf_text(root, "requestId"), BYTES_LIT("id-1")));
    cr_expect_eq(emf_number(root, "Requests"), 1);
    cr_expect_geq(emf_number(root, "Latency"), 2345.678);
    cr_expect_lt(emf_number(root, "Latency"), 3000);
    const cJSON *first = cJSON_GetArrayItem(
        cJSON_GetObjectItem(cJSON_GetObjectItem(root, "_aws"), "CloudWatchMetrics"), 0);
    cr_expect(
        bytes_eq(json_bytes(cJSON_GetObjectItem(first, "Namespace")), BYTES_LIT("Duet \"1\"")));
    cr_expect_lt(line.len, 1000u);
}

Test(metrics, the_request_id_is_no_dimension)
{
    start(HOME_LAMBDA, "shop");
    cJSON *aws = cJSON_GetObjectItem(invocation(&routes[0], 200), "_aws");
    char *shown = cJSON_PrintUnformatted(aws);
    cr_expect_null(strstr(shown, "requestId"), "%s", shown);
    cJSON_free(shown);
}

Test(metrics, only_the_first_invocation_is_a_cold_start)
{
    start(HOME_LAMBDA, "shop");
    cJSON *root = invocation(&routes[0], 200);
    cr_expect(is_cold(root) && emf_number(root, "ColdStart") == 1);
    cr_expect_not(is_cold(invocation(&routes[0], 200)));
    start(HOME_LAMBDA, "shop");
    config.initialization_type = "on-demand";
    cr_expect(is_cold(invocation(&routes[0], 200)));
    start(HOME_LAMBDA, "shop");
    config.initialization_type = "provisioned-concurrency";
    cr_expect_not(is_cold(invocation(&routes[0], 200)), "it was started before anybody asked");
}

Test(metrics, an_event_that_is_no_request_has_a_route_of_its_own)
{
    start(HOME_LAMBDA, "shop");
    cr_expect(bytes_eq(emf_text(invocation(&metrics_raw_route, 500), "Route"), BYTES_LIT("raw")));
}

Test(metrics, a_line_passes_lambdas_filter_at_any_level)
{
    config.log_level = LOG_INFO;
    start(HOME_LAMBDA, "shop");
    cr_expect_eq(emf_text(invocation(&routes[0], 200), "level").len, 0u, "INFO is assumed");
    config.log_level = LOG_FATAL;
    cJSON *root = invocation(&routes[0], 200);
    cr_expect(bytes_eq(emf_text(root, "level"), BYTES_LIT("FATAL")));
    cr_expect_eq(emf_text(root, "timestamp").len, strlen("2026-11-21T09:30:00.250Z"));
    start(HOME_FARGATE, "shop");
    record(&routes[0], 200);
    cr_expect_eq(emf_text(row_of(summary(), "/a"), "level").len, 0u, "nobody filters there");
}

struct status_row {
    int status, errors, client_errors;
};

static const struct status_row status_rows[] = {
    {200, 0, 0}, {399, 0, 0}, {400, 0, 1}, {499, 0, 1}, {500, 1, 0}, {599, 1, 0},
};

Test(metrics, statuses_are_errors_of_the_service_or_of_the_client)
{
    for (size_t i = 0; i < ROWS(status_rows); i++) {
        const struct status_row *row = &status_rows[i];
        start(HOME_LAMBDA, "shop");
        cJSON *root = invocation(NULL, row->status);
        cr_expect(bytes_eq(emf_text(root, "Route"), BYTES_LIT("unrouted")));
        cr_expect_eq(emf_number(root, "Errors"), row->errors, "%d", row->status);
        cr_expect_eq(emf_number(root, "ClientErrors"), row->client_errors, "%d", row->status);
        start(HOME_FARGATE, "shop");
        record(&routes[0], row->status);
        expect_row(summary(), "/a", 1, row->errors, row->client_errors);
        metrics_release(&metrics);
    }
}

Test(metrics, an_invocation_is_written_once)
{
    start(HOME_LAMBDA, "shop");
    metrics_write_invocation(&metrics, BYTES_LIT("id-0"));
    cr_expect_eq(output().len, 0u, "nothing was recorded");
    (void)invocation(&routes[0], 200);
    metrics_write_invocation(&metrics, BYTES_LIT("id-1"));
    cr_expect_eq(output().len, 0u);
}

/* Names that would break the line, or that CloudWatch takes not, and the longest ones. */
Test(metrics, any_name_makes_a_good_line)
{
    static char long_name[5000];
    static const char *const names[] = {"", "\"\\\n\x01", "\xC3\xA9\xFF", long_name};
    static char long_namespace[256];
    memset(long_name, '"', sizeof long_name - 1);
    memset(long_namespace, 1, 255);
    config.metrics_namespace = long_namespace;
    for (size_t i = 0; i < ROWS(names); i++) {
        start(HOME_LAMBDA, names[i]);
        cJSON *root = invocation(&routes[0], 200);
        cr_expect_gt(emf_text(root, "Service").len, 0u);
        start(HOME_FARGATE, names[i]);
        for (int j = 0; j < 200; j++)
            metrics_record(&metrics, NULL, 200, INT64_MIN / 2);
        expect_row(summary(), "unrouted", 200, 0, 0);
        metrics_release(&metrics);
    }
}

/* --- a summary --- */

Test(metrics, a_summary_has_a_line_for_each_route_that_was_asked_for)
{
    start(HOME_FARGATE, "shop");
    for (int i = 0; i < 150; i++)
        record(&routes[1], i % 10 ? 200 : 500);
    record(NULL, 404);
    struct bytes lines = summary();
    expect_row(lines, "/b/{name}", 150, 15, 0);
    expect_row(lines, "unrouted", 1, 0, 1);
    cr_expect_null(row_of(lines, "/a"), "nobody asked for it");
    cr_expect(bytes_eq(emf_text(row_of(lines, "unrouted"), "Home"), BYTES_LIT("fargate")));
}

Test(metrics, routes_of_one_pattern_are_one_line)
{
    start(HOME_FARGATE, "shop");
    record(&routes[0], 200);
    record(&routes[2], 500);
    expect_row(summary(), "/a", 2, 1, 0);
}

Test(metrics, each_summary_tells_what_is_new)
{
    start(HOME_FARGATE, "shop");
    cr_expect_eq(summary().len, 0u);
    for (int period = 1; period < 5; period++) {
        for (int i = 0; i < period; i++)
            record(&routes[0], 400);
        expect_row(summary(), "/a", period, 0, period);
        cr_expect_eq(summary().len, 0u, "told already");
    }
}

Test(metrics, latencies_are_near_the_truth)
{
    start(HOME_FARGATE, "shop");
    for (int i = 1; i <= 1000; i++)
        metrics_record(&metrics, &routes[0], 200, clock_us_monotonic() - (int64_t)i * 1000);
    const cJSON *root = row_of(summary(), "/a"), *latency = cJSON_GetObjectItem(root, "Latency");
    double average = emf_number(root, "Latency") / (double)emf_count(root, "Latency");
    cr_expect(average > 480 && average < 521, "%f", average);
    double greatest = cJSON_GetArrayItem(latency, 99)->valuedouble;
    cr_expect(greatest > 960 && greatest < 1032, "%f", greatest);
}

Test(metrics, nothing_is_written_where_the_settings_say_off)
{
    static const struct config off[] = {
        {.home = HOME_LAMBDA, .metrics_namespace = "Duet", .metrics_s = 60},
        {.home = HOME_FARGATE, .metrics_namespace = "Duet", .metrics_s = 60},
        {.home = HOME_FARGATE, .metrics_namespace = "Duet", .has_metrics = true},
    };
    for (size_t i = 0; i < ROWS(off); i++) {
        metrics_init(&metrics, "shop", routes, &off[i]);
        metrics.fd = ends[1];
        cr_expect_not(metrics.is_on);
        record(&routes[0], 200);
        metrics_write_invocation(&metrics, BYTES_LIT("id-1"));
        metrics_write_summary(&metrics);
        cr_expect_eq(output().len, 0u, "%zu", i);
    }
}

/* --- threads --- */

enum { THREADS = 8, EACH = 20000 };

static void *record_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < EACH; i++)
        record(&routes[i % 2], i % 4 ? 200 : 503);
    return NULL;
}

/* Adds what `lines` say to the sums; rows that are new are none. */
static void add_lines(struct bytes lines, double *requests, double *errors)
{
    cJSON *root;
    while ((root = emf_next(&arena, &lines)) != NULL) {
        *requests += emf_number(root, "Requests");
        *errors += emf_number(root, "Errors");
    }
    arena_reset(&arena);
}

Test(metrics, threads_that_record_at_once_lose_nothing)
{
    pthread_t threads[THREADS];
    double requests = 0, errors = 0;
    start(HOME_FARGATE, "shop");
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, record_many, NULL), 0);
    for (int i = 0; i < 50; i++) /* in the middle of it */
        add_lines(summary(), &requests, &errors);
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    add_lines(summary(), &requests, &errors);
    cr_expect_eq(requests, THREADS * EACH, "%f", requests);
    cr_expect_eq(errors, THREADS * EACH / 4, "%f", errors);
}

Test(metrics, a_thread_that_had_counters_of_another_metrics_gets_its_own)
{
    start(HOME_FARGATE, "shop");
    record(&routes[0], 200);
    metrics_release(&metrics);
    start(HOME_FARGATE, "shop");
    record(&routes[0], 200);
    expect_row(summary(), "/a", 1, 0, 0);
}

/* --- the application --- */

static struct app app;
static const struct app_definition definition = {.name = "shop", .version = "1", .routes = routes};

static void ask(enum http_method method, const char *path, enum rc wanted)
{
    struct http_response res;
    struct http_request req = {.method = method,
                               .method_text = http_method_name(method),
                               .path = bytes_from_str(path),
                               .arena = &arena};
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), wanted);
}

Test(metrics, the_application_records_by_pattern)
{
    char error[200] = "";
    config.home = HOME_FARGATE;
    cr_assert(app_init(&app, &definition, &config, error, sizeof error), "%s", error);
    app.metrics.fd = ends[1];
    ask(HTTP_GET, "/b/ada", RC_OK);
    ask(HTTP_GET, "/b/bob", RC_OK);
    ask(HTTP_GET, "/x", RC_OK);
    ask(HTTP_DELETE, "/a", RC_OK);
    metrics_write_summary(&app.metrics);
    struct bytes lines = output();
    expect_row(lines, "/b/{name}", 2, 0, 0);
    expect_row(lines, "unrouted", 2, 0, 2);
    const cJSON *root = row_of(lines, "/b/{name}");
    cr_expect_lt(emf_number(root, "Latency"), 10000, "it measures by itself");
    metrics_release(&app.metrics);
}
