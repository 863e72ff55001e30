#include "runtime/core/limits.h"
#include "runtime/core/uri.h"
#include "runtime/http2/h2_internal.h"

/*
 * nghttp2 has looked at names, values and the pseudo fields: which there are, and that they come
 * first. What it gives is copied, since its own lives for the call alone.
 */

enum { FIELD_OVERHEAD = 4 }; /* ": " and CR LF, as HTTP/1.1 would count them */

static void set_fault(struct h2_stream *stream, enum rc fault)
{
    if (stream->fault == RC_OK)
        stream->fault = fault;
}

/* --- fields --- */

static bool keep(struct h2_stream *stream, struct bytes *out, struct bytes value)
{
    if (arena_dup(&stream->exchange.arena, value, out) == RC_OK)
        return true;
    set_fault(stream, RC_NOMEM);
    return false;
}

static void keep_pseudo(struct h2_stream *stream, struct bytes name, struct bytes value)
{
    if (bytes_eq(name, BYTES_LIT(":method")))
        (void)keep(stream, &stream->method, value);
    else if (bytes_eq(name, BYTES_LIT(":path")))
        (void)keep(stream, &stream->target, value);
    else if (bytes_eq(name, BYTES_LIT(":authority")))
        (void)keep(stream, &stream->authority, value);
}

static bool has_room(struct h2_stream *stream)
{
    size_t capacity = stream->field_capacity;
    if (stream->field_count < capacity)
        return true;
    if (capacity >= LIMIT_FIELD_COUNT) {
        set_fault(stream, RC_HEAD_LIMIT);
        return false;
    }
    size_t more = capacity ? 2 * capacity : 16;
    struct http_field *grown = arena_grow(&stream->exchange.arena, stream->fields,
                                          capacity * sizeof *grown, more * sizeof *grown);
    if (!grown) {
        set_fault(stream, RC_NOMEM);
        return false;
    }
    stream->fields = grown;
    stream->field_capacity = more;
    return true;
}

/* A client may send a cookie in pieces, which HTTP/1.1 has in one (RFC 9113 section 8.2.3). */
static bool is_joined(struct h2_stream *stream, struct bytes name, struct bytes value)
{
    for (size_t i = 0; bytes_eq(name, BYTES_LIT("cookie")) && i < stream->field_count; i++) {
        struct http_field *field = &stream->fields[i];
        if (!bytes_eq(field->name, name))
            continue;
        if (arena_printf(&stream->exchange.arena, &field->value, "%.*s; %.*s",
                         BYTES_ARG(field->value), BYTES_ARG(value)) != RC_OK)
            set_fault(stream, RC_NOMEM);
        return true;
    }
    return false;
}

static void keep_field(struct h2_stream *stream, struct bytes name, struct bytes value)
{
    struct http_field field;
    if (!http_is_token(name) || !http_is_field_value(value))
        set_fault(stream, RC_SYNTAX);
    else if (!is_joined(stream, name, value) && has_room(stream) &&
             keep(stream, &field.name, name) && keep(stream, &field.value, bytes_trim(value)))
        stream->fields[stream->field_count++] = field;
}

void h2_request_field(struct h2_stream *stream, struct bytes name, struct bytes value)
{
    size_t len = name.len + value.len + FIELD_OVERHEAD;
    stream->head_bytes += len;
    if (name.len && name.ptr[0] == ':' && len > LIMIT_REQUEST_LINE_BYTES)
        set_fault(stream, RC_URI_LIMIT);
    else if (len > LIMIT_FIELD_BYTES || stream->head_bytes > LIMIT_HEAD_BYTES)
        set_fault(stream, RC_HEAD_LIMIT);
    else if (stream->fault == RC_OK && name.len && name.ptr[0] == ':')
        keep_pseudo(stream, name, value);
    else if (stream->fault == RC_OK)
        keep_field(stream, name, value);
}

/* --- the head --- */

static enum rc split_target(struct h2_stream *stream, struct http_request *req)
{
    struct bytes target = stream->target;
    size_t path_len = bytes_find(target, '?');
    bool is_asterisk = req->method == HTTP_OPTIONS && bytes_eq(target, BYTES_LIT("*"));
    if (!uri_is_target(target) || bytes_find(target, '#') < target.len ||
        (target.ptr[0] != '/' && !is_asterisk))
        return RC_SYNTAX;
    req->path = bytes_make(target.ptr, path_len);
    req->query = path_len < target.len ? bytes_skip(target, path_len + 1) : bytes_make(NULL, 0);
    return RC_OK;
}

/* The authority is what Host is to HTTP/1.1, and takes its place (RFC 9113 section 8.3.1). */
static void set_host(struct h2_stream *stream)
{
    static const struct bytes name = BYTES_INIT("host");
    size_t kept = 0;
    if (!stream->authority.len)
        return;
    for (size_t i = 0; i < stream->field_count; i++)
        if (!bytes_eq(stream->fields[i].name, name))
            stream->fields[kept++] = stream->fields[i];
    stream->field_count = kept;
    if (has_room(stream))
        stream->fields[stream->field_count++] = (struct http_field){name, stream->authority};
}

static int64_t said_length(const struct http_request *req)
{
    uint64_t length;
    const struct bytes *said = http_request_header(req, "content-length");
    return said && bytes_to_u64(*said, INT64_MAX, &length) ? (int64_t)length : HTTPD_UNKNOWN;
}

static void fill(struct h2_stream *stream)
{
    struct httpd_exchange *exchange = &stream->exchange;
    struct http_request *req = &exchange->req;
    req->method_text = stream->method;
    req->method = http_method_parse(stream->method);
    req->fields = stream->fields;
    req->field_count = stream->field_count;
    if (stream->fault == RC_OK)
        stream->fault = exchange->fault = split_target(stream, req);
    exchange->is_body_coming = !stream->has_end;
    if (exchange->is_body_coming)
        exchange->coming_bytes = said_length(req);
    const struct bytes *expected = http_request_header(req, "expect");
    stream->owes_continue = expected && bytes_ieq(*expected, BYTES_LIT("100-continue"));
}

void h2_request_begin(struct h2_stream *stream)
{
    struct h2_session *session = stream->session;
    set_host(stream);
    session_begin_exchange(&session->base, &stream->exchange, stream->head_bytes, stream->fault);
    fill(stream);
    stream->has_head = stream->is_held = true;
    h2_stream_count(stream);
    if (session_is_last(&session->base) || session->base.asked_count + 1 >= H2_REQUESTS)
        h2_session_retire(session);
    bool has_fault = stream->fault != RC_OK;
    session_give_exchange(&stream->exchange);
    if (has_fault)
        h2_response_begin(stream);
}

/* --- the body --- */

/* Room for as much again as the owner has taken: the client is never faster than that. */
static void give_part(struct h2_stream *stream)
{
    struct httpd_exchange *exchange = &stream->exchange;
    struct buf empty = stream->part;
    enum rc rc = stream->has_end ? RC_OK : stream->is_open ? RC_AGAIN : RC_CLOSED;
    if (rc == RC_CLOSED)
        buf_reset(&stream->body);
    stream->part = stream->body;
    stream->body = empty;
    buf_reset(&stream->body);
    if (stream->is_open &&
        nghttp2_session_consume_stream(stream->session->frames, stream->id, stream->part.len) != 0)
        stream->session->is_broken = true;
    stream->wants_part = false;
    h2_stream_count(stream);
    exchange->on_body(exchange, buf_bytes(&stream->part), rc);
}

void h2_request_go_on(struct h2_stream *stream)
{
    if (stream->wants_part && (stream->body.len || stream->has_end || !stream->is_open))
        give_part(stream);
    else
        h2_stream_count(stream);
}

void h2_request_data(struct h2_stream *stream, struct bytes part)
{
    stream->session->base.taken_bytes += part.len;
    stream->exchange.received_bytes += part.len;
    buf_append(&stream->body, part);
    if (stream->body.failed) /* there is no memory: the window allows no more than there is room */
        h2_stream_reset(stream, NGHTTP2_INTERNAL_ERROR);
    else
        h2_request_go_on(stream);
}

static void say_continue(struct h2_stream *stream)
{
    static uint8_t name[] = ":status", value[] = "100";
    nghttp2_nv status = {name, value, sizeof name - 1, sizeof value - 1, NGHTTP2_NV_FLAG_NONE};
    if (stream->owes_continue && stream->is_open && !stream->body.len && !stream->has_end &&
        nghttp2_submit_headers(stream->session->frames, NGHTTP2_FLAG_NONE, stream->id, NULL,
                               &status, 1, NULL) != 0)
        stream->session->is_broken = true;
    stream->owes_continue = false;
}

void h2_request_body_next(struct h2_stream *stream)
{
    say_continue(stream);
    stream->wants_part = true;
    h2_request_go_on(stream);
}
