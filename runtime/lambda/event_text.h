#ifndef RUNTIME_LAMBDA_EVENT_TEXT_H
#define RUNTIME_LAMBDA_EVENT_TEXT_H

/*
 * event_text — an event's JSON made fit for a parser that ends strings at NUL.
 *
 * Layer:   codec of the Lambda home. No I/O.
 *
 * A request's body may hold a NUL, which the event then has as the escape \u0000, and which
 * json_parse refuses because cJSON would cut the string there. So that escape is written in another
 * way before parsing, and turned back in each string that is read: DEL, a legal character that JSON
 * need not escape, is made the mark of two digraphs, DEL 0 for NUL and DEL 1 for DEL itself.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

/* Rewrites the escapes of NUL in `text`.
 *
 * out        `text` itself when it holds none, else a text in `arena`; what was no JSON stays none
 * is_marked  out: the strings need event_text_restore
 *
 * RC_OK · RC_NOMEM */
enum rc event_text_mark(struct arena *arena, struct bytes text, struct bytes *out,
                        bool *is_marked) MUST_CHECK;

/* Turns the digraphs of one parsed string back, in place, and returns its new length. Once only for
 * each string: a second time would take a DEL and a digit of the text for a digraph. */
size_t event_text_restore(char *text, size_t len);

#endif
