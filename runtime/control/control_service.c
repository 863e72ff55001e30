#include "runtime/control/control_service.h"

#include <stdarg.h>
#include <stdio.h>

#include "runtime/control/cbor.h"
#include "runtime/control/shape_json.h"
#include "runtime/control/shape_xml.h"
#include "runtime/core/limits.h"

enum { MESSAGE_MAX = 1024 };

/* Of an error that no service has said: where there is none, or the door refuses. */
static const char fault_namespace[] = "http://webservices.amazon.com/AWSFault/2005-15-09";

struct datum *control_result(struct control_call *call)
{
    struct datum *result = datum_new(call->arena, DATUM_MAP);
    call->maker = (struct datum_maker){.arena = call->arena, .failed = result == NULL};
    return result ? result : datum_map(&call->maker, NULL, NULL);
}

/* The JSON version that the client speaks: 1.0 or 1.1. */
static struct bytes content_type(const struct control_call *call)
{
    switch (call->protocol) {
    case CONTROL_QUERY:
        return BYTES_LIT("text/xml");
    case CONTROL_CBOR:
        return BYTES_LIT("application/cbor");
    case CONTROL_REST:
        return BYTES_LIT("application/json");
    case CONTROL_JSON:
        break;
    }
    return call->is_json_1_0 ? BYTES_LIT("application/x-amz-json-1.0")
                             : BYTES_LIT("application/x-amz-json-1.1");
}

/* Copies `text` into the arena as the response's body. */
static void fill(struct control_call *call, int status, struct bytes type, struct bytes text)
{
    struct bytes body = {NULL, 0}, id = {NULL, 0};
    if (arena_dup(call->arena, text, &body) != RC_OK ||
        arena_dup(call->arena, bytes_from_str(call->request_id), &id) != RC_OK)
        call->res->is_out_of_memory = true;
    http_response_borrow(call->res, call->arena, status, type, body);
    http_response_add(call->res, call->arena, BYTES_LIT("x-amzn-RequestId"), id);
    if (call->protocol == CONTROL_CBOR)
        http_response_add(call->res, call->arena, BYTES_LIT("smithy-protocol"),
                          BYTES_LIT("rpc-v2-cbor"));
}

/* The same, and releases it. */
static void respond(struct control_call *call, int status, struct buf *text)
{
    if (text->failed)
        call->res->is_out_of_memory = true;
    fill(call, status, content_type(call), text->failed ? bytes_make(NULL, 0) : buf_bytes(text));
    buf_release(text);
}

/* The call may be gone after it. */
static void finish(struct control_call *call)
{
    call->is_answered = true;
    if (!call->is_inside && call->on_answer)
        call->on_answer(call);
}

static void write_query_result(struct buf *out, const struct control_call *call,
                               const struct datum *result)
{
    buf_printf(out, "<%.*sResponse xmlns=\"%s\"><%.*sResult>", BYTES_ARG(call->action),
               call->service->xml_namespace, BYTES_ARG(call->action));
    shape_xml_write(out, result);
    buf_printf(out,
               "</%.*sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>"
               "</%.*sResponse>\n",
               BYTES_ARG(call->action), call->request_id, BYTES_ARG(call->action));
}

static bool is_change(struct bytes action)
{
    return !bytes_starts_with(action, BYTES_LIT("Get")) &&
           !bytes_starts_with(action, BYTES_LIT("List")) &&
           !bytes_starts_with(action, BYTES_LIT("Describe")) &&
           !bytes_starts_with(action, BYTES_LIT("Invoke"));
}

/* false: the call is answered with the reason. */
static bool keep(struct control_call *call)
{
    char error[MESSAGE_MAX];
    const struct control_keep *how = call->service ? &call->service->keep : NULL;
    if (!how || !how->fn || !is_change(call->action) || how->fn(how->context, error, sizeof error))
        return true;
    control_fail(call, 500, how->fault, "%s", error);
    return false;
}

void control_answer(struct control_call *call, const struct datum *result)
{
    if (!keep(call))
        return;
    static const struct datum empty = {.kind = DATUM_MAP};
    struct buf text;
    buf_init(&text, LIMIT_TARGET_BODY_BYTES);
    if (!result)
        result = &empty;
    else if (call->maker.failed)
        text.failed = true;
    switch (call->protocol) {
    case CONTROL_QUERY:
        write_query_result(&text, call, result);
        break;
    case CONTROL_JSON:
    case CONTROL_REST:
        shape_json_write(&text, result);
        break;
    case CONTROL_CBOR:
        cbor_write(&text, result);
        break;
    }
    respond(call, call->status ? call->status : 200, &text);
    finish(call);
}

void control_answer_raw(struct control_call *call, int status, struct bytes type, struct bytes body)
{
    if (!keep(call))
        return;
    fill(call, status, type, body);
    finish(call);
}

void control_answer_live(struct control_call *call, int status, struct bytes type,
                         http_producer_fn *producer, void (*on_over)(void *context), void *context)
{
    fill(call, status, type, bytes_make(NULL, 0));
    call->res->producer = producer;
    call->res->producer_context = context;
    call->is_live = true;
    call->on_over = on_over;
    call->over_context = context;
    finish(call);
}

void control_wake(struct control_call *call)
{
    if (call->on_wake)
        call->on_wake(call);
}

static void write_query_error(struct buf *out, const struct control_call *call, int status,
                              const char *code, struct bytes message)
{
    buf_printf(out, "<ErrorResponse xmlns=\"%s\"><Error><Type>%s</Type><Code>%s</Code><Message>",
               call->service && call->service->xml_namespace ? call->service->xml_namespace
                                                             : fault_namespace,
               status < 500 ? "Sender" : "Receiver", code);
    shape_xml_text(out, message);
    buf_printf(out, "</Message></Error><RequestId>%s</RequestId></ErrorResponse>\n",
               call->request_id);
}

/* Of JSON and CBOR: {"__type": "com.amazonaws.x#Code", "message": "..."}. */
static void write_tree_error(struct buf *out, struct control_call *call, const char *code,
                             struct bytes message)
{
    struct datum *error = control_result(call);
    const char *prefix = call->service ? call->service->shape_prefix : NULL;
    struct bytes type = {NULL, 0};
    if (arena_printf(call->arena, &type, "%s%s", prefix ? prefix : "", code) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, error, "__type", type);
    datum_text(&call->maker, error, "message", message);
    if (call->maker.failed)
        out->failed = true;
    else if (call->protocol == CONTROL_JSON)
        shape_json_write(out, error);
    else
        cbor_write(out, error);
}

/* Of REST: the code is in a field. Some of Lambda's shapes spell the message with a capital. */
static void write_rest_error(struct buf *out, struct control_call *call, int status,
                             struct bytes message)
{
    struct datum *error = control_result(call);
    datum_string(&call->maker, error, "Type", status < 500 ? "User" : "Service");
    datum_text(&call->maker, error, "Message", message);
    datum_text(&call->maker, error, "message", message);
    out->failed = call->maker.failed;
    if (!out->failed)
        shape_json_write(out, error);
}

/* What clients of a service that once spoke Query alone look for: its old codes. */
static void add_error_fields(struct control_call *call, int status, const char *code)
{
    struct bytes old = {NULL, 0};
    if (call->protocol == CONTROL_QUERY)
        return;
    http_response_add(call->res, call->arena, BYTES_LIT("x-amzn-errortype"), bytes_from_str(code));
    if (call->protocol == CONTROL_REST)
        return;
    if (arena_printf(call->arena, &old, "%s;%s", code, status < 500 ? "Sender" : "Receiver") !=
        RC_OK) {
        call->res->is_out_of_memory = true;
        return;
    }
    http_response_add(call->res, call->arena, BYTES_LIT("x-amzn-query-error"), old);
}

void control_fail(struct control_call *call, int status, const char *code, const char *format, ...)
{
    struct buf text;
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    buf_init(&text, LIMIT_RESPONSE_JSON_BYTES);
    if (call->protocol == CONTROL_QUERY)
        write_query_error(&text, call, status, code, bytes_from_str(message));
    else if (call->protocol == CONTROL_REST)
        write_rest_error(&text, call, status, bytes_from_str(message));
    else
        write_tree_error(&text, call, code, bytes_from_str(message));
    respond(call, status, &text);
    add_error_fields(call, status, code);
    finish(call);
}
