#include <criterion/criterion.h>

#include <fcntl.h>
#include <unistd.h>

#include "runtime/core/app.h"
#include "runtime/core/log.h"
#include "runtime/store/store.h"
#include "tests/support/tempdir.h"

static struct arena arena;
static struct app app;
static struct config config;
static int calls;

static void handle_hello(const struct http_request *req, struct http_response *res)
{
    calls++;
    cr_expect_eq(req->app, &app);
    http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("hello"));
}

static void handle_nothing(const struct http_request *req, struct http_response *res)
{
    (void)req;
    (void)res;
}

static void handle_split(const struct http_request *req, struct http_response *res)
{
    res->status = 200;
    http_response_add(res, req->arena, BYTES_LIT("X"), BYTES_LIT("a\r\nY: b"));
}

static void handle_logging(const struct http_request *req, struct http_response *res)
{
    (void)req;
    log_event(LOG_WARN, "a handler's", LOG_NUM("n", 1));
    res->status = 99;
}

static void handle_storing(const struct http_request *req, struct http_response *res)
{
    struct store_item item;
    cr_expect_eq(store_get(req->app->store, BYTES_LIT("x"), 0, req->arena, &item), RC_NOT_FOUND);
    res->status = 204;
}

static const struct route routes[] = {
    {HTTP_GET, "/logging", handle_logging, 0},
    {HTTP_GET, "/hello", handle_hello, 0},
    {HTTP_GET, "/stored/{name}", handle_hello, ROUTE_USES_STORE},
    {HTTP_GET, "/nothing", handle_nothing, 0},
    {HTTP_GET, "/split", handle_split, 0},
    {HTTP_GET, "/unmarked", handle_storing, 0},
    ROUTES_END,
};

static const struct app_definition definition = {.name = "test", .version = "1", .routes = routes};

static void setup(void)
{
    char error[200] = "";
    arena_init(&arena, 1 << 20);
    log_set_fd(-1);
    cr_assert(app_init(&app, &definition, &config, error, sizeof error), "%s", error);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(app, .init = setup, .fini = teardown);

static struct http_request request(enum http_method method, const char *path)
{
    return (struct http_request){.method = method,
                                 .method_text = http_method_name(method),
                                 .path = bytes_from_str(path),
                                 .arena = &arena};
}

static void expect_problem(const struct http_response *res, int status, const char *type)
{
    const struct bytes *media = http_response_header(res, "Content-Type");
    cr_assert_not_null(media);
    cr_expect(bytes_eq(*media, BYTES_LIT("application/problem+json")));
    cr_expect_eq(res->status, status);
    struct bytes start;
    cr_assert_eq(arena_printf(&arena, &start, "{\"type\":\"/problems/%s\"", type), RC_OK);
    cr_expect(bytes_starts_with(res->body, start), "%.*s", BYTES_ARG(res->body));
}

Test(app, a_bad_table_is_a_start_error)
{
    static const struct route bad[] = {{HTTP_GET, "x", handle_hello, 0}, ROUTES_END};
    static const struct app_definition with_bad = {.name = "test", .version = "1", .routes = bad};
    char error[200] = "";
    cr_expect_not(app_init(&app, &with_bad, &config, error, sizeof error));
    cr_expect_not_null(strstr(error, "'x'"), "%s", error);
}

Test(app, runs_the_route_and_counts)
{
    struct http_request req = request(HTTP_GET, "/hello");
    struct http_response res;
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    cr_expect_eq(res.status, 200);
    cr_expect(bytes_eq(res.body, BYTES_LIT("hello")));
    cr_expect_eq(req.route, &routes[1]);
    cr_expect_eq(atomic_load(&app.requests_served), 1u);
}

Test(app, a_handler_that_might_wait_is_not_run_on_a_loop)
{
    struct http_request req = request(HTTP_GET, "/stored/ada");
    struct http_response res;
    app_set_store(&app, NULL, true);
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_AGAIN);
    cr_expect_eq(calls, 0);
    cr_expect_eq(atomic_load(&app.requests_served), 0u);
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_WAIT), RC_OK);
    cr_expect_eq(calls, 1);
    cr_expect_eq(res.status, 200);
    cr_expect(bytes_eq(*http_request_param(&req, "name"), BYTES_LIT("ada")));
    cr_expect_eq(atomic_load(&app.requests_served), 1u);
}

Test(app, a_store_that_never_waits_is_used_on_a_loop)
{
    struct http_request req = request(HTTP_GET, "/stored/ada");
    struct http_response res;
    app_set_store(&app, NULL, false);
    cr_expect_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    cr_expect_eq(calls, 1);
}

Test(app, routes_without_the_store_never_wait)
{
    struct http_request req = request(HTTP_GET, "/hello");
    struct http_response res;
    app_set_store(&app, NULL, true);
    cr_expect_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    req = request(HTTP_POST, "/stored/ada");
    cr_expect_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK, "a 405 reads no store");
    cr_expect_eq(res.status, 405);
}

Test(app, what_has_no_route_is_a_problem)
{
    struct http_request req = request(HTTP_GET, "/x");
    struct http_response res;
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    expect_problem(&res, 404, "not-found");
    req = request(HTTP_GET, "/%zz");
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    expect_problem(&res, 400, "bad-path");
    req = request(HTTP_METHOD_OTHER, "/hello");
    req.method_text = BYTES_LIT("BREW");
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    expect_problem(&res, 501, "unknown-method");
    cr_expect_eq(atomic_load(&app.requests_served), 3u);
}

Test(app, a_wrong_method_is_told_the_right_ones)
{
    struct http_request req = request(HTTP_DELETE, "/hello");
    struct http_response res;
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    expect_problem(&res, 405, "method-not-allowed");
    cr_expect(bytes_eq(*http_response_header(&res, "Allow"), BYTES_LIT("GET, HEAD, OPTIONS")));
}

Test(app, options_are_answered_without_a_handler)
{
    struct http_request req = request(HTTP_OPTIONS, "/hello");
    struct http_response res;
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    cr_expect_eq(res.status, 204);
    cr_expect_eq(res.body.len, 0u);
    cr_expect(bytes_eq(*http_response_header(&res, "Allow"), BYTES_LIT("GET, HEAD, OPTIONS")));
    cr_expect_eq(calls, 0);
}

Test(app, a_handler_that_says_nothing_has_failed)
{
    struct http_request req = request(HTTP_GET, "/nothing");
    struct http_response res;
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    cr_expect_eq(res.status, 500);
}

Test(app, a_response_that_could_not_be_made_is_the_fixed_one)
{
    struct http_request req = request(HTTP_GET, "/split");
    struct http_response res;
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_NOT_WAIT), RC_OK);
    expect_problem(&res, 500, "internal");
    cr_expect_null(http_response_header(&res, "X"));
    cr_expect_not(res.is_out_of_memory);
}

Test(app, lines_of_the_handler_and_of_the_app_itself_have_the_ids)
{
    char lines[2000] = "";
    int ends[2];
    struct http_request req = request(HTTP_GET, "/logging");
    struct http_response res;
    cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_set_fd(ends[1]);
    req.request_id = BYTES_LIT("id-1");
    req.trace_id = BYTES_LIT("Root=1-2-3");
    cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_WAIT), RC_OK);
    cr_assert_gt(read(ends[0], lines, sizeof lines - 1), 0);
    static const char ids[] = "\"requestId\":\"id-1\",\"traceId\":\"Root=1-2-3\"";
    const char *first = strstr(lines, ids);
    cr_assert_not_null(first, "%s", lines);
    const char *second = strstr(first + 1, "bad status");
    cr_assert_not_null(second, "%s", lines);
    second = strstr(second, ids);
    cr_assert_not_null(second, "%s", lines);
    cr_expect_null(strstr(second + strlen(ids), "requestId"), "once a line: %s", lines);
    log_event(LOG_INFO, "after it", LOG_NUM("n", 1));
    ssize_t n = read(ends[0], lines, sizeof lines - 1);
    cr_assert_gt(n, 0);
    lines[n] = '\0';
    cr_expect_null(strstr(lines, "id-1"), "%s", lines);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* How often the log says so, of three requests. */
static size_t tellings(enum app_caller caller)
{
    char lines[4000] = "";
    int ends[2];
    size_t count = 0;
    cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_set_fd(ends[1]);
    for (int i = 0; i < 3; i++) {
        struct http_request req = request(HTTP_GET, "/unmarked");
        struct http_response res;
        cr_assert_eq(app_handle(&app, &req, &res, caller), RC_OK);
    }
    (void)!read(ends[0], lines, sizeof lines - 1);
    for (const char *at = lines; (at = strstr(at, "ROUTE_USES_STORE")) != NULL; at++)
        count += strstr(at, "\"route\":\"/unmarked\"") != NULL;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return count;
}

Test(app, a_route_that_lacks_its_mark_is_told_once)
{
    char url[2 * TEMPDIR_PATH_MAX], error[200] = "";
    struct tempdir folder;
    tempdir_init(&folder);
    struct store *store = store_open(tempdir_join(&folder, "sqlite:", "a.db", url), error, 200);
    cr_assert_not_null(store, "%s", error);
    app_set_store(&app, store, true);
    cr_expect_eq(tellings(APP_MAY_WAIT), 0u);
    cr_expect_eq(tellings(APP_MAY_NOT_WAIT), 1u);
    store_close(store);
    tempdir_release(&folder);
}

Test(app, no_memory_at_all_is_still_an_answer)
{
    static const char *const paths[] = {"/hello", "/x", "/stored/ada", "/hell%6f"};
    struct arena none;
    arena_init(&none, 0);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct http_request req = request(HTTP_GET, paths[i]);
        struct http_response res;
        req.arena = &none;
        cr_assert_eq(app_handle(&app, &req, &res, APP_MAY_WAIT), RC_OK);
        expect_problem(&res, 500, "internal");
    }
}
