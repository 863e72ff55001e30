#ifndef RUNTIME_HTTP1_HTTP1_H
#define RUNTIME_HTTP1_HTTP1_H

/*
 * http1 — HTTP/1.1 messages (RFC 9112), bytes to structs and back.
 *
 * Layer:   codec. Knows core/; knows nothing of sockets, loops or handlers. Used by the server, the
 *          Runtime API client and the rig, so that all three read one grammar.
 * Memory:  what is decoded is views into the caller's input; field tables and bodies that came in
 *          chunks are in the arena.
 * Threads: no shared state; one decoder per direction of a connection.
 *
 * Use: 1. http1_decoder_init   2. http1_decode_request until it is not RC_AGAIN
 *      3. use the message      4. http1_decoder_init again for the next one
 *
 * One strict grammar: what two readers could understand differently is refused. Both length fields,
 * doubled or odd lengths, folded lines, a bare CR or LF, blanks before a colon, control bytes, NUL,
 * a chunk size that is not plain hex: RC_SYNTAX. Unknown transfer codings: RC_UNSUPPORTED.
 * A message in one piece, byte by byte, or cut anywhere gives the same result.
 */

#include "runtime/core/buf.h"
#include "runtime/core/http.h"

/* What a head has said so far; private, as the decoder's members with an underscore. */
struct http1_head {
    size_t start;            /* of the request or status line */
    size_t line;             /* start of the first line that is not whole yet */
    size_t scanned;          /* no line end between `line` and here */
    uint64_t content_length; /* at most UINT64_MAX, which also stands for more */
    uint64_t length_max;     /* a larger one is RC_BODY_LIMIT */
    size_t field_count;
    int status;
    bool is_http10, is_absolute, has_host, has_length, is_chunked;
    bool says_close, says_keep_alive, expects_continue;
};

struct http1_decoder {
    struct http1_head _head;
    size_t _head_len;    /* not 0: the head is whole, and ends here */
    size_t _need;        /* not 0: bytes of the whole message, when its length is known */
    size_t _chunk_pos;   /* how far the chunks have been read */
    size_t _chunk_left;  /* bytes that the open chunk lacks */
    size_t _chunk_lines; /* bytes of chunk extensions so far; then, of the trailer */
    size_t _trailer_pos; /* where the trailer begins, once the last chunk is read */
    size_t _body_len;    /* bytes of the chunks so far */
    int _chunk_state;
    /* After RC_AGAIN: the head is whole, its body has not begun to arrive, and the client waits for
     * "100 Continue" before it sends it. */
    bool wants_continue;
    /* Of a request: LIMIT_BODY_BYTES unless the caller sets another behind http1_decoder_init. */
    size_t body_max;
    /* After RC_OK of a request: it was HTTP/1.0. Set by the decoder; httpd relies on it. */
    bool is_http10;
    /* After RC_OK of a request, or of http1_body_read: the lines of its trailer, with their ends; a
     * view into `in`, empty when the body was not chunked. http1_trailer_find reads it. */
    struct bytes trailer;
};

void http1_decoder_init(struct http1_decoder *dec);

/* After RC_AGAIN: the head is whole, and what is missing is body. */
bool http1_decoder_has_head(const struct http1_decoder *dec);

/* Decodes the request at the start of `in`.
 *
 * in          all bytes received so far from the message's start. They may lie elsewhere at each
 *             call, but what was there before must be the same
 * arena       for the field table and a chunked body; untouched while the result is RC_AGAIN
 * req         out, on RC_OK: method, method_text, path, query, fields, body; all else in it is left
 *             alone. An absolute-form target gives its path and query, and its authority becomes
 *             the Host field's value; the asterisk form is the path "*"
 * keep_alive  out, on RC_OK: the client wants the connection to stay
 * consumed    out, on RC_OK: the message's length; a pipelined one starts there
 *
 * Empty lines before the request line are passed over (RFC 9112 section 2.2), at most 4 bytes.
 * Lines are measured without their CR LF, the head with all of them. A chunked body's trailer
 * fields count as fields of the head, are checked, and stay out of req; its chunk extensions may
 * have LIMIT_FIELD_BYTES in all. An error is found as soon as its line is whole, and stays the
 * result of every further call.
 *
 * RC_OK           one complete request
 * RC_AGAIN        incomplete
 * RC_SYNTAX       answer 400 and close. Also: no Host, two, or one that is no host; CONNECT
 * RC_URI_LIMIT    request line over LIMIT_REQUEST_LINE_BYTES: 414 and close
 * RC_HEAD_LIMIT   over LIMIT_FIELD_BYTES, LIMIT_HEAD_BYTES or LIMIT_FIELD_COUNT: 431 and close
 * RC_BODY_LIMIT   body over LIMIT_BODY_BYTES, said or sent: 413 and close
 * RC_UNSUPPORTED  a transfer coding that is not chunked: 501 and close
 * RC_VERSION      HTTP/2.0 and the like, and HTTP/1.2: 505 and close
 * RC_NOMEM        the arena has no room: 503 and close */
enum rc http1_decode_request(struct http1_decoder *dec, struct bytes in, struct arena *arena,
                             struct http_request *req, bool *keep_alive,
                             size_t *consumed) MUST_CHECK;

/* The value of the first field `name` of a decoder's trailer. false: there is none. */
bool http1_trailer_find(struct bytes trailer, const char *name, struct bytes *value);

struct http1_response {
    int status;
    struct bytes reason;
    const struct http_field *fields;
    size_t field_count;
    struct bytes body;
    bool keep_alive; /* the connection may carry another request */
};

/* Decodes the response at the start of `in`, as http1_decode_request does.
 *
 * method    of the request that it answers: HEAD's has no body
 * at_end    the peer has closed: a body without a length is whole now; anything else that is
 *           incomplete is RC_CLOSED
 * body_max  bytes of body that the caller takes
 *
 * Interim responses (1xx but 101) are passed over; their heads count towards LIMIT_HEAD_BYTES.
 * HTTP/1.0 is fine, so are fields of up to LIMIT_HEAD_BYTES, and a status line that ends behind the
 * status. After 101 the bytes are another protocol's: there is no body, and keep_alive is false.
 *
 * RC_OK · RC_AGAIN · RC_CLOSED · RC_SYNTAX · RC_HEAD_LIMIT · RC_BODY_LIMIT · RC_UNSUPPORTED ·
 * RC_VERSION · RC_NOMEM */
enum rc http1_decode_response(struct http1_decoder *dec, struct bytes in, bool at_end,
                              enum http_method method, size_t body_max, struct arena *arena,
                              struct http1_response *res, size_t *consumed) MUST_CHECK;

/* --- messages whose bodies are used as they come --- */

/* After RC_AGAIN of a decode where http1_decoder_has_head: bytes of the head. */
size_t http1_decoder_head_len(const struct http1_decoder *dec);

/* The message without its body, from its whole head, which may have moved: views look into `in`.
 * What follows the head is for http1_body_read; the other decodes must not be called for this
 * message any more. RC_OK; RC_NOMEM. */
enum rc http1_decode_request_start(struct http1_decoder *dec, struct bytes in, struct arena *arena,
                                   struct http_request *req, bool *keep_alive) MUST_CHECK;
enum rc http1_decode_response_start(struct http1_decoder *dec, struct bytes in, struct arena *arena,
                                    struct http1_response *res) MUST_CHECK;

/* true: the head says the body's length in bytes. */
bool http1_decoder_length(const struct http1_decoder *dec, uint64_t *length);

/* The next part of the body.
 *
 * in        what has come behind the bytes that earlier calls consumed
 * at_end    the peer has closed: nothing follows `in`
 * max       bytes that the whole body may have
 * part      out: a view into `in`; may be empty
 * consumed  out: bytes of `in` that are done with; more may be usable at once, when `part` is not
 *           empty
 *
 * RC_OK: the body ends with this part, the message with the consumed bytes. RC_AGAIN: call again,
 * with more bytes when the part is empty. RC_CLOSED, RC_SYNTAX, RC_HEAD_LIMIT, RC_BODY_LIMIT as the
 * decodes. */
enum rc http1_body_read(struct http1_decoder *dec, struct bytes in, bool at_end, size_t max,
                        struct bytes *part, size_t *consumed) MUST_CHECK;

/* How the end of a response's body is told. */
enum http1_framing {
    HTTP1_BY_LENGTH,      /* Content-Length, and the body is encoded with the head */
    HTTP1_BY_CHUNKS,      /* Transfer-Encoding: chunked; the body follows by http1_encode_chunk */
    HTTP1_BY_CLOSE,       /* neither: for HTTP/1.0, where the connection's end is the body's */
    HTTP1_BY_SAID_LENGTH, /* Content-Length as `length` says; the body follows as it is */
};

/* What of a response is not the handler's to say. */
struct http1_response_options {
    enum http1_framing framing;
    enum http_method method; /* of the request: HEAD's answer has its length, but no body */
    bool keep_alive;         /* false: "Connection: close" is sent */
    bool is_http10;          /* the client spoke HTTP/1.0: a kept connection must be said */
    struct bytes date;       /* the Date field's value; empty: none is added */
    uint64_t length;         /* with HTTP1_BY_SAID_LENGTH */
};

/* Appends the response's bytes, or nothing, with out->failed set, when they do not fit.
 *
 * Content-Length is made from the body, but for 1xx, 204 and 304. A Connection, Transfer-Encoding
 * or Content-Length field in `res` is left out; but in HEAD's answer without a body, as a proxy has
 * it, a Content-Length field says the length. */
void http1_encode_response(struct buf *out, const struct http_response *res,
                           const struct http1_response_options *options);

/* Appends `data` as one chunk; an empty one, which would end the body, is left out. */
void http1_encode_chunk(struct buf *out, struct bytes data);

/* Appends the chunk that ends a body. */
void http1_encode_last_chunk(struct buf *out);

/* The same with fields behind it, whose names and values must be fit for a head; or nothing, with
 * out->failed set, when they do not fit. */
void http1_encode_trailer(struct buf *out, const struct http_field *fields, size_t field_count);

/* Appends a request's bytes: request line, fields, Content-Length where there is a body or the
 * method is POST, PUT or PATCH, empty line, body; or nothing, with out->failed set, when they do
 * not fit. `fields` must hold Host; its Content-Length and Transfer-Encoding are left out. */
void http1_encode_request(struct buf *out, struct bytes method, struct bytes target,
                          const struct http_field *fields, size_t field_count, struct bytes body);

/* The same without a body, which follows: `length` bytes of it as they are, or, where that is
 * HTTP1_CHUNKS, in chunks: Transfer-Encoding is made. */
#define HTTP1_CHUNKS UINT64_MAX
void http1_encode_request_head(struct buf *out, struct bytes method, struct bytes target,
                               const struct http_field *fields, size_t field_count,
                               uint64_t length);

enum { HTTP1_DATE_LEN = 29 };

/* Writes the Date of `epoch_s` as RFC 9110's IMF-fixdate, with a NUL behind it. Times before 1970
 * and after 9999, which it cannot say, become the nearest that it can. */
void http1_date(int64_t epoch_s, char text[HTTP1_DATE_LEN + 1]);

#endif
