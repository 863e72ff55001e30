#ifndef RUNTIME_CORE_URI_H
#define RUNTIME_CORE_URI_H

/*
 * uri — percent-encoding, and the pieces of a path and a query (RFC 3986).
 *
 * Layer:   core.
 * Memory:  results are in the arena, or views of the input where nothing had to change.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

/* true when each '%' has two hex digits behind it: then nothing below is RC_SYNTAX. */
bool uri_is_encoded(struct bytes raw);

/* Decodes %XX in a path's segment; '+' stays. RC_OK; RC_SYNTAX: '%' without two hex digits;
 * RC_NOMEM. */
enum rc uri_decode_path(struct arena *arena, struct bytes raw, struct bytes *out) MUST_CHECK;

/* Decodes a key or value of a query: the same, and '+' is a blank. */
enum rc uri_decode_query(struct arena *arena, struct bytes raw, struct bytes *out) MUST_CHECK;

/* Encodes all but RFC 3986's unreserved characters as %XX (upper case). */
enum rc uri_encode(struct arena *arena, struct bytes plain, struct bytes *out) MUST_CHECK;

/* Takes the next "key=value" off the front of `rest` (still encoded; no '=': an empty value).
 * Empty pieces between '&' are passed over. false: none is left. */
bool uri_query_next(struct bytes *rest, struct bytes *key, struct bytes *value);

/* true for what may stand in a request target: visible ASCII and bytes from 0x80 on (an ALB passes
 * those), but no blank and no control byte. */
bool uri_is_target(struct bytes view);

#endif
