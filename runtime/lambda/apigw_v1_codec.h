#ifndef RUNTIME_LAMBDA_APIGW_V1_CODEC_H
#define RUNTIME_LAMBDA_APIGW_V1_CODEC_H

/*
 * apigw_v1_codec — API Gateway's first event format to a request, and a response to its JSON: that
 * of REST APIs, and of HTTP APIs with payload format 1.0 (which says "version":"1.0").
 *
 * Layer:   codec of the Lambda home. No I/O.
 * Source:  "Lambda proxy integrations in API Gateway" and "Create AWS Lambda proxy integrations for
 *          HTTP APIs", API Gateway developer guide.
 *
 * A REST API's path is as it came and without the stage; an HTTP API's is percent-decoded and
 * begins with the stage, unless that is $default. Both decode the query: what http_query_get finds
 * is what the client sent, unless that was no UTF-8 or a broken encoding. Bodies that are not text
 * arrive and go as base64 only where the API names their type as a binary one.
 */

#include "runtime/core/buf.h"
#include "runtime/core/http.h"

struct event_reader;

/* How its faults begin. */
#define APIGW_V1_WHAT "the event is not one of API Gateway's format 1.0"

/* Turns a parsed event into a request, as alb_read does. */
enum rc apigw_v1_read(struct event_reader *in, struct http_request *req) MUST_CHECK;

/* Appends the response: statusCode, multiValueHeaders, body, isBase64Encoded.
 * RC_OK · RC_NOMEM: out->failed */
enum rc apigw_v1_encode(const struct http_response *res, struct buf *out) MUST_CHECK;

#endif
