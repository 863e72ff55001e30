#include "runtime/core/json_text.h"

/* The two-character escape of `c`, or 0. */
static char short_escape(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    }
    return 0;
}

/* The length of the well-formed UTF-8 sequence at the start of `view`, or 0. */
static size_t sequence_len(struct bytes view)
{
    for (size_t n = 2; n <= 4 && n <= view.len; n++)
        if (bytes_is_utf8(bytes_make(view.ptr, n)))
            return n;
    return 0;
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Not 0 when one of the eight bytes of `word` is under `limit` (at most 0x80). Borrows run upwards
 * only, so the lowest such byte is always seen. */
static uint64_t has_less(uint64_t word, unsigned char limit)
{
    return (word - EACH_BYTE(limit)) & ~word & EACH_BYTE(0x80);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Eight bytes a step: texts are long, and what must be escaped is rare in them. */
size_t json_text_plain_len(struct bytes view)
{
    size_t i = 0;
    for (uint64_t word; view.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, view.ptr + i, sizeof word);
        if ((word & EACH_BYTE(0x80)) || has_less(word, 0x20) ||
            has_less(word ^ EACH_BYTE('"'), 1) || has_less(word ^ EACH_BYTE('\\'), 1))
            break;
    }
    while (i < view.len && is_plain((unsigned char)view.ptr[i]))
        i++;
    return i;
}

/* The length of the plain run at the start of `view`: bytes that stand for themselves. */
static size_t plain_len(struct bytes view)
{
    size_t i = 0;
    for (;;) {
        i += json_text_plain_len(bytes_skip(view, i));
        if (i == view.len || (unsigned char)view.ptr[i] < 0x80)
            return i;
        size_t n = sequence_len(bytes_skip(view, i));
        if (n == 0)
            return i;
        i += n;
    }
}

/* Writes the escape of the byte `c`, which stands not for itself, and returns its length. */
static size_t escape(unsigned char c, char text[6])
{
    static const char digits[] = "0123456789abcdef";
    char letter = short_escape(c);
    if (letter) {
        text[0] = '\\';
        text[1] = letter;
        return 2;
    }
    if (c >= 0x80) {
        memcpy(text, "\xEF\xBF\xBD", 3);
        return 3;
    }
    memcpy(text, "\\u00", 4);
    text[4] = digits[c >> 4];
    text[5] = digits[c & 15];
    return 6;
}

void json_text_string(struct buf *out, struct bytes view)
{
    char text[6];
    buf_append_char(out, '"');
    while (view.len) {
        size_t n = plain_len(view);
        buf_append(out, bytes_make(view.ptr, n));
        view = bytes_skip(view, n);
        if (view.len == 0)
            break;
        buf_append(out, bytes_make(text, escape((unsigned char)view.ptr[0], text)));
        view = bytes_skip(view, 1);
    }
    buf_append_char(out, '"');
}

size_t json_text_escaped_len(struct bytes view)
{
    size_t len = 0;
    char text[6];
    while (view.len) {
        size_t n = plain_len(view);
        len += n;
        view = bytes_skip(view, n);
        if (view.len == 0)
            break;
        len += escape((unsigned char)view.ptr[0], text);
        view = bytes_skip(view, 1);
    }
    return len;
}
