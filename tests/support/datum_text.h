#ifndef TESTS_SUPPORT_DATUM_TEXT_H
#define TESTS_SUPPORT_DATUM_TEXT_H

/* datum_text — a tree as one line, with the kind of each value, for comparing. */

#include "runtime/control/datum.h"
#include "runtime/core/buf.h"

/* Appends {a:"text",b:[1,2.5,true,null,t3,h'00ff']}: t is a time, h a blob. */
void datum_print(struct buf *out, const struct datum *datum);

#endif
