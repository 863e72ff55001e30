#include "runtime/alb/matcher.h"

static bool read_code(struct bytes text, uint64_t *code)
{
    return text.len == 3 && bytes_to_u64(text, MATCHER_MAX, code) && *code >= MATCHER_MIN;
}

static bool add_piece(struct matcher *matcher, struct bytes piece)
{
    uint64_t first, last;
    size_t dash = bytes_find(piece, '-');
    if (!read_code(bytes_make(piece.ptr, dash), &first))
        return false;
    last = first;
    if (dash < piece.len && !read_code(bytes_skip(piece, dash + 1), &last))
        return false;
    for (uint64_t code = first; code <= last; code++)
        matcher->_bits[(code - MATCHER_MIN) / 8] |= (uint8_t)(1u << (code - MATCHER_MIN) % 8);
    return first <= last;
}

enum rc matcher_parse(struct matcher *matcher, struct bytes text)
{
    struct matcher result = {0};
    for (;;) {
        size_t end = bytes_find(text, ',');
        if (!add_piece(&result, bytes_make(text.ptr, end)))
            return RC_SYNTAX;
        if (end == text.len)
            break;
        text = bytes_skip(text, end + 1);
    }
    *matcher = result;
    return RC_OK;
}

bool matcher_takes(const struct matcher *matcher, int status)
{
    if (status < MATCHER_MIN || status > MATCHER_MAX)
        return false;
    return matcher->_bits[(status - MATCHER_MIN) / 8] >> (status - MATCHER_MIN) % 8 & 1;
}
