#include "runtime/lambda/event.h"

#include "runtime/lambda/apigw_v1_codec.h"
#include "runtime/lambda/event_reader.h"

#define NO_HTTP "the event is no HTTP event"

/* What API Gateway says of the request; the tools that imitate it leave some of it out. */
static bool is_apigw_context(const cJSON *context)
{
    return event_member(context, "stage") || event_member(context, "resourcePath") ||
           event_member(context, "httpMethod");
}

static enum event_kind kind_of(const cJSON *root)
{
    const cJSON *context = event_member(root, "requestContext");
    const cJSON *version = event_member(root, "version");
    if (!cJSON_IsObject(context))
        return EVENT_NONE;
    if (cJSON_IsObject(event_member(context, "elb")))
        return EVENT_ALB;
    if (cJSON_IsString(version) && strcmp(version->valuestring, "2.0") == 0)
        return cJSON_IsObject(event_member(context, "http")) ? EVENT_APIGW_V2 : EVENT_NONE;
    if (version && !(cJSON_IsString(version) && strcmp(version->valuestring, "1.0") == 0))
        return EVENT_NONE;
    return event_member(root, "httpMethod") && is_apigw_context(context) ? EVENT_APIGW_V1
                                                                         : EVENT_NONE;
}

enum rc event_decode(struct bytes event, struct arena *arena, struct http_request *req,
                     struct event_context *context, const char **fault)
{
    struct event_reader in;
    *req = (struct http_request){.arena = arena};
    *context = (struct event_context){.kind = EVENT_NONE};
    enum rc rc = event_reader_init(&in, event, arena, NO_HTTP, fault);
    if (rc != RC_OK)
        return rc;
    context->kind = kind_of(in.root);
    switch (context->kind) {
    case EVENT_ALB:
        return alb_read(&in, req, &context->alb);
    case EVENT_APIGW_V1:
        return apigw_v1_read(&in, req);
    case EVENT_APIGW_V2:
        return apigw_v2_read(&in, req, &context->apigw_v2);
    case EVENT_NONE:
        break;
    }
    *fault = NO_HTTP ": the 'requestContext' of a load balancer ('elb'), of API Gateway or of a "
                     "function URL is missing";
    return RC_UNSUPPORTED;
}

enum rc event_encode(const struct http_response *res, const struct event_context *context,
                     struct buf *out)
{
    switch (context->kind) {
    case EVENT_NONE:
    case EVENT_ALB:
        break;
    case EVENT_APIGW_V1:
        return apigw_v1_encode(res, out);
    case EVENT_APIGW_V2:
        return apigw_v2_encode(res, out);
    }
    return alb_encode(res, &context->alb, out);
}
