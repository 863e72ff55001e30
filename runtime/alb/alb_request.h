#ifndef RUNTIME_ALB_ALB_REQUEST_H
#define RUNTIME_ALB_ALB_REQUEST_H

/*
 * alb_request — what an Application Load Balancer changes in a request before a target sees it.
 *
 * Layer:   alb. Knows core/. No I/O.
 * Source:  "HTTP headers and Application Load Balancers", "Request tracing", and "How Elastic Load
 *          Balancing works", ELB user guides.
 */

#include "runtime/alb/attribute.h"
#include "runtime/core/http.h"
#include "runtime/alb/random.h"
#include "runtime/net/tls.h"

struct alb_client {
    const char *address;    /* the client's, as text */
    unsigned listener_port; /* where it came in */
    const char *dns_name;   /* the load balancer's own name, for HTTP/1.0 without a Host */
    int64_t epoch_ms;       /* when the request came, as its trace id says; 0: now */
    unsigned port;          /* the client's, where xff_client_port is on */
    bool is_tls;            /* it came by TLS */
    struct tls_facts tls;   /* of which this is known */
    /* NULL: AWS's defaults, but that invalid header fields are dropped, as Duet's are set */
    const struct alb_balancer_attributes *attributes;
};

enum { ALB_FORWARDERS_MAX = 30 }; /* addresses in X-Forwarded-For; more: 463 */

/* The status that a load balancer refuses this request with whatever its rules say: 405 for TRACE,
 * 463 for more than ALB_FORWARDERS_MAX addresses in X-Forwarded-For. 0: it does not. */
int alb_request_refusal(const struct http_request *req);

/* The first Host's value without a port, as rules see it; `fallback` where there is none. */
struct bytes alb_request_host(const struct http_request *req, const char *fallback);

/* Replaces req->fields by the table that the target gets, in req->arena: without those that belong
 * to the client's connection (Connection and what it names, Keep-Alive, Proxy-Connection, TE,
 * Trailer, Transfer-Encoding, Upgrade, Expect, Content-Length) and, where
 * routing.http.drop_invalid_header_fields.enabled says so, those whose name is not made of letters,
 * digits and hyphens; Host in lower case and with the
 * listener's port where that is not 80 or 443, or as it came (preserve_host_header);
 * X-Forwarded-For with the client's address appended, as it came, or without
 * (xff_header_processing.mode); X-Forwarded-Proto, X-Forwarded-Port; by TLS, X-Amzn-Tls-Version and
 * X-Amzn-Tls-Cipher-Suite (x_amzn_tls_version_and_cipher_suite); X-Amzn-Trace-Id with a new
 * Root, or the client's with a Self in front of it. Sets req->trace_id. RC_OK · RC_NOMEM: req is as
 * it was */
enum rc alb_request_prepare(struct http_request *req, const struct alb_client *client,
                            struct random_state *random) MUST_CHECK;

#endif
