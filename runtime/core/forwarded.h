#ifndef RUNTIME_CORE_FORWARDED_H
#define RUNTIME_CORE_FORWARDED_H

/*
 * forwarded — who really asks, and how, when proxies stand between.
 *
 * Layer:   core. For access logs and handlers, in both homes.
 *
 * A proxy appends the address of its own peer to X-Forwarded-For, so its entries can be believed
 * from the end, as many as there are proxies of one's own: the last one is what the ALB has seen
 * ("HTTP headers and Application Load Balancers", ALB user guide, mode append). What stands before
 * is the client's to invent.
 */

#include "runtime/core/http.h"

enum { FORWARDED_PEER_BYTES = 16 }; /* "255.255.255.255" and a NUL */

struct forwarded {
    struct bytes
        client; /* an IPv4 or IPv6 address; empty: nobody says (Lambda without the field) */
    struct bytes scheme; /* "http" or "https" */
    unsigned port;       /* that the client has asked; 0: nobody says */
    char _peer[FORWARDED_PEER_BYTES];
};

/* Reads the fields that `proxy_count` proxies have set (DUET_TRUSTED_PROXIES, which is
 * req->app->config->trusted_proxies in a handler): X-Forwarded-For, -Proto and -Port.
 *
 * out  views into `req`, static texts, or `out` itself, which must not be moved
 *
 * With 0 proxies, with a list that is shorter than it would be behind as many, and for an entry
 * that is no address, the client is the connection's own peer; scheme and port likewise. */
void forwarded_read(const struct http_request *req, unsigned proxy_count, struct forwarded *out);

#endif
