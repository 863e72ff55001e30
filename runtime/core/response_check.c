#include "runtime/core/response_check.h"

#include <stdio.h>

#include "runtime/core/base64.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/core/problem.h"

/* A byte becomes at most this many in JSON: a control byte's \u00XX. */
enum { ESCAPE_MAX_BYTES = 6, FIELD_FRAME_BYTES = 16, FRAME_BYTES = 256 };

bool response_field_is_hop(struct bytes name)
{
    return bytes_ieq(name, BYTES_LIT("Content-Length")) ||
           bytes_ieq(name, BYTES_LIT("Connection")) ||
           bytes_ieq(name, BYTES_LIT("Transfer-Encoding"));
}

struct bytes response_body(const struct http_response *res)
{
    return http_status_is_bodiless(res->status) ? bytes_make(NULL, 0) : res->body;
}

bool response_body_is_base64(const struct http_response *res)
{
    struct bytes body = response_body(res);
    if (body.len == 0)
        return false;
    return http_response_header(res, "Content-Encoding") || bytes_find(body, '\0') < body.len ||
           !bytes_is_utf8(body);
}

/* true when an earlier field has the name of field `at`. */
static bool name_was_before(const struct http_response *res, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (bytes_ieq(res->fields[i].name, res->fields[at].name))
            return true;
    return false;
}

/* {"a":["1","2"],"b":["3"]}: a name brings its quotes, a colon and two brackets, a value its
 * quotes, and each name or value but the first of its list a comma. */
static size_t fields_len(const struct http_response *res)
{
    size_t len = 2, names = 0;
    for (size_t i = 0; i < res->field_count; i++) {
        const struct http_field *field = &res->fields[i];
        if (response_field_is_hop(field->name))
            continue;
        len += json_text_escaped_len(field->value) + 2;
        if (name_was_before(res, i))
            len += 1;
        else
            len += field->name.len + 5 + (names++ > 0);
    }
    return len;
}

/* "statusCode":200,"statusDescription":"200 OK" has the number twice. */
static size_t status_len(int status)
{
    char text[16];
    return 2 * (size_t)snprintf(text, sizeof text, "%d", status) + http_status_reason(status).len;
}

size_t response_alb_json_len(const struct http_response *res)
{
    static const char frame[] = "{\"statusCode\":,\"statusDescription\":\" \","
                                "\"multiValueHeaders\":,\"body\":\"\",\"isBase64Encoded\":}";
    bool is_base64 = response_body_is_base64(res);
    struct bytes body = response_body(res);
    return sizeof frame - 1 + status_len(res->status) + fields_len(res) +
           (is_base64 ? base64_encoded_len(body.len) : json_text_escaped_len(body)) +
           (is_base64 ? strlen("true") : strlen("false"));
}

/* true when no way of writing `res` can bring it over the limit. */
static bool is_surely_small(const struct http_response *res)
{
    size_t len = res->body.len;
    if (len > LIMIT_RESPONSE_JSON_BYTES)
        return false;
    for (size_t i = 0; i < res->field_count; i++)
        len += res->fields[i].name.len + res->fields[i].value.len + FIELD_FRAME_BYTES;
    return len * ESCAPE_MAX_BYTES + FRAME_BYTES <= LIMIT_RESPONSE_JSON_BYTES;
}

static void refuse_large(struct http_response *res, const struct http_request *req, size_t len)
{
    log_event(LOG_ERROR, "response too large", LOG_TEXT("path", req->path),
              LOG_NUM("status", res->status), LOG_NUM("bytes", len),
              LOG_NUM("maxBytes", LIMIT_RESPONSE_JSON_BYTES));
    problem_set(res, req->arena, 500, "response-too-large",
                "the response is %zu bytes as a load balancer's JSON; at most %d are allowed", len,
                LIMIT_RESPONSE_JSON_BYTES);
}

void response_enforce_limit(struct http_response *res, const struct http_request *req)
{
    if (is_surely_small(res))
        return;
    size_t len = response_alb_json_len(res);
    if (len <= LIMIT_RESPONSE_JSON_BYTES)
        return;
    refuse_large(res, req, len);
}

void response_enforce_status(struct http_response *res, const struct http_request *req)
{
    int status = res->status;
    if (status >= 200 && status <= 599)
        return;
    log_event(LOG_ERROR, "bad status", LOG_TEXT("path", req->path), LOG_NUM("status", status));
    problem_set(res, req->arena, 500, "bad-status",
                "the handler answered with the status %d, which is none", status);
}

void response_enforce_head(struct http_response *res, const struct http_request *req)
{
    size_t len = 0;
    for (size_t i = 0; i < res->field_count; i++)
        len += res->fields[i].name.len + res->fields[i].value.len + strlen(": \r\n");
    if (len <= LIMIT_RESPONSE_HEAD_BYTES)
        return;
    log_event(LOG_ERROR, "response head too large", LOG_TEXT("path", req->path),
              LOG_NUM("status", res->status), LOG_NUM("bytes", len),
              LOG_NUM("maxBytes", LIMIT_RESPONSE_HEAD_BYTES));
    problem_set(res, req->arena, 500, "response-head-too-large",
                "the response's header fields take %zu bytes; at most %d are allowed", len,
                LIMIT_RESPONSE_HEAD_BYTES);
}

static bool value_to_utf8(struct bytes *value, struct arena *arena)
{
    const unsigned char *p = (const unsigned char *)value->ptr;
    char *text = arena_alloc(arena, value->len * 2);
    size_t n = 0;
    if (!text)
        return false;
    for (size_t i = 0; i < value->len; i++) {
        if (p[i] >= 0x80)
            text[n++] = (char)(0xC0 | p[i] >> 6);
        text[n++] = (char)(p[i] >= 0x80 ? 0x80 | (p[i] & 0x3F) : p[i]);
    }
    *value = bytes_make(text, n);
    return true;
}

void response_enforce_utf8(struct http_response *res, struct arena *arena)
{
    for (size_t i = 0; i < res->field_count; i++) {
        struct bytes value = res->fields[i].value;
        if (bytes_is_utf8(value))
            continue;
        if (value_to_utf8(&value, arena))
            res->fields[i].value = value;
        else
            res->is_out_of_memory = true;
    }
}

static enum rc produce_all(const struct http_response *res, struct buf *body)
{
    enum rc rc;
    do
        rc = res->producer(res->producer_context, body);
    while (rc == RC_AGAIN && !body->failed);
    return body->failed ? RC_BODY_LIMIT : rc;
}

void response_collect(struct http_response *res, const struct http_request *req)
{
    struct buf body;
    if (!res->producer)
        return;
    buf_init(&body, LIMIT_RESPONSE_JSON_BYTES);
    enum rc rc = produce_all(res, &body);
    if (rc == RC_OK)
        rc = arena_dup(req->arena, buf_bytes(&body), &res->body);
    res->producer = NULL;
    if (rc == RC_BODY_LIMIT) {
        refuse_large(res, req, (size_t)LIMIT_RESPONSE_JSON_BYTES + 1);
    } else if (rc != RC_OK) {
        log_event(LOG_ERROR, "a body that failed", LOG_TEXT("path", req->path),
                  LOG_STR("reason", rc_name(rc)));
        problem_set(res, req->arena, 500, "body-failed", "the body could not be made");
    }
    buf_release(&body);
}
