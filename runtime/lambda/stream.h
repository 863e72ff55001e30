#ifndef RUNTIME_LAMBDA_STREAM_H
#define RUNTIME_LAMBDA_STREAM_H

/*
 * stream — a response to a function URL's event, sent as its body is made.
 *
 * Layer:   lambda home, between invoke and rapi_stream.
 * Source:  "Response streaming for Lambda functions", Lambda developer guide; the form with the
 *          prelude is that of the runtimes that AWS gives.
 *
 * The body of the POST is a prelude, the JSON of statusCode, headers and cookies, then eight NUL
 * bytes, then the response's body as it is: no base64, of any size.
 */

#include "runtime/core/http.h"
#include "runtime/lambda/rapi.h"

/* Sends the response of `req`, by its producer or in one piece.
 *
 * scratch  for the parts; what it held is gone
 *
 * A producer that fails: the trailer says Function.BodyFailed, and a line of the log. HEAD's answer
 * has no body, and its producer does not run.
 * RC_OK · RC_IO: the runtime must exit */
enum rc stream_response(struct rapi *rapi, const struct rapi_invocation *invocation,
                        const struct http_request *req, const struct http_response *res,
                        struct buf *scratch) MUST_CHECK;

#endif
