#include "runtime/http1/internal.h"

/* Reads the final response's head; interim ones before it are passed over. */
static enum rc read_head(struct http1_decoder *dec, struct bytes in, struct http1_table *table)
{
    struct http1_head *head = &dec->_head;
    head->length_max = UINT64_MAX; /* HEAD's answer may say any: the body decides */
    for (;;) {
        enum rc rc = http1_head_read(head, HTTP1_RESPONSE, in, table);
        if (rc != RC_OK)
            return rc;
        if (head->status >= 200 || head->status == 101)
            break;
        http1_head_restart(head, head->line);
    }
    dec->_head_len = dec->_chunk_pos = head->line;
    return RC_OK;
}

/* RFC 9112 section 6.3. RC_OK: the body is here, and *end is the message's. */
static enum rc read_body(struct http1_decoder *dec, struct bytes in, bool at_end, bool is_bodiless,
                         size_t body_max, size_t *end)
{
    const struct http1_head *head = &dec->_head;
    if (is_bodiless) {
        *end = dec->_head_len;
        return RC_OK;
    }
    if (head->is_chunked) {
        enum rc rc = http1_chunks_read(dec, in, body_max);
        *end = dec->_chunk_pos;
        return rc;
    }
    size_t here = in.len - dec->_head_len;
    uint64_t length = head->has_length ? head->content_length : here;
    if (length > body_max || length > SIZE_MAX - dec->_head_len)
        return RC_BODY_LIMIT;
    *end = dec->_head_len + (size_t)length;
    if (head->has_length)
        return here < length ? RC_AGAIN : RC_OK;
    return at_end ? RC_OK : RC_AGAIN;
}

/* The head came in an earlier call, whose views are gone. */
static enum rc read_head_again(struct http1_decoder *dec, struct bytes in,
                               struct http1_table *table)
{
    http1_head_restart(&dec->_head, dec->_head.start);
    return http1_head_read(&dec->_head, HTTP1_RESPONSE, in, table);
}

enum rc http1_response_fill(const struct http1_head *head, const struct http1_table *table,
                            struct arena *arena, bool is_bodiless, struct http1_response *res)
{
    *res = (struct http1_response){
        .status = head->status,
        .reason = table->reason,
        .field_count = table->field_count,
        .keep_alive = head->status != 101 && http1_head_keeps_alive(head) &&
                      (is_bodiless || head->is_chunked || head->has_length),
    };
    return http1_table_keep(table, arena, &res->fields);
}

static enum rc fill_response(const struct http1_decoder *dec, struct bytes in, size_t end,
                             bool is_bodiless, const struct http1_table *table, struct arena *arena,
                             struct http1_response *res)
{
    const struct http1_head *head = &dec->_head;
    struct bytes body = bytes_make(in.ptr + dec->_head_len, end - dec->_head_len);
    enum rc rc = http1_response_fill(head, table, arena, is_bodiless, res);
    if (rc == RC_OK && head->is_chunked && !is_bodiless)
        rc = http1_chunks_join(dec, in, arena, &body);
    if (rc == RC_OK)
        res->body = body;
    return rc;
}

enum rc http1_decode_response(struct http1_decoder *dec, struct bytes in, bool at_end,
                              enum http_method method, size_t body_max, struct arena *arena,
                              struct http1_response *res, size_t *consumed)
{
    struct http1_table table;
    size_t end;
    enum rc rc = RC_OK;
    table.is_whole = false;
    if (!dec->_head_len)
        rc = read_head(dec, in, &table);
    bool is_bodiless = method == HTTP_HEAD || http_status_is_bodiless(dec->_head.status);
    if (rc == RC_OK)
        rc = read_body(dec, in, at_end, is_bodiless, body_max, &end);
    if (rc == RC_AGAIN && at_end)
        return RC_CLOSED;
    if (rc == RC_OK && !table.is_whole)
        rc = read_head_again(dec, in, &table);
    if (rc == RC_OK)
        rc = fill_response(dec, in, end, is_bodiless, &table, arena, res);
    if (rc == RC_OK)
        *consumed = end;
    return rc;
}
