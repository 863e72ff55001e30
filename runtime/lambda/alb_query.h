#ifndef RUNTIME_LAMBDA_ALB_QUERY_H
#define RUNTIME_LAMBDA_ALB_QUERY_H

/*
 * alb_query — an event's map of query parameters back to the query that a client sent.
 *
 * Layer:   codec of the Lambda home. No I/O.
 *
 * The load balancer splits a query and decodes nothing: keys and values stand in the event as they
 * came. They are joined again as they are, and only what would then read as something else is
 * encoded: '&' and '#', '=' in a key, blanks, control bytes, and bytes that are not ASCII. What the
 * event no longer tells is lost: a lone "a" and "a=" are the same, and a single-value event has
 * only the last value of a key.
 */

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stddef.h>

struct alb_query {
    size_t raw_len;     /* with a '?', as far as the event tells what came */
    size_t written_max; /* what alb_query_write may write */
};

/* Checks and measures `map`: an object whose values are strings or arrays of strings; NULL is an
 * empty one. false: it is something else. */
bool alb_query_measure(const cJSON *map, struct alb_query *out);

/* Writes the query without its '?' to `out` and returns its length.
 *
 * map        measured before
 * is_marked  its strings need event_text_restore, and get it here: so call this once only
 * out        room for written_max bytes */
size_t alb_query_write(cJSON *map, bool is_marked, char *out);

#endif
