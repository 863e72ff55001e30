#ifndef RUNTIME_CORE_PROBLEM_H
#define RUNTIME_CORE_PROBLEM_H

/*
 * problem — errors as application/problem+json (RFC 9457), the same in both homes.
 *
 * Layer:   core.
 */

#include "runtime/core/http.h"

/* Makes `res` the problem `status`: its fields so far are dropped.
 *
 * type    a short name such as "not-found"; becomes the URI reference "/problems/<type>"
 * format  the detail: a sentence for the caller, printf-like, escaped here
 *
 * The members: type, title (the status's reason), status, detail. When the arena has no room, the
 * response is flagged is_out_of_memory and the front end answers a fixed 500. */
void problem_set(struct http_response *res, struct arena *arena, int status, const char *type,
                 const char *format, ...) PRINTF_LIKE(5, 6);

/* The fixed answer of last resort: 500 without any allocation. */
void problem_set_fixed(struct http_response *res);

/* The answer to a request that never became one: what http1_decode or the ALB's event said. */
void problem_set_rc(struct http_response *res, struct arena *arena, enum rc rc);

#endif
