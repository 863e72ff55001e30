#ifndef RUNTIME_LAMBDA_EVENT_H
#define RUNTIME_LAMBDA_EVENT_H

/*
 * event — an event of any kind that carries an HTTP request: parsed once, told by its shape, and
 * given to the codec of its kind.
 *
 * Layer:   codec of the Lambda home. No I/O.
 *
 * ALB       requestContext.elb
 * APIGW_V2  "version":"2.0" and requestContext.http
 * APIGW_V1  no version, or "1.0"; httpMethod; and in requestContext a stage, resourcePath or
 *           httpMethod
 * NONE      any other, such as a schedule's or an alarm's
 */

#include "runtime/lambda/alb_codec.h"
#include "runtime/lambda/apigw_v2_codec.h"

enum event_kind { EVENT_NONE, EVENT_ALB, EVENT_APIGW_V1, EVENT_APIGW_V2 };

/* What of the event its answer must know. */
struct event_context {
    enum event_kind kind;
    struct alb_context alb;
    struct apigw_v2_context apigw_v2;
};

/* Turns an event into a request: alb_decode for all kinds. `context` is always set.
 *
 * RC_OK, RC_SYNTAX, RC_BODY_LIMIT, RC_HEAD_LIMIT, RC_URI_LIMIT, RC_NOMEM: as alb_decode
 * RC_UNSUPPORTED: it is JSON, and of EVENT_NONE; *fault says what is missing */
enum rc event_decode(struct bytes event, struct arena *arena, struct http_request *req,
                     struct event_context *context, const char **fault) MUST_CHECK;

/* Appends the response as the kind of the event asks for; it must not be EVENT_NONE.
 * RC_OK · RC_NOMEM: out->failed */
enum rc event_encode(const struct http_response *res, const struct event_context *context,
                     struct buf *out) MUST_CHECK;

#endif
