#include "runtime/http1/internal.h"

/*
 * The fields that say where a message ends. Two of one kind, or one of each, are refused even where
 * they agree: whoever stands before us may have followed the other one (RFC 9112 section 11.2).
 */

static enum rc note_host(struct http1_head *head, struct bytes value)
{
    if (head->has_host || !http1_is_host(value))
        return RC_SYNTAX;
    head->has_host = true;
    return RC_OK;
}

/* Digits alone. A number too large for our type is a length like any other that is too large. */
static enum rc note_length(struct http1_head *head, struct bytes value)
{
    uint64_t length = 0;
    if (head->has_length || head->is_chunked || value.len == 0)
        return RC_SYNTAX;
    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)(unsigned char)value.ptr[i] - '0';
        if (digit > 9)
            return RC_SYNTAX;
        length = length > (UINT64_MAX - digit) / 10 ? UINT64_MAX : length * 10 + digit;
    }
    if (length > head->length_max)
        return RC_BODY_LIMIT;
    head->has_length = true;
    head->content_length = length;
    return RC_OK;
}

/* Takes the next element off the front of a comma-separated list. */
static bool next_element(struct bytes *list, struct bytes *element)
{
    if (!list->ptr)
        return false;
    size_t end = bytes_find(*list, ',');
    *element = bytes_trim(bytes_make(list->ptr, end));
    *list = end < list->len ? bytes_skip(*list, end + 1) : bytes_make(NULL, 0);
    return true;
}

/* A list of codings that is not plain "chunked": wrong where chunked is not the last, or has
 * parameters, or an element is no token; else merely unknown to us. */
static enum rc refuse_coding(struct bytes list)
{
    struct bytes element;
    while (next_element(&list, &element)) {
        struct bytes name = bytes_trim(bytes_make(element.ptr, bytes_find(element, ';')));
        bool is_chunked = bytes_ieq(name, BYTES_LIT("chunked"));
        if (!http_is_token(name) || (is_chunked && (list.ptr || name.len < element.len)))
            return RC_SYNTAX;
    }
    return RC_UNSUPPORTED;
}

static enum rc note_coding(struct http1_head *head, struct bytes value)
{
    if (head->has_length || head->is_chunked || head->is_http10)
        return RC_SYNTAX;
    if (!bytes_ieq(value, BYTES_LIT("chunked")))
        return refuse_coding(value);
    head->is_chunked = true;
    return RC_OK;
}

static void note_connection(struct http1_head *head, struct bytes list)
{
    struct bytes element;
    while (next_element(&list, &element)) {
        head->says_close |= bytes_ieq(element, BYTES_LIT("close"));
        head->says_keep_alive |= bytes_ieq(element, BYTES_LIT("keep-alive"));
    }
}

static bool is_named(const struct http_field *field, const char *name)
{
    return bytes_ieq(field->name, bytes_make(name, field->name.len));
}

/* The length of a name tells nearly all fields apart before any byte is compared. */
enum rc http1_framing_note(struct http1_head *head, enum http1_kind kind,
                           const struct http_field *field)
{
    enum rc rc = RC_OK;
    switch (field->name.len) {
    case sizeof "host" - 1:
        if (kind == HTTP1_REQUEST && is_named(field, "host"))
            rc = note_host(head, field->value);
        break;
    case sizeof "expect" - 1:
        if (!head->is_http10 && is_named(field, "expect"))
            head->expects_continue |= bytes_ieq(field->value, BYTES_LIT("100-continue"));
        break;
    case sizeof "connection" - 1:
        if (is_named(field, "connection"))
            note_connection(head, field->value);
        break;
    case sizeof "content-length" - 1:
        if (is_named(field, "content-length"))
            rc = note_length(head, field->value);
        break;
    case sizeof "transfer-encoding" - 1:
        if (is_named(field, "transfer-encoding"))
            rc = note_coding(head, field->value);
        break;
    }
    return rc;
}
