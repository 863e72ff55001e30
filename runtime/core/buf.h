#ifndef RUNTIME_CORE_BUF_H
#define RUNTIME_CORE_BUF_H

/*
 * buf — a growable run of bytes with a maximum.
 *
 * Layer:   core.
 * Memory:  one malloc'd block that the buffer owns; it moves when it grows, so views into it die
 *          with the next append.
 * Threads: one thread at a time.
 *
 * A failed append leaves the buffer as it was and sets `failed`, which stays set until buf_reset:
 * code that writes many pieces may ignore each result and look at `failed` once at the end.
 */

#include <stdarg.h>

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct buf {
    char *data;  /* NULL until the first byte */
    size_t len;  /* bytes in use */
    size_t cap;  /* bytes allocated */
    size_t max;  /* cap never exceeds this */
    bool failed; /* an append was refused */
};

/* Allocates nothing. */
void buf_init(struct buf *buf, size_t max_bytes);

/* Frees the block; works on a zeroed struct, and twice. */
void buf_release(struct buf *buf);

/* Empties it and keeps the memory. */
void buf_reset(struct buf *buf);

/* Frees the block when it is empty and larger than `keep_bytes`. */
void buf_shrink(struct buf *buf, size_t keep_bytes);

/* Makes room for `n` more bytes behind data + len. RC_NOMEM: over the maximum or no memory. */
enum rc buf_reserve(struct buf *buf, size_t n) MUST_CHECK;

/* Drops the first `n` bytes; n <= len. What follows moves to the front. */
void buf_consume(struct buf *buf, size_t n);

/* Appends; a refusal is remembered in `failed`. */
void buf_append(struct buf *buf, struct bytes view);
void buf_append_char(struct buf *buf, char c);
void buf_append_u64(struct buf *buf, uint64_t value);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* What it holds; valid until the next append. */
static inline struct bytes buf_bytes(const struct buf *buf)
{
    return bytes_make(buf->data, buf->len);
}

#endif
