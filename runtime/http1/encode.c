#include "runtime/http1/http1.h"

/*
 * A message is measured first and then written: one look at the buffer's room, and plain copies
 * after it.
 */

/* More than the codec's own lines take: status line, Content-Length, Connection, Date's name. */
enum { OWN_LINES_BYTES = 160, DIGITS_MAX = 20 };

static char *put_number(char *at, uint64_t value)
{
    char digits[DIGITS_MAX];
    size_t i = sizeof digits;
    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return bytes_copy(at, bytes_make(digits + i, sizeof digits - i));
}

static char *put_field(char *at, struct bytes name, struct bytes value)
{
    at = bytes_copy(at, name);
    at = bytes_copy(at, BYTES_LIT(": "));
    at = bytes_copy(at, value);
    return bytes_copy(at, BYTES_LIT("\r\n"));
}

static bool is_content_length(struct bytes name)
{
    return name.len == 14 && bytes_ieq(name, BYTES_LIT("content-length"));
}

static bool is_transfer_encoding(struct bytes name)
{
    return name.len == 17 && bytes_ieq(name, BYTES_LIT("transfer-encoding"));
}

static bool is_connection(struct bytes name)
{
    return name.len == 10 && bytes_ieq(name, BYTES_LIT("connection"));
}

/* Bytes of all fields, those that will be left out too. */
static size_t fields_len(const struct http_field *fields, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += fields[i].name.len + fields[i].value.len + sizeof ": \r\n" - 1;
    return len;
}

static char *put_fields(char *at, const struct http_field *fields, size_t count,
                        bool leaves_connection)
{
    for (size_t i = 0; i < count; i++) {
        struct bytes name = fields[i].name;
        if (is_content_length(name) || is_transfer_encoding(name) ||
            (leaves_connection && is_connection(name)))
            continue;
        at = put_field(at, name, fields[i].value);
    }
    return at;
}

static char *put_status_line(char *at, int status, struct bytes reason)
{
    if (status == 200)
        return bytes_copy(at, BYTES_LIT("HTTP/1.1 200 OK\r\n"));
    at = bytes_copy(at, BYTES_LIT("HTTP/1.1 "));
    at = put_number(at, (uint64_t)status);
    at = bytes_copy(at, BYTES_LIT(" "));
    at = bytes_copy(at, reason);
    return bytes_copy(at, BYTES_LIT("\r\n"));
}

/* HEAD's answer passed on by a proxy has no body to measure, but its origin has said the length. */
static const struct bytes *said_length(const struct http_response *res, enum http_method method)
{
    if (method != HTTP_HEAD || res->body.len)
        return NULL;
    for (size_t i = 0; i < res->field_count; i++)
        if (is_content_length(res->fields[i].name))
            return &res->fields[i].value;
    return NULL;
}

static char *put_length(char *at, uint64_t length)
{
    at = bytes_copy(at, BYTES_LIT("Content-Length: "));
    at = put_number(at, length);
    return bytes_copy(at, BYTES_LIT("\r\n"));
}

static char *put_framing(char *at, const struct http_response *res, const struct bytes *said,
                         const struct http1_response_options *options)
{
    if (http_status_is_bodiless(res->status) || options->framing == HTTP1_BY_CLOSE)
        return at;
    if (options->framing == HTTP1_BY_CHUNKS)
        return bytes_copy(at, BYTES_LIT("Transfer-Encoding: chunked\r\n"));
    if (said)
        return put_field(at, BYTES_LIT("Content-Length"), *said);
    return put_length(at, options->framing == HTTP1_BY_LENGTH ? res->body.len : options->length);
}

static char *put_connection(char *at, const struct http1_response_options *options)
{
    if (!options->keep_alive)
        return bytes_copy(at, BYTES_LIT("Connection: close\r\n"));
    return options->is_http10 ? bytes_copy(at, BYTES_LIT("Connection: keep-alive\r\n")) : at;
}

void http1_encode_response(struct buf *out, const struct http_response *res,
                           const struct http1_response_options *options)
{
    bool has_body = options->method != HTTP_HEAD && !http_status_is_bodiless(res->status) &&
                    options->framing == HTTP1_BY_LENGTH;
    struct bytes body = has_body ? res->body : bytes_make(NULL, 0);
    struct bytes reason = http_status_reason(res->status);
    const struct bytes *said = said_length(res, options->method);
    size_t len = OWN_LINES_BYTES + reason.len + (said ? said->len : 0) + options->date.len +
                 fields_len(res->fields, res->field_count) + body.len;
    if (buf_reserve(out, len) != RC_OK) {
        out->failed = true;
        return;
    }
    char *at = put_status_line(out->data + out->len, res->status, reason);
    if (options->date.len)
        at = put_field(at, BYTES_LIT("Date"), options->date);
    at = put_fields(at, res->fields, res->field_count, true);
    at = put_framing(at, res, said, options);
    at = put_connection(at, options);
    at = bytes_copy(at, BYTES_LIT("\r\n"));
    at = bytes_copy(at, body);
    out->len = (size_t)(at - out->data);
}

void http1_encode_chunk(struct buf *out, struct bytes data)
{
    if (data.len == 0)
        return;
    buf_printf(out, "%zx\r\n", data.len);
    buf_append(out, data);
    buf_append(out, BYTES_LIT("\r\n"));
}

void http1_encode_last_chunk(struct buf *out)
{
    http1_encode_trailer(out, NULL, 0);
}

void http1_encode_trailer(struct buf *out, const struct http_field *fields, size_t field_count)
{
    size_t before = out->len;
    buf_append(out, BYTES_LIT("0\r\n"));
    for (size_t i = 0; i < field_count; i++) {
        buf_append(out, fields[i].name);
        buf_append(out, BYTES_LIT(": "));
        buf_append(out, fields[i].value);
        buf_append(out, BYTES_LIT("\r\n"));
    }
    buf_append(out, BYTES_LIT("\r\n"));
    if (out->failed)
        out->len = before;
}

/* A server expects a length where the method means a body (RFC 9110 section 8.6). */
static bool has_length(struct bytes method, struct bytes body)
{
    return body.len || bytes_eq(method, BYTES_LIT("POST")) || bytes_eq(method, BYTES_LIT("PUT")) ||
           bytes_eq(method, BYTES_LIT("PATCH"));
}

static char *put_request_line(char *at, struct bytes method, struct bytes target)
{
    at = bytes_copy(at, method);
    at = bytes_copy(at, BYTES_LIT(" "));
    at = bytes_copy(at, target);
    return bytes_copy(at, BYTES_LIT(" HTTP/1.1\r\n"));
}

void http1_encode_request(struct buf *out, struct bytes method, struct bytes target,
                          const struct http_field *fields, size_t field_count, struct bytes body)
{
    size_t len =
        OWN_LINES_BYTES + method.len + target.len + fields_len(fields, field_count) + body.len;
    if (buf_reserve(out, len) != RC_OK) {
        out->failed = true;
        return;
    }
    char *at = put_request_line(out->data + out->len, method, target);
    at = put_fields(at, fields, field_count, false);
    if (has_length(method, body))
        at = put_length(at, body.len);
    at = bytes_copy(at, BYTES_LIT("\r\n"));
    at = bytes_copy(at, body);
    out->len = (size_t)(at - out->data);
}

void http1_encode_request_head(struct buf *out, struct bytes method, struct bytes target,
                               const struct http_field *fields, size_t field_count, uint64_t length)
{
    size_t len = OWN_LINES_BYTES + method.len + target.len + fields_len(fields, field_count);
    if (buf_reserve(out, len) != RC_OK) {
        out->failed = true;
        return;
    }
    char *at = put_request_line(out->data + out->len, method, target);
    at = put_fields(at, fields, field_count, false);
    if (length == HTTP1_CHUNKS)
        at = bytes_copy(at, BYTES_LIT("Transfer-Encoding: chunked\r\n"));
    else
        at = put_length(at, length);
    at = bytes_copy(at, BYTES_LIT("\r\n"));
    out->len = (size_t)(at - out->data);
}
