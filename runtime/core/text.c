#include "runtime/core/text.h"

#include <stdio.h>

#include "runtime/core/json_text.h"

enum { FIRST_BYTES = 256 };

void text_init(struct text *text, struct arena *arena)
{
    *text = (struct text){.arena = arena};
}

/* Makes room for `n` more bytes; false: there is none, which `failed` remembers. */
static bool has_room(struct text *text, size_t n)
{
    if (n <= text->cap - text->len)
        return true;
    size_t cap = text->cap ? text->cap : FIRST_BYTES;
    while (cap - text->len < n && cap <= SIZE_MAX / 2)
        cap *= 2;
    char *data = cap - text->len < n ? NULL : arena_grow(text->arena, text->data, text->cap, cap);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->cap = cap;
    return true;
}

void text_append(struct text *text, struct bytes view)
{
    if (view.len == 0 || !has_room(text, view.len))
        return;
    memcpy(text->data + text->len, view.ptr, view.len);
    text->len += view.len;
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !has_room(text, (size_t)n + 1)) {
        text->failed = true;
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text->data + text->len, (size_t)n + 1, format, args);
    va_end(args);
    text->len += (size_t)n;
}

void text_json_string(struct text *text, struct bytes view)
{
    size_t len = json_text_escaped_len(view) + 2;
    if (!has_room(text, len))
        return;
    /* A buffer that is full when the string is whole never grows, so it may lie in the arena. */
    struct buf place = {.data = text->data + text->len, .cap = len, .max = len};
    json_text_string(&place, view);
    text->len += place.len;
}

void text_cut(struct text *text, size_t len)
{
    text->len = len;
}
