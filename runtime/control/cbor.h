#ifndef RUNTIME_CONTROL_CBOR_H
#define RUNTIME_CONTROL_CBOR_H

/*
 * cbor — the part of CBOR (RFC 8949) that AWS's protocol rpc-v2-cbor uses: bytes to trees and back.
 *
 * Layer:   control. A codec; no I/O.
 * Source:  RFC 8949; "Smithy RPC v2 CBOR protocol" on which items stand for which shapes.
 *
 * A library would have to go into the static builds too, for three hundred lines of reading.
 *
 * Read: maps with texts as keys, arrays, texts (UTF-8), byte strings, integers that fit 64 bits
 * with a sign, floats of all three widths, false, true, null, undefined (as null); all of definite
 * and of indefinite length; tag 1 on a number is a time. Other tags and simple values, and integers
 * beyond, are refused.
 */

#include "runtime/control/datum.h"
#include "runtime/core/buf.h"

/* Reads one item, which is all of `input`; an empty input is an empty map, as an operation without
 * parameters may be sent.
 *
 * RC_OK · RC_SYNTAX: cut short, not well-formed, bytes behind the item, a text that is not UTF-8, a
 * key that is no text or is there twice · RC_UNSUPPORTED: well-formed, but not of the part above ·
 * RC_BODY_LIMIT: over LIMIT_CONTROL_DEPTH or LIMIT_CONTROL_ITEMS · RC_NOMEM */
enum rc cbor_parse(struct arena *arena, struct bytes input, struct datum **root) MUST_CHECK;

/* Appends `datum`, with lengths that are definite and heads that are as short as they can be;
 * floats of 8 bytes, times as tag 1 with such a float. A refusal of `out` stays in out->failed. */
void cbor_write(struct buf *out, const struct datum *datum);

#endif
