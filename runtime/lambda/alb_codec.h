#ifndef RUNTIME_LAMBDA_ALB_CODEC_H
#define RUNTIME_LAMBDA_ALB_CODEC_H

/*
 * alb_codec — an Application Load Balancer's event to a request, and a response to its JSON.
 *
 * Layer:   codec of the Lambda home. No I/O.
 * Source:  "Lambda functions as targets of an Application Load Balancer", ALB user guide.
 */

#include "runtime/core/buf.h"
#include "runtime/core/http.h"

/* What of the event its answer must know; set by alb_decode for RC_OK and for the limits. */
struct alb_context {
    bool is_multi_value; /* the event had multiValueHeaders: so must the answer */
};

/* Turns an event into a request.
 *
 * event  the JSON text; must stay until the response is encoded
 * arena  for all of req, whose `arena` it becomes
 * req    out, on RC_OK: method, path and query as they came (percent-encoded), fields, body with
 *        base64 undone, trace_id. request_id and deadline_ms are the caller's to set
 * fault  out, on RC_SYNTAX: a sentence for the log and the function error, in the arena or static,
 *        such as "the event is not an ALB event: 'httpMethod' is missing"
 *
 * Both families are taken (headers or multiValueHeaders; multi wins where both are), bodies with
 * either flag, no body, no headers (health checks), null for an empty map.
 *
 * RC_OK · RC_SYNTAX · RC_BODY_LIMIT: over LIMIT_BODY_BYTES decoded · RC_HEAD_LIMIT, RC_URI_LIMIT:
 * as http1_decode_request, for a load balancer that lets more pass than an ALB does · RC_NOMEM */
enum rc alb_decode(struct bytes event, struct arena *arena, struct http_request *req,
                   struct alb_context *context, const char **fault) MUST_CHECK;

struct event_reader;

/* alb_decode for an event that is parsed already. `req` is empty but for its arena. */
enum rc alb_read(struct event_reader *in, struct http_request *req,
                 struct alb_context *context) MUST_CHECK;

/* How its faults begin. */
#define ALB_WHAT "the event is not an ALB event"

/* Appends the response as ALB JSON: statusCode, statusDescription, headers or multiValueHeaders,
 * body, isBase64Encoded. A body that is not UTF-8 text goes as base64. Multi-value: the fields of
 * one name in their order, under its first spelling. Single-value: the last of them alone. A field
 * value that is not UTF-8 (app_handle lets none out) gets U+FFFD for what is not.
 * RC_OK · RC_NOMEM: out->failed */
enum rc alb_encode(const struct http_response *res, const struct alb_context *context,
                   struct buf *out) MUST_CHECK;

#endif
