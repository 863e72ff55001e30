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

enum form { FORM_PATH, FORM_QUERY };

static bool stands_for_itself(unsigned char c, enum form form)
{
    return c > ' ' && c < 0x7F && c != '#' && (form == FORM_QUERY || (c != '?' && c != '%'));
}

static size_t count_escapes(struct bytes text, enum form form)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += !stands_for_itself((unsigned char)text.ptr[i], form);
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
        if (stands_for_itself(c, form)) {
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

enum rc apigw_path_encode(struct arena *arena, struct bytes path, struct bytes *out)
{
    return encode(arena, path, FORM_PATH, out);
}

enum rc apigw_query_encode(struct arena *arena, struct bytes query, struct bytes *out)
{
    return encode(arena, query, FORM_QUERY, out);
}
