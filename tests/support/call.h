#ifndef TESTS_SUPPORT_CALL_H
#define TESTS_SUPPORT_CALL_H

/*
 * call — requests to the application in this process, without a codec.
 *
 * A failure inside fails the test. The log is off while a call_home is there.
 */

#include "runtime/core/app.h"
#include "runtime/core/buf.h"

/* The application with a store of its own. */
struct call_home {
    struct config config;
    struct app app;
    struct store *store;
};

/* One request and its answer; views live until the next call of the same struct. */
struct call {
    struct arena arena;
    struct http_request req;
    struct http_response res;
};

/* The application (handlers/) in a home of that kind, its store opened by `store_url`; NULL: it has
 * none. */
void call_home_init(struct call_home *home, enum home kind, const char *store_url);
void call_home_release(struct call_home *home);

/* Nothing is allocated yet. */
void call_init(struct call *call);
void call_release(struct call *call);

/* Sends `method` `target` (path, or path?query) with `body` to the application, and gives the
 * status. */
int call_send(struct call *call, struct call_home *home, const char *method, const char *target,
              struct bytes body);

/* The same without a body. */
int call_get(struct call *call, struct call_home *home, const char *target);

/* The value of the answer's first field `name` as a C string; "" when there is none. */
const char *call_field(struct call *call, const char *name);

/* The answer's body as a C string. */
const char *call_body(struct call *call);

/* true when the body of the answer holds `text`. */
bool call_body_has(struct call *call, const char *text);

/* The fields of the calls from now on; borrowed. None: a count of 0. */
void call_set_fields(struct call *call, const struct http_field *fields, size_t count);

/* When the answers of the calls from now on are due (req->deadline_ms); 0: never. */
void call_set_deadline(struct call *call, int64_t deadline_ms);

#endif
