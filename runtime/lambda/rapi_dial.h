#ifndef RUNTIME_LAMBDA_RAPI_DIAL_H
#define RUNTIME_LAMBDA_RAPI_DIAL_H

/*
 * rapi_dial — a connection to the Runtime API where its address is a number, as on Lambda.
 *
 * Layer:   lambda home, below rapi_conn.
 * Threads: no shared state.
 *
 * libcurl would take longer to set itself up than all else takes until the first GET next; names,
 * which Lambda never gives, are still its.
 */

enum { RAPI_DIAL_FAILED = -1, RAPI_DIAL_NAME = -2 };

/* Connects to `api`, "127.0.0.1:9001", waiting `timeout_ms` at most.
 *
 * >= 0              the socket: blocking, without delay or timeout, close-on-exec; the caller's
 * RAPI_DIAL_FAILED  no connection; errno says why
 * RAPI_DIAL_NAME    `api` is not an IPv4 address and a port; nothing was tried */
int rapi_dial(const char *api, int timeout_ms);

#endif
