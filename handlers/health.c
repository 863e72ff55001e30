#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "runtime/core/clock.h"
#include "runtime/store/store.h"

enum { STORE_WAIT_MS = 2000 }; /* who asks for a state wants to hear soon that it is bad */

static bool is_stopping(const struct http_request *req)
{
    return atomic_load_explicit(&req->app->is_stopping, memory_order_relaxed);
}

void handle_healthcheck(const struct http_request *req, struct http_response *res)
{
    if (is_stopping(req))
        http_response_borrow(res, req->arena, 503, BYTES_LIT("application/json"),
                             BYTES_LIT("{\"status\":\"stopping\"}"));
    else
        http_response_borrow(res, req->arena, 200, BYTES_LIT("application/json"),
                             BYTES_LIT("{\"status\":\"ok\"}"));
}

static enum rc check_store(const struct http_request *req, char *reason, size_t reason_len)
{
    int64_t deadline_ms = clock_ms_monotonic() + STORE_WAIT_MS;
    if (req->deadline_ms && req->deadline_ms < deadline_ms)
        deadline_ms = req->deadline_ms;
    return store_check(req->app->store, deadline_ms, reason, reason_len);
}

static void answer_details(const struct http_request *req, struct http_response *res)
{
    const struct app *app = req->app;
    struct text body;
    char reason[256] = "ok";
    enum rc rc = app->store ? check_store(req, reason, sizeof reason) : RC_OK;
    text_init(&body, req->arena);
    text_append(&body, BYTES_LIT("{\"service\":"));
    text_json_string(&body, bytes_from_str(app->definition->name));
    text_append(&body, BYTES_LIT(",\"version\":"));
    text_json_string(&body, bytes_from_str(app->definition->version));
    text_printf(&body, ",\"home\":\"%s\",\"uptime_s\":%lld,\"stopping\":%s",
                home_name(app->config->home),
                (long long)(clock_ms_monotonic() - app->start_ms) / 1000,
                is_stopping(req) ? "true" : "false");
    text_printf(&body, ",\"store\":{\"kind\":\"%s\",\"state\":",
                app->store ? store_kind(app->store) : "none");
    text_json_string(&body, bytes_from_str(reason));
    text_append(&body, BYTES_LIT("}}"));
    answer_json(req, res, rc == RC_OK && !is_stopping(req) ? 200 : 503, &body);
}

void handle_gtg(const struct http_request *req, struct http_response *res)
{
    struct bytes value;
    if (http_query_get(req, "details", &value) != RC_NOT_FOUND)
        answer_details(req, res);
    else if (is_stopping(req))
        http_response_borrow(res, req->arena, 503, BYTES_LIT("text/plain"), BYTES_LIT("stopping"));
    else
        http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("OK"));
}
