#ifndef RUNTIME_CORE_RESPONSE_CHECK_H
#define RUNTIME_CORE_RESPONSE_CHECK_H

/*
 * response_check — what a response may be in both homes, so that neither home can send what the
 * other cannot.
 *
 * Layer:   core. app_handle calls the enforcers on each response.
 *
 * A load balancer takes a function's answer as JSON: text in UTF-8, at most
 * LIMIT_RESPONSE_JSON_BYTES in all. A container could send more and other bytes; it is held to the
 * same here.
 */

#include "runtime/core/http.h"

/* true for the fields that belong to the front ends and are left out of every answer:
 * Content-Length, Connection, Transfer-Encoding. */
bool response_field_is_hop(struct bytes name);

/* The body that is sent: empty for a status that never has one. */
struct bytes response_body(const struct http_response *res);

/* true when the body goes as base64: it is no UTF-8 text, it holds a NUL, or it is encoded (a
 * Content-Encoding field). */
bool response_body_is_base64(const struct http_response *res);

/* The bytes of `res` as ALB JSON with multi-value headers, to the byte. With single-value headers
 * it is never more. */
size_t response_alb_json_len(const struct http_response *res);

/* Makes `res` the problem 500 "response-too-large", and logs it, when it is over
 * LIMIT_RESPONSE_JSON_BYTES as ALB JSON. `req` is the request that it answers: its arena takes the
 * problem, its id goes to the log. A small response costs a few additions. */
void response_enforce_limit(struct http_response *res, const struct http_request *req);

/* Makes `res` the problem 500 "bad-status", and logs it, when its status is none that a final
 * answer can have: under 200 or over 599. */
void response_enforce_status(struct http_response *res, const struct http_request *req);

/* Makes `res` the problem 500 "response-head-too-large", and logs it, when its fields take more
 * than LIMIT_RESPONSE_HEAD_BYTES as lines: a load balancer answers 502 to that. */
void response_enforce_head(struct http_response *res, const struct http_request *req);

/* Rewrites field values that are not UTF-8: each byte from 0x80 on is read as ISO 8859-1, as RFC
 * 9110 section 5.5 tells of old, and written as UTF-8. No memory: flags is_out_of_memory. */
void response_enforce_utf8(struct http_response *res, struct arena *arena);

/* Runs the producer of `res`, where it has one, and makes what it produced the body. More than
 * LIMIT_RESPONSE_JSON_BYTES: the problem of response_enforce_limit. A producer that fails: the
 * problem 500 "body-failed", logged. */
void response_collect(struct http_response *res, const struct http_request *req);

#endif
