#include <stdio.h>

#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "runtime/functions/lambda_internal.h"
#include "runtime/json/json.h"

/* Invoke. A function's error is a success of the API, with a field that says so. */

enum { CONTEXT_MAX = 3583 };

/* --- the head --- */

static struct bytes field_of(const struct control_call *call, const char *name)
{
    const struct bytes *field = http_request_header(call->req, name);
    return field ? *field : bytes_make(NULL, 0);
}

/* false: it is answered. */
static bool read_choice(struct control_call *call, const char *name, const char *const *names,
                        unsigned *out)
{
    struct bytes text = field_of(call, name);
    for (unsigned i = 0; names[i]; i++) {
        if (!bytes_eq(text, bytes_from_str(names[i])))
            continue;
        *out = i;
        return true;
    }
    if (text.len == 0)
        return true;
    control_fail(call, 400, "InvalidParameterValueException", "%s: there is no '%.*s'", name,
                 BYTES_ARG(text));
    return false;
}

/* JSON in base64. false: it is answered. */
static bool read_context(struct lambda_invoke *invoke)
{
    struct control_call *call = invoke->call;
    struct bytes text = field_of(call, "x-amz-client-context");
    size_t len = base64_decoded_len(text);
    cJSON *tree;
    if (text.len == 0)
        return true;
    char *plain = len <= CONTEXT_MAX ? arena_alloc(call->arena, len) : NULL;
    if (plain && base64_decode(text, plain) == RC_OK &&
        json_parse(call->arena, bytes_make(plain, len), &tree, NULL) == RC_OK) {
        invoke->client_context = bytes_make(plain, len);
        return true;
    }
    control_fail(call, 400, "InvalidRequestContentException",
                 "Client context must be a valid Base64-encoded JSON object of %d bytes at most.",
                 CONTEXT_MAX);
    return false;
}

static bool read_head(struct lambda_invoke *invoke)
{
    static const char *const types[] = {"RequestResponse", "Event", "DryRun", NULL};
    static const char *const logs[] = {"None", "Tail", NULL};
    unsigned type = LAMBDA_INVOKE_WAIT, log = 0;
    if (!read_choice(invoke->call, "x-amz-invocation-type", types, &type) ||
        !read_choice(invoke->call, "x-amz-log-type", logs, &log) || !read_context(invoke))
        return false;
    invoke->type = (enum lambda_invoke_type)type;
    invoke->wants_log = log == 1 && type == LAMBDA_INVOKE_WAIT;
    return true;
}

/* false: it is answered. An empty payload is no event at all, and goes as one. */
static bool check_payload(const struct lambda_invoke *invoke)
{
    struct control_call *call = invoke->call;
    struct bytes body = call->req->body;
    size_t max = invoke->type == LAMBDA_INVOKE_EVENT ? LIMIT_EVENT_BYTES : LIMIT_PAYLOAD_BYTES;
    struct json_place place;
    cJSON *tree;
    if (body.len > max) {
        control_fail(call, 413, "RequestTooLargeException",
                     "%zu byte payload is too large for the %s invocation type (limit %zu bytes)",
                     body.len, invoke->type == LAMBDA_INVOKE_EVENT ? "Event" : "RequestResponse",
                     max);
        return false;
    }
    enum rc rc = body.len ? json_parse(call->arena, body, &tree, &place) : RC_OK;
    if (rc == RC_SYNTAX)
        control_fail(call, 400, "InvalidRequestContentException",
                     "Could not parse request body into json: line %zu, column %zu", place.line,
                     place.column);
    else if (rc != RC_OK)
        lambda_no_memory(call);
    return rc == RC_OK;
}

/* --- the answer --- */

static void add(struct control_call *call, const char *name, struct bytes value)
{
    http_response_add(call->res, call->arena, bytes_from_str(name), value);
}

void lambda_throttled(struct control_call *call, struct bytes payload)
{
    add(call, "x-amzn-errortype", BYTES_LIT("TooManyRequestsException"));
    control_answer_raw(call, 429, BYTES_LIT("application/json"), payload);
}

static void add_log(struct control_call *call, struct bytes tail)
{
    size_t len = base64_encoded_len(tail.len);
    char *text = arena_alloc(call->arena, len);
    if (!text) {
        call->res->is_out_of_memory = true;
        return;
    }
    base64_encode(tail, text);
    add(call, "X-Amz-Log-Result", bytes_make(text, len));
}

static void on_done(void *context, const struct function_result *result)
{
    const struct lambda_invoke *invoke = context;
    struct control_call *call = invoke->call;
    if (result->outcome == FUNCTION_THROTTLED) {
        lambda_throttled(call, result->payload);
        return;
    }
    add(call, "X-Amz-Executed-Version", bytes_from_str(invoke->version));
    if (result->outcome != FUNCTION_OK)
        add(call, "X-Amz-Function-Error", BYTES_LIT("Unhandled"));
    if (invoke->wants_log)
        add_log(call, result->log_tail);
    control_answer_raw(call, 200, BYTES_LIT("application/json"), result->payload);
}

/* The ARN as the client named the function. */
static struct bytes arn_of(struct control_call *call, const struct registry_function *function,
                           struct bytes qualifier)
{
    struct bytes arn = {NULL, 0};
    if (arena_printf(call->arena, &arn, "%s%s%.*s", function->arn, qualifier.len ? ":" : "",
                     BYTES_ARG(qualifier)) != RC_OK)
        call->res->is_out_of_memory = true;
    return arn;
}

static void answer_empty(struct control_call *call, int status)
{
    control_answer_raw(call, status, BYTES_LIT("application/json"), bytes_make(NULL, 0));
}

/* --- the action --- */

struct lambda_invoke *lambda_invoke_read(struct lambda_api *api, struct control_call *call,
                                         struct function_call *function_call)
{
    struct bytes qualifier = {NULL, 0};
    struct registry_function *function = lambda_function(api, call, &qualifier);
    if (!function || !lambda_version(call, function, qualifier))
        return NULL;
    struct lambda_invoke *invoke = arena_zalloc(call->arena, sizeof *invoke);
    if (!invoke) {
        lambda_no_memory(call);
        return NULL;
    }
    *invoke = (struct lambda_invoke){
        .call = call,
        .function = function,
        .qualifier = qualifier,
        .target = registry_resolve(function, qualifier)}; /* an alias's choice */
    if (!read_head(invoke) || !check_payload(invoke))
        return NULL;
    registry_version_name(invoke->target, invoke->version);
    *function_call = (struct function_call){
        .event = call->req->body.len ? call->req->body : BYTES_LIT("{}"),
        .client_context = invoke->client_context,
        .arn = arn_of(call, function, qualifier),
        .wants_log_tail = invoke->wants_log,
    };
    return invoke;
}

void lambda_invoke(void *context, struct control_call *call)
{
    struct function_call function_call;
    struct lambda_invoke *invoke = lambda_invoke_read(context, call, &function_call);
    if (!invoke)
        return;
    function_call.on_done = on_done;
    function_call.context = invoke;
    if (invoke->type == LAMBDA_INVOKE_DRY)
        answer_empty(call, 204);
    else if (invoke->type == LAMBDA_INVOKE_WAIT)
        registry_call(invoke->target, &function_call);
    else if (lambda_event_add(context, invoke->function, invoke->qualifier, &function_call))
        answer_empty(call, 202);
    else
        lambda_no_memory(call);
}
