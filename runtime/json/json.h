#ifndef RUNTIME_JSON_JSON_H
#define RUNTIME_JSON_JSON_H

/*
 * json — cJSON trees in an arena: parsed without a malloc a node, never freed singly.
 *
 * Layer:   beside core (it includes cJSON, which core does not).
 * Threads: any; each call uses its own arena.
 *
 * cJSON ends a string at a NUL, so a text with the escape \u0000 in a string is refused here unless
 * the caller has dealt with it before.
 */

#include <cjson/cJSON.h>

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

/* Where a text stops being JSON. */
struct json_place {
    size_t offset;       /* bytes from the start */
    size_t line, column; /* from 1; a column is a byte */
};

/* Parses all of `text`: one JSON value (RFC 8259) with white space around it, and nothing else.
 *
 * root   out: lives in `arena`; never call cJSON_Delete or a changing cJSON function on it
 * place  out: set on RC_SYNTAX; may be NULL
 *
 * RC_OK · RC_SYNTAX: not JSON, not UTF-8, nested over LIMIT_JSON_DEPTH, or \u0000 in it ·
 * RC_NOMEM: the arena has no room */
enum rc json_parse(struct arena *arena, struct bytes text, cJSON **root,
                   struct json_place *place) MUST_CHECK;

/* The text of a string value; the empty view when `item` is NULL or no string. */
struct bytes json_bytes(const cJSON *item);

/* The line and column of `offset` in `text`. */
struct json_place json_place_at(struct bytes text, size_t offset);

#endif
