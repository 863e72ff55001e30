#include "runtime/http1/internal.h"

/*
 * A line is over its limit when no LF lies in as many bytes as it may have; whatever else is wrong
 * with it is said when its LF is here. So both answers depend on the line's bytes alone, not on how
 * many of them a call happens to see.
 */

/* Eight bytes at a time: a line is too short for what memchr does before it begins. The lowest bit
 * of a word is in its first byte: both architectures are little-endian. */
static const char *find_lf(const char *p, const char *end)
{
    const uint64_t ones = UINT64_MAX / 0xFF, highs = ones << 7;
    uint64_t word, found;
    for (; end - p >= (ptrdiff_t)sizeof word; p += sizeof word) {
        memcpy(&word, p, sizeof word);
        word ^= ones * '\n'; /* an LF is a zero byte now, and borrows from its high bit */
        found = (word - ones) & ~word & highs;
        if (found)
            return p + __builtin_ctzll(found) / 8;
    }
    while (p < end && *p != '\n')
        p++;
    return p < end ? p : NULL;
}

enum rc http1_line_find(struct bytes in, size_t start, size_t *scanned, size_t end_max,
                        struct bytes *line)
{
    size_t end = in.len < end_max ? in.len : end_max;
    const char *lf = *scanned < end ? find_lf(in.ptr + *scanned, in.ptr + end) : NULL;
    if (!lf) {
        *scanned = end;
        return in.len < end_max ? RC_AGAIN : RC_HEAD_LIMIT;
    }
    const char *first = in.ptr + start;
    if (lf == first || lf[-1] != '\r')
        return RC_SYNTAX;
    *line = bytes_make(first, (size_t)(lf - first) - 1);
    return RC_OK;
}

enum rc http1_line_field(struct bytes line, struct http_field *field)
{
    size_t name_len = http_token_len(line);
    if (name_len == 0 || name_len == line.len || line.ptr[name_len] != ':')
        return RC_SYNTAX;
    field->name = bytes_make(line.ptr, name_len);
    field->value = bytes_trim(bytes_skip(line, name_len + 1));
    return http_is_field_value(field->value) ? RC_OK : RC_SYNTAX;
}
