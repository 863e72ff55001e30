#ifndef HANDLERS_ANSWER_H
#define HANDLERS_ANSWER_H

/* answer — the ends that several handlers come to. */

#include "runtime/core/http.h"
#include "runtime/core/text.h"

/* Answers with `body` as application/json; a text that failed becomes the fixed 500. */
void answer_json(const struct http_request *req, struct http_response *res, int status,
                 const struct text *body);

/* Answers what the store could not do, each with a type of its own: 504 for RC_TIMEOUT, 429 with
 * Retry-After for RC_THROTTLED, 503 with Retry-After for RC_IO, RC_NOMEM, RC_REFUSED,
 * RC_UNREACHABLE and what no store should say. */
void answer_store_fault(const struct http_request *req, struct http_response *res, enum rc rc);

#endif
