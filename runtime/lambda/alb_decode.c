#include "runtime/lambda/alb_codec.h"

#include "runtime/lambda/event_reader.h"

/*
 * An ALB event is told from others (API Gateway's, a test event) by requestContext.elb, httpMethod
 * and path. Everything else in it may be absent: a health check has no Host, and emulators write
 * null for an empty map.
 */

static enum rc read_target(struct event_reader *in, struct http_request *req)
{
    const cJSON *context = event_member(in->root, "requestContext");
    struct bytes text;
    if (!cJSON_IsObject(in->root))
        return event_refuse(in, "%s: it is no JSON object", in->what);
    if (!cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(context, "elb")))
        return event_refuse(in, "%s: 'requestContext.elb' is missing", in->what);
    enum rc rc = event_read_text(in, in->root, "", "httpMethod", &text);
    if (rc == RC_OK)
        rc = event_set_method(in, "httpMethod", text, req);
    if (rc == RC_OK)
        rc = event_read_text(in, in->root, "", "path", &text);
    if (rc == RC_OK)
        rc = event_set_path(in, "path", text, req);
    return rc;
}

enum rc alb_read(struct event_reader *in, struct http_request *req, struct alb_context *context)
{
    in->what = ALB_WHAT;
    context->is_multi_value = event_has_multi_value(in);
    enum rc rc = read_target(in, req);
    if (rc == RC_OK)
        rc = event_read_query(in, false, req);
    if (rc == RC_OK)
        rc = event_read_fields(in, context->is_multi_value, req);
    if (rc == RC_OK)
        rc = event_read_body(in, req);
    return rc;
}

enum rc alb_decode(struct bytes event, struct arena *arena, struct http_request *req,
                   struct alb_context *context, const char **fault)
{
    struct event_reader in;
    *req = (struct http_request){.arena = arena};
    *context = (struct alb_context){false};
    enum rc rc = event_reader_init(&in, event, arena, ALB_WHAT, fault);
    return rc == RC_OK ? alb_read(&in, req, context) : rc;
}
