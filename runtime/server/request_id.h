#ifndef RUNTIME_SERVER_REQUEST_ID_H
#define RUNTIME_SERVER_REQUEST_ID_H

/*
 * request_id — the ids by which a request is found in the logs.
 *
 * Layer:   server.
 * Threads: one request_id a loop.
 */

#include "runtime/core/http.h"

enum { REQUEST_ID_LEN = 24, TRACE_ID_MAX_BYTES = 256 };

struct request_id {
    char _prefix[16]; /* hex digits of a random number: another for each loop of each process */
    uint32_t _count;
};

void request_id_init(struct request_id *ids);

/* Sets req's trace_id to its X-Amzn-Trace-Id field, of which the first TRACE_ID_MAX_BYTES count,
 * and request_id to the same; without the field request_id is a new one of REQUEST_ID_LEN hex
 * digits in req's arena, or empty when that has no room. */
void request_id_set(struct request_id *ids, struct http_request *req);

#endif
