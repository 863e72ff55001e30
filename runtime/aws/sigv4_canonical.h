#ifndef RUNTIME_AWS_SIGV4_CANONICAL_H
#define RUNTIME_AWS_SIGV4_CANONICAL_H

/*
 * sigv4_canonical — the canonical request: the one text that client and service both make of a
 * request, whatever happened to its spelling on the way.
 *
 * Layer:   aws, private to sigv4.
 * Memory:  results are in the arena.
 */

#include "runtime/aws/sigv4.h"

/* The canonical request of `request` with X-Amz-Date `date`, and the names of the signed fields
 * ("host;x-amz-date"). RC_OK, RC_NOMEM. */
enum rc sigv4_canonical(const struct sigv4_key *key, const struct sigv4_request *request,
                        struct bytes date, struct arena *arena, struct bytes *canonical,
                        struct bytes *names) MUST_CHECK;

#endif
