#include "runtime/http1/internal.h"

/* Two empty lines may stand before a request, left over from a client's body. */
enum { EMPTY_LINES_BYTES = 4, CRLF_BYTES = 2 };

void http1_head_restart(struct http1_head *head, size_t start)
{
    *head = (struct http1_head){
        .start = start, .line = start, .scanned = start, .length_max = head->length_max};
}

/* Where the line's LF must have come: by its own limit and by the head's. */
static size_t line_end_max(const struct http1_head *head, enum http1_kind kind)
{
    size_t limit = LIMIT_HEAD_BYTES;
    if (kind == HTTP1_REQUEST)
        limit = head->line == head->start ? LIMIT_REQUEST_LINE_BYTES : LIMIT_FIELD_BYTES;
    size_t end = head->line + limit + CRLF_BYTES;
    return end < LIMIT_HEAD_BYTES ? end : LIMIT_HEAD_BYTES;
}

static enum rc read_field(struct http1_head *head, enum http1_kind kind, struct bytes line,
                          struct http1_table *table)
{
    if (head->field_count == LIMIT_FIELD_COUNT)
        return RC_HEAD_LIMIT;
    struct http_field *field = &table->fields[head->field_count];
    enum rc rc = http1_line_field(line, field);
    if (rc == RC_OK)
        rc = http1_framing_note(head, kind, field);
    if (rc == RC_OK)
        head->field_count++;
    return rc;
}

/* The target's authority outranks the Host field (RFC 9112 section 3.2.2), or stands in for it. */
static enum rc put_authority(struct http1_head *head, struct http1_table *table)
{
    if (!head->has_host) {
        if (head->field_count == LIMIT_FIELD_COUNT)
            return RC_HEAD_LIMIT;
        table->fields[head->field_count++].name = BYTES_LIT("Host");
    }
    for (size_t i = 0; table->is_whole && i < head->field_count; i++)
        if (bytes_ieq(table->fields[i].name, BYTES_LIT("host")))
            table->fields[i].value = table->authority;
    return RC_OK;
}

static enum rc finish_head(struct http1_head *head, enum http1_kind kind, struct http1_table *table)
{
    enum rc rc = RC_OK;
    if (kind == HTTP1_REQUEST && !head->is_http10 && !head->has_host)
        rc = RC_SYNTAX;
    else if (head->is_absolute)
        rc = put_authority(head, table);
    table->field_count = head->field_count;
    return rc;
}

/* The empty line is no error for a request that has not begun, as long as there are few. */
static enum rc read_first_line(struct http1_head *head, enum http1_kind kind, struct bytes line,
                               struct http1_table *table)
{
    if (kind == HTTP1_RESPONSE)
        return http1_status_line(line, head, table);
    if (line.len == 0 && head->start < EMPTY_LINES_BYTES) {
        head->start += CRLF_BYTES;
        return RC_OK;
    }
    return http1_request_line(line, head, table);
}

enum rc http1_head_read(struct http1_head *head, enum http1_kind kind, struct bytes in,
                        struct http1_table *table)
{
    table->is_whole = head->line == head->start;
    for (;;) {
        bool is_first = head->line == head->start;
        struct bytes line;
        enum rc rc =
            http1_line_find(in, head->line, &head->scanned, line_end_max(head, kind), &line);
        if (rc == RC_HEAD_LIMIT && is_first && kind == HTTP1_REQUEST)
            return RC_URI_LIMIT;
        if (rc != RC_OK)
            return rc;
        if (is_first)
            rc = read_first_line(head, kind, line, table);
        else if (line.len)
            rc = read_field(head, kind, line, table);
        else
            rc = finish_head(head, kind, table);
        if (rc != RC_OK)
            return rc;
        head->line = head->scanned = head->line + line.len + CRLF_BYTES;
        if (line.len == 0 && !is_first)
            return RC_OK;
    }
}

enum rc http1_table_keep(const struct http1_table *table, struct arena *arena,
                         const struct http_field **fields)
{
    size_t size = table->field_count * sizeof *table->fields;
    void *kept = arena_alloc(arena, size);
    if (!kept)
        return RC_NOMEM;
    memcpy(kept, table->fields, size);
    *fields = kept;
    return RC_OK;
}

bool http1_head_keeps_alive(const struct http1_head *head)
{
    return !head->says_close && (head->says_keep_alive || !head->is_http10);
}
