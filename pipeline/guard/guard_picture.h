#ifndef PIPELINE_GUARD_GUARD_PICTURE_H
#define PIPELINE_GUARD_GUARD_PICTURE_H

/*
 * guard_picture — a guard's history as one SVG picture: the shares of both homes over time, each
 * act as a line through them with a number, and below what each was and why.
 *
 * Layer:   guard; plain functions.
 *
 * One self-contained file in light and dark (prefers-color-scheme), with a title and a description
 * for screen readers.
 */

#include "runtime/core/buf.h"

/* One act of the history, as guard_tell.c writes it. */
struct guard_picture_act {
    int64_t at_ms;
    double lambda, fargate; /* percent, from then on */
    const char *act, *home; /* home: "" of none */
    const char *why;
};

/* Reads an act's JSON; its texts live in the arena. false: it is none. */
struct arena;
bool guard_picture_read(struct arena *arena, struct bytes text,
                        struct guard_picture_act *act) MUST_CHECK;

/* Appends the picture of `count` acts, the oldest first, from the first one to now_ms; without
 * any, one that says so. A refusal shows in out->failed. */
void guard_picture_draw(const struct guard_picture_act *acts, size_t count, int64_t now_ms,
                        struct buf *out);

#endif
