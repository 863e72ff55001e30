#include "runtime/core/app.h"

#include "runtime/core/clock.h"
#include "runtime/core/json_text.h"
#include "runtime/core/lambda_context.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"
#include "runtime/core/response_check.h"

bool app_init(struct app *app, const struct app_definition *definition, const struct config *config,
              char *error, size_t error_len)
{
    *app = (struct app){.definition = definition, .config = config};
    app->start_ms = clock_ms_monotonic();
    app->start_epoch_ms = clock_ms_epoch();
    metrics_init(&app->metrics, definition->name, definition->routes, config);
    return router_check(definition->routes, error, error_len);
}

void app_set_store(struct app *app, struct store *store, bool is_blocking)
{
    app->store = store;
    app->store_is_blocking = is_blocking;
}

static void answer_allow(struct app *app, struct http_request *req, struct http_response *res,
                         int status)
{
    struct bytes allow;
    if (router_allow(app->definition->routes, req, &allow) != RC_OK) {
        res->is_out_of_memory = true;
        return;
    }
    if (status == 405)
        problem_set(res, req->arena, 405, "method-not-allowed", "%.*s is not for %.*s; it takes %s",
                    BYTES_ARG(req->method_text), BYTES_ARG(req->path), allow.ptr);
    else
        res->status = status;
    http_response_add(res, req->arena, BYTES_LIT("Allow"), allow);
}

static void answer_unrouted(struct app *app, struct http_request *req, struct http_response *res,
                            enum router_match match)
{
    switch (match) {
    case ROUTER_OPTIONS:
        answer_allow(app, req, res, 204);
        break;
    case ROUTER_BAD_METHOD:
        answer_allow(app, req, res, 405);
        break;
    case ROUTER_UNKNOWN_METHOD:
        problem_set(res, req->arena, 501, "unknown-method", "the method '%.*s' is not known",
                    BYTES_ARG(req->method_text));
        break;
    case ROUTER_BAD_PATH:
        problem_set(res, req->arena, 400, "bad-path", "the path has a '%%' without two hex digits");
        break;
    case ROUTER_NOT_FOUND:
        problem_set(res, req->arena, 404, "not-found", "there is nothing at %.*s",
                    BYTES_ARG(req->path));
        break;
    case ROUTER_HANDLER:
    case ROUTER_NOMEM:
        res->is_out_of_memory = true;
        break;
    }
}

static bool uses_store(const struct http_request *req)
{
    unsigned flags = req->route->flags;
    return (flags & ROUTE_USES_STORE) || ((flags & ROUTE_USES_STORE_ON_QUERY) && req->query.len);
}

struct log_context app_log_context(const struct http_request *req)
{
    return (struct log_context){.request_id = req->request_id, .trace_id = req->trace_id};
}

/* What was answered must be sendable from either home. */
static void enforce(struct app *app, struct http_request *req, struct http_response *res)
{
    response_enforce_status(res, req);
    response_enforce_utf8(res, req->arena);
    response_enforce_head(res, req);
    if (!req->may_stream) {
        response_collect(res, req);
        if (app->config->has_response_limit || app->config->home == HOME_LAMBDA)
            response_enforce_limit(res, req);
    }
    if (res->is_out_of_memory)
        problem_set_fixed(res);
}

/* The route whose handler runs on an event loop. */
static _Thread_local const struct route *route_on_loop;

void app_tell_waiting(void)
{
    static atomic_flag has_told = ATOMIC_FLAG_INIT;
    if (route_on_loop && !atomic_flag_test_and_set(&has_told))
        log_event(LOG_ERROR, "an event loop waits for the store: ROUTE_USES_STORE is missing",
                  LOG_STR("route", route_on_loop->pattern));
}

static void run_handler(struct http_request *req, struct http_response *res, enum app_caller caller)
{
    if (caller == APP_MAY_NOT_WAIT)
        route_on_loop = req->route;
    req->route->handler(req, res);
    route_on_loop = NULL;
}

enum rc app_handle(struct app *app, struct http_request *req, struct http_response *res,
                   enum app_caller caller)
{
    enum router_match match = ROUTER_HANDLER;
    http_response_init(res);
    if (!req->received_us && app->metrics.is_on)
        req->received_us = clock_us_monotonic();
    if (!req->route)
        match = router_find(app->definition->routes, req);
    if (match == ROUTER_HANDLER && caller == APP_MAY_NOT_WAIT && app->store_is_blocking &&
        uses_store(req))
        return RC_AGAIN;
    struct log_context before = log_context_set(app_log_context(req));
    req->app = app;
    if (match == ROUTER_HANDLER)
        run_handler(req, res, caller);
    else
        answer_unrouted(app, req, res, match);
    enforce(app, req, res);
    (void)log_context_set(before);
    req->answered_us = metrics_record(&app->metrics, req->route, res->status, req->received_us);
    atomic_fetch_add_explicit(&app->requests_served, 1, memory_order_relaxed);
    return RC_OK;
}

enum rc app_handle_raw(struct app *app, struct app_raw_event *event, struct bytes *answer)
{
    struct log_context ids = {event->lambda->request_id, event->lambda->trace_id};
    struct log_context before = log_context_set(ids);
    *answer = bytes_make(NULL, 0);
    event->app = app;
    enum rc rc = app->definition->raw_handler(event, answer);
    (void)log_context_set(before);
    atomic_fetch_add_explicit(&app->requests_served, 1, memory_order_relaxed);
    if (rc != RC_OK)
        return rc;
    if (answer->len == 0)
        *answer = BYTES_LIT("null");
    if (answer->len > LIMIT_INVOCATION_BYTES)
        return RC_BODY_LIMIT;
    return bytes_is_utf8(*answer) ? RC_OK : RC_UNSUPPORTED;
}
