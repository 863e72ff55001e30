#include "runtime/lambda/apigw_path.h"

struct bytes apigw_path_without_stage(struct bytes path, struct bytes stage)
{
    if (stage.len == 0 || bytes_eq(stage, BYTES_LIT("$default")) || path.len == 0 ||
        !bytes_starts_with(bytes_skip(path, 1), stage))
        return path;
    struct bytes rest = bytes_skip(path, 1 + stage.len);
    if (rest.len == 0)
        return BYTES_LIT("/");
    return rest.ptr[0] == '/' ? rest : path;
}

enum form { FORM_PATH, FORM_DECODED_PATH, FORM_QUERY };

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool stands_for_itself(struct bytes text, size_t at, enum form form)
{
    unsigned char c = (unsigned char)text.ptr[at];
    if (c == '%')
        return form == FORM_QUERY || (form == FORM_PATH && at + 2 < text.len &&
                                      is_hex(text.ptr[at + 1]) && is_hex(text.ptr[at + 2]));
    return c > ' ' && c < 0x7F && c != '#' && (c != '?' || form == FORM_QUERY);
}

static size_t count_escapes(struct bytes text, enum form form)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += !stands_for_itself(text, i, form);
    return count;
}

static enum rc encode(struct arena *arena, struct bytes text, enum form form, struct bytes *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t escapes = count_escapes(text, form), n = 0;
    *out = text;
    if (escapes == 0)
        return RC_OK;
    char *to = arena_alloc(arena, text.len + 2 * escapes);
    if (!to)
        return RC_NOMEM;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (stands_for_itself(text, i, form)) {
            to[n++] = (char)c;
        } else {
            to[n++] = '%';
            to[n++] = digits[c >> 4];
            to[n++] = digits[c & 15];
        }
    }
    *out = bytes_make(to, n);
    return RC_OK;
}

enum rc apigw_path_encode(struct arena *arena, struct bytes path, bool is_decoded,
                          struct bytes *out)
{
    return encode(arena, path, is_decoded ? FORM_DECODED_PATH : FORM_PATH, out);
}

enum rc apigw_query_encode(struct arena *arena, struct bytes query, struct bytes *out)
{
    return encode(arena, query, FORM_QUERY, out);
}
