#include "runtime/lambda/rapi_stream.h"

#include "runtime/core/base64.h"
#include "runtime/core/log.h"
#include "runtime/lambda/crash_report.h"

#define ERROR_TYPE "Lambda-Runtime-Function-Error-Type"
#define ERROR_BODY "Lambda-Runtime-Function-Error-Body"

enum { REPLY_MAX_BYTES = 64 * 1024, CHUNK_MAX_BYTES = 64 * 1024 };

enum rc rapi_stream_begin(struct rapi_stream *stream, struct rapi *rapi, struct arena *arena,
                          const struct rapi_invocation *invocation, struct bytes content_type)
{
    struct http_field fields[] = {
        {BYTES_LIT("Content-Type"), content_type},
        {BYTES_LIT("Lambda-Runtime-Function-Response-Mode"), BYTES_LIT("streaming")},
        {BYTES_LIT("Trailer"), BYTES_LIT(ERROR_TYPE ", " ERROR_BODY)},
        {BYTES_LIT("Connection"), BYTES_LIT("close")},
        {BYTES_LIT("Lambda-Runtime-Invocation-Id"), invocation->invocation_id},
    };
    size_t count = sizeof fields / sizeof *fields - (invocation->invocation_id.len == 0);
    struct bytes target;
    *stream = (struct rapi_stream){.rapi = rapi, .arena = arena};
    if (arena_printf(arena, &target, "/2018-06-01/runtime/invocation/%.*s/response",
                     BYTES_ARG(invocation->lambda.request_id)) != RC_OK)
        return RC_IO;
    crash_report_end(); /* from here on the platform has the beginning of an answer */
    enum rc rc = rapi_conn_begin(&rapi->_conn, target, fields, count);
    stream->is_answered = rc == RC_CLOSED;
    return rc == RC_OK || rc == RC_CLOSED ? rc : RC_IO;
}

/* The chunk's bytes are made in the buffer that errors are made in. */
static enum rc write_chunk(struct rapi_stream *stream, struct bytes data)
{
    struct buf *chunk = &stream->rapi->_body;
    buf_reset(chunk);
    http1_encode_chunk(chunk, data);
    if (chunk->failed)
        return RC_NOMEM;
    enum rc rc = rapi_conn_give(&stream->rapi->_conn, buf_bytes(chunk));
    stream->is_answered = rc != RC_OK;
    return rc;
}

enum rc rapi_stream_write(struct rapi_stream *stream, struct bytes part)
{
    enum rc rc = stream->is_answered ? RC_CLOSED : RC_OK;
    while (part.len && rc == RC_OK) {
        size_t len = part.len < CHUNK_MAX_BYTES ? part.len : CHUNK_MAX_BYTES;
        rc = write_chunk(stream, bytes_make(part.ptr, len));
        part = bytes_skip(part, len);
    }
    return rc;
}

/* The error's JSON in base64, since a field takes one line of ASCII; empty: no memory. */
static struct bytes trailer_body(struct rapi_stream *stream, const struct error_report *error)
{
    struct buf *json = &stream->rapi->_body;
    buf_reset(json);
    error_report_body(json, error);
    size_t len = base64_encoded_len(json->len);
    char *text = json->failed ? NULL : arena_alloc(stream->arena, len);
    if (!text)
        return bytes_make(NULL, 0);
    base64_encode(buf_bytes(json), text);
    return bytes_make(text, len);
}

static void send_end(struct rapi_stream *stream, const struct error_report *error)
{
    struct http_field fields[2];
    size_t count = 0;
    if (error) {
        fields[count++] =
            (struct http_field){BYTES_LIT(ERROR_TYPE), error_report_type(error->type)};
        fields[count++] = (struct http_field){BYTES_LIT(ERROR_BODY), trailer_body(stream, error)};
    }
    buf_reset(&stream->rapi->_body);
    http1_encode_trailer(&stream->rapi->_body, fields, count);
    if (rapi_conn_give(&stream->rapi->_conn, buf_bytes(&stream->rapi->_body)) != RC_OK)
        stream->is_answered = true;
}

enum rc rapi_stream_end(struct rapi_stream *stream, const struct error_report *error)
{
    struct rapi_conn *conn = &stream->rapi->_conn;
    struct http1_response res;
    if (!stream->is_answered)
        send_end(stream, error);
    if (rapi_conn_finish(conn, REPLY_MAX_BYTES, stream->arena, &res) != RC_OK) {
        log_event(LOG_WARN, "a lost reply of the Runtime API", LOG_STR("address", conn->api),
                  LOG_STR("reason", conn->error));
        return RC_OK;
    }
    if (res.status >= 200 && res.status < 300)
        return RC_OK;
    log_event(LOG_WARN, "an answer that the Runtime API refused", LOG_NUM("status", res.status),
              LOG_TEXT("reply", res.body));
    return res.status < 500 ? RC_OK : RC_IO;
}
