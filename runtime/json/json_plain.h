#ifndef RUNTIME_JSON_JSON_PLAIN_H
#define RUNTIME_JSON_JSON_PLAIN_H

/*
 * json_plain — the fast way to the tree of an ordinary JSON text.
 *
 * Layer:   json, private.
 * Memory:  the tree is in the arena, as json_parse's; a text that is not plain may leave some
 * there.
 *
 * An event is read for every invocation, and making cJSON's tree with cJSON's own parser took
 * longer than all the rest of it. This makes the same tree in one pass, of texts that need nothing
 * special; what is not plain, and what is no JSON, is left to cJSON and its errors.
 */

#include <cjson/cJSON.h>

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"

/* The tree of `text`, which must be UTF-8. NULL: not plain (a number that is no integer of up to 15
 * digits, nesting over 32, \u0000 or a lone surrogate), no JSON, or no memory: json_parse decides.
 */
cJSON *json_plain_parse(struct arena *arena, struct bytes text);

#endif
