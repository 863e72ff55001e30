#include "runtime/lambda/invoke.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/core/problem.h"
#include "runtime/lambda/event.h"
#include "runtime/lambda/heap.h"
#include "runtime/lambda/stream.h"

#define TRACE_VARIABLE "_X_AMZN_TRACE_ID"

/* An event or answer of this size is rare, and its memory is given back to the system. */
enum { LARGE_BYTES = 128 * 1024 };

/* The longest timeout that a function can have. */
enum { FUNCTION_TIMEOUT_MAX_MS = 5400 * 1000 };

void invoker_init(struct invoker *invoker, struct app *app, struct rapi *rapi,
                  enum invoker_share share)
{
    *invoker = (struct invoker){.app = app, .rapi = rapi, .share = share};
    arena_init(&invoker->arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&invoker->answer, LIMIT_INVOCATION_BYTES);
}

/* setenv would keep every value for ever, since somebody may still look at it. putenv takes our own
 * memory, which the next invocation overwrites. */
static void set_trace(struct invoker *invoker, struct bytes trace_id)
{
    static const char prefix[] = TRACE_VARIABLE "=";
    size_t at = sizeof prefix - 1;
    if (invoker->share == INVOKER_ONE_OF_MANY)
        return;
    if (trace_id.len == 0 || trace_id.len >= sizeof invoker->trace - at) {
        if (invoker->has_trace)
            (void)unsetenv(TRACE_VARIABLE);
        invoker->has_trace = false;
        return;
    }
    memcpy(invoker->trace, prefix, at);
    memcpy(invoker->trace + at, trace_id.ptr, trace_id.len);
    invoker->trace[at + trace_id.len] = '\0';
    if (!invoker->has_trace)
        invoker->has_trace = putenv(invoker->trace) == 0;
}

void invoker_release(struct invoker *invoker)
{
    set_trace(invoker, bytes_make(NULL, 0));
    arena_release(&invoker->arena);
    buf_release(&invoker->answer);
}

/* The platform names the moment at which it kills us on the clock of the day; durations are
 * measured on the other one. `left_ms`: the most that is left by our own settings. */
static int64_t deadline_within(int64_t left_ms, const struct rapi_invocation *invocation)
{
    if (invocation->lambda.deadline_epoch_ms) {
        int64_t said_ms = invocation->lambda.deadline_epoch_ms - clock_ms_epoch();
        if (said_ms < left_ms)
            left_ms = said_ms;
    }
    return clock_ms_monotonic() + (left_ms > 0 ? left_ms : 0);
}

static enum rc refuse(struct invoker *invoker, const struct rapi_invocation *invocation,
                      const char *type, const char *message)
{
    metrics_record(&invoker->app->metrics, NULL, 500, invoker->received_us);
    log_event(LOG_ERROR, "event refused", LOG_STR("errorType", type),
              LOG_STR("errorMessage", message));
    return rapi_error(invoker->rapi, &invoker->arena, invocation, type, message);
}

/* The event does not say whether its function URL streams, so a setting does. */
static bool is_streamed(const struct invoker *invoker, const struct event_context *context)
{
    return invoker->app->config->has_streaming && context->kind == EVENT_APIGW_V2 &&
           context->apigw_v2.is_function_url;
}

static enum rc respond(struct invoker *invoker, const struct rapi_invocation *invocation,
                       const struct event_context *context, const struct http_request *req,
                       struct http_response *res)
{
    invoker->was_large = res->body.len > LARGE_BYTES;
    if (is_streamed(invoker, context))
        return stream_response(invoker->rapi, invocation, req, res, &invoker->answer);
    enum rc rc = event_encode(res, context, &invoker->answer);
    if (rc != RC_OK) {
        buf_reset(&invoker->answer);
        problem_set_fixed(res);
        rc = event_encode(res, context, &invoker->answer);
    }
    if (rc != RC_OK)
        return refuse(invoker, invocation, rapi_error_type(rc), "no memory for the answer");
    return rapi_response(invoker->rapi, &invoker->arena, invocation, buf_bytes(&invoker->answer));
}

static enum rc handle(struct invoker *invoker, const struct rapi_invocation *invocation,
                      struct http_request *req, const struct event_context *context)
{
    struct http_response res;
    req->lambda = &invocation->lambda;
    req->request_id = invocation->lambda.request_id;
    if (req->trace_id.len == 0)
        req->trace_id = invocation->lambda.trace_id;
    (void)log_context_set(app_log_context(req));
    req->received_us = invoker->received_us;
    req->may_stream = is_streamed(invoker, context);
    req->deadline_ms = deadline_within(invoker->app->config->request_timeout_ms, invocation);
    set_trace(invoker, invocation->lambda.trace_id);
    /* RC_AGAIN is only for callers that may not wait. */
    if (app_handle(invoker->app, req, &res, APP_MAY_WAIT) != RC_OK)
        problem_set_fixed(&res);
    return respond(invoker, invocation, context, req, &res);
}

static enum rc refuse_raw(struct invoker *invoker, const struct rapi_invocation *invocation,
                          const char *fault)
{
    struct bytes message = {NULL, 0};
    if (arena_printf(&invoker->arena, &message, "%s, and the service has no raw handler", fault) !=
        RC_OK)
        message = bytes_from_str(fault);
    return refuse(invoker, invocation, rapi_error_type(RC_SYNTAX), message.ptr);
}

static enum rc fail_raw(struct invoker *invoker, const struct rapi_invocation *invocation,
                        enum rc rc)
{
    char message[128];
    const char *type = "Function.RawHandlerFailed";
    (void)snprintf(message, sizeof message, "the raw handler failed: %s", rc_name(rc));
    if (rc == RC_BODY_LIMIT)
        type = "Function.ResponseSizeTooLarge";
    log_event(LOG_ERROR, "raw handler failed", LOG_STR("errorType", type),
              LOG_STR("reason", rc_name(rc)));
    return rapi_error(invoker->rapi, &invoker->arena, invocation, type, message);
}

/* An event without a request: the raw handler's, where there is one. */
static enum rc answer_raw(struct invoker *invoker, const struct rapi_invocation *invocation,
                          const char *fault)
{
    struct bytes json;
    struct app_raw_event event = {.json = invocation->event,
                                  .lambda = &invocation->lambda,
                                  .deadline_ms =
                                      deadline_within(FUNCTION_TIMEOUT_MAX_MS, invocation),
                                  .arena = &invoker->arena};
    if (!invoker->app->definition->raw_handler)
        return refuse_raw(invoker, invocation, fault);
    set_trace(invoker, invocation->lambda.trace_id);
    enum rc rc = app_handle_raw(invoker->app, &event, &json);
    metrics_record(&invoker->app->metrics, &metrics_raw_route, rc == RC_OK ? 200 : 500,
                   invoker->received_us);
    if (rc != RC_OK)
        return fail_raw(invoker, invocation, rc);
    return rapi_response(invoker->rapi, &invoker->arena, invocation, json);
}

static enum rc answer(struct invoker *invoker, const struct rapi_invocation *invocation)
{
    struct http_request req;
    struct http_response res;
    struct event_context context;
    const char *fault = "no memory for the event";
    if (invocation->event.len > LIMIT_INVOCATION_BYTES)
        return refuse(invoker, invocation, rapi_error_type(RC_BODY_LIMIT),
                      "the event is over 6291556 bytes");
    enum rc rc = event_decode(invocation->event, &invoker->arena, &req, &context, &fault);
    switch (rc) {
    case RC_OK:
        return handle(invoker, invocation, &req, &context);
    case RC_BODY_LIMIT:
    case RC_HEAD_LIMIT:
    case RC_URI_LIMIT:
        /* A client's fault, which the other home answers likewise. */
        problem_set_rc(&res, &invoker->arena, rc);
        if (res.is_out_of_memory)
            problem_set_fixed(&res);
        metrics_record(&invoker->app->metrics, NULL, res.status, invoker->received_us);
        return respond(invoker, invocation, &context, &req, &res);
    case RC_UNSUPPORTED:
        return answer_raw(invoker, invocation, fault);
    case RC_SYNTAX:
    case RC_AGAIN:
    case RC_VERSION:
    case RC_NOT_FOUND:
    case RC_EXISTS:
    case RC_CLOSED:
    case RC_NOMEM:
    case RC_IO:
    case RC_TIMEOUT:
    case RC_CONFLICT:
    case RC_THROTTLED:
    case RC_REFUSED:
    case RC_UNREACHABLE:
        break;
    }
    return refuse(invoker, invocation, rapi_error_type(rc), fault);
}

static void clean_up(struct invoker *invoker, size_t event_len)
{
    bool was_large =
        invoker->was_large || event_len > LARGE_BYTES || invoker->answer.len > LARGE_BYTES;
    invoker->was_large = false;
    buf_reset(&invoker->answer);
    if (!was_large) {
        arena_reset(&invoker->arena);
        return;
    }
    arena_release(&invoker->arena);
    buf_shrink(&invoker->answer, LIMIT_IDLE_BUFFER_BYTES);
    rapi_trim(invoker->rapi);
    heap_trim();
}

enum rc invoker_next(struct invoker *invoker, struct rapi_invocation *invocation)
{
    return rapi_next(invoker->rapi, &invoker->arena, invocation);
}

enum rc invoker_answer(struct invoker *invoker, const struct rapi_invocation *invocation)
{
    const struct lambda_context *lambda = &invocation->lambda;
    invoker->received_us = clock_us_monotonic();
    (void)log_context_set((struct log_context){lambda->request_id, lambda->trace_id});
    enum rc rc = answer(invoker, invocation);
    /* The client has its answer; the invocation lasts until the next one is asked for. */
    metrics_write_invocation(&invoker->app->metrics, lambda->request_id);
    (void)log_context_set((struct log_context){.trace_id = {NULL, 0}});
    clean_up(invoker, invocation->event.len);
    return rc;
}
