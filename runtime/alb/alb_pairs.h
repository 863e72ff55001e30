#ifndef RUNTIME_ALB_ALB_PAIRS_H
#define RUNTIME_ALB_ALB_PAIRS_H

/* alb_pairs — a request's fields and its query, grouped by name, for alb_event.c. */

#include "runtime/core/http.h"

struct alb_pair {
    struct bytes name, value;
    struct alb_pair *next; /* the next one of this name */
    bool is_first;         /* of its name */
};

struct alb_pairs {
    struct alb_pair *items; /* in the order in which they came */
    size_t count;
};

/* Fill `pairs`, a zeroed struct, in req->arena. Names of fields are lower case, those of the
 * client's connection are left out, and a body has its content-length; keys and values of a query
 * stay as they are. false: no memory. */
bool alb_pairs_of_fields(const struct http_request *req, struct alb_pairs *pairs) MUST_CHECK;
bool alb_pairs_of_query(const struct http_request *req, struct alb_pairs *pairs) MUST_CHECK;

#endif
