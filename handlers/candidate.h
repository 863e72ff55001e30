#ifndef HANDLERS_CANDIDATE_H
#define HANDLERS_CANDIDATE_H

/*
 * candidate — what its handlers share: names, the JSON that comes in and the JSON that goes out.
 *
 * In the store a candidate is an item under its name; the value is the party, as it is.
 */

#include "runtime/core/http.h"
#include "runtime/core/text.h"
#include "runtime/store/store.h"

enum { CANDIDATE_PARTY_BYTES = 255 };

/* Reads the body, {"party":"..."}. false: it is none, and `res` is the problem that says why. */
bool candidate_read(const struct http_request *req, struct http_response *res,
                    struct bytes *party) MUST_CHECK;

/* Prints {"name":...,"party":...,"created":...}. */
void candidate_print(struct text *out, const struct store_item *item);

#endif
