#ifndef RUNTIME_HTTP1_INTERNAL_H
#define RUNTIME_HTTP1_INTERNAL_H

/*
 * internal — what the files of http1/ share.
 *
 * A head is read line by line as its lines become whole, into numbers and flags (struct http1_head)
 * that survive until more bytes come, and into views (struct http1_table) that do not: the input
 * may move, and the arena must not be touched before the message is whole. When a head or its body
 * came in pieces, the table is filled by reading the head once more at the end. So a message that
 * comes in one piece is read once, and none is read more than three times.
 */

#include "runtime/core/limits.h"
#include "runtime/http1/http1.h"

enum http1_kind { HTTP1_REQUEST, HTTP1_RESPONSE };

/* The views of a head; lives for one call. */
struct http1_table {
    bool is_whole; /* all lines were read in this call, so that the rest of it is set */
    enum http_method method;
    struct bytes method_text, path, query;
    struct bytes authority; /* of an absolute-form target */
    struct bytes reason;
    size_t field_count;
    struct http_field fields[LIMIT_FIELD_COUNT];
};

/* --- lines (line.c) --- */

/* Finds the line that begins at `start`.
 *
 * scanned  in and out: there is no LF between `start` and here, so it is not searched again
 * end_max  the line's LF must lie before this position
 * line     out, on RC_OK: the line without its CR LF; it ends 2 bytes behind
 *
 * RC_OK; RC_AGAIN; RC_SYNTAX: the LF has no CR before it; RC_HEAD_LIMIT: no LF before `end_max` */
enum rc http1_line_find(struct bytes in, size_t start, size_t *scanned, size_t end_max,
                        struct bytes *line) MUST_CHECK;

/* Splits "name: value". RC_OK; RC_SYNTAX: anything else, so also a folded line. */
enum rc http1_line_field(struct bytes line, struct http_field *field) MUST_CHECK;

/* --- heads (head.c) --- */

/* Makes `head` read from `start` on. */
void http1_head_restart(struct http1_head *head, size_t start);

/* Reads on, up to the head's empty line.
 *
 * RC_OK: the head is whole, head->line is its end, the table's is_whole is set or not.
 * RC_AGAIN, RC_SYNTAX, RC_URI_LIMIT, RC_HEAD_LIMIT, RC_BODY_LIMIT, RC_UNSUPPORTED, RC_VERSION */
enum rc http1_head_read(struct http1_head *head, enum http1_kind kind, struct bytes in,
                        struct http1_table *table) MUST_CHECK;

/* Copies the table's fields to the arena. RC_OK; RC_NOMEM. */
enum rc http1_table_keep(const struct http1_table *table, struct arena *arena,
                         const struct http_field **fields) MUST_CHECK;

/* true when the connection may carry another message, as far as the head says. */
bool http1_head_keeps_alive(const struct http1_head *head);

/* --- parts of a head --- */

/* start_line.c: RC_OK; RC_SYNTAX; RC_VERSION. */
enum rc http1_request_line(struct bytes line, struct http1_head *head,
                           struct http1_table *table) MUST_CHECK;
enum rc http1_status_line(struct bytes line, struct http1_head *head,
                          struct http1_table *table) MUST_CHECK;

/* target.c: splits a request's target by its form into path, query and authority;
 * table->method_text is set before. RC_OK; RC_SYNTAX. */
enum rc http1_target_split(struct bytes target, struct http1_table *table) MUST_CHECK;

/* true for uri-host [":" port] as RFC 3986 has it; both may be empty. */
bool http1_is_host(struct bytes view);

/* framing.c: notes what a field says about the message's length and connection.
 * RC_OK; RC_SYNTAX; RC_BODY_LIMIT; RC_UNSUPPORTED. */
enum rc http1_framing_note(struct http1_head *head, enum http1_kind kind,
                           const struct http_field *field) MUST_CHECK;

/* --- whole messages (decode_request.c, decode_response.c) --- */

/* What the head says, without a body. RC_OK; RC_NOMEM. */
enum rc http1_request_fill(const struct http1_table *table, struct arena *arena,
                           struct http_request *req) MUST_CHECK;
enum rc http1_response_fill(const struct http1_head *head, const struct http1_table *table,
                            struct arena *arena, bool is_bodiless,
                            struct http1_response *res) MUST_CHECK;

/* --- chunked bodies (chunked.c) --- */

/* Reads chunks and trailer on from dec->_chunk_pos.
 *
 * RC_OK: the body is whole, and ends at dec->_chunk_pos.
 * RC_AGAIN, RC_SYNTAX, RC_HEAD_LIMIT, RC_BODY_LIMIT */
enum rc http1_chunks_read(struct http1_decoder *dec, struct bytes in, size_t body_max) MUST_CHECK;

/* One step of it: a line, or what is here of a chunk's bytes, whose view is added to `data`.
 * RC_OK: another step, unless http1_chunks_are_over. The others as http1_chunks_read. */
enum rc http1_chunk_step(struct http1_decoder *dec, struct bytes in, size_t body_max,
                         struct bytes *data) MUST_CHECK;
bool http1_chunks_are_over(const struct http1_decoder *dec);

/* The last chunk is read, and the next step reads a line of the trailer. */
bool http1_chunks_are_in_trailer(const struct http1_decoder *dec);

/* After RC_OK of http1_chunks_read: the chunks' bytes as one run in the arena. RC_OK; RC_NOMEM. */
enum rc http1_chunks_join(const struct http1_decoder *dec, struct bytes in, struct arena *arena,
                          struct bytes *body) MUST_CHECK;

#endif
