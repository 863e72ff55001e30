#ifndef RUNTIME_SERVER_ACCESS_LOG_H
#define RUNTIME_SERVER_ACCESS_LOG_H

/*
 * access_log — a line for each request, or for a share of them, with what an answer was and who
 * asked for it.
 *
 * Layer:   server.
 * Threads: one access_log a loop.
 *
 * Fields: method, path (never the query: it may carry a secret), route (the pattern), status,
 * bytesIn and bytesOut (heads included), durationUs (from the whole request to its answer, without
 * the time that the client takes to read it), client and scheme (as forwarded_read has them),
 * userAgent, httpVersion. Texts that a client makes up are cut. Bytes that are no request have no
 * method, path and version.
 */

#include "runtime/net/httpd.h"

struct access_log {
    const struct config *config;
    uint64_t _random; /* what decides about the next line; never 0 */
};

/* Borrows `config`: has_access_log, access_log_percent, trusted_proxies. */
void access_log_init(struct access_log *log, const struct config *config);

/* When a request is done: its line, if it is one of those that are logged. An answer with a status
 * of 500 or more always is. */
void access_log_write(struct access_log *log, const struct httpd_exchange *exchange);

#endif
