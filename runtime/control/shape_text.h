#ifndef RUNTIME_CONTROL_SHAPE_TEXT_H
#define RUNTIME_CONTROL_SHAPE_TEXT_H

/* shape_text — values that XML and JSON write alike. Layer: control, private. */

#include "runtime/core/buf.h"

/* The shortest decimal text that reads back as `number`. JSON and XML have no number for the
 * others: "NaN", "Infinity" and "-Infinity", as AWS writes them. */
void shape_text_float(struct buf *out, double number);

/* Base64. */
void shape_text_blob(struct buf *out, struct bytes blob);

#endif
