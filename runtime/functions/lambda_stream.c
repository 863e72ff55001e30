#include <stdlib.h>

#include "runtime/core/base64.h"
#include "runtime/control/shape_json.h"
#include "runtime/core/limits.h"
#include "runtime/functions/event_stream.h"
#include "runtime/functions/lambda_internal.h"

/*
 * InvokeWithResponseStream: each part of the function's answer is a message of its own, sent as
 * soon as it is there; a last message says how it ended.
 *
 * Two owners end at different times. The function's side (struct source) is told the result once,
 * whatever becomes of the client. The client's side (struct stream) lives in the call, which is
 * gone when the client is.
 */

/* With memory of its own, which goes when it has been sent: a stream may be long. */
struct message {
    struct arena arena;
    struct bytes bytes;
    struct message *next;
};

struct source;

struct stream {
    struct lambda_invoke *invoke;
    struct source *source; /* NULL: it has said all */
    struct message *first, **last;
    bool has_begun; /* the answer has */
    bool is_broken; /* no memory: it breaks off */
};

struct source {
    struct stream *stream; /* NULL: the client has left */
};

/* --- the client's side --- */

static void message_free(struct message *message)
{
    arena_release(&message->arena);
    free(message);
}

static struct message *take_first(struct stream *stream)
{
    struct message *message = stream->first;
    stream->first = message->next;
    if (!stream->first)
        stream->last = &stream->first;
    return message;
}

static enum rc produce(void *context, struct buf *out)
{
    struct stream *stream = context;
    if (stream->is_broken)
        return RC_NOMEM;
    if (stream->first) {
        struct message *message = take_first(stream);
        buf_append(out, message->bytes);
        message_free(message);
    }
    return stream->first || stream->source ? RC_AGAIN : RC_OK;
}

static void on_over(void *context)
{
    struct stream *stream = context;
    if (stream->source)
        stream->source->stream = NULL;
    while (stream->first)
        message_free(take_first(stream));
}

/* The stream may be gone after it. */
static void go_on(struct stream *stream)
{
    struct control_call *call = stream->invoke->call;
    if (stream->has_begun) {
        control_wake(call);
        return;
    }
    stream->has_begun = true;
    http_response_add(call->res, call->arena, BYTES_LIT("X-Amz-Executed-Version"),
                      bytes_from_str(stream->invoke->version));
    control_answer_live(call, 200, BYTES_LIT("application/vnd.amazon.eventstream"), produce,
                        on_over, stream);
}

static void add(struct stream *stream, struct bytes event, struct bytes type, struct bytes payload)
{
    const struct event_stream_header headers[] = {
        {":message-type", BYTES_LIT("event")}, {":event-type", event}, {":content-type", type}};
    struct message *message = calloc(1, sizeof *message);
    if (!message) {
        stream->is_broken = true;
        return;
    }
    arena_init(&message->arena, LIMIT_STREAM_BYTES);
    if (event_stream_message(&message->arena, headers, 3, payload, &message->bytes) != RC_OK) {
        message_free(message);
        stream->is_broken = true;
        return;
    }
    *stream->last = message;
    stream->last = &message->next;
}

/* --- the function's side --- */

static void on_part(void *context, struct bytes content_type, struct bytes part)
{
    const struct source *source = context;
    (void)content_type; /* of the stream it is another one, and the API has no place for this */
    if (!source->stream)
        return;
    add(source->stream, BYTES_LIT("PayloadChunk"), BYTES_LIT("application/octet-stream"), part);
    go_on(source->stream);
}

static struct bytes log_text(struct stream *stream, struct bytes tail)
{
    size_t len = base64_encoded_len(tail.len);
    char *text = arena_alloc(stream->invoke->call->arena, len);
    if (!text) {
        stream->is_broken = true;
        return bytes_make(NULL, 0);
    }
    base64_encode(tail, text);
    return bytes_make(text, len);
}

/* {"ErrorCode", "ErrorDetails", "LogResult"}, each where there is one. */
static void add_end(struct stream *stream, const struct function_result *result)
{
    struct control_call *call = stream->invoke->call;
    struct buf text;
    struct datum *end = control_result(call);
    if (result->error_type.len) {
        datum_text(&call->maker, end, "ErrorCode", result->error_type);
        datum_text(&call->maker, end, "ErrorDetails", result->payload);
    }
    if (stream->invoke->wants_log)
        datum_text(&call->maker, end, "LogResult", log_text(stream, result->log_tail));
    buf_init(&text, LIMIT_INVOCATION_BYTES);
    shape_json_write(&text, end);
    stream->is_broken |= call->maker.failed || text.failed;
    add(stream, BYTES_LIT("InvokeComplete"), BYTES_LIT("application/json"), buf_bytes(&text));
    buf_release(&text);
}

static void on_done(void *context, const struct function_result *result)
{
    struct stream *stream = ((struct source *)context)->stream;
    free(context);
    if (!stream)
        return;
    stream->source = NULL;
    if (result->outcome == FUNCTION_THROTTLED) {
        lambda_throttled(stream->invoke->call, result->payload);
        return;
    }
    add_end(stream, result);
    go_on(stream);
}

/* --- the action --- */

void lambda_invoke_stream(void *context, struct control_call *call)
{
    struct function_call function_call;
    struct lambda_invoke *invoke = lambda_invoke_read(context, call, &function_call);
    if (!invoke)
        return;
    if (invoke->type != LAMBDA_INVOKE_WAIT) {
        control_fail(call, 400, "InvalidParameterValueException",
                     "A streamed answer has the invocation type RequestResponse");
        return;
    }
    struct stream *stream = arena_zalloc(call->arena, sizeof *stream);
    struct source *source = stream ? malloc(sizeof *source) : NULL;
    if (!source) {
        lambda_no_memory(call);
        return;
    }
    *stream = (struct stream){.invoke = invoke, .source = source, .last = &stream->first};
    source->stream = stream;
    function_call.on_done = on_done;
    function_call.on_part = on_part;
    function_call.context = source;
    registry_call(invoke->target, &function_call);
}
