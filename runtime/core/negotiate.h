#ifndef RUNTIME_CORE_NEGOTIATE_H
#define RUNTIME_CORE_NEGOTIATE_H

/*
 * negotiate — what a client's conditions and preferences say: entity tags and content codings.
 *
 * Layer:   core. Pure functions of the bytes of a field.
 * Several fields of one name are one list (RFC 9110 section 5.3): the functions that take a request
 * look at all of them.
 */

#include "runtime/core/http.h"

enum tag_comparison {
    TAG_STRONG, /* If-Match: both strong, and the same */
    TAG_WEAK,   /* If-None-Match: the same but for a W/ before either */
};

enum tag_result {
    TAG_NO_FIELD,  /* the request has no such condition */
    TAG_ANY,       /* the field is "*": whatever is there */
    TAG_MATCHES,   /* `tag` is in the list */
    TAG_DIFFERS,   /* it is not */
    TAG_MALFORMED, /* the field is no list of entity tags */
};

/* Looks for `tag` in the request's field `name` ("If-Match" or "If-None-Match"; RFC 9110 sections
 * 13.1.1, 13.1.2 and 8.8.3).
 *
 * tag  with its quotes, and W/ before them when it is weak; empty: nothing is there, so that only
 *      TAG_ANY, TAG_DIFFERS and TAG_MALFORMED come */
enum tag_result http_tag_find(const struct http_request *req, const char *name, struct bytes tag,
                              enum tag_comparison comparison);

/* true when the request's Accept-Encoding takes `coding` ("gzip"): named, or "*", with a weight
 * above 0 (RFC 9110 section 12.5.3). false when there is no such field. */
bool http_accepts_coding(const struct http_request *req, struct bytes coding);

#endif
