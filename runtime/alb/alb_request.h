#ifndef RUNTIME_ALB_ALB_REQUEST_H
#define RUNTIME_ALB_ALB_REQUEST_H

/*
 * alb_request — what an Application Load Balancer changes in a request before a target sees it.
 *
 * Layer:   alb. Knows core/. No I/O.
 * Source:  "HTTP headers and Application Load Balancers", "Request tracing", and "How Elastic Load
 *          Balancing works", ELB user guides.
 */

#include "runtime/core/http.h"
#include "runtime/alb/random.h"

struct alb_client {
    const char *address;    /* the client's, as text */
    unsigned listener_port; /* where it came in */
    const char *dns_name;   /* the load balancer's own name, for HTTP/1.0 without a Host */
    int64_t epoch_ms;       /* when the request came, as its trace id says; 0: now */
};

/* Replaces req->fields by the table that the target gets, in req->arena: without those that belong
 * to the client's connection (Connection and what it names, Keep-Alive, Proxy-Connection, TE,
 * Trailer, Transfer-Encoding, Upgrade, Expect, Content-Length) and those whose name is not made of
 * letters, digits and hyphens; Host in lower case and with the
 * listener's port where that is not 80 or 443; X-Forwarded-For with the client's address appended;
 * X-Forwarded-Proto, X-Forwarded-Port; X-Amzn-Trace-Id with a new Root, or the client's with a Self
 * in front of it. Sets req->trace_id.
 * RC_OK · RC_NOMEM: req is as it was */
enum rc alb_request_prepare(struct http_request *req, const struct alb_client *client,
                            struct random_state *random) MUST_CHECK;

#endif
