#ifndef RUNTIME_HTTP2_H2_INTERNAL_H
#define RUNTIME_HTTP2_H2_INTERNAL_H

/*
 * h2_internal — what the files of http2/ share.
 *
 * A stream begins with its request's header fields (h2_request.c), is the owner's from their end
 * until its answer is made, and ends when that is written (h2_response.c). nghttp2 may lose it at
 * any of these times: what the owner has then stays until it is answered. Calls of the owner may
 * answer, and so free, the stream that they are about.
 */

#include <nghttp2/nghttp2.h>

#include "runtime/http2/h2.h"

struct h2_session {
    struct session base; /* first */
    nghttp2_session *frames;
    struct h2_stream *streams;
    size_t stream_count;
    int32_t last_id; /* of a request */
    int resets;      /* that the client may still make; see h2_session.c */
    bool is_retired; /* GOAWAY is sent, or about to be */
    bool is_broken;  /* the client does not speak HTTP/2, or nghttp2 has no memory */
};

struct h2_stream {
    struct httpd_exchange exchange; /* first */
    struct h2_session *session;
    int32_t id;
    bool is_open;                           /* nghttp2 has it */
    bool has_head;                          /* the request's header fields are whole */
    bool has_end;                           /* and so is its body */
    bool wants_part;                        /* the owner has asked for one of the body */
    bool is_held;                           /* the owner has it, or makes its answer */
    bool is_leaving;                        /* a part of the answer is here to be written */
    bool was_coming, was_held, was_leaving; /* as the session counts it */

    /* the request */
    enum rc fault;
    size_t head_bytes;
    struct http_field *fields; /* in the arena */
    size_t field_count, field_capacity;
    struct bytes method, target, authority;
    struct buf body, part; /* what has come, and what of it the owner has */
    bool owes_continue;    /* the client waits to be told before it sends the body */

    /* the answer */
    struct buf out; /* of its body */
    size_t out_start;
    bool has_producer;
    bool is_resting; /* the producer has nothing to say until h2_response_wake */

    struct h2_stream *next, **link;
};

/* --- h2_session.c --- */

/* One of its flags has changed: the session's counts follow. */
void h2_stream_count(struct h2_stream *stream);

/* Frees it when neither nghttp2 nor the owner has it. */
void h2_stream_release(struct h2_stream *stream);

/* Has nghttp2 end it, with an error code of HTTP/2's. */
void h2_stream_reset(struct h2_stream *stream, uint32_t code);

/* GOAWAY: no request from now on. */
void h2_session_retire(struct h2_session *session);

/* --- h2_request.c --- */

/* One header field of a request, as nghttp2 gives it. What is wrong with it becomes the fault. */
void h2_request_field(struct h2_stream *stream, struct bytes name, struct bytes value);

/* They are whole: gives the request to the owner. The stream may be gone after it. */
void h2_request_begin(struct h2_stream *stream);

/* A part of the body has come, its end, or the stream's: the owner gets what it has asked for. The
 * stream may be gone after it. */
void h2_request_data(struct h2_stream *stream, struct bytes part);
void h2_request_go_on(struct h2_stream *stream);

/* As httpd_body_next. */
void h2_request_body_next(struct h2_stream *stream);

/* --- h2_response.c --- */

/* Begins to send exchange.res. The stream may be gone after it. */
void h2_response_begin(struct h2_stream *stream);

/* The producer may have something to say. */
void h2_response_wake(struct h2_stream *stream);

/* nghttp2 has lost the stream: the owner is told where it makes the answer. */
void h2_response_cut(struct h2_stream *stream);

#endif
