#ifndef RUNTIME_CONTROL_SHAPE_JSON_H
#define RUNTIME_CONTROL_SHAPE_JSON_H

/*
 * shape_json — AWS's JSON protocols (1.0 and 1.1): texts to trees and back.
 *
 * Layer:   control. A codec; no I/O. Knows json/.
 */

#include "runtime/control/datum.h"
#include "runtime/core/buf.h"

/* Reads one JSON value; an empty text is an empty map, as AWS takes it. Whole numbers of up to 2^53
 * are DATUM_INT, others DATUM_FLOAT; times are numbers or texts (datum_to_time).
 *
 * RC_OK · RC_SYNTAX: no JSON, or one name twice in a map · RC_BODY_LIMIT: over LIMIT_CONTROL_DEPTH
 * or LIMIT_CONTROL_ITEMS · RC_NOMEM */
enum rc shape_json_parse(struct arena *arena, struct bytes text, struct datum **root) MUST_CHECK;

/* Appends `datum` as JSON: times as seconds, blobs as base64, and numbers that JSON does not have
 * as the texts "NaN", "Infinity", "-Infinity". A refusal of `out` stays in out->failed. */
void shape_json_write(struct buf *out, const struct datum *datum);

#endif
