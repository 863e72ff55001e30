#include "runtime/core/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK_BYTES = 4096, KEPT_BLOCK_BYTES = 32 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t len; /* bytes behind this header */
    alignas(max_align_t) char data[];
};

void arena_init(struct arena *arena, size_t max_bytes)
{
    *arena = (struct arena){._max = max_bytes};
}

void arena_init_with(struct arena *arena, size_t max_bytes, char *first, size_t first_len)
{
    *arena = (struct arena){._max = max_bytes, ._next = first, ._end = first + first_len};
}

static void use_block(struct arena *arena, struct arena_block *block)
{
    arena->_next = block->data;
    arena->_end = block->data + block->len;
}

void arena_release(struct arena *arena)
{
    while (arena->_blocks) {
        struct arena_block *next = arena->_blocks->next;
        free(arena->_blocks);
        arena->_blocks = next;
    }
    arena_init(arena, arena->_max);
}

void arena_wipe(struct arena *arena)
{
    for (struct arena_block *block = arena->_blocks; block; block = block->next)
        explicit_bzero(block->data, block->len);
    arena_release(arena);
}

/* The newest block is the largest, and what one request needed the next one will; but memory that
 * only a large request needed is given back. */
void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->_blocks;
    if (!kept)
        return;
    while (kept->next && kept->len > KEPT_BLOCK_BYTES) {
        struct arena_block *next = kept->next;
        free(kept);
        kept = next;
    }
    while (kept->next) {
        struct arena_block *next = kept->next->next;
        free(kept->next);
        kept->next = next;
    }
    arena->_blocks = kept;
    arena->_total = kept->len;
    use_block(arena, kept);
}

/* The first block is small; later ones double. */
static bool add_block(struct arena *arena, size_t need)
{
    size_t len = arena->_blocks ? arena->_blocks->len * 2 : FIRST_BLOCK_BYTES;
    size_t room = arena->_max - arena->_total;
    if (len > room)
        len = room;
    if (len < need)
        len = need;
    if (len > room)
        return false;
    struct arena_block *block = malloc(sizeof *block + len);
    if (!block)
        return false;
    block->next = arena->_blocks;
    block->len = len;
    arena->_blocks = block;
    arena->_total += len;
    use_block(arena, block);
    return true;
}

static void *take(struct arena *arena, size_t len, size_t align)
{
    size_t pad = (size_t)(-(uintptr_t)arena->_next & (align - 1));
    size_t room = (size_t)(arena->_end - arena->_next);
    if (!arena->_next || pad > room || len > room - pad) {
        if (len > arena->_max || !add_block(arena, len))
            return NULL;
        pad = 0;
    }
    char *p = arena->_next + pad;
    arena->_next = p + len;
    return p;
}

void *arena_alloc(struct arena *arena, size_t len)
{
    return take(arena, len, alignof(max_align_t));
}

void *arena_zalloc(struct arena *arena, size_t len)
{
    void *p = arena_alloc(arena, len);
    if (p)
        memset(p, 0, len);
    return p;
}

void *arena_grow(struct arena *arena, void *ptr, size_t old_len, size_t new_len)
{
    char *old = ptr;
    if (old && old + old_len == arena->_next &&
        new_len - old_len <= (size_t)(arena->_end - old) - old_len) {
        arena->_next = old + new_len;
        return old;
    }
    void *p = arena_alloc(arena, new_len);
    if (p && old_len)
        memcpy(p, old, old_len);
    return p;
}

enum rc arena_dup(struct arena *arena, struct bytes view, struct bytes *out)
{
    char *p = take(arena, view.len + 1, 1);
    if (!p)
        return RC_NOMEM;
    *bytes_copy(p, view) = '\0';
    *out = bytes_make(p, view.len);
    return RC_OK;
}

enum rc arena_join(struct arena *arena, struct bytes first, struct bytes second, struct bytes third,
                   struct bytes *out)
{
    size_t len = first.len + second.len + third.len;
    char *p = take(arena, len + 1, 1);
    if (!p)
        return RC_NOMEM;
    *bytes_copy(bytes_copy(bytes_copy(p, first), second), third) = '\0';
    *out = bytes_make(p, len);
    return RC_OK;
}

enum rc arena_vprintf(struct arena *arena, struct bytes *out, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = (size_t)(arena->_end - arena->_next);
    int n = vsnprintf(arena->_next, room, format, args);
    char *p = NULL;
    if (n >= 0)
        p = take(arena, (size_t)n + 1, 1);
    if (p && (size_t)n >= room)
        (void)vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    if (!p)
        return RC_NOMEM;
    *out = bytes_make(p, (size_t)n);
    return RC_OK;
}

enum rc arena_printf(struct arena *arena, struct bytes *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum rc rc = arena_vprintf(arena, out, format, args);
    va_end(args);
    return rc;
}
