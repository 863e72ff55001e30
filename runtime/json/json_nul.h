#ifndef RUNTIME_JSON_JSON_NUL_H
#define RUNTIME_JSON_JSON_NUL_H

/*
 * json_nul — a JSON text made fit for a parser that ends strings at NUL.
 *
 * Layer:   json. No I/O.
 *
 * A request's body or an item's name may hold a NUL, which JSON has as the escape \u0000, and which
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
 * is_marked  out: the strings need json_nul_restore
 *
 * RC_OK · RC_NOMEM */
enum rc json_nul_mark(struct arena *arena, struct bytes text, struct bytes *out,
                      bool *is_marked) MUST_CHECK;

/* Turns the digraphs of one parsed string back, in place, and returns its new length. Once only for
 * each string: a second time would take a DEL and a digit of the text for a digraph. */
size_t json_nul_restore(char *text, size_t len);

#endif
