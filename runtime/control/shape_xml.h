#ifndef RUNTIME_CONTROL_SHAPE_XML_H
#define RUNTIME_CONTROL_SHAPE_XML_H

/*
 * shape_xml — a result as the XML of AWS's Query protocol.
 *
 * Layer:   control. A codec; no I/O.
 */

#include "runtime/control/datum.h"
#include "runtime/core/buf.h"

/* Appends `text` with what XML's markup needs escaped; control bytes and broken UTF-8, which XML
 * 1.0 cannot hold, become U+FFFD. */
void shape_xml_text(struct buf *out, struct bytes text);

/* Appends the members of `map`: <Name>value</Name>; a list's items are <member>. Null is left out.
 * A refusal of `out` stays in out->failed. */
void shape_xml_write(struct buf *out, const struct datum *map);

#endif
