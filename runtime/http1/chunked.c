#include "runtime/http1/internal.h"

/*
 * A chunked body is read twice: first it is checked and measured, as its bytes come; when it is
 * whole, its chunks are copied into one run of exactly the right size.
 */

enum chunk_state { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER, CHUNK_DONE };

/* 16 hex digits are 64 bits: no longer number can be read, leading zeros or not. */
enum { SIZE_DIGITS = 16, CRLF_BYTES = 2 };

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads the hex number at the start of `line`, and gives its digits. */
static size_t read_hex(struct bytes line, uint64_t *value)
{
    size_t n = 0;
    *value = 0;
    while (n < line.len && n < SIZE_DIGITS && hex_value(line.ptr[n]) >= 0)
        *value = *value << 4 | (unsigned)hex_value(line.ptr[n++]);
    return n;
}

/* The length of the quoted string at the start of `view`; 0: it is none, or has no end. */
static size_t quoted_len(struct bytes view)
{
    size_t i = 1;
    if (view.len == 0 || view.ptr[0] != '"')
        return 0;
    while (i < view.len && view.ptr[i] != '"')
        i += view.ptr[i] == '\\' ? 2 : 1;
    return i < view.len ? i + 1 : 0;
}

/* RFC 9112 section 7.1.1, without the blanks that it calls bad: ";name", ";name=token" and
 * ";name="text"", any number of them. Nobody wants them, but where one reader sees the end of a
 * line another may see a text that goes on. */
static bool is_extension(struct bytes rest)
{
    if (!http_is_field_value(rest))
        return false;
    while (rest.len) {
        size_t len = rest.ptr[0] == ';' ? http_token_len(bytes_skip(rest, 1)) : 0;
        if (len == 0)
            return false;
        rest = bytes_skip(rest, 1 + len);
        if (rest.len == 0 || rest.ptr[0] != '=')
            continue;
        rest = bytes_skip(rest, 1);
        len = http_token_len(rest) + quoted_len(rest);
        if (len == 0)
            return false;
        rest = bytes_skip(rest, len);
    }
    return true;
}

/* Extensions are passed over, but bounded in all: else a client could send 16 KiB with each byte.
 */
static enum rc read_size_line(struct http1_decoder *dec, struct bytes line, size_t body_max)
{
    uint64_t size;
    size_t digits = read_hex(line, &size);
    struct bytes extension = bytes_skip(line, digits);
    if (digits == 0 || !is_extension(extension))
        return RC_SYNTAX;
    if (size > body_max - dec->_body_len || extension.len > LIMIT_FIELD_BYTES - dec->_chunk_lines)
        return RC_BODY_LIMIT;
    dec->_chunk_lines += extension.len;
    dec->_body_len += (size_t)size;
    dec->_chunk_left = (size_t)size;
    dec->_chunk_state = CHUNK_DATA;
    if (size == 0) {
        dec->_chunk_state = CHUNK_TRAILER;
        dec->_chunk_lines = 0;
    }
    return RC_OK;
}

static void pass_line(struct http1_decoder *dec, struct bytes line)
{
    dec->_chunk_pos += line.len + CRLF_BYTES;
    dec->_head.scanned = dec->_chunk_pos;
}

static enum rc read_size(struct http1_decoder *dec, struct bytes in, size_t body_max)
{
    struct bytes line;
    size_t end_max = dec->_chunk_pos + SIZE_DIGITS + LIMIT_FIELD_BYTES + CRLF_BYTES;
    enum rc rc = http1_line_find(in, dec->_chunk_pos, &dec->_head.scanned, end_max, &line);
    if (rc == RC_HEAD_LIMIT)
        return RC_BODY_LIMIT;
    if (rc == RC_OK)
        rc = read_size_line(dec, line, body_max);
    if (rc == RC_OK)
        pass_line(dec, line);
    dec->_trailer_pos = dec->_chunk_pos;
    return rc;
}

static enum rc read_data(struct http1_decoder *dec, struct bytes in, struct bytes *data)
{
    size_t here = in.len - dec->_chunk_pos;
    size_t n = here < dec->_chunk_left ? here : dec->_chunk_left;
    *data = bytes_make(in.ptr + dec->_chunk_pos, n);
    dec->_chunk_pos += n;
    dec->_chunk_left -= n;
    if (dec->_chunk_left)
        return RC_AGAIN;
    dec->_chunk_state = CHUNK_DATA_END;
    return RC_OK;
}

static enum rc read_data_end(struct http1_decoder *dec, struct bytes in)
{
    struct bytes end = bytes_skip(in, dec->_chunk_pos);
    if (end.len > CRLF_BYTES)
        end.len = CRLF_BYTES;
    if (!bytes_starts_with(BYTES_LIT("\r\n"), end))
        return RC_SYNTAX;
    if (end.len < CRLF_BYTES)
        return RC_AGAIN;
    pass_line(dec, bytes_make(NULL, 0));
    dec->_chunk_state = CHUNK_SIZE;
    return RC_OK;
}

/* Head and trailer share their limits: _chunk_lines, done with extensions, counts the trailer. */
static enum rc read_trailer(struct http1_decoder *dec, struct bytes in)
{
    struct bytes line;
    struct http_field dropped;
    size_t left = LIMIT_HEAD_BYTES - dec->_head_len - dec->_chunk_lines;
    size_t own = LIMIT_FIELD_BYTES + CRLF_BYTES;
    size_t end_max = dec->_chunk_pos + (left < own ? left : own);
    enum rc rc = http1_line_find(in, dec->_chunk_pos, &dec->_head.scanned, end_max, &line);
    if (rc != RC_OK)
        return rc;
    if (line.len == 0)
        dec->_chunk_state = CHUNK_DONE;
    else if (dec->_head.field_count == LIMIT_FIELD_COUNT)
        return RC_HEAD_LIMIT;
    else if (http1_line_field(line, &dropped) != RC_OK)
        return RC_SYNTAX;
    else
        dec->_head.field_count++;
    dec->_chunk_lines += line.len + CRLF_BYTES;
    pass_line(dec, line);
    return RC_OK;
}

bool http1_chunks_are_in_trailer(const struct http1_decoder *dec)
{
    return dec->_chunk_state == CHUNK_TRAILER;
}

bool http1_chunks_are_over(const struct http1_decoder *dec)
{
    return dec->_chunk_state == CHUNK_DONE;
}

enum rc http1_chunk_step(struct http1_decoder *dec, struct bytes in, size_t body_max,
                         struct bytes *data)
{
    switch ((enum chunk_state)dec->_chunk_state) {
    case CHUNK_SIZE:
        return read_size(dec, in, body_max);
    case CHUNK_DATA:
        return read_data(dec, in, data);
    case CHUNK_DATA_END:
        return read_data_end(dec, in);
    case CHUNK_TRAILER:
        return read_trailer(dec, in);
    case CHUNK_DONE:
        break;
    }
    return RC_OK;
}

enum rc http1_chunks_read(struct http1_decoder *dec, struct bytes in, size_t body_max)
{
    struct bytes data;
    enum rc rc = RC_OK;
    while (rc == RC_OK && !http1_chunks_are_over(dec))
        rc = http1_chunk_step(dec, in, body_max, &data);
    return rc;
}

enum rc http1_chunks_join(const struct http1_decoder *dec, struct bytes in, struct arena *arena,
                          struct bytes *body)
{
    char *run = arena_alloc(arena, dec->_body_len);
    if (!run)
        return RC_NOMEM;
    *body = bytes_make(run, dec->_body_len);
    struct bytes rest = bytes_skip(in, dec->_head_len);
    uint64_t size;
    for (;;) {
        (void)read_hex(rest, &size);
        if (size == 0)
            return RC_OK;
        rest = bytes_skip(rest, bytes_find(rest, '\n') + 1);
        memcpy(run, rest.ptr, (size_t)size);
        run += size;
        rest = bytes_skip(rest, (size_t)size + CRLF_BYTES);
    }
}

bool http1_trailer_find(struct bytes trailer, const char *name, struct bytes *value)
{
    while (trailer.len) {
        size_t len = bytes_find(trailer, '\r');
        struct http_field field;
        if (http1_line_field(bytes_make(trailer.ptr, len), &field) == RC_OK &&
            bytes_ieq(field.name, bytes_from_str(name))) {
            *value = field.value;
            return true;
        }
        trailer = bytes_skip(trailer, len < trailer.len - 1 ? len + CRLF_BYTES : trailer.len);
    }
    return false;
}
