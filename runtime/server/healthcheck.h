#ifndef RUNTIME_SERVER_HEALTHCHECK_H
#define RUNTIME_SERVER_HEALTHCHECK_H

/*
 * healthcheck — asks the server that runs with the same settings how it is, as a load balancer
 * does: for images that have no shell and no curl.
 *
 * Layer:   server. A client of its own over loopback, in a process of its own.
 */

#include "runtime/core/config.h"

/* Sends GET /healthcheck to config's port: at DUET_BIND's address, or at 127.0.0.1 where that is
 * 0.0.0.0.
 * true: it answered 200 within LIMIT_HEALTHCHECK_MS. false: `reason` says what happened instead. */
bool healthcheck_ask(const struct config *config, char *reason, size_t reason_len) MUST_CHECK;

#endif
