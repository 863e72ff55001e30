#include "runtime/lambda/event_write.h"

#include "runtime/core/base64.h"
#include "runtime/core/json_text.h"
#include "runtime/core/response_check.h"

size_t event_next_of_name(const struct http_response *res, size_t at)
{
    size_t i = at + 1;
    while (i < res->field_count && !bytes_ieq(res->fields[i].name, res->fields[at].name))
        i++;
    return i;
}

bool event_is_first_of_name(const struct http_response *res, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (bytes_ieq(res->fields[i].name, res->fields[at].name))
            return false;
    return true;
}

void event_write_multi_value(struct buf *out, const struct http_response *res)
{
    char before = '{';
    for (size_t i = 0; i < res->field_count; i++) {
        if (response_field_is_hop(res->fields[i].name) || !event_is_first_of_name(res, i))
            continue;
        buf_append_char(out, before);
        json_text_string(out, res->fields[i].name);
        buf_append(out, BYTES_LIT(":["));
        json_text_string(out, res->fields[i].value);
        for (size_t k = event_next_of_name(res, i); k < res->field_count;
             k = event_next_of_name(res, k)) {
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

void event_write_body(struct buf *out, const struct http_response *res)
{
    bool is_base64 = response_body_is_base64(res);
    buf_append(out, BYTES_LIT("\"body\":"));
    if (is_base64)
        append_base64(out, response_body(res));
    else
        json_text_string(out, response_body(res));
    buf_append(out, BYTES_LIT(",\"isBase64Encoded\":"));
    buf_append(out, is_base64 ? BYTES_LIT("true}") : BYTES_LIT("false}"));
}
