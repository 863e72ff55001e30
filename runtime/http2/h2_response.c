#include <inttypes.h>
#include <stdio.h>

#include "runtime/core/limits.h"
#include "runtime/http2/h2_internal.h"

/*
 * A body that is whole is copied, since the owner's memory ends with httpd_respond, and the owner
 * is done. One that is produced is asked for as the client takes it: the owner is done at its end.
 */

enum { NUMBER_MAX = 24 };

/* --- header fields --- */

static nghttp2_nv make_pair(struct bytes name, struct bytes value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                        value.len, NGHTTP2_NV_FLAG_NONE};
}

static bool has_no_body(const struct httpd_exchange *exchange)
{
    return exchange->req.method == HTTP_HEAD || http_status_is_bodiless(exchange->res.status);
}

static bool lower(struct arena *arena, struct bytes name, struct bytes *out)
{
    char *text = arena_alloc(arena, name.len);
    if (!text)
        return false;
    for (size_t i = 0; i < name.len; i++)
        text[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] + 32) : name.ptr[i];
    *out = bytes_make(text, name.len);
    return true;
}

/* A length that the owner gives counts for HEAD alone, whose body is not there to be measured. */
static bool is_left_out(const struct httpd_exchange *exchange, struct bytes name)
{
    return http_field_is_hop_by_hop(name) ||
           (bytes_ieq(name, BYTES_LIT("content-length")) &&
            (exchange->req.method != HTTP_HEAD || exchange->res.body.len));
}

static bool says_length(const struct httpd_exchange *exchange)
{
    const struct http_response *res = &exchange->res;
    if (http_status_is_bodiless(res->status) || (res->producer && exchange->produced_bytes < 0))
        return false;
    return exchange->req.method != HTTP_HEAD || res->body.len ||
           !http_response_header(res, "content-length");
}

/* Room for status, Date, Content-Length and all fields; NULL: no memory. `sent` counts them. */
static nghttp2_nv *make_head(struct h2_stream *stream, char numbers[2][NUMBER_MAX], size_t *count)
{
    struct httpd_exchange *exchange = &stream->exchange;
    const struct http_response *res = &exchange->res;
    struct bytes name;
    size_t n = 0;
    nghttp2_nv *pairs = arena_alloc(&exchange->arena, (res->field_count + 3) * sizeof *pairs);
    if (!pairs || res->is_out_of_memory)
        return NULL;
    int len = snprintf(numbers[0], NUMBER_MAX, "%d", res->status);
    pairs[n++] = make_pair(BYTES_LIT(":status"), bytes_make(numbers[0], (size_t)len));
    if (!exchange->has_date)
        pairs[n++] = make_pair(BYTES_LIT("date"), session_date(&stream->session->base));
    for (size_t i = 0; i < res->field_count; i++) {
        if (is_left_out(exchange, res->fields[i].name))
            continue;
        if (!lower(&exchange->arena, res->fields[i].name, &name))
            return NULL;
        pairs[n++] = make_pair(name, res->fields[i].value);
    }
    uint64_t body_len = res->producer ? (uint64_t)exchange->produced_bytes : res->body.len;
    len = snprintf(numbers[1], NUMBER_MAX, "%" PRIu64, body_len);
    if (says_length(exchange))
        pairs[n++] = make_pair(BYTES_LIT("content-length"), bytes_make(numbers[1], (size_t)len));
    *count = n;
    return pairs;
}

/* --- bodies --- */

static void tell_end(struct h2_stream *stream)
{
    stream->is_held = false;
    h2_stream_count(stream);
    session_end_exchange(&stream->exchange);
}

/* All of it is said. A client that sends on is asked to stop. */
static void finish(struct h2_stream *stream)
{
    stream->is_leaving = false;
    h2_stream_count(stream);
    if (!stream->has_end)
        h2_stream_reset(stream, NGHTTP2_NO_ERROR);
}

/* Asks the producer until there is a byte, an end or nothing to say. */
static enum rc produce(struct h2_stream *stream)
{
    struct httpd_exchange *exchange = &stream->exchange;
    enum rc rc = RC_AGAIN;
    buf_reset(&stream->out);
    stream->out_start = 0;
    while (rc == RC_AGAIN && stream->out.len == 0) {
        rc = exchange->res.producer(exchange->res.producer_context, &stream->out);
        if (rc == RC_AGAIN && stream->out.len == 0 && exchange->is_live) {
            stream->is_resting = true;
            return RC_AGAIN;
        }
    }
    if (stream->out.failed)
        rc = RC_NOMEM;
    exchange->sent_bytes += stream->out.len;
    return rc;
}

/* In read_body. false: nothing is there, for now or for ever; `result` is what nghttp2 is told. */
static bool has_more(struct h2_stream *stream, ssize_t *result)
{
    enum rc rc = produce(stream);
    if (rc == RC_AGAIN && stream->is_resting) {
        stream->is_leaving = false;
        h2_stream_count(stream);
        *result = NGHTTP2_ERR_DEFERRED;
        return false;
    }
    if (rc == RC_AGAIN)
        return true;
    stream->has_producer = false;
    tell_end(stream);
    *result = NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* it broke off, and so does the stream */
    return rc == RC_OK;
}

static ssize_t read_body(nghttp2_session *frames, int32_t id, uint8_t *to, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct h2_stream *stream = source->ptr;
    ssize_t result;
    (void)frames;
    (void)id;
    (void)context;
    if (stream->out_start == stream->out.len && stream->has_producer && !has_more(stream, &result))
        return result;
    size_t left = stream->out.len - stream->out_start, n = left < size ? left : size;
    if (n)
        memcpy(to, stream->out.data + stream->out_start, n);
    stream->out_start += n;
    if (n == left && !stream->has_producer) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        finish(stream);
    }
    return (ssize_t)n;
}

/* --- answers --- */

static bool submit(struct h2_stream *stream, bool has_body)
{
    char numbers[2][NUMBER_MAX];
    size_t count;
    nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = read_body};
    nghttp2_nv *pairs = make_head(stream, numbers, &count);
    if (!pairs)
        return false;
    for (size_t i = 0; i < count; i++)
        stream->exchange.sent_bytes += pairs[i].namelen + pairs[i].valuelen;
    return nghttp2_submit_response(stream->session->frames, stream->id, pairs, count,
                                   has_body ? &provider : NULL) == 0;
}

static void fail(struct h2_stream *stream)
{
    stream->has_producer = stream->is_leaving = false;
    h2_stream_reset(stream, NGHTTP2_INTERNAL_ERROR);
}

void h2_response_begin(struct h2_stream *stream)
{
    struct httpd_exchange *exchange = &stream->exchange;
    const struct http_response *res = &exchange->res;
    bool has_body = !has_no_body(exchange) && (res->producer || res->body.len);
    if (exchange->is_last)
        h2_session_retire(stream->session);
    exchange->is_gone = !stream->is_open;
    stream->has_producer = stream->is_open && has_body && res->producer;
    stream->is_leaving = stream->is_open && has_body;
    if (stream->is_leaving && !res->producer)
        buf_append(&stream->out, res->body);
    exchange->sent_bytes += stream->out.len;
    if (stream->is_open &&
        (exchange->is_dropped || stream->out.failed || !submit(stream, has_body)))
        fail(stream);
    else if (stream->is_open && !has_body)
        finish(stream);
    if (stream->has_producer)
        h2_stream_count(stream);
    else
        tell_end(stream);
    h2_stream_release(stream);
}

void h2_response_wake(struct h2_stream *stream)
{
    if (!stream->is_resting)
        return;
    stream->is_resting = false;
    stream->is_leaving = true;
    h2_stream_count(stream);
    if (nghttp2_session_resume_data(stream->session->frames, stream->id) != 0)
        stream->session->is_broken = true;
}

void h2_response_cut(struct h2_stream *stream)
{
    bool has_producer = stream->has_producer;
    stream->has_producer = stream->is_resting = stream->is_leaving = false;
    stream->exchange.is_gone |= has_producer;
    if (has_producer)
        tell_end(stream);
}
