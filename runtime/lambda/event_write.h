#ifndef RUNTIME_LAMBDA_EVENT_WRITE_H
#define RUNTIME_LAMBDA_EVENT_WRITE_H

/*
 * event_write — the parts that answers of all kinds have, as JSON text.
 *
 * Layer:   codec of the Lambda home. No I/O.
 *
 * Fields that belong to the front ends are left out. What does not fit sets out->failed.
 */

#include "runtime/core/buf.h"
#include "runtime/core/http.h"

/* The first field behind `at` that has the same name, or field_count. */
size_t event_next_of_name(const struct http_response *res, size_t at);

/* false when an earlier field has the name of field `at`. */
bool event_is_first_of_name(const struct http_response *res, size_t at);

/* {"set-cookie":["a=1","b=2"]}: all values of a name, in their order, under its first spelling. */
void event_write_multi_value(struct buf *out, const struct http_response *res);

/* "body":"...","isBase64Encoded":false} — base64 where the body is no UTF-8 text. */
void event_write_body(struct buf *out, const struct http_response *res);

#endif
