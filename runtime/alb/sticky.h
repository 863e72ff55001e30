#ifndef RUNTIME_ALB_STICKY_H
#define RUNTIME_ALB_STICKY_H

/*
 * sticky — the cookies by which a client comes back to its target group, or to its target.
 *
 * Layer:   alb, pure but for the system's random numbers.
 * Memory:  values are written to the caller's memory; fields of an answer go to its arena.
 * Threads: one at a time.
 *
 * AWSALBTG names the group that an action with several groups chose, AWSALB the target that a group
 * chose. Each has a twin for requests of other sites, AWSALBTGCORS and AWSALBCORS, with the same
 * value and "SameSite=None; Secure". A client learns nothing from a value and cannot make one: it
 * is AES-256-GCM, and all values are equally long. Both cookies expire after 7 days; how long they
 * bind is in the value. Each answer has them anew.
 *
 * Facts: "Sticky sessions" and "Target groups" in the ALB user guide; a recorded answer has 172
 * characters of base64, Expires 7 days on, Path=/ and no more, the plain cookie before its twin.
 */

#include "runtime/core/http.h"

enum { STICKY_KEY_BYTES = 32, STICKY_SUBJECT_MAX = 84, STICKY_VALUE_LEN = 172 };

enum sticky_kind {
    STICKY_GROUP,  /* AWSALBTG: the subject names a target group */
    STICKY_TARGET, /* AWSALB: the subject names a target */
    STICKY_APP,    /* AWSALBAPP-0: the same, as long as a cookie of the application's own says */
};

struct sticky_key {
    unsigned char bytes[STICKY_KEY_BYTES];
};

/* RC_IO: the system gives no random numbers. */
enum rc sticky_key_make(struct sticky_key *key) MUST_CHECK;

enum sticky_outcome {
    STICKY_NONE,    /* there is no such cookie */
    STICKY_VALID,   /* it binds the client to the subject */
    STICKY_EXPIRED, /* it was ours, and binds no longer */
    STICKY_INVALID, /* not made with this key for this use, or changed: AWSALBTGCookieInvalid */
};

struct sticky_claim {
    char subject[STICKY_SUBJECT_MAX + 1];
    int64_t made_ms; /* epoch */
};

/* Looks for the cookie of `kind` in the request's Cookie fields. Of the two twins the one for other
 * sites wins when both are there; of two with one name the first.
 *
 * scope   what the cookie is good for: the group's ARN for STICKY_TARGET; empty for STICKY_GROUP
 * now_ms  epoch
 * claim   out: filled on STICKY_VALID */
enum sticky_outcome sticky_read(const struct sticky_key *key, enum sticky_kind kind,
                                struct bytes scope, const struct http_request *req, int64_t now_ms,
                                struct sticky_claim *claim) MUST_CHECK;

/* Adds both cookies of `kind` to the answer.
 *
 * subject     at most STICKY_SUBJECT_MAX bytes
 * duration_s  how long they bind from now on, 1 to 604800
 *
 * RC_OK · RC_NOMEM: no room in the arena, or the subject is too long · RC_IO: OpenSSL refused */
enum rc sticky_write(const struct sticky_key *key, enum sticky_kind kind, struct bytes scope,
                     struct bytes subject, unsigned duration_s, int64_t now_ms,
                     struct http_response *res, struct arena *arena) MUST_CHECK;

/* Adds the cookie of STICKY_APP, which has no twin. `attributes`: those of the application's
 * cookie, which it shares, from the first ';' on. As sticky_write. */
enum rc sticky_write_app(const struct sticky_key *key, struct bytes scope, struct bytes subject,
                         unsigned duration_s, int64_t now_ms, struct bytes attributes,
                         struct http_response *res, struct arena *arena) MUST_CHECK;

#endif
