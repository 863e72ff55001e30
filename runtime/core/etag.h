#ifndef RUNTIME_CORE_ETAG_H
#define RUNTIME_CORE_ETAG_H

/*
 * etag — entity tags in a request's preconditions (RFC 9110 sections 8.8.3 and 13.1).
 *
 * Layer:   core.
 * Memory:  a list lives in the request's arena; its tags look into the request's fields.
 * Threads: no state.
 *
 * What the text of a tag means is the handler's own: it says of each whether it names what is
 * there.
 */

#include "runtime/core/http.h"

struct etag {
    struct bytes opaque; /* what stands between the quotes */
    bool is_weak;        /* W/ stands before them */
};

/* If-Match or If-None-Match, all of its fields together. */
struct etag_list {
    bool is_there; /* the request has such a field */
    bool is_any;   /* it is "*", and `count` is 0 */
    struct etag *tags;
    size_t count;
};

/* Reads the fields `name` of `req`.
 *
 * RC_OK: `list` is whole, also when the request has no such field
 * RC_SYNTAX: it is neither "*" nor a list of entity tags · RC_NOMEM */
enum rc etag_list_read(const struct http_request *req, const char *name,
                       struct etag_list *list) MUST_CHECK;

/* Decides whether a tag names what is there; `context` is the caller's. */
typedef bool etag_names_fn(const struct etag *tag, const void *context);

/* Does If-Match let a request go on? false: answer 412.
 *
 * names    of a list: one strong tag of which it is true is enough (strong comparison)
 * context  what is there, for `names`; NULL: nothing is, which no If-Match is about */
bool etag_match_holds(const struct etag_list *if_match, etag_names_fn *names, const void *context);

/* Does If-None-Match? false: answer 304 to GET and HEAD, 412 to others. Weak tags count too. */
bool etag_none_match_holds(const struct etag_list *if_none_match, etag_names_fn *names,
                           const void *context);

#endif
