#ifndef RUNTIME_CORE_RC_H
#define RUNTIME_CORE_RC_H

/*
 * rc — result codes. Every function that can fail returns one and is marked MUST_CHECK.
 *
 * A switch over `enum rc` has no default, so that the compiler names the case that it lacks.
 */
enum rc {
    RC_OK = 0,
    RC_AGAIN,       /* not a failure: more bytes, another thread or a later time is needed */
    RC_SYNTAX,      /* the input breaks its grammar */
    RC_HEAD_LIMIT,  /* header fields over LIMIT_HEAD_BYTES or LIMIT_FIELD_BYTES, or too many */
    RC_URI_LIMIT,   /* request line over LIMIT_REQUEST_LINE_BYTES */
    RC_BODY_LIMIT,  /* body over its maximum */
    RC_UNSUPPORTED, /* well formed, but nothing that we speak */
    RC_VERSION,     /* an HTTP version that we do not speak */
    RC_NOT_FOUND,   /* no such thing */
    RC_EXISTS,      /* it is there already */
    RC_CLOSED,      /* the peer closed the connection */
    RC_NOMEM,       /* no memory, or an arena or buffer over its maximum */
    RC_IO,          /* the operating system refused; errno says why where the header says so */
    RC_TIMEOUT,     /* the deadline has passed */
    RC_CONFLICT,    /* it is there, in another version than the caller asked for */
    RC_THROTTLED,   /* a service answers, and wants fewer requests */
    RC_REFUSED,     /* a service answers, and will not do it: no permission, no such table */
    RC_UNREACHABLE, /* a service does not answer: no route, no name, connections that break */
};

/* A short lower-case name, for logs and tests; never NULL. */
const char *rc_name(enum rc rc);

/* The HTTP status that tells a client of `rc`: 400, 414, 431, 413, 501, 505, 404, 409, 412, 429,
 * 504, 503 or 500; 200 for RC_OK. */
int rc_to_status(enum rc rc);

#endif
