#include <stdlib.h>

#include "runtime/core/limits.h"
#include "runtime/http2/h2_internal.h"

/*
 * nghttp2 calls back while it takes bytes, and while it makes some. A stream that it has closed may
 * be the owner's still, and is freed when that has answered; nghttp2 knows nothing of it by then.
 */

/* Streams that the client may reset before their answer: so many at once, and one more for each
 * request that it lets be answered. */
enum {
    RESETS_MAX = 200,
    WINDOW_BYTES = 65535,
    CONNECTION_WINDOW_BYTES = H2_STREAMS * WINDOW_BYTES
};

/* --- streams --- */

static void count(size_t *counter, bool *was, bool is)
{
    *counter += (size_t)is - (size_t)*was;
    *was = is;
}

void h2_stream_count(struct h2_stream *stream)
{
    struct session *base = &stream->session->base;
    bool is_coming =
        stream->is_open && (!stream->has_head || (stream->wants_part && !stream->has_end));
    count(&base->coming_count, &stream->was_coming, is_coming);
    count(&base->held_count, &stream->was_held, stream->is_held);
    count(&base->leaving_count, &stream->was_leaving, stream->is_open && stream->is_leaving);
}

static struct h2_stream *add_stream(struct h2_session *session, int32_t id)
{
    struct h2_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->session = session;
    stream->id = id;
    stream->is_open = true;
    arena_init(&stream->exchange.arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&stream->body, 2 * WINDOW_BYTES);
    buf_init(&stream->part, 2 * WINDOW_BYTES);
    buf_init(&stream->out, LIMIT_TARGET_BODY_BYTES);
    stream->exchange.conn = session->base.conn;
    stream->next = session->streams;
    stream->link = &session->streams;
    if (stream->next)
        stream->next->link = &stream->next;
    session->streams = stream;
    session->stream_count++;
    h2_stream_count(stream);
    return stream;
}

void h2_stream_release(struct h2_stream *stream)
{
    struct h2_session *session = stream->session;
    if (stream->is_open || stream->is_held)
        return;
    h2_stream_count(stream);
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    session->stream_count--;
    arena_release(&stream->exchange.arena);
    buf_release(&stream->body);
    buf_release(&stream->part);
    buf_release(&stream->out);
    free(stream);
}

void h2_stream_reset(struct h2_stream *stream, uint32_t code)
{
    if (nghttp2_submit_rst_stream(stream->session->frames, NGHTTP2_FLAG_NONE, stream->id, code))
        stream->session->is_broken = true;
}

static struct h2_stream *find(nghttp2_session *frames, int32_t id)
{
    return nghttp2_session_get_stream_user_data(frames, id);
}

/* --- what nghttp2 tells --- */

static int on_begin_headers(nghttp2_session *frames, const nghttp2_frame *frame, void *context)
{
    struct h2_session *session = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct h2_stream *stream =
        session->stream_count < H2_STREAMS ? add_stream(session, frame->hd.stream_id) : NULL;
    session->last_id = frame->hd.stream_id;
    if (!stream)
        return nghttp2_submit_rst_stream(frames, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                         NGHTTP2_REFUSED_STREAM);
    return nghttp2_session_set_stream_user_data(frames, frame->hd.stream_id, stream);
}

/* Those of trailers are dropped, as a load balancer does. */
static int on_header(nghttp2_session *frames, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    struct h2_stream *stream = find(frames, frame->hd.stream_id);
    (void)flags;
    (void)context;
    if (stream && !stream->has_head && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        h2_request_field(stream, bytes_make((const char *)name, name_len),
                         bytes_make((const char *)value, value_len));
    return 0;
}

/* The connection has room for all of its streams' windows: theirs alone hold a client up. */
static int on_data(nghttp2_session *frames, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *context)
{
    struct h2_stream *stream = find(frames, id);
    (void)flags;
    (void)context;
    if (nghttp2_session_consume_connection(frames, len) != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (stream && stream->is_held) /* else it has its answer, and the rest is nobody's */
        h2_request_data(stream, bytes_make((const char *)data, len));
    return 0;
}

static int on_frame(nghttp2_session *frames, const nghttp2_frame *frame, void *context)
{
    struct h2_stream *stream = find(frames, frame->hd.stream_id);
    (void)context;
    if (!stream || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    stream->has_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!stream->has_head)
        h2_request_begin(stream);
    else if (stream->has_end)
        h2_request_go_on(stream);
    return 0;
}

/* The owner learns of it where it makes the answer, waits for the body, or has yet to answer. */
static void lose(struct h2_stream *stream)
{
    bool wants_part = stream->wants_part;
    stream->is_open = false;
    h2_stream_count(stream);
    if (stream->has_producer)
        h2_response_cut(stream);
    if (wants_part && stream->is_held)
        h2_request_go_on(stream);
    else if (stream->is_held)
        session_leave_exchange(&stream->exchange);
    else
        h2_stream_release(stream);
}

/* The client takes a request back, or is done with it. */
static int on_close(nghttp2_session *frames, int32_t id, uint32_t code, void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = find(frames, id);
    if (!stream)
        return 0;
    bool was_wanted = stream->was_held || stream->was_coming || stream->was_leaving;
    if (code == NGHTTP2_NO_ERROR)
        session->resets += session->resets < RESETS_MAX;
    else if (was_wanted && --session->resets < 0)
        (void)nghttp2_session_terminate_session(frames, NGHTTP2_ENHANCE_YOUR_CALM);
    lose(stream);
    return 0;
}

/* --- a session --- */

static struct h2_session *own(struct session *base)
{
    return (struct h2_session *)(void *)base;
}

static bool make_frames(struct h2_session *session)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LIMIT_HEAD_BYTES},
    };
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    bool is_made =
        nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0;
    if (is_made) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_no_closed_streams(option, 1);
        is_made = nghttp2_session_server_new2(&session->frames, callbacks, session, option) == 0 &&
                  nghttp2_submit_settings(session->frames, NGHTTP2_FLAG_NONE, settings,
                                          sizeof settings / sizeof *settings) == 0 &&
                  nghttp2_session_set_local_window_size(session->frames, NGHTTP2_FLAG_NONE, 0,
                                                        CONNECTION_WINDOW_BYTES) == 0;
    }
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    return is_made;
}

static void close_session(struct session *base)
{
    struct h2_session *session = own(base);
    nghttp2_session_del(session->frames);
    while (session->streams) {
        session->streams->is_open = session->streams->is_held = false;
        h2_stream_release(session->streams);
    }
    free(session);
}

static struct session *open_session(struct httpd_conn *conn)
{
    struct h2_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    session->base = (struct session){.protocol = &h2_protocol, .conn = conn};
    session->resets = RESETS_MAX;
    if (make_frames(session))
        return &session->base;
    close_session(&session->base);
    return NULL;
}

static bool take(struct session *base, struct bytes in)
{
    struct h2_session *session = own(base);
    ssize_t n = nghttp2_session_mem_recv(session->frames, (const uint8_t *)in.ptr, in.len);
    session->is_broken |= n < 0;
    return !session->is_broken;
}

static bool give(struct session *base, struct buf *out)
{
    struct h2_session *session = own(base);
    const uint8_t *data;
    ssize_t n = 1;
    while (n > 0 && out->len < SESSION_OUT_BYTES && !out->failed) {
        n = nghttp2_session_mem_send(session->frames, &data);
        if (n > 0)
            buf_append(out, bytes_make((const char *)data, (size_t)n));
    }
    session->is_broken |= n < 0;
    return !session->is_broken;
}

static bool is_over(const struct session *base)
{
    const struct h2_session *session = (const struct h2_session *)(const void *)base;
    return !nghttp2_session_want_read(session->frames) &&
           !nghttp2_session_want_write(session->frames);
}

void h2_session_retire(struct h2_session *session)
{
    if (session->is_retired)
        return;
    session->is_retired = true;
    if (nghttp2_submit_goaway(session->frames, NGHTTP2_FLAG_NONE, session->last_id,
                              NGHTTP2_NO_ERROR, NULL, 0) != 0)
        session->is_broken = true;
}

static void retire(struct session *base)
{
    h2_session_retire(own(base));
}

static struct h2_stream *first_open(const struct h2_session *session)
{
    struct h2_stream *stream = session->streams;
    while (stream && !stream->is_open)
        stream = stream->next;
    return stream;
}

/* Each call of the owner may end any of the others. */
static void cut(struct session *base)
{
    struct h2_stream *stream;
    while ((stream = first_open(own(base))) != NULL)
        lose(stream);
}

static struct h2_stream *stream_of(struct httpd_exchange *exchange)
{
    return (struct h2_stream *)(void *)exchange;
}

static void respond(struct httpd_exchange *exchange)
{
    h2_response_begin(stream_of(exchange));
}

static void wake(struct httpd_exchange *exchange)
{
    h2_response_wake(stream_of(exchange));
}

static void body_next(struct httpd_exchange *exchange)
{
    h2_request_body_next(stream_of(exchange));
}

const struct session_protocol h2_protocol = {
    .name = "h2",
    .open = open_session,
    .close = close_session,
    .take = take,
    .give = give,
    .is_over = is_over,
    .retire = retire,
    .cut = cut,
    .respond = respond,
    .wake = wake,
    .body_next = body_next,
};
