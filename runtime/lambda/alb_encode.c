#include "runtime/lambda/alb_codec.h"

#include "runtime/core/base64.h"
#include "runtime/core/json_text.h"
#include "runtime/core/response_check.h"

/*
 * The answer is written straight into the buffer. What the load balancer calls an invalid response
 * (any null, a header value that is no string, base64 with line breaks, the other header family
 * than its setting wants) cannot come out of here.
 *
 * HEAD: the body is sent as for GET. We believe, and have not seen it written, that the load
 * balancer answers HEAD with the length of the body it is given and leaves the body out.
 */

/* The first field behind `at` that has the same name, or field_count. */
static size_t next_of_name(const struct http_response *res, size_t at)
{
    size_t i = at + 1;
    while (i < res->field_count && !bytes_ieq(res->fields[i].name, res->fields[at].name))
        i++;
    return i;
}

static bool is_first_of_name(const struct http_response *res, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (bytes_ieq(res->fields[i].name, res->fields[at].name))
            return false;
    return true;
}

/* {"set-cookie":["a=1","b=2"]}: all values of a name, in their order, under its first spelling. */
static void append_multi_value(struct buf *out, const struct http_response *res)
{
    char before = '{';
    for (size_t i = 0; i < res->field_count; i++) {
        if (response_field_is_hop(res->fields[i].name) || !is_first_of_name(res, i))
            continue;
        buf_append_char(out, before);
        json_text_string(out, res->fields[i].name);
        buf_append(out, BYTES_LIT(":["));
        json_text_string(out, res->fields[i].value);
        for (size_t k = next_of_name(res, i); k < res->field_count; k = next_of_name(res, k)) {
            buf_append_char(out, ',');
            json_text_string(out, res->fields[k].value);
        }
        buf_append_char(out, ']');
        before = ',';
    }
    if (before == '{')
        buf_append_char(out, '{');
    buf_append_char(out, '}');
}

/* {"set-cookie":"b=2"}: one value a name, the last. So of several Set-Cookie fields all but the
 * last are lost: they cannot be joined, and this form of the answer has no room for two. Duet's
 * load balancer therefore has multi-value headers switched on. */
static void append_single_value(struct buf *out, const struct http_response *res)
{
    char before = '{';
    for (size_t i = 0; i < res->field_count; i++) {
        if (response_field_is_hop(res->fields[i].name) || next_of_name(res, i) < res->field_count)
            continue;
        buf_append_char(out, before);
        json_text_string(out, res->fields[i].name);
        buf_append_char(out, ':');
        json_text_string(out, res->fields[i].value);
        before = ',';
    }
    if (before == '{')
        buf_append_char(out, '{');
    buf_append_char(out, '}');
}

static void append_base64(struct buf *out, struct bytes body)
{
    size_t len = base64_encoded_len(body.len);
    buf_append_char(out, '"');
    if (buf_reserve(out, len) == RC_OK) {
        base64_encode(body, out->data + out->len);
        out->len += len;
    } else {
        out->failed = true;
    }
    buf_append_char(out, '"');
}

enum rc alb_encode(const struct http_response *res, const struct alb_context *context,
                   struct buf *out)
{
    bool is_base64 = response_body_is_base64(res);
    buf_printf(out, "{\"statusCode\":%d,\"statusDescription\":\"%d %s\",", res->status, res->status,
               http_status_reason(res->status).ptr);
    if (context->is_multi_value) {
        buf_append(out, BYTES_LIT("\"multiValueHeaders\":"));
        append_multi_value(out, res);
    } else {
        buf_append(out, BYTES_LIT("\"headers\":"));
        append_single_value(out, res);
    }
    buf_append(out, BYTES_LIT(",\"body\":"));
    if (is_base64)
        append_base64(out, response_body(res));
    else
        json_text_string(out, response_body(res));
    buf_append(out, BYTES_LIT(",\"isBase64Encoded\":"));
    buf_append(out, is_base64 ? BYTES_LIT("true}") : BYTES_LIT("false}"));
    return out->failed ? RC_NOMEM : RC_OK;
}
