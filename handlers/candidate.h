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

/* Prints {"name":...,"party":...,"created":...,"version":...}. */
void candidate_print(struct text *out, const struct store_item *item);

/* --- candidate_condition.c --- */

/* Adds the candidate's ETag, such as "v3-19aa7c1e240": its version, and when it was first put, so
 * that one which was deleted and put anew has another. */
void candidate_add_etag(const struct http_request *req, struct http_response *res,
                        const struct store_item *item);

/* May `item` be given to a GET, by If-Match and If-None-Match?
 * false: `res` is the 304, the 412, or the 400 for a field that is no list of entity tags.
 *
 * Callers may also name the version alone, "v3", as the JSON tells it. */
bool candidate_may_be_read(const struct http_request *req, struct http_response *res,
                           const struct store_item *item) MUST_CHECK;

/* What must hold of the candidate `name` for it to be written, by the same fields.
 *
 * condition  in: what holds without them; out: with them
 * false: `res` is the problem: they do not hold, or they are no lists, or the store failed */
bool candidate_condition(const struct http_request *req, struct http_response *res,
                         struct bytes name, struct store_condition *condition) MUST_CHECK;

/* Answers a write that did not come about, for whatever reason store_put and store_delete name. */
void candidate_refuse_write(const struct http_request *req, struct http_response *res,
                            struct bytes name, enum rc rc);

#endif
