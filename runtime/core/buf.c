#include "runtime/core/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 512 };

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){.max = max_bytes};
}

void buf_release(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

void buf_shrink(struct buf *buf, size_t keep_bytes)
{
    if (buf->len == 0 && buf->cap > keep_bytes)
        buf_release(buf);
}

enum rc buf_reserve(struct buf *buf, size_t n)
{
    if (n <= buf->cap - buf->len)
        return RC_OK;
    if (n > buf->max - buf->len)
        return RC_NOMEM;
    size_t cap = buf->cap ? buf->cap : FIRST_BYTES;
    while (cap - buf->len < n)
        cap *= 2;
    if (cap > buf->max)
        cap = buf->max;
    char *data = realloc(buf->data, cap);
    if (!data)
        return RC_NOMEM;
    buf->data = data;
    buf->cap = cap;
    return RC_OK;
}

void buf_consume(struct buf *buf, size_t n)
{
    buf->len -= n;
    if (buf->len)
        memmove(buf->data, buf->data + n, buf->len);
}

void buf_append(struct buf *buf, struct bytes view)
{
    if (view.len == 0)
        return;
    if (buf_reserve(buf, view.len) != RC_OK) {
        buf->failed = true;
        return;
    }
    memcpy(buf->data + buf->len, view.ptr, view.len);
    buf->len += view.len;
}

void buf_append_char(struct buf *buf, char c)
{
    buf_append(buf, bytes_make(&c, 1));
}

void buf_append_u64(struct buf *buf, uint64_t value)
{
    char digits[20];
    size_t i = sizeof digits;
    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_append(buf, bytes_make(digits + i, sizeof digits - i));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || buf_reserve(buf, (size_t)n + 1) != RC_OK) {
        buf->failed = true;
        return;
    }
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)n + 1, format, args);
    va_end(args);
    buf->len += (size_t)n;
}
