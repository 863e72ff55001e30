#include "runtime/http1/internal.h"

/*
 * A body that is read as it comes: positions count from the first byte that has not been used, so
 * that nothing of it need stay.
 */

/* A body that the head's call may have read on into is begun anew. */
static void restart_body(struct http1_decoder *dec)
{
    dec->_need = dec->_chunk_pos = dec->_chunk_left = dec->_chunk_lines = dec->_body_len = 0;
    dec->_chunk_state = 0;
    dec->_head.scanned = 0;
    dec->wants_continue = false;
}

static enum rc read_head_again(struct http1_decoder *dec, enum http1_kind kind, struct bytes in,
                               struct http1_table *table)
{
    http1_head_restart(&dec->_head, dec->_head.start);
    return http1_head_read(&dec->_head, kind, in, table);
}

enum rc http1_decode_request_start(struct http1_decoder *dec, struct bytes in, struct arena *arena,
                                   struct http_request *req, bool *keep_alive)
{
    struct http1_table table;
    enum rc rc = read_head_again(dec, HTTP1_REQUEST, in, &table);
    if (rc == RC_OK)
        rc = http1_request_fill(&table, arena, req);
    if (rc != RC_OK)
        return rc;
    dec->is_http10 = dec->_head.is_http10;
    *keep_alive = http1_head_keeps_alive(&dec->_head);
    restart_body(dec);
    return RC_OK;
}

enum rc http1_decode_response_start(struct http1_decoder *dec, struct bytes in, struct arena *arena,
                                    struct http1_response *res)
{
    struct http1_table table;
    enum rc rc = read_head_again(dec, HTTP1_RESPONSE, in, &table);
    if (rc == RC_OK)
        rc = http1_response_fill(&dec->_head, &table, arena, false, res);
    restart_body(dec);
    return rc;
}

size_t http1_decoder_head_len(const struct http1_decoder *dec)
{
    return dec->_head_len;
}

bool http1_decoder_length(const struct http1_decoder *dec, uint64_t *length)
{
    *length = dec->_head.has_length ? dec->_head.content_length : 0;
    return dec->_head.has_length;
}

/* The trailer is used when it is whole, so that it can be shown: until then each call reads it from
 * its beginning. */
static enum rc read_trailer(struct http1_decoder *dec, struct bytes in, size_t max)
{
    struct http1_decoder before = *dec;
    struct bytes none = {NULL, 0};
    enum rc rc = RC_OK;
    while (rc == RC_OK && !http1_chunks_are_over(dec))
        rc = http1_chunk_step(dec, in, max, &none);
    if (rc == RC_OK)
        dec->trailer =
            bytes_make(in.ptr + before._chunk_pos, dec->_chunk_pos - before._chunk_pos - 2);
    if (rc == RC_AGAIN)
        *dec = before;
    return rc;
}

/* One run of bytes, up to the end of a chunk. */
static enum rc read_chunk(struct http1_decoder *dec, struct bytes in, size_t max,
                          struct bytes *part, size_t *consumed)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK && !part->len && !http1_chunks_are_over(dec))
        rc = http1_chunks_are_in_trailer(dec) ? read_trailer(dec, in, max)
                                              : http1_chunk_step(dec, in, max, part);
    *consumed = dec->_chunk_pos;
    dec->_head.scanned -= dec->_head.scanned < *consumed ? dec->_head.scanned : *consumed;
    dec->_chunk_pos = 0;
    return rc == RC_OK && !http1_chunks_are_over(dec) ? RC_AGAIN : rc;
}

enum rc http1_body_read(struct http1_decoder *dec, struct bytes in, bool at_end, size_t max,
                        struct bytes *part, size_t *consumed)
{
    const struct http1_head *head = &dec->_head;
    uint64_t left = head->content_length - dec->_body_len;
    *part = bytes_make(in.ptr, 0);
    if (head->is_chunked) {
        enum rc rc = read_chunk(dec, in, max, part, consumed);
        return rc == RC_AGAIN && at_end && !part->len ? RC_CLOSED : rc;
    }
    if (!head->has_length)
        left = UINT64_MAX;
    part->len = *consumed = in.len < left ? in.len : (size_t)left;
    if (part->len > max - dec->_body_len)
        return RC_BODY_LIMIT;
    dec->_body_len += part->len;
    if (part->len == left || (at_end && !head->has_length))
        return RC_OK;
    return at_end ? RC_CLOSED : RC_AGAIN;
}
