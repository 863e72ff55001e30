#ifndef RUNTIME_CONTROL_ISO_TIME_H
#define RUNTIME_CONTROL_ISO_TIME_H

/*
 * iso_time — times as AWS's protocols write them in text (ISO 8601, in the form of RFC 3339).
 *
 * Layer:   control.
 */

#include "runtime/core/bytes.h"

enum { ISO_TIME_LEN = 24 };

/* Reads "2026-11-21T09:30:00Z", with a fraction or without, with Z, an offset such as +01:00, or
 * nothing (UTC); also a date alone. A leap second counts as the second after it. false: no such
 * text, or no such day; `out_seconds` (since 1970-01-01 UTC) is then untouched. */
bool iso_time_parse(struct bytes text, double *out_seconds) MUST_CHECK;

/* Writes "2026-11-21T09:30:00.000Z" and a NUL; a time outside the years 1 to 9999 becomes the
 * nearest inside. */
void iso_time_print(double seconds, char text[ISO_TIME_LEN + 1]);

#endif
