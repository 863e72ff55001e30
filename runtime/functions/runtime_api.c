#include "runtime/functions/runtime_api.h"

#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"
#include "runtime/functions/extension_api.h"
#include "runtime/functions/runtime_body.h"
#include "runtime/functions/runtime_reply.h"
#include "runtime/functions/runtime_stream.h"

/*
 * A request is looked at in Lambda's order: the id first (400), then what attempt it belongs to
 * (400), then whether the runtime is in a state for it (403), then its content. The sandbox hears
 * of a payload before the runtime is answered, because the request's bytes are gone after that.
 */

/* --- answers to the runtime --- */

/* The names that Lambda's own messages use. */
static const char *state_name(const struct sandbox *sandbox)
{
    switch (sandbox->state) {
    case SANDBOX_INIT:
        return sandbox->has_init_error ? "InitError" : "Started";
    case SANDBOX_IDLE:
        return "Ready";
    case SANDBOX_BUSY:
        return "Running";
    case SANDBOX_SENT:
        return "RuntimeResponseSentState";
    case SANDBOX_ENDING:
        break;
    }
    return "Terminated";
}

static void refuse_state(struct sandbox *sandbox, struct httpd_exchange *exchange,
                         const char *wanted)
{
    http_response_printf(&exchange->res, &exchange->arena, 403, BYTES_LIT("application/json"),
                         "{\"errorMessage\":\"State transition from %s to %s failed for runtime. "
                         "Error: State transition is not allowed\","
                         "\"errorType\":\"InvalidStateTransition\"}\n",
                         state_name(sandbox), wanted);
    httpd_respond(exchange);
}

/* --- GET next --- */

void runtime_api_refuse_next(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    refuse_state(sandbox, exchange, "Ready");
}

static void add(struct httpd_exchange *exchange, const char *name, const char *value)
{
    http_response_add(&exchange->res, &exchange->arena, bytes_from_str(name),
                      bytes_from_str(value));
}

void runtime_api_give_event(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    const struct invocation *invocation = sandbox->invocation;
    struct http_response *res = &exchange->res;
    struct bytes event, deadline;
    /* A copy: the connection may outlive the invocation. */
    if (arena_dup(&exchange->arena, invocation->event, &event) != RC_OK ||
        arena_printf(&exchange->arena, &deadline, "%lld",
                     (long long)invocation->deadline_epoch_ms) != RC_OK) {
        runtime_reply_error(exchange, 500, "InternalServerError", "Internal Server Error");
        return;
    }
    http_response_borrow(res, &exchange->arena, 200, BYTES_LIT("application/json"), event);
    add(exchange, "Lambda-Runtime-Aws-Request-Id", invocation->request_id);
    add(exchange, "Lambda-Runtime-Invocation-Id", invocation->invocation_id);
    add(exchange, "Lambda-Runtime-Trace-Id", invocation->trace_id);
    add(exchange, "Lambda-Runtime-Deadline-Ms", deadline.ptr);
    add(exchange, "Lambda-Runtime-Invoked-Function-Arn",
        invocation->arn.len ? invocation->arn.ptr : sandbox->options->arn);
    if (invocation->client_context.len)
        add(exchange, "Lambda-Runtime-Client-Context", invocation->client_context.ptr);
    httpd_respond(exchange);
}

/* --- POST response, POST error --- */

/* `type` where Lambda takes it, else the Unknown of its category. In the arena or static. */
static struct bytes error_type(const struct http_request *req)
{
    const struct bytes *given = http_request_header(req, "lambda-runtime-function-error-type");
    struct bytes type = given ? *given : bytes_make(NULL, 0);
    bool is_function = bytes_starts_with(type, BYTES_LIT("Function."));
    size_t start = is_function ? 9 : 8, i = start;
    if (is_function || bytes_starts_with(type, BYTES_LIT("Runtime.")))
        for (; i < type.len; i++) {
            char c = type.ptr[i];
            if (!((c >= 'A' && c <= 'Z') || (i > start && c >= 'a' && c <= 'z')))
                break;
        }
    if (i == type.len && i > start + 1 && i < start + 100)
        return type;
    return is_function ? BYTES_LIT("Function.Unknown") : BYTES_LIT("Runtime.Unknown");
}

static void take_error(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    sandbox_take_answer(sandbox, FUNCTION_ERROR, exchange->req.body, error_type(&exchange->req));
    runtime_reply_ok(exchange);
}

static void take_response(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    const struct bytes *mode =
        http_request_header(&exchange->req, "lambda-runtime-function-response-mode");
    struct bytes type = {NULL, 0}, error = {NULL, 0};
    if (mode && !bytes_ieq(*mode, BYTES_LIT("streaming"))) {
        sandbox_refuse_answer(sandbox, "Runtime.InvalidResponseModeHeader",
                              "Invalid response mode header");
        runtime_reply_error(exchange, 400, "InvalidFunctionResponseMode",
                            "Invalid function response mode");
        return;
    }
    if (mode)
        runtime_read_trailer(sandbox, exchange, &type, &error);
    /* Who invokes without streaming takes a streamed answer whole. */
    if (sandbox->invocation->on_part)
        runtime_give_parts(sandbox, exchange, type, error);
    else
        sandbox_take_answer(sandbox, FUNCTION_OK, exchange->req.body, bytes_make(NULL, 0));
    runtime_reply_ok(exchange);
}

/* POST /2018-06-01/runtime/invocation/{id}/(response|error) */
static void take_invocation(struct sandbox *sandbox, struct httpd_exchange *exchange,
                            struct bytes id, bool is_error)
{
    const struct invocation *invocation = sandbox->invocation;
    const struct bytes *attempt =
        http_request_header(&exchange->req, "lambda-runtime-invocation-id");
    if (!invocation || !bytes_eq(id, bytes_from_str(invocation->request_id)))
        runtime_reply_error(exchange, 400, "InvalidRequestID", "Invalid request ID");
    else if (attempt && !bytes_eq(*attempt, bytes_from_str(invocation->invocation_id)))
        runtime_reply_error(exchange, 400, "InvalidInvocationId", "Invalid invocation ID");
    else if (sandbox->state != SANDBOX_BUSY || sandbox->is_streaming)
        refuse_state(sandbox, exchange,
                     is_error ? "InvocationErrorResponse" : "InvocationResponse");
    else if (is_error)
        take_error(sandbox, exchange);
    else
        take_response(sandbox, exchange);
}

static void take_init_error(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    if (sandbox->state != SANDBOX_INIT || sandbox->has_init_error) {
        refuse_state(sandbox, exchange, "InitError");
        return;
    }
    sandbox_take_init_error(sandbox, exchange->req.body, error_type(&exchange->req));
    runtime_reply_ok(exchange);
}

/* --- routes --- */

static void reply_ping(struct httpd_exchange *exchange)
{
    http_response_borrow(&exchange->res, &exchange->arena, 200, BYTES_LIT("text/plain"),
                         BYTES_LIT("pong"));
    httpd_respond(exchange);
}

/* As the Runtime Interface Emulator has it: taken, and said not to be there. */
static bool take_subscription(struct httpd_exchange *exchange)
{
    bool is_logs = bytes_eq(exchange->req.path, BYTES_LIT("/2020-08-15/logs"));
    if (exchange->req.method != HTTP_PUT ||
        !(is_logs || bytes_eq(exchange->req.path, BYTES_LIT("/2022-07-01/telemetry"))))
        return false;
    runtime_reply_error(exchange, 202, is_logs ? "Logs.NotSupported" : "Telemetry.NotSupported",
                        is_logs ? "Logs API is not supported" : "Telemetry API is not supported");
    return true;
}

static void refuse_method(struct httpd_exchange *exchange, const char *allowed)
{
    add(exchange, "Allow", allowed);
    runtime_reply_error(exchange, 405, "MethodNotAllowed", "Method Not Allowed");
}

static void route(struct httpd_exchange *exchange)
{
    struct sandbox *sandbox = httpd_context(exchange->httpd);
    struct bytes path = exchange->req.path, id = {NULL, 0};
    bool is_get = exchange->req.method == HTTP_GET, is_post = exchange->req.method == HTTP_POST;
    bool is_next = bytes_eq(path, BYTES_LIT("/2018-06-01/runtime/invocation/next"));
    bool is_ping = bytes_eq(path, BYTES_LIT("/2018-06-01/ping")), is_error = false;
    bool is_invocation = !is_next && runtime_split_path(path, &id, &is_error);
    bool is_init_error = bytes_eq(path, BYTES_LIT("/2018-06-01/runtime/init/error"));
    if (extension_api_take(sandbox, exchange) || take_subscription(exchange))
        return;
    if (is_next && is_get)
        sandbox_take_next(sandbox, exchange);
    else if (is_invocation && is_post)
        take_invocation(sandbox, exchange, id, is_error);
    else if (is_init_error && is_post)
        take_init_error(sandbox, exchange);
    else if (is_ping && is_get)
        reply_ping(exchange);
    else if (is_next || is_ping)
        refuse_method(exchange, "GET");
    else if (is_invocation || is_init_error)
        refuse_method(exchange, "POST");
    else
        runtime_reply_error(exchange, 404, "NotFound", "Not Found");
}

/* --- bodies that come after their head --- */

static void set_too_large(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    runtime_set_error(exchange, 413, "RequestEntityTooLarge",
                      "Exceeded maximum allowed payload size (6291556 bytes).");
    if (sandbox->state == SANDBOX_BUSY)
        sandbox_refuse_answer(
            sandbox, "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).");
}

/* Who ends with its answer half sent is told of by its end. */
static void set_truncated(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    runtime_set_error(exchange, 400, "TruncatedHTTPRequest", "HTTP request was truncated");
    if (sandbox->state == SANDBOX_BUSY && !process_is_doomed(sandbox->process))
        sandbox_refuse_answer(sandbox, "Runtime.TruncatedResponse", "the response was truncated");
}

/* One runtime alone talks here: what is too large, or breaks off, is the answer to the invocation
 * in hand; Lambda takes it as sent. */
static void on_fault(struct httpd_exchange *exchange, enum rc fault)
{
    struct sandbox *sandbox = httpd_context(exchange->httpd);
    if (fault == RC_BODY_LIMIT)
        set_too_large(sandbox, exchange);
    else if (fault == RC_CLOSED)
        set_truncated(sandbox, exchange);
    else
        runtime_set_error(exchange, rc_to_status(fault), "InvalidRequest", "Invalid request");
}

static void answer_fault(struct httpd_exchange *exchange, enum rc fault)
{
    on_fault(exchange, fault);
    httpd_respond(exchange);
}

static void on_request(struct httpd_exchange *exchange)
{
    struct sandbox *sandbox = httpd_context(exchange->httpd);
    struct runtime_body how = {
        .on_whole = route, .on_fault = answer_fault, .max_bytes = LIMIT_INVOCATION_BYTES};
    if (!exchange->is_body_coming) {
        route(exchange);
        return;
    }
    if (runtime_stream_begins(sandbox, exchange)) {
        sandbox->is_streaming = true;
        how = (struct runtime_body){.on_part = runtime_stream_part,
                                    .on_whole = runtime_stream_end,
                                    .on_fault = answer_fault,
                                    .max_bytes = LIMIT_STREAM_BYTES};
    }
    runtime_body_take(exchange, &how);
}

bool runtime_api_start(struct sandbox *sandbox, unsigned *port, char *error, size_t error_len)
{
    int fd = httpd_listen("127.0.0.1", 0, false, error, error_len);
    if (fd < 0)
        return false;
    *port = httpd_port(fd);
    struct httpd_options options = {.loop = sandbox->options->loop,
                                    .listen_fd = fd,
                                    .on_request = on_request,
                                    .on_fault = on_fault,
                                    .context = sandbox,
                                    .streams_bodies = true,
                                    .body_max_bytes = LIMIT_INVOCATION_BYTES};
    sandbox->httpd = httpd_new(&options);
    if (!sandbox->httpd)
        (void)snprintf(error, error_len, "no memory for a Runtime API");
    return sandbox->httpd != NULL;
}
