#include "runtime/lambda/stream.h"

#include "runtime/core/log.h"
#include "runtime/core/response_check.h"
#include "runtime/lambda/apigw_v2_codec.h"
#include "runtime/lambda/rapi_stream.h"

#define CONTENT_TYPE "application/vnd.awslambda.http-integration-response"
#define PRELUDE_END "\0\0\0\0\0\0\0\0"

/* Runs the producer until it is done, fails, or nobody takes more (stream->is_answered). */
static enum rc produce(struct rapi_stream *stream, const struct http_response *res,
                       struct buf *part)
{
    enum rc rc, sent;
    do {
        buf_reset(part);
        rc = res->producer(res->producer_context, part);
        if (part->failed)
            return RC_BODY_LIMIT;
        sent = rapi_stream_write(stream, buf_bytes(part));
    } while (rc == RC_AGAIN && sent == RC_OK);
    return rc == RC_AGAIN ? sent : rc;
}

static enum rc send_body(struct rapi_stream *stream, const struct http_request *req,
                         const struct http_response *res, struct buf *part)
{
    if (req->method == HTTP_HEAD || http_status_is_bodiless(res->status))
        return RC_OK;
    return res->producer ? produce(stream, res, part)
                         : rapi_stream_write(stream, response_body(res));
}

static enum rc end_failed(struct rapi_stream *stream, const struct http_request *req, enum rc why)
{
    struct error_report error = {BYTES_LIT("Function.BodyFailed"),
                                 BYTES_LIT("the body could not be made to its end")};
    log_event(LOG_ERROR, "a body that failed", LOG_TEXT("path", req->path),
              LOG_STR("reason", rc_name(why)));
    return rapi_stream_end(stream, &error);
}

enum rc stream_response(struct rapi *rapi, const struct rapi_invocation *invocation,
                        const struct http_request *req, const struct http_response *res,
                        struct buf *scratch)
{
    struct rapi_stream stream;
    buf_reset(scratch);
    if (apigw_v2_encode_prelude(res, scratch) == RC_OK)
        buf_append(scratch, BYTES_LIT(PRELUDE_END));
    if (scratch->failed)
        return rapi_error(rapi, req->arena, invocation, rapi_error_type(RC_NOMEM),
                          "no memory for the answer");
    enum rc rc = rapi_stream_begin(&stream, rapi, req->arena, invocation, BYTES_LIT(CONTENT_TYPE));
    if (rc == RC_IO)
        return rc;
    if (rc == RC_OK)
        rc = rapi_stream_write(&stream, buf_bytes(scratch));
    if (rc == RC_OK)
        rc = send_body(&stream, req, res, scratch);
    return rc == RC_OK || stream.is_answered ? rapi_stream_end(&stream, NULL)
                                             : end_failed(&stream, req, rc);
}
