#ifndef RUNTIME_FUNCTIONS_EVENT_STREAM_H
#define RUNTIME_FUNCTIONS_EVENT_STREAM_H

/*
 * event_stream — messages of AWS's event streams (application/vnd.amazon.eventstream).
 *
 * Layer:   functions. A codec; no I/O.
 * Source:  "Amazon event stream specification", Smithy: length of all, length of the headers,
 * CRC-32 of these eight bytes; headers; payload; CRC-32 of all before it. Numbers are big-endian.
 */

#include "runtime/core/arena.h"

/* A header whose value is a text (type 7). */
struct event_stream_header {
    const char *name;   /* at most 255 bytes */
    struct bytes value; /* at most 65535 bytes */
};

/* Makes one message in the arena. RC_OK · RC_NOMEM */
enum rc event_stream_message(struct arena *arena, const struct event_stream_header *headers,
                             size_t count, struct bytes payload, struct bytes *out) MUST_CHECK;

/* The CRC-32 of IEEE 802.3, as zlib computes it. */
uint32_t event_stream_crc32(struct bytes bytes);

#endif
