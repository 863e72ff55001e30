#ifndef RUNTIME_AWS_TRANSPORT_H
#define RUNTIME_AWS_TRANSPORT_H

/*
 * transport — HTTP requests over libcurl, whose connections many threads share.
 *
 * Layer:   aws, private.
 * Memory:  what an answer holds is in the caller's arena.
 * Threads: any number may send at once. Up to LIMIT_AWS_CONNECTIONS requests are under way, each
 *          with a handle of its own that keeps its connection for the next one; more callers wait.
 *
 * libcurl, and OpenSSL with it, is set up by the first request, not before. There are no signals,
 * no redirects, no cookies and no HTTP/2; a name has IPv4 and IPv6 addresses. Certificates are
 * checked against the system's authorities, or those of `ca_file`. Requests to https go through
 * the proxy that the environment names; those to http, which are local ones, never do.
 */

#include "runtime/aws/client.h"
#include "runtime/aws/environment.h"

struct transport;

struct transport_request {
    struct bytes method;
    struct bytes url; /* encoded, with a NUL behind it */
    const struct aws_field *fields;
    size_t field_count;
    struct bytes body;
    int64_t deadline_ms; /* clock_ms_monotonic */
    bool is_once;        /* the body is never sent twice, not even on a connection that broke */
};

struct transport_answer {
    int status;
    struct bytes body;
    struct bytes head; /* the lines of the header fields, for transport_field */
    bool is_sent;      /* some of the request has left; the service may have acted on it */
    char error[256];   /* what went wrong, in one line; "" on RC_OK */
};

/* `lookup` gives HTTPS_PROXY, NO_PROXY, AWS_CA_BUNDLE and SSL_CERT_FILE, whose texts are borrowed.
 * NULL: no memory. */
struct transport *transport_new(aws_lookup_fn *lookup) MUST_CHECK;

/* Closes all connections. NULL is harmless; no other thread may be sending. */
void transport_free(struct transport *transport);

/* Sends a request and waits for the whole answer, of whatever status.
 *
 * RC_OK · RC_TIMEOUT: the deadline passed · RC_UNREACHABLE: no answer, or one that broke off or is
 * no HTTP · RC_BODY_LIMIT: an answer over LIMIT_AWS_ANSWER_BYTES · RC_SYNTAX: a field of the
 * request has a control byte · RC_NOMEM. `answer` is set in each case. */
enum rc transport_send(struct transport *transport, const struct transport_request *request,
                       struct arena *arena, struct transport_answer *answer) MUST_CHECK;

/* The value of the answer's first field `name`; empty when there is none. */
struct bytes transport_field(const struct transport_answer *answer, struct bytes name);

#endif
