#include "runtime/lambda/apigw_v1_codec.h"

#include "runtime/lambda/apigw_path.h"
#include "runtime/lambda/event_reader.h"
#include "runtime/lambda/event_write.h"

/* Only HTTP APIs say a version. */
static bool is_http_api(const struct event_reader *in)
{
    return event_member(in->root, "version") != NULL;
}

static enum rc read_target(struct event_reader *in, struct http_request *req)
{
    cJSON *stage = event_member(event_member(in->root, "requestContext"), "stage");
    struct bytes text;
    enum rc rc = event_read_text(in, in->root, "", "httpMethod", &text);
    if (rc == RC_OK)
        rc = event_set_method(in, "httpMethod", text, req);
    if (rc == RC_OK)
        rc = event_read_text(in, in->root, "", "path", &text);
    if (rc == RC_OK && is_http_api(in) && cJSON_IsString(stage))
        text = apigw_path_without_stage(text, event_text(in, stage));
    if (rc == RC_OK && is_http_api(in))
        rc = apigw_path_encode(in->arena, text, &text);
    if (rc == RC_OK)
        rc = event_set_path(in, "path", text, req);
    return rc;
}

enum rc apigw_v1_read(struct event_reader *in, struct http_request *req)
{
    in->what = APIGW_V1_WHAT;
    enum rc rc = read_target(in, req);
    if (rc == RC_OK)
        rc = event_read_query(in, true, req);
    if (rc == RC_OK)
        rc = event_read_fields(in, event_has_multi_value(in), req);
    if (rc == RC_OK)
        rc = event_read_body(in, req);
    return rc;
}

enum rc apigw_v1_encode(const struct http_response *res, struct buf *out)
{
    buf_printf(out, "{\"statusCode\":%d,\"multiValueHeaders\":", res->status);
    event_write_multi_value(out, res);
    buf_append_char(out, ',');
    event_write_body(out, res);
    return out->failed ? RC_NOMEM : RC_OK;
}
