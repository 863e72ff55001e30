#include "runtime/lambda/alb_codec.h"

#include "runtime/core/json_text.h"
#include "runtime/core/response_check.h"
#include "runtime/lambda/event_write.h"

/*
 * The answer is written straight into the buffer. What the load balancer calls an invalid response
 * (any null, a header value that is no string, base64 with line breaks, the other header family
 * than its setting wants) cannot come out of here.
 *
 * HEAD: the body is sent as for GET. We believe, and have not seen it written, that the load
 * balancer answers HEAD with the length of the body it is given and leaves the body out.
 */

/* {"set-cookie":"b=2"}: one value a name, the last. So of several Set-Cookie fields all but the
 * last are lost: they cannot be joined, and this form of the answer has no room for two. Duet's
 * load balancer therefore has multi-value headers switched on. */
static void append_single_value(struct buf *out, const struct http_response *res)
{
    char before = '{';
    for (size_t i = 0; i < res->field_count; i++) {
        if (response_field_is_hop(res->fields[i].name) ||
            event_next_of_name(res, i) < res->field_count)
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

/* Without printf, which would cost more here than the rest of the answer. */
static void append_status(struct buf *out, int status)
{
    uint64_t number = status > 0 ? (uint64_t)status : 0;
    buf_append(out, BYTES_LIT("{\"statusCode\":"));
    buf_append_u64(out, number);
    buf_append(out, BYTES_LIT(",\"statusDescription\":\""));
    buf_append_u64(out, number);
    buf_append_char(out, ' ');
    buf_append(out, http_status_reason(status));
    buf_append(out, BYTES_LIT("\","));
}

enum rc alb_encode(const struct http_response *res, const struct alb_context *context,
                   struct buf *out)
{
    append_status(out, res->status);
    if (context->is_multi_value) {
        buf_append(out, BYTES_LIT("\"multiValueHeaders\":"));
        event_write_multi_value(out, res);
    } else {
        buf_append(out, BYTES_LIT("\"headers\":"));
        append_single_value(out, res);
    }
    buf_append_char(out, ',');
    event_write_body(out, res);
    return out->failed ? RC_NOMEM : RC_OK;
}
