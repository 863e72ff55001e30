#include <stdlib.h>

#include "runtime/core/base64.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/core/uri.h"
#include "runtime/local/alb_lambda.h"

/*
 * Fields and query are both lists of names with values that JSON wants grouped by name. Both become
 * an array of pairs; sorting pointers to them chains the pairs of one name, and the array itself
 * keeps the order in which names first came.
 */

struct pair {
    struct bytes name, value;
    struct pair *next; /* of the same name */
    bool is_first;     /* of its name */
};

struct pairs {
    struct pair *items;
    size_t count;
};

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = *(struct pair *const *)left, *b = *(struct pair *const *)right;
    size_t common = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = common ? memcmp(a->name.ptr, b->name.ptr, common) : 0;
    if (order == 0)
        order = (a->name.len > b->name.len) - (a->name.len < b->name.len);
    return order ? order : (a > b) - (a < b);
}

static bool group_pairs(struct pairs *pairs, struct arena *arena)
{
    struct pair **sorted = arena_alloc(arena, pairs->count * sizeof(struct pair *));
    if (!sorted)
        return false;
    for (size_t i = 0; i < pairs->count; i++)
        sorted[i] = &pairs->items[i];
    if (pairs->count)
        qsort(sorted, pairs->count, sizeof(struct pair *), compare_pairs);
    for (size_t i = 0; i < pairs->count; i++) {
        sorted[i]->is_first = i == 0 || !bytes_eq(sorted[i - 1]->name, sorted[i]->name);
        if (!sorted[i]->is_first)
            sorted[i - 1]->next = sorted[i];
    }
    return true;
}

/* --- where pairs come from --- */

/* What a client says to the load balancer about their connection. Captures of recent years have
 * none of these; old ones had "connection". */
static bool is_hop_by_hop(struct bytes name)
{
    static const struct bytes names[] = {
        BYTES_INIT("connection"),        BYTES_INIT("keep-alive"),
        BYTES_INIT("proxy-connection"),  BYTES_INIT("te"),
        BYTES_INIT("transfer-encoding"), BYTES_INIT("trailer"),
        BYTES_INIT("upgrade"),           BYTES_INIT("expect"),
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_ieq(name, names[i]))
            return true;
    return false;
}

static bool lower_case(struct arena *arena, struct bytes name, struct bytes *out)
{
    char *text = arena_alloc(arena, name.len);
    if (!text)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        text[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *out = bytes_make(text, name.len);
    return true;
}

/* The length of a body is a field of the event, also where it did not come as one. */
static bool add_length(const struct http_request *req, struct pairs *pairs)
{
    struct bytes length;
    if (req->body.len == 0 || http_request_header(req, "content-length"))
        return true;
    if (arena_printf(req->arena, &length, "%zu", req->body.len) != RC_OK)
        return false;
    pairs->items[pairs->count++] =
        (struct pair){.name = BYTES_LIT("content-length"), .value = length};
    return true;
}

static bool pairs_of_fields(const struct http_request *req, struct pairs *pairs)
{
    pairs->items = arena_zalloc(req->arena, (req->field_count + 1) * sizeof *pairs->items);
    if (!pairs->items)
        return false;
    for (size_t i = 0; i < req->field_count; i++) {
        struct pair *pair = &pairs->items[pairs->count];
        if (is_hop_by_hop(req->fields[i].name))
            continue;
        if (!lower_case(req->arena, req->fields[i].name, &pair->name))
            return false;
        pair->value = req->fields[i].value;
        pairs->count++;
    }
    return add_length(req, pairs) && group_pairs(pairs, req->arena);
}

static bool pairs_of_query(const struct http_request *req, struct pairs *pairs)
{
    struct bytes rest = req->query, key, value;
    size_t most = 1;
    for (size_t i = 0; i < rest.len; i++)
        most += rest.ptr[i] == '&';
    pairs->items = arena_zalloc(req->arena, most * sizeof *pairs->items);
    if (!pairs->items)
        return false;
    while (uri_query_next(&rest, &key, &value))
        pairs->items[pairs->count++] = (struct pair){.name = key, .value = value};
    return group_pairs(pairs, req->arena);
}

/* --- JSON --- */

static void write_values(struct buf *out, const struct pair *pair, bool is_multi_value)
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

static void write_pairs(struct buf *out, const struct pairs *pairs, bool is_multi_value)
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
    struct pairs fields = {NULL, 0}, query = {NULL, 0};
    /* An empty body was seen with both flags; false is what newer load balancers send. */
    bool is_text = req->body.len == 0 || body_is_text(req);
    if (http_request_header(req, "upgrade"))
        return ALB_LAMBDA_NO_WEBSOCKET;
    if (req->body.len > LIMIT_BODY_BYTES)
        return ALB_LAMBDA_REQUEST_TOO_LARGE;
    if (!is_all_utf8(req, is_text))
        return ALB_LAMBDA_BAD_REQUEST;
    if (!pairs_of_fields(req, &fields) || !pairs_of_query(req, &query))
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
