#ifndef RUNTIME_CORE_JSON_TEXT_H
#define RUNTIME_CORE_JSON_TEXT_H

/*
 * json_text — strings as JSON text, for the places that write JSON without a tree.
 *
 * Layer:   core.
 */

#include "runtime/core/buf.h"

/* Appends `view` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, so the
 * output is always valid JSON; a control byte becomes its escape. */
void json_text_string(struct buf *out, struct bytes view);

/* The length of the run at the start of `view` that stands for itself in a JSON string and needs no
 * second look: ASCII from the blank on, but for the quote and the backslash. */
size_t json_text_plain_len(struct bytes view);

/* The bytes that `view` takes between the quotes as json_text_string writes it. */
size_t json_text_escaped_len(struct bytes view);

#endif
