#ifndef RUNTIME_LAMBDA_EVENT_QUERY_H
#define RUNTIME_LAMBDA_EVENT_QUERY_H

/*
 * event_query — an event's map of query parameters back to the query that a client sent.
 *
 * Layer:   codec of the Lambda home. No I/O.
 *
 * A load balancer splits a query and decodes nothing: keys and values stand in the event as they
 * came. They are joined again as they are, and only what would then read as something else is
 * encoded: '&' and '#', '=' in a key, blanks, control bytes, and bytes that are not ASCII. API
 * Gateway decodes keys and values in its first format: there, all that is not unreserved is encoded
 * again. What the event no longer tells is lost: a lone "a" and "a=" are the same, and a map of
 * single values has only the last value of a key.
 */

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stddef.h>

struct event_query {
    size_t raw_len;     /* with a '?', as far as the event tells what came */
    size_t written_max; /* what event_query_write may write */
};

/* Checks and measures `map`: an object whose values are strings or arrays of strings; NULL is an
 * empty one. false: it is something else. */
bool event_query_measure(const cJSON *map, struct event_query *out);

/* Writes the query without its '?' to `out` and returns its length.
 *
 * map         measured before
 * is_decoded  its keys and values were percent-decoded
 * is_marked   its strings need json_nul_restore, and get it here: so call this once only
 * out         room for written_max bytes */
size_t event_query_write(cJSON *map, bool is_decoded, bool is_marked, char *out);

#endif
