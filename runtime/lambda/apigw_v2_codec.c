#include "runtime/lambda/apigw_v2_codec.h"

#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/core/response_check.h"
#include "runtime/lambda/apigw_path.h"
#include "runtime/lambda/event_reader.h"
#include "runtime/lambda/event_write.h"

#define COOKIES "cookies"

/* --- decode --- */

/* A function URL's own domain is URL-ID.lambda-url.REGION.on.aws, whatever stands before it. */
static bool is_function_url(const cJSON *context)
{
    const cJSON *domain = event_member(context, "domainName");
    return cJSON_IsString(domain) && strstr(domain->valuestring, ".lambda-url.") != NULL;
}

static enum rc read_path(struct event_reader *in, const cJSON *context, bool is_url,
                         struct http_request *req)
{
    cJSON *stage = event_member(context, "stage");
    struct bytes text;
    enum rc rc = event_read_text(in, in->root, "", "rawPath", &text);
    if (rc == RC_OK && !is_url && cJSON_IsString(stage))
        text = apigw_path_without_stage(text, event_text(in, stage));
    if (rc == RC_OK && !is_url)
        rc = apigw_path_encode(in->arena, text, &text);
    return rc == RC_OK ? event_set_path(in, "rawPath", text, req) : rc;
}

static enum rc read_query(struct event_reader *in, struct http_request *req)
{
    cJSON *item = event_member(in->root, "rawQueryString");
    struct bytes text = {NULL, 0};
    if (item && !cJSON_IsString(item))
        return event_refuse(in, "%s: 'rawQueryString' is no text", in->what);
    if (item)
        text = event_text(in, item);
    enum rc rc = event_count_line(in, req, text.len ? text.len + 1 : 0);
    return rc == RC_OK ? apigw_query_encode(in->arena, text, &req->query) : rc;
}

static enum rc read_target(struct event_reader *in, struct http_request *req,
                           struct apigw_v2_context *out)
{
    const cJSON *context = event_member(in->root, "requestContext");
    struct bytes text;
    enum rc rc =
        event_read_text(in, event_member(context, "http"), "requestContext.http.", "method", &text);
    if (rc == RC_OK)
        rc = event_set_method(in, "requestContext.http.method", text, req);
    out->is_function_url = is_function_url(context);
    if (rc == RC_OK)
        rc = read_path(in, context, out->is_function_url, req);
    return rc == RC_OK ? read_query(in, req) : rc;
}

/* The bytes of all cookies with "; " between them; false: one is no text. */
static bool measure_cookies(const cJSON *cookies, size_t *len)
{
    const cJSON *item;
    *len = 0;
    cJSON_ArrayForEach(item, cookies)
    {
        if (!cJSON_IsString(item))
            return false;
        *len += strlen(item->valuestring) + strlen("; ");
    }
    return true;
}

static enum rc join_cookies(struct event_reader *in, cJSON *cookies, struct bytes *out)
{
    size_t max, n = 0;
    cJSON *item;
    if (!cJSON_IsArray(cookies) || !measure_cookies(cookies, &max))
        return event_refuse(in, "'" COOKIES "' is no list of texts");
    char *text = arena_alloc(in->arena, max);
    if (!text)
        return RC_NOMEM;
    cJSON_ArrayForEach(item, cookies)
    {
        struct bytes cookie = event_text(in, item);
        if (n) {
            memcpy(text + n, "; ", strlen("; "));
            n += strlen("; ");
        }
        memcpy(text + n, cookie.ptr, cookie.len);
        n += cookie.len;
    }
    *out = bytes_make(text, n);
    return RC_OK;
}

static enum rc read_fields(struct event_reader *in, struct http_request *req)
{
    const cJSON *map = event_member(in->root, "headers");
    cJSON *cookies = event_member(in->root, COOKIES);
    bool has_cookies = cookies && (!cJSON_IsArray(cookies) || cookies->child);
    struct bytes cookie;
    enum rc rc = event_reserve_fields(in, map, "headers", has_cookies);
    if (rc == RC_OK)
        rc = event_add_map(in, map, has_cookies ? "cookie" : NULL);
    if (rc == RC_OK && has_cookies)
        rc = join_cookies(in, cookies, &cookie);
    if (rc == RC_OK && has_cookies)
        rc = event_add_field(in, BYTES_LIT("cookie"), cookie);
    if (rc == RC_OK)
        event_give_fields(in, req);
    return rc;
}

enum rc apigw_v2_read(struct event_reader *in, struct http_request *req,
                      struct apigw_v2_context *context)
{
    in->what = APIGW_V2_WHAT;
    enum rc rc = read_target(in, req, context);
    if (rc == RC_OK)
        rc = read_fields(in, req);
    if (rc == RC_OK)
        rc = event_read_body(in, req);
    return rc;
}

/* --- encode --- */

static bool is_cookie(const struct http_response *res, size_t at)
{
    return bytes_ieq(res->fields[at].name, BYTES_LIT("Set-Cookie"));
}

/* "a, b" for the fields of the name of field `at`. The parts are written one by one between the
 * quotes; a part's own quotes are taken off. */
static void write_joined(struct buf *out, const struct http_response *res, size_t at)
{
    json_text_string(out, res->fields[at].value);
    for (size_t k = event_next_of_name(res, at); k < res->field_count;
         k = event_next_of_name(res, k)) {
        if (out->failed)
            return;
        size_t end = --out->len;
        json_text_string(out, res->fields[k].value);
        if (!out->failed)
            out->data[end] = ',';
    }
}

static void write_headers(struct buf *out, const struct http_response *res)
{
    char before = '{';
    for (size_t i = 0; i < res->field_count; i++) {
        if (response_field_is_hop(res->fields[i].name) || is_cookie(res, i) ||
            !event_is_first_of_name(res, i))
            continue;
        buf_append_char(out, before);
        json_text_string(out, res->fields[i].name);
        buf_append_char(out, ':');
        write_joined(out, res, i);
        before = ',';
    }
    if (before == '{')
        buf_append_char(out, '{');
    buf_append_char(out, '}');
}

static void write_cookies(struct buf *out, const struct http_response *res)
{
    char before = '[';
    for (size_t i = 0; i < res->field_count; i++) {
        if (!is_cookie(res, i))
            continue;
        buf_append_char(out, before);
        json_text_string(out, res->fields[i].value);
        before = ',';
    }
    if (before == '[')
        buf_append_char(out, '[');
    buf_append_char(out, ']');
}

/* All but the last brace. */
static void write_head(struct buf *out, const struct http_response *res)
{
    buf_printf(out, "{\"statusCode\":%d,\"headers\":", res->status);
    write_headers(out, res);
    buf_append(out, BYTES_LIT(",\"" COOKIES "\":"));
    write_cookies(out, res);
}

enum rc apigw_v2_encode(const struct http_response *res, struct buf *out)
{
    write_head(out, res);
    buf_append_char(out, ',');
    event_write_body(out, res);
    return out->failed ? RC_NOMEM : RC_OK;
}

enum rc apigw_v2_encode_prelude(const struct http_response *res, struct buf *out)
{
    write_head(out, res);
    buf_append_char(out, '}');
    return out->failed ? RC_NOMEM : RC_OK;
}
