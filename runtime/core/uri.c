#include "runtime/core/uri.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte that "%XX" at the start of `raw` means, or -1. */
static int escape_value(struct bytes raw)
{
    int high = raw.len > 2 ? hex_value(raw.ptr[1]) : -1;
    int low = high >= 0 ? hex_value(raw.ptr[2]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

bool uri_is_encoded(struct bytes raw)
{
    for (;;) {
        raw = bytes_skip(raw, bytes_find(raw, '%'));
        if (raw.len == 0)
            return true;
        if (escape_value(raw) < 0)
            return false;
        raw = bytes_skip(raw, 3);
    }
}

static enum rc decode(struct arena *arena, struct bytes raw, bool plus_is_blank, struct bytes *out)
{
    if (bytes_find(raw, '%') == raw.len && (!plus_is_blank || bytes_find(raw, '+') == raw.len)) {
        *out = raw;
        return RC_OK;
    }
    char *text = arena_alloc(arena, raw.len);
    if (!text)
        return RC_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '%') {
            int value = escape_value(bytes_skip(raw, i));
            if (value < 0)
                return RC_SYNTAX;
            c = (char)value;
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        text[n++] = c;
    }
    *out = bytes_make(text, n);
    return RC_OK;
}

enum rc uri_decode_path(struct arena *arena, struct bytes raw, struct bytes *out)
{
    return decode(arena, raw, false, out);
}

enum rc uri_decode_query(struct arena *arena, struct bytes raw, struct bytes *out)
{
    return decode(arena, raw, true, out);
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

enum rc uri_encode(struct arena *arena, struct bytes plain, struct bytes *out)
{
    static const char digits[] = "0123456789ABCDEF";
    char *text = arena_alloc(arena, plain.len * 3);
    if (!text)
        return RC_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.ptr[i];
        if (is_unreserved((char)c)) {
            text[n++] = (char)c;
        } else {
            text[n++] = '%';
            text[n++] = digits[c >> 4];
            text[n++] = digits[c & 15];
        }
    }
    *out = bytes_make(text, n);
    return RC_OK;
}

bool uri_query_next(struct bytes *rest, struct bytes *key, struct bytes *value)
{
    while (rest->len) {
        size_t end = bytes_find(*rest, '&');
        struct bytes piece = bytes_make(rest->ptr, end);
        *rest = bytes_skip(*rest, end < rest->len ? end + 1 : end);
        if (piece.len == 0)
            continue;
        size_t equals = bytes_find(piece, '=');
        *key = bytes_make(piece.ptr, equals);
        *value = bytes_skip(piece, equals < piece.len ? equals + 1 : equals);
        return true;
    }
    return false;
}

bool uri_is_target(struct bytes view)
{
    for (size_t i = 0; i < view.len; i++) {
        unsigned char c = (unsigned char)view.ptr[i];
        if (c <= 0x20 || c == 0x7F)
            return false;
    }
    return true;
}
