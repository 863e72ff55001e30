#include "runtime/functions/runtime_stream.h"

#include <stdio.h>

#include "runtime/core/base64.h"
#include "runtime/functions/runtime_reply.h"
#include "runtime/http1/http1.h"

bool runtime_split_path(struct bytes path, struct bytes *id, bool *is_error)
{
    struct bytes prefix = BYTES_LIT("/2018-06-01/runtime/invocation/");
    if (!bytes_starts_with(path, prefix))
        return false;
    path = bytes_skip(path, prefix.len);
    *id = bytes_make(path.ptr, bytes_find(path, '/'));
    path = bytes_skip(path, id->len);
    *is_error = bytes_eq(path, BYTES_LIT("/error"));
    return id->len && (*is_error || bytes_eq(path, BYTES_LIT("/response")));
}

/* In the arena; empty: it is none. */
static struct bytes decode(struct arena *arena, struct bytes text)
{
    size_t len = base64_decoded_len(text);
    char *plain = len ? arena_alloc(arena, len) : NULL;
    if (!plain || base64_decode(text, plain) != RC_OK)
        return bytes_make(NULL, 0);
    return bytes_make(plain, len);
}

static void tell_error(struct sandbox *sandbox, struct bytes type)
{
    char line[256];
    int len = snprintf(line, sizeof line, "the streamed response ended with %.*s", BYTES_ARG(type));
    if (type.len && len > 0 && (size_t)len < sizeof line)
        sandbox_log(sandbox, bytes_make(line, (size_t)len));
}

void runtime_read_trailer(struct sandbox *sandbox, struct httpd_exchange *exchange,
                          struct bytes *type, struct bytes *body)
{
    struct bytes coded = {NULL, 0};
    if (!http1_trailer_find(exchange->trailer, "lambda-runtime-function-error-type", type))
        *type = coded;
    (void)http1_trailer_find(exchange->trailer, "lambda-runtime-function-error-body", &coded);
    *body = decode(&exchange->arena, coded);
    tell_error(sandbox, *type);
}

void runtime_give_parts(struct sandbox *sandbox, struct httpd_exchange *exchange, struct bytes type,
                        struct bytes error)
{
    const struct bytes *content_type = http_request_header(&exchange->req, "content-type");
    sandbox_take_part(sandbox, content_type ? *content_type : bytes_make(NULL, 0),
                      exchange->req.body);
    sandbox_take_answer(sandbox, FUNCTION_OK, error, type);
}

/* The invocation that a stream began for may be over. */
static bool is_open(const struct sandbox *sandbox)
{
    return sandbox->state == SANDBOX_BUSY && sandbox->is_streaming;
}

void runtime_stream_part(struct httpd_exchange *exchange, struct bytes part)
{
    struct sandbox *sandbox = httpd_context(exchange->httpd);
    const struct bytes *type = http_request_header(&exchange->req, "content-type");
    if (is_open(sandbox))
        sandbox_take_part(sandbox, type ? *type : bytes_make(NULL, 0), part);
}

void runtime_stream_end(struct httpd_exchange *exchange)
{
    struct sandbox *sandbox = httpd_context(exchange->httpd);
    struct bytes type, error;
    if (!is_open(sandbox)) {
        runtime_reply_error(exchange, 410, "InvokeTimeout", "Invoke timeout");
        return;
    }
    runtime_read_trailer(sandbox, exchange, &type, &error);
    sandbox_take_answer(sandbox, FUNCTION_OK, error, type);
    runtime_reply_ok(exchange);
}

bool runtime_stream_begins(const struct sandbox *sandbox, const struct httpd_exchange *exchange)
{
    const struct bytes *mode =
        http_request_header(&exchange->req, "lambda-runtime-function-response-mode");
    const struct bytes *attempt =
        http_request_header(&exchange->req, "lambda-runtime-invocation-id");
    const struct invocation *invocation = sandbox->invocation;
    struct bytes id;
    bool is_error;
    return sandbox->state == SANDBOX_BUSY && !sandbox->is_streaming && invocation->on_part &&
           exchange->req.method == HTTP_POST && mode && bytes_ieq(*mode, BYTES_LIT("streaming")) &&
           runtime_split_path(exchange->req.path, &id, &is_error) && !is_error &&
           bytes_eq(id, bytes_from_str(invocation->request_id)) &&
           (!attempt || bytes_eq(*attempt, bytes_from_str(invocation->invocation_id)));
}
