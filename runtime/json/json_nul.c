#include "runtime/json/json_nul.h"

enum { MARK = 0x7F, ESCAPE_LEN = 6 };

static bool is_escape_of(struct bytes text, const char *lower, const char *upper)
{
    return text.len >= ESCAPE_LEN &&
           (memcmp(text.ptr, lower, ESCAPE_LEN) == 0 || memcmp(text.ptr, upper, ESCAPE_LEN) == 0);
}

/* The digit behind the mark for what `text` begins with, and how long that is; 0: neither. */
static char digraph_for(struct bytes text, size_t *len)
{
    *len = 1;
    if (text.ptr[0] == MARK)
        return '1';
    *len = ESCAPE_LEN;
    if (is_escape_of(text, "\\u0000", "\\u0000"))
        return '0';
    if (is_escape_of(text, "\\u007f", "\\u007F"))
        return '1';
    return 0;
}

static size_t mark(struct bytes text, char *out)
{
    size_t n = 0, len;
    while (text.len) {
        char digit = digraph_for(text, &len);
        if (digit) {
            out[n++] = MARK;
            out[n++] = digit;
        } else {
            /* A backslash takes the next character with it: \\u0000 is no NUL. */
            len = text.ptr[0] == '\\' && text.len > 1 ? 2 : 1;
            memcpy(out + n, text.ptr, len);
            n += len;
        }
        text = bytes_skip(text, len);
    }
    return n;
}

static bool has_nul_escape(struct bytes text)
{
    size_t at;
    while ((at = bytes_find(text, '\\')) < text.len) {
        text = bytes_skip(text, at);
        if (is_escape_of(text, "\\u0000", "\\u0000"))
            return true;
        text = bytes_skip(text, 1);
    }
    return false;
}

enum rc json_nul_mark(struct arena *arena, struct bytes text, struct bytes *out, bool *is_marked)
{
    *out = text;
    *is_marked = has_nul_escape(text);
    if (!*is_marked)
        return RC_OK;
    char *copy = arena_alloc(arena, text.len * 2);
    if (!copy)
        return RC_NOMEM;
    *out = bytes_make(copy, mark(text, copy));
    return RC_OK;
}

size_t json_nul_restore(char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == MARK && i + 1 < len)
            c = text[++i] == '0' ? '\0' : MARK;
        text[n++] = c;
    }
    return n;
}
