#ifndef RUNTIME_LOCAL_APIGW_LAMBDA_H
#define RUNTIME_LOCAL_APIGW_LAMBDA_H

/*
 * apigw_lambda — what API Gateway and function URLs make of a request for a Lambda function, and of
 * its payload for the client: as alb_lambda.h, and the other side of runtime/lambda/apigw_*.
 *
 * Layer:   local. Knows core/ and json/. No I/O.
 * Source:  "Lambda proxy integrations in API Gateway" and "Create AWS Lambda proxy integrations for
 *          HTTP APIs", API Gateway developer guide; "Invoking Lambda function URLs", Lambda
 *          developer guide.
 */

#include "runtime/alb/alb_lambda.h"

enum apigw_type {
    APIGW_REST, /* format 1.0: REST APIs */
    APIGW_HTTP, /* format 2.0, of an HTTP API: its path is decoded */
    APIGW_URL,  /* format 2.0, of a function URL */
};

/* Appends the event of `req`, prepared by alb_request_prepare, as JSON; its arena is used for work.
 * A body that is UTF-8 goes as text, another as base64; each of the three has rules of its own for
 * that, by type, which are not all written down.
 * ALB_LAMBDA_OK · ALB_LAMBDA_NO_MEMORY */
enum alb_lambda_reason apigw_event_build(const struct http_request *req, enum apigw_type type,
                                         struct buf *out) MUST_CHECK;

/* Turns the function's payload into the response for the client, as alb_answer_parse does. Format
 * 1.0 takes headers, multiValueHeaders or both; format 2.0 headers and cookies, and a payload
 * without statusCode is a body of JSON by itself. From a function URL also the streamed form: the
 * prelude, eight NUL bytes, the body.
 * ALB_LAMBDA_OK · ALB_LAMBDA_INVALID_RESPONSE · ALB_LAMBDA_NO_MEMORY */
enum alb_lambda_reason apigw_answer_parse(struct bytes payload, enum apigw_type type,
                                          struct arena *arena, struct http_response *res,
                                          const char **detail) MUST_CHECK;

/* The answer that the client gets when there is none of the function. */
void apigw_page_set(struct http_response *res, struct arena *arena, enum apigw_type type);

#endif
