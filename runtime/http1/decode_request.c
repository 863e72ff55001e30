#include "runtime/http1/internal.h"

void http1_decoder_init(struct http1_decoder *dec)
{
    *dec = (struct http1_decoder){.body_max = LIMIT_BODY_BYTES};
}

bool http1_decoder_has_head(const struct http1_decoder *dec)
{
    return dec->_head_len > 0;
}

/* RC_OK: the body is here too, and *end is the message's. */
static enum rc read_body(struct http1_decoder *dec, struct bytes in, size_t *end)
{
    const struct http1_head *head = &dec->_head;
    enum rc rc = RC_OK;
    if (head->is_chunked) {
        rc = http1_chunks_read(dec, in, dec->body_max);
        *end = dec->_chunk_pos;
    } else {
        dec->_need = *end = dec->_head_len + (size_t)head->content_length;
        rc = in.len < *end ? RC_AGAIN : RC_OK;
    }
    dec->wants_continue = rc == RC_AGAIN && head->expects_continue && in.len == dec->_head_len;
    return rc;
}

static enum rc read_head(struct http1_decoder *dec, struct bytes in, struct http1_table *table)
{
    dec->_head.length_max = dec->body_max;
    enum rc rc = http1_head_read(&dec->_head, HTTP1_REQUEST, in, table);
    dec->_head_len = dec->_chunk_pos = rc == RC_OK ? dec->_head.line : 0;
    return rc;
}

/* The head came in an earlier call, whose views are gone. */
static enum rc read_head_again(struct http1_decoder *dec, struct bytes in,
                               struct http1_table *table)
{
    http1_head_restart(&dec->_head, dec->_head.start);
    return http1_head_read(&dec->_head, HTTP1_REQUEST, in, table);
}

enum rc http1_request_fill(const struct http1_table *table, struct arena *arena,
                           struct http_request *req)
{
    const struct http_field *fields;
    enum rc rc = http1_table_keep(table, arena, &fields);
    if (rc != RC_OK)
        return rc;
    req->method = table->method;
    req->method_text = table->method_text;
    req->path = table->path;
    req->query = table->query;
    req->fields = fields;
    req->field_count = table->field_count;
    req->body = bytes_make(NULL, 0);
    return RC_OK;
}

static enum rc fill_request(const struct http1_decoder *dec, struct bytes in, size_t end,
                            const struct http1_table *table, struct arena *arena,
                            struct http_request *req)
{
    struct bytes body = bytes_make(in.ptr + dec->_head_len, end - dec->_head_len);
    enum rc rc = RC_OK;
    if (dec->_head.is_chunked)
        rc = http1_chunks_join(dec, in, arena, &body);
    if (rc == RC_OK)
        rc = http1_request_fill(table, arena, req);
    if (rc == RC_OK)
        req->body = body;
    return rc;
}

enum rc http1_decode_request(struct http1_decoder *dec, struct bytes in, struct arena *arena,
                             struct http_request *req, bool *keep_alive, size_t *consumed)
{
    struct http1_table table;
    size_t end;
    enum rc rc = RC_OK;
    if (in.len < dec->_need) {
        dec->wants_continue &= in.len == dec->_head_len;
        return RC_AGAIN;
    }
    table.is_whole = false;
    if (!dec->_head_len)
        rc = read_head(dec, in, &table);
    if (rc == RC_OK)
        rc = read_body(dec, in, &end);
    if (rc == RC_OK && !table.is_whole)
        rc = read_head_again(dec, in, &table);
    if (rc == RC_OK)
        rc = fill_request(dec, in, end, &table, arena, req);
    if (rc != RC_OK)
        return rc;
    dec->is_http10 = dec->_head.is_http10;
    if (dec->_head.is_chunked)
        dec->trailer = bytes_make(in.ptr + dec->_trailer_pos, end - dec->_trailer_pos - 2);
    *keep_alive = http1_head_keeps_alive(&dec->_head);
    *consumed = end;
    return RC_OK;
}
