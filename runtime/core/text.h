#ifndef RUNTIME_CORE_TEXT_H
#define RUNTIME_CORE_TEXT_H

/*
 * text — a text that grows in an arena, for what a handler prints piece by piece.
 *
 * Layer:   core.
 * Memory:  the arena's; what text_bytes gives lives as long as the arena is not reset. Nothing is
 *          ever released.
 * Threads: one thread at a time.
 *
 * A refused piece is left out and sets `failed`, which stays set: write all pieces, then look once.
 */

#include "runtime/core/arena.h"

struct text {
    struct arena *arena;
    char *data;
    size_t len, cap;
    bool failed; /* the arena had no room */
};

/* Allocates nothing. */
void text_init(struct text *text, struct arena *arena);

void text_append(struct text *text, struct bytes view);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* Appends `view` as a JSON string with its quotes, as json_text_string does. */
void text_json_string(struct text *text, struct bytes view);

/* Cuts the text back to its first `len` bytes; len <= text->len. */
void text_cut(struct text *text, size_t len);

/* What it holds; the next append may move it. */
static inline struct bytes text_bytes(const struct text *text)
{
    return bytes_make(text->data, text->len);
}

#endif
