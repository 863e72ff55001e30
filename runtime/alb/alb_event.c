#include "runtime/core/base64.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/alb/alb_lambda.h"
#include "runtime/alb/alb_pairs.h"

/* --- JSON --- */

static void write_values(struct buf *out, const struct alb_pair *pair, bool is_multi_value)
{
    if (is_multi_value)
        buf_append_char(out, '[');
    for (; pair; pair = pair->next) {
        if (is_multi_value || !pair->next)
            json_text_string(out, pair->value);
        if (is_multi_value && pair->next)
            buf_append_char(out, ',');
    }
    if (is_multi_value)
        buf_append_char(out, ']');
}

static void write_pairs(struct buf *out, const struct alb_pairs *pairs, bool is_multi_value)
{
    bool is_empty = true;
    buf_append_char(out, '{');
    for (size_t i = 0; i < pairs->count; i++) {
        if (!pairs->items[i].is_first)
            continue;
        if (!is_empty)
            buf_append_char(out, ',');
        is_empty = false;
        json_text_string(out, pairs->items[i].name);
        buf_append_char(out, ':');
        write_values(out, &pairs->items[i], is_multi_value);
    }
    buf_append_char(out, '}');
}

static bool body_is_text(const struct http_request *req)
{
    static const struct bytes types[] = {
        BYTES_INIT("application/json"),
        BYTES_INIT("application/javascript"),
        BYTES_INIT("application/xml"),
    };
    const struct bytes *field = http_request_header(req, "content-type");
    if (!field || http_request_header(req, "content-encoding"))
        return false;
    struct bytes type = bytes_trim(bytes_make(field->ptr, bytes_find(*field, ';')));
    if (type.len > 5 && bytes_ieq(bytes_make(type.ptr, 5), BYTES_LIT("text/")))
        return true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (bytes_ieq(type, types[i]))
            return true;
    return false;
}

static void write_body(struct buf *out, struct bytes body, bool is_base64)
{
    buf_append(out, BYTES_LIT(",\"body\":"));
    if (!is_base64) {
        json_text_string(out, body);
        buf_append(out, BYTES_LIT(",\"isBase64Encoded\":false}"));
        return;
    }
    size_t len = base64_encoded_len(body.len);
    buf_append_char(out, '"');
    if (buf_reserve(out, len) == RC_OK) {
        base64_encode(body, out->data + out->len);
        out->len += len;
    } else {
        out->failed = true;
    }
    buf_append(out, BYTES_LIT("\",\"isBase64Encoded\":true}"));
}

static void write_member(struct buf *out, const char *key, struct bytes text)
{
    buf_append(out, bytes_from_str(key));
    json_text_string(out, text);
}

/* --- the event --- */

static bool is_all_utf8(const struct http_request *req, bool is_text)
{
    bool is_utf8 = bytes_is_utf8(req->path) && bytes_is_utf8(req->query);
    for (size_t i = 0; i < req->field_count; i++)
        is_utf8 =
            is_utf8 && bytes_is_utf8(req->fields[i].name) && bytes_is_utf8(req->fields[i].value);
    return is_utf8 && (!is_text || bytes_is_utf8(req->body));
}

enum alb_lambda_reason alb_event_build(const struct http_request *req,
                                       struct bytes target_group_arn, bool is_multi_value,
                                       struct buf *out)
{
    struct alb_pairs fields = {NULL, 0}, query = {NULL, 0};
    /* An empty body was seen with both flags; false is what newer load balancers send. */
    bool is_text = req->body.len == 0 || body_is_text(req);
    if (http_request_header(req, "upgrade"))
        return ALB_LAMBDA_NO_WEBSOCKET;
    if (req->body.len > LIMIT_BODY_BYTES)
        return ALB_LAMBDA_REQUEST_TOO_LARGE;
    if (!is_all_utf8(req, is_text))
        return ALB_LAMBDA_BAD_REQUEST;
    if (!alb_pairs_of_fields(req, &fields) || !alb_pairs_of_query(req, &query))
        return ALB_LAMBDA_NO_MEMORY;
    write_member(out, "{\"requestContext\":{\"elb\":{\"targetGroupArn\":", target_group_arn);
    write_member(out, "}},\"httpMethod\":", req->method_text);
    write_member(out, ",\"path\":", req->path);
    buf_append(out, bytes_from_str(is_multi_value ? ",\"multiValueQueryStringParameters\":"
                                                  : ",\"queryStringParameters\":"));
    write_pairs(out, &query, is_multi_value);
    buf_append(out, bytes_from_str(is_multi_value ? ",\"multiValueHeaders\":" : ",\"headers\":"));
    write_pairs(out, &fields, is_multi_value);
    write_body(out, req->body, !is_text);
    return out->failed ? ALB_LAMBDA_NO_MEMORY : ALB_LAMBDA_OK;
}
