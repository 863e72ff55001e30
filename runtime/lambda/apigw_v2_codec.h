#ifndef RUNTIME_LAMBDA_APIGW_V2_CODEC_H
#define RUNTIME_LAMBDA_APIGW_V2_CODEC_H

/*
 * apigw_v2_codec — the second event format, of HTTP APIs and function URLs, to a request, and a
 * response to its JSON.
 *
 * Layer:   codec of the Lambda home. No I/O.
 * Source:  "Create AWS Lambda proxy integrations for HTTP APIs", API Gateway developer guide, and
 *          "Invoking Lambda function URLs", Lambda developer guide.
 *
 * The query is as it came. A header that came several times is one with commas in it; cookies stand
 * apart, one by one, and become one Cookie field again. An HTTP API's path is percent-decoded and
 * begins with the stage, unless that is $default; a function URL's is as it came.
 */

#include "runtime/core/buf.h"
#include "runtime/core/http.h"

struct event_reader;

struct apigw_v2_context {
    bool is_function_url; /* and not an HTTP API: its answer may be streamed */
};

/* How its faults begin. */
#define APIGW_V2_WHAT "the event is not one of format 2.0"

/* Turns a parsed event into a request, as alb_read does. */
enum rc apigw_v2_read(struct event_reader *in, struct http_request *req,
                      struct apigw_v2_context *context) MUST_CHECK;

/* Appends the response: statusCode, headers (those of one name with commas between), cookies (of
 * Set-Cookie), body, isBase64Encoded. RC_OK · RC_NOMEM: out->failed */
enum rc apigw_v2_encode(const struct http_response *res, struct buf *out) MUST_CHECK;

/* Appends statusCode, headers and cookies alone, as an object: what stands before a streamed body.
 * RC_OK · RC_NOMEM: out->failed */
enum rc apigw_v2_encode_prelude(const struct http_response *res, struct buf *out) MUST_CHECK;

#endif
