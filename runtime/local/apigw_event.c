#include "runtime/core/base64.h"
#include "runtime/core/json_text.h"
#include "runtime/core/uri.h"
#include "runtime/alb/alb_pairs.h"
#include "runtime/local/apigw_lambda.h"

/* Keys and values of a query decoded; what is no percent-encoding stays as it is. */
static bool decode_pairs(struct arena *arena, struct alb_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        struct bytes *parts[] = {&pairs->items[i].name, &pairs->items[i].value};
        for (size_t k = 0; k < 2; k++)
            if (uri_decode_query(arena, *parts[k], parts[k]) == RC_NOMEM)
                return false;
    }
    return true;
}

enum form { FORM_LAST, FORM_LISTS, FORM_JOINED };

static void write_values(struct buf *out, const struct alb_pair *pair, enum form form)
{
    buf_append(out, form == FORM_LISTS ? BYTES_LIT("[") : BYTES_LIT(""));
    for (bool is_first = true; pair; pair = pair->next) {
        if (form == FORM_LAST && pair->next)
            continue;
        if (!is_first && form == FORM_LISTS)
            buf_append_char(out, ',');
        size_t end = is_first || form != FORM_JOINED ? 0 : --out->len;
        json_text_string(out, pair->value);
        if (end && !out->failed)
            out->data[end] = ',';
        is_first = false;
        if (out->failed)
            return;
    }
    buf_append(out, form == FORM_LISTS ? BYTES_LIT("]") : BYTES_LIT(""));
}

/* `skipped`: a name that is left out; empty: none. */
static void write_pairs(struct buf *out, const char *key, const struct alb_pairs *pairs,
                        enum form form, struct bytes skipped)
{
    char before = '{';
    buf_printf(out, ",\"%s\":", key);
    for (size_t i = 0; i < pairs->count && !out->failed; i++) {
        if (!pairs->items[i].is_first || (skipped.len && bytes_eq(pairs->items[i].name, skipped)))
            continue;
        buf_append_char(out, before);
        json_text_string(out, pairs->items[i].name);
        buf_append_char(out, ':');
        write_values(out, &pairs->items[i], form);
        before = ',';
    }
    if (before == '{')
        buf_append_char(out, '{');
    buf_append_char(out, '}');
}

static void write_body(struct buf *out, struct bytes body)
{
    bool is_text = bytes_is_utf8(body);
    size_t len = base64_encoded_len(body.len);
    buf_append(out, BYTES_LIT(",\"body\":"));
    if (is_text) {
        json_text_string(out, body);
    } else if (buf_reserve(out, len + 2) == RC_OK) {
        buf_append_char(out, '"');
        base64_encode(body, out->data + out->len);
        out->len += len;
        buf_append_char(out, '"');
    } else {
        out->failed = true;
    }
    buf_printf(out, ",\"isBase64Encoded\":%s}", is_text ? "false" : "true");
}

static void write_member(struct buf *out, const char *before, struct bytes text)
{
    buf_append(out, bytes_from_str(before));
    json_text_string(out, text);
}

static void build_v1(const struct http_request *req, const struct alb_pairs *fields,
                     const struct alb_pairs *query, struct buf *out)
{
    const struct bytes none = {NULL, 0};
    write_member(out, "{\"resource\":\"/{proxy+}\",\"path\":", req->path);
    write_member(out, ",\"httpMethod\":", req->method_text);
    write_pairs(out, "headers", fields, FORM_LAST, none);
    write_pairs(out, "multiValueHeaders", fields, FORM_LISTS, none);
    write_pairs(out, "queryStringParameters", query, FORM_LAST, none);
    write_pairs(out, "multiValueQueryStringParameters", query, FORM_LISTS, none);
    write_member(out, ",\"requestContext\":{\"resourcePath\":\"/{proxy+}\",\"httpMethod\":",
                 req->method_text);
    buf_append(out, BYTES_LIT(",\"stage\":\"local\",\"protocol\":\"HTTP/1.1\",\"identity\":{"
                              "\"sourceIp\":\"127.0.0.1\"}}"));
}

/* "a=1; b=2" of all Cookie fields, one by one. */
static void write_cookies(struct buf *out, const struct http_request *req)
{
    char before = '[';
    for (size_t i = 0; i < req->field_count; i++) {
        struct bytes rest = req->fields[i].value;
        if (!bytes_ieq(req->fields[i].name, BYTES_LIT("cookie")))
            continue;
        while (rest.len) {
            size_t end = bytes_find(rest, ';');
            buf_append(out, before == '[' ? BYTES_LIT(",\"cookies\":[") : BYTES_LIT(","));
            json_text_string(out, bytes_trim(bytes_make(rest.ptr, end)));
            rest = bytes_skip(rest, end < rest.len ? end + 1 : end);
            before = ',';
        }
    }
    if (before == ',')
        buf_append_char(out, ']');
}

static void build_v2(const struct http_request *req, enum apigw_type type,
                     const struct alb_pairs *fields, const struct alb_pairs *query, struct buf *out)
{
    struct bytes path = req->path;
    if (type == APIGW_HTTP && uri_decode_path(req->arena, path, &path) == RC_NOMEM)
        out->failed = true;
    write_member(out, "{\"version\":\"2.0\",\"routeKey\":\"$default\",\"rawPath\":", path);
    write_member(out, ",\"rawQueryString\":", req->query);
    write_cookies(out, req);
    write_pairs(out, "headers", fields, FORM_JOINED, BYTES_LIT("cookie"));
    write_pairs(out, "queryStringParameters", query, FORM_JOINED, bytes_make(NULL, 0));
    buf_printf(out, ",\"requestContext\":{\"domainName\":\"local.%s\",\"stage\":\"$default\",",
               type == APIGW_URL ? "lambda-url.us-east-1.on.aws"
                                 : "execute-api.us-east-1.amazonaws.com");
    write_member(out, "\"http\":{\"method\":", req->method_text);
    write_member(out, ",\"path\":", path);
    buf_append(out, BYTES_LIT(",\"protocol\":\"HTTP/1.1\",\"sourceIp\":\"127.0.0.1\"}}"));
}

enum alb_lambda_reason apigw_event_build(const struct http_request *req, enum apigw_type type,
                                         struct buf *out)
{
    struct alb_pairs fields = {NULL, 0}, query = {NULL, 0};
    if (!alb_pairs_of_fields(req, &fields) || !alb_pairs_of_query(req, &query) ||
        !decode_pairs(req->arena, &query))
        return ALB_LAMBDA_NO_MEMORY;
    if (type == APIGW_REST)
        build_v1(req, &fields, &query, out);
    else
        build_v2(req, type, &fields, &query, out);
    write_body(out, req->body);
    return out->failed ? ALB_LAMBDA_NO_MEMORY : ALB_LAMBDA_OK;
}
