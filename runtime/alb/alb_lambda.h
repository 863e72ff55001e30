#ifndef RUNTIME_ALB_ALB_LAMBDA_H
#define RUNTIME_ALB_ALB_LAMBDA_H

/*
 * alb_lambda — what an Application Load Balancer makes of a request for a Lambda function, and of
 * the function's payload for the client. The other side of runtime/lambda/alb_codec.h.
 *
 * Layer:   alb. Knows core/ and json/. No I/O, and nothing of how a function is run: that is behind
 *          struct alb_function.
 * Memory:  an event goes to the caller's buffer, a response to the caller's arena.
 * Threads: no state.
 * Source:  "Lambda functions as targets" and the table of Lambda's error reason codes in "Access
 *          logs for your Application Load Balancer", ALB user guide.
 */

#include "runtime/core/buf.h"
#include "runtime/core/http.h"

/* How an invocation ended. */
enum alb_invoked {
    ALB_INVOKED_OK,          /* the payload is the function's answer */
    ALB_INVOKED_ERROR,       /* the function failed, crashed, or took longer than its timeout */
    ALB_INVOKED_THROTTLED,   /* there was no sandbox for it */
    ALB_INVOKED_UNREACHABLE, /* Lambda itself could not be reached */
};

/* `payload` holds during the call. */
typedef void alb_invoked_fn(void *context, enum alb_invoked outcome, struct bytes payload);

/* A Lambda function, as the load balancer sees it. */
struct alb_function {
    /* Calls the function with `event`, which it copies. on_invoked follows exactly once, maybe
     * inside. */
    void (*invoke)(void *home, struct bytes event, alb_invoked_fn *on_invoked, void *context);
    void *home; /* the owner's; outlives the last invocation */
};

/* Why a request has no answer of the function. They count as LambdaUserError,
 * but for the last two, which count as LambdaInternalError. */
enum alb_lambda_reason {
    ALB_LAMBDA_OK,
    ALB_LAMBDA_BAD_REQUEST,        /* header or text is not UTF-8: 400 */
    ALB_LAMBDA_NO_WEBSOCKET,       /* the client asks for an upgrade: 400 */
    ALB_LAMBDA_REQUEST_TOO_LARGE,  /* body over LIMIT_BODY_BYTES: 413 */
    ALB_LAMBDA_INVALID_RESPONSE,   /* the payload is not what the load balancer asks for: 502 */
    ALB_LAMBDA_RESPONSE_TOO_LARGE, /* payload over LIMIT_RESPONSE_JSON_BYTES: 502 */
    ALB_LAMBDA_UNHANDLED,          /* function error or timeout: 502 */
    ALB_LAMBDA_THROTTLING,         /* 502 */
    ALB_LAMBDA_CONNECTION_ERROR,   /* Lambda could not be reached: 504 */
    ALB_LAMBDA_NO_MEMORY,          /* the rig's own trouble: 500 */
};

/* The access log's error_reason, such as "LambdaInvalidResponse"; "" for ALB_LAMBDA_OK. */
const char *alb_lambda_reason_name(enum alb_lambda_reason reason);

/* The status of the page that the client gets; 200 for ALB_LAMBDA_OK. */
int alb_lambda_reason_status(enum alb_lambda_reason reason);

/* What a function's outcome means: ALB_LAMBDA_OK (its payload has still to be parsed),
 * ALB_LAMBDA_UNHANDLED, ALB_LAMBDA_THROTTLING or ALB_LAMBDA_CONNECTION_ERROR. */
enum alb_lambda_reason alb_lambda_outcome(enum alb_invoked outcome);

/* Appends the event of `req` as JSON.
 *
 * req               with the fields that the load balancer adds (X-Forwarded-*, X-Amzn-Trace-Id,
 *                   Host); its arena is used for work. A health check is such a request with a
 *                   User-Agent alone
 * target_group_arn  said in requestContext
 * is_multi_value    lambda.multi_value_headers.enabled: multiValueHeaders and
 *                   multiValueQueryStringParameters, each value in a list; else headers and
 *                   queryStringParameters with the last value of a name
 *
 * Names of fields are lower case; those that belong to the client's connection (Connection,
 * Transfer-Encoding, Expect ...) are left out; a body has its content-length. Path, keys and values
 * of the query stay as they were sent. The body is text when there is no Content-Encoding and its
 * type is text/..., application/json, application/javascript or application/xml; else it is base64.
 * An empty body is "" with isBase64Encoded false.
 *
 * ALB_LAMBDA_OK · ALB_LAMBDA_BAD_REQUEST · ALB_LAMBDA_NO_WEBSOCKET · ALB_LAMBDA_REQUEST_TOO_LARGE
 * · ALB_LAMBDA_NO_MEMORY; but for OK, `out` may hold a part of the event. */
enum alb_lambda_reason alb_event_build(const struct http_request *req,
                                       struct bytes target_group_arn, bool is_multi_value,
                                       struct buf *out) MUST_CHECK;

/* Turns the function's payload into the response for the client.
 *
 * payload  JSON; need not outlive the call
 * res      out: status, fields and body, in `arena`. Hop-by-hop fields and Content-Length are left
 *          out: the front end computes the length
 * detail   out, but for ALB_LAMBDA_OK: a sentence on what is wrong, for people, such as
 *          "header 'x-count' is not a string"; in `arena` or static. May be NULL
 *
 * Refused as the load balancer does: no object, no statusCode, null in any member that it knows,
 * header values that are not strings, base64 that is broken or in lines, and `headers` alone where
 * the target group wants multiValueHeaders, or the other way round. Other members are ignored.
 *
 * ALB_LAMBDA_OK · ALB_LAMBDA_INVALID_RESPONSE · ALB_LAMBDA_RESPONSE_TOO_LARGE ·
 * ALB_LAMBDA_NO_MEMORY */
enum alb_lambda_reason alb_answer_parse(struct bytes payload, bool is_multi_value,
                                        struct arena *arena, struct http_response *res,
                                        const char **detail) MUST_CHECK;

#endif
