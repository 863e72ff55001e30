#ifndef RUNTIME_CORE_ARENA_H
#define RUNTIME_CORE_ARENA_H

/*
 * arena — memory of one request: many small allocations, one reset.
 *
 * Layer:   core.
 * Memory:  blocks come from malloc, doubling up to a maximum in all; nothing is freed singly.
 * Threads: one thread at a time; an arena may be handed from thread to thread whole.
 *
 * Invariants: every pointer from the arena stays valid until arena_reset or arena_release.
 * Alignment is that of max_align_t, but for arena_dup and arena_printf, whose bytes need none.
 */

#include <stdarg.h>

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct arena_block;

struct arena {
    struct arena_block *_blocks; /* newest first */
    char *_next, *_end;          /* free part of the newest block */
    size_t _total, _max;
};

/* Allocates nothing. `max_bytes` bounds the sum of all blocks. */
void arena_init(struct arena *arena, size_t max_bytes);

/* The same, but the first allocations come from `first`, as long as they fit: the caller's, aligned
 * as malloc's memory, which outlives them. For one use: arena_reset does not go back to it. */
void arena_init_with(struct arena *arena, size_t max_bytes, char *first, size_t first_len);

/* Frees all; works on a zeroed struct, and twice. */
void arena_release(struct arena *arena);

/* arena_release of an arena that held secrets: all of its memory is overwritten first. */
void arena_wipe(struct arena *arena);

/* Makes all allocations invalid, and keeps one block for the next request. */
void arena_reset(struct arena *arena);

/* `len` bytes, not zeroed; len 0 gives a valid pointer. NULL: no memory, or over the maximum. */
void *arena_alloc(struct arena *arena, size_t len) MUST_CHECK;

/* The same, zeroed; NULL as above. */
void *arena_zalloc(struct arena *arena, size_t len) MUST_CHECK;

/* Grows the block at `ptr` from `old_len` to `new_len` bytes, in place where it is the newest
 * allocation. The old pointer is dead on success. NULL: as arena_alloc, the old one still valid. */
void *arena_grow(struct arena *arena, void *ptr, size_t old_len, size_t new_len) MUST_CHECK;

/* A copy of `view` with a NUL behind it (not counted in len). RC_NOMEM: `out` is untouched. */
enum rc arena_dup(struct arena *arena, struct bytes view, struct bytes *out) MUST_CHECK;

/* The three views one behind the other, with a NUL behind them. RC_NOMEM: as arena_dup. */
enum rc arena_join(struct arena *arena, struct bytes first, struct bytes second, struct bytes third,
                   struct bytes *out) MUST_CHECK;

/* Formatted text with a NUL behind it. RC_NOMEM: `out` is untouched. */
enum rc arena_printf(struct arena *arena, struct bytes *out, const char *format, ...) MUST_CHECK
    PRINTF_LIKE(3, 4);
enum rc arena_vprintf(struct arena *arena, struct bytes *out, const char *format,
                      va_list args) MUST_CHECK PRINTF_LIKE(3, 0);

#endif
