#include "runtime/lambda/alb_codec.h"

#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "runtime/core/uri.h"
#include "runtime/json/json.h"
#include "runtime/lambda/alb_query.h"
#include "runtime/lambda/event_text.h"

/*
 * An ALB event is told from others (API Gateway's, a test event) by requestContext.elb, httpMethod
 * and path. Everything else in it may be absent: a health check has no Host, and emulators write
 * null for an empty map. Strings are read once each, since event_text_restore works in place.
 */

#define NOT_ALB "the event is not an ALB event: "

struct reader {
    struct arena *arena;
    const cJSON *event;
    bool is_marked;  /* strings need event_text_restore */
    size_t head_len; /* as the client sent it: request line and fields, with their line ends */
    const char **fault;
};

static enum rc PRINTF_LIKE(2, 3) refuse(struct reader *in, const char *format, ...)
{
    struct bytes text;
    va_list args;
    va_start(args, format);
    enum rc rc = arena_vprintf(in->arena, &text, format, args);
    va_end(args);
    *in->fault = rc == RC_OK ? text.ptr : NOT_ALB "there is no memory to say why";
    return RC_SYNTAX;
}

static struct bytes read_text(struct reader *in, char *text)
{
    size_t len = strlen(text);
    return bytes_make(text, in->is_marked ? event_text_restore(text, len) : len);
}

/* The member `name`; NULL when it is absent or null. */
static cJSON *member(const struct reader *in, const char *name)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(in->event, name);
    return cJSON_IsNull(item) ? NULL : item;
}

/* A member that must be a string of at least one byte. */
static enum rc read_required(struct reader *in, const char *name, struct bytes *out)
{
    cJSON *item = member(in, name);
    if (!item)
        return refuse(in, NOT_ALB "'%s' is missing", name);
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
        return refuse(in, NOT_ALB "'%s' is no text, or an empty one", name);
    *out = read_text(in, item->valuestring);
    return RC_OK;
}

static enum rc read_target(struct reader *in, struct http_request *req)
{
    const cJSON *context = member(in, "requestContext");
    if (!cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(context, "elb")))
        return refuse(in, NOT_ALB "'requestContext.elb' is missing");
    enum rc rc = read_required(in, "httpMethod", &req->method_text);
    if (rc == RC_OK)
        rc = read_required(in, "path", &req->path);
    if (rc != RC_OK)
        return rc;
    if (!http_is_token(req->method_text))
        return refuse(in, NOT_ALB "'httpMethod' is no method");
    if (!uri_is_target(req->path) ||
        (req->path.ptr[0] != '/' && !bytes_eq(req->path, BYTES_LIT("*"))))
        return refuse(in, NOT_ALB "'path' is no path");
    req->method = http_method_parse(req->method_text);
    return RC_OK;
}

static enum rc read_query(struct reader *in, struct http_request *req)
{
    const char *name = "multiValueQueryStringParameters";
    cJSON *map = member(in, name);
    struct alb_query query;
    if (!map) {
        name = "queryStringParameters";
        map = member(in, name);
    }
    if (!alb_query_measure(map, &query))
        return refuse(in, "'%s' is no map of texts or of lists of texts", name);
    /* The request line as the client sent it, as far as the event tells. */
    size_t line_len = req->method_text.len + req->path.len + query.raw_len + strlen("  HTTP/1.1");
    if (line_len > LIMIT_REQUEST_LINE_BYTES)
        return RC_URI_LIMIT;
    in->head_len += line_len + strlen("\r\n\r\n");
    char *text = arena_alloc(in->arena, query.written_max);
    if (!text)
        return RC_NOMEM;
    req->query = bytes_make(text, alb_query_write(map, in->is_marked, text));
    return RC_OK;
}

struct field_table {
    struct http_field *fields;
    size_t count;
};

static enum rc take_field(struct reader *in, struct field_table *table, struct bytes name,
                          cJSON *item)
{
    if (!cJSON_IsString(item))
        return refuse(in, "the header '%.*s' is no text", BYTES_ARG(name));
    struct bytes value = bytes_trim(read_text(in, item->valuestring));
    if (!http_is_token(name) || !http_is_field_value(value))
        return refuse(in, "the header '%.*s' has a character that HTTP forbids", BYTES_ARG(name));
    size_t line_len = name.len + strlen(": ") + value.len;
    in->head_len += line_len + strlen("\r\n");
    if (line_len > LIMIT_FIELD_BYTES || in->head_len > LIMIT_HEAD_BYTES)
        return RC_HEAD_LIMIT;
    table->fields[table->count++] = (struct http_field){name, value};
    return RC_OK;
}

/* One name of the map: a text, or in the multi-value family a list of them. */
static enum rc take_name(struct reader *in, struct field_table *table, cJSON *item)
{
    struct bytes name = read_text(in, item->string);
    cJSON *value;
    enum rc rc = RC_OK;
    if (!cJSON_IsArray(item))
        return take_field(in, table, name, item);
    cJSON_ArrayForEach(value, item)
    {
        rc = take_field(in, table, name, value);
        if (rc != RC_OK)
            break;
    }
    return rc;
}

/* How many fields `map` has, or the first number over the limit. */
static size_t count_fields(const cJSON *map)
{
    size_t count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, map)
    {
        count += cJSON_IsArray(item) ? (size_t)cJSON_GetArraySize(item) : 1;
        if (count > LIMIT_FIELD_COUNT)
            break;
    }
    return count;
}

static enum rc read_fields(struct reader *in, bool is_multi_value, struct http_request *req)
{
    const char *name = is_multi_value ? "multiValueHeaders" : "headers";
    const cJSON *map = member(in, name);
    struct field_table table = {NULL, 0};
    cJSON *item;
    if (!map)
        return RC_OK;
    if (!cJSON_IsObject(map))
        return refuse(in, "'%s' is no map", name);
    size_t count = count_fields(map);
    if (count > LIMIT_FIELD_COUNT)
        return RC_HEAD_LIMIT;
    table.fields = arena_alloc(in->arena, count * sizeof *table.fields);
    if (!table.fields)
        return RC_NOMEM;
    cJSON_ArrayForEach(item, map)
    {
        enum rc rc = take_name(in, &table, item);
        if (rc != RC_OK)
            return rc;
    }
    req->fields = table.fields;
    req->field_count = table.count;
    return RC_OK;
}

static enum rc decode_body(struct reader *in, struct bytes text, struct http_request *req)
{
    size_t len = base64_decoded_len(text);
    if (len > LIMIT_BODY_BYTES)
        return RC_BODY_LIMIT;
    char *plain = arena_alloc(in->arena, len);
    if (!plain)
        return RC_NOMEM;
    if (base64_decode(text, plain) != RC_OK)
        return refuse(in, "'body' is not the base64 that 'isBase64Encoded' says it is");
    req->body = bytes_make(plain, len);
    return RC_OK;
}

static enum rc read_body(struct reader *in, struct http_request *req)
{
    const cJSON *flag = member(in, "isBase64Encoded");
    cJSON *item = member(in, "body");
    if (flag && !cJSON_IsBool(flag))
        return refuse(in, "'isBase64Encoded' is neither true nor false");
    if (!item)
        return RC_OK;
    if (!cJSON_IsString(item))
        return refuse(in, "'body' is no text");
    struct bytes text = read_text(in, item->valuestring);
    if (cJSON_IsTrue(flag))
        return decode_body(in, text, req);
    if (text.len > LIMIT_BODY_BYTES)
        return RC_BODY_LIMIT;
    req->body = text;
    return RC_OK;
}

/* The places in a marked text are not those of the event, so they are not told. */
static enum rc parse(struct reader *in, struct bytes event)
{
    struct json_place place;
    struct bytes text;
    cJSON *root;
    enum rc rc = event_text_mark(in->arena, event, &text, &in->is_marked);
    if (rc == RC_OK)
        rc = json_parse(in->arena, text, &root, &place);
    if (rc == RC_SYNTAX && in->is_marked)
        return refuse(in, NOT_ALB "it is no JSON");
    if (rc == RC_SYNTAX)
        return refuse(in, NOT_ALB "it is no JSON at line %zu, column %zu", place.line,
                      place.column);
    if (rc != RC_OK)
        return rc;
    if (!cJSON_IsObject(root))
        return refuse(in, NOT_ALB "it is no JSON object");
    in->event = root;
    return RC_OK;
}

/* null for either family may stand for an empty map, so a null decides only where nothing else
 * does. */
static bool has_multi_value(const struct reader *in)
{
    if (member(in, "multiValueHeaders"))
        return true;
    return !member(in, "headers") &&
           cJSON_GetObjectItemCaseSensitive(in->event, "multiValueHeaders") != NULL;
}

enum rc alb_decode(struct bytes event, struct arena *arena, struct http_request *req,
                   struct alb_context *context, const char **fault)
{
    struct reader in = {.arena = arena, .fault = fault};
    *req = (struct http_request){.arena = arena};
    *context = (struct alb_context){false};
    enum rc rc = parse(&in, event);
    if (rc != RC_OK)
        return rc;
    context->is_multi_value = has_multi_value(&in);
    rc = read_target(&in, req);
    if (rc == RC_OK)
        rc = read_query(&in, req);
    if (rc == RC_OK)
        rc = read_fields(&in, context->is_multi_value, req);
    if (rc == RC_OK)
        rc = read_body(&in, req);
    const struct bytes *trace_id = http_request_header(req, "X-Amzn-Trace-Id");
    if (trace_id)
        req->trace_id = *trace_id;
    return rc;
}
