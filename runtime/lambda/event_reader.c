#include "runtime/lambda/event_reader.h"

#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "runtime/core/uri.h"
#include "runtime/json/json.h"
#include "runtime/lambda/event_query.h"
#include "runtime/json/json_nul.h"

enum rc event_refuse(struct event_reader *in, const char *format, ...)
{
    struct bytes text;
    va_list args;
    va_start(args, format);
    enum rc rc = arena_vprintf(in->arena, &text, format, args);
    va_end(args);
    *in->fault = rc == RC_OK ? text.ptr : "the event is refused, and there is no memory to say why";
    return RC_SYNTAX;
}

/* The places in a marked text are not those of the event, so they are not told. */
enum rc event_reader_init(struct event_reader *in, struct bytes event, struct arena *arena,
                          const char *what, const char **fault)
{
    struct json_place place;
    struct bytes text;
    *in = (struct event_reader){.arena = arena, .what = what, .fault = fault};
    enum rc rc = json_parse(arena, event, &in->root, &place);
    /* An escaped NUL is rare, and refused: only then is the text looked through for one. */
    if (rc == RC_SYNTAX && json_nul_mark(arena, event, &text, &in->is_marked) != RC_OK)
        rc = RC_NOMEM;
    if (in->is_marked)
        rc = json_parse(arena, text, &in->root, &place);
    if (rc == RC_SYNTAX && in->is_marked)
        return event_refuse(in, "%s: it is no JSON", what);
    if (rc == RC_SYNTAX)
        return event_refuse(in, "%s: it is no JSON at line %zu, column %zu", what, place.line,
                            place.column);
    return rc;
}

cJSON *event_member(const cJSON *object, const char *name)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNull(item) ? NULL : item;
}

static struct bytes restored(const struct event_reader *in, char *text)
{
    size_t len = strlen(text);
    return bytes_make(text, in->is_marked ? json_nul_restore(text, len) : len);
}

struct bytes event_text(const struct event_reader *in, cJSON *string)
{
    struct bytes text = json_bytes(string);
    if (in->is_marked)
        text.len = json_nul_restore(string->valuestring, text.len);
    return text;
}

enum rc event_read_text(struct event_reader *in, const cJSON *object, const char *prefix,
                        const char *name, struct bytes *out)
{
    cJSON *item = event_member(object, name);
    if (!item)
        return event_refuse(in, "%s: '%s%s' is missing", in->what, prefix, name);
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
        return event_refuse(in, "%s: '%s%s' is no text, or an empty one", in->what, prefix, name);
    *out = event_text(in, item);
    return RC_OK;
}

/* --- request line --- */

enum rc event_set_method(struct event_reader *in, const char *name, struct bytes text,
                         struct http_request *req)
{
    if (!http_is_token(text))
        return event_refuse(in, "%s: '%s' is no method", in->what, name);
    req->method_text = text;
    req->method = http_method_parse(text);
    return RC_OK;
}

enum rc event_set_path(struct event_reader *in, const char *name, struct bytes text,
                       struct http_request *req)
{
    if (text.len == 0 || !uri_is_target(text) ||
        (text.ptr[0] != '/' && !bytes_eq(text, BYTES_LIT("*"))))
        return event_refuse(in, "%s: '%s' is no path", in->what, name);
    req->path = text;
    return RC_OK;
}

enum rc event_count_line(struct event_reader *in, const struct http_request *req, size_t query_len)
{
    size_t line_len = req->method_text.len + req->path.len + query_len + strlen("  HTTP/1.1");
    if (line_len > LIMIT_REQUEST_LINE_BYTES)
        return RC_URI_LIMIT;
    in->head_len += line_len + strlen("\r\n\r\n");
    return RC_OK;
}

enum rc event_read_query(struct event_reader *in, bool is_decoded, struct http_request *req)
{
    const char *name = "multiValueQueryStringParameters";
    cJSON *map = event_member(in->root, name);
    struct event_query query;
    if (!map) {
        name = "queryStringParameters";
        map = event_member(in->root, name);
    }
    if (!event_query_measure(map, &query))
        return event_refuse(in, "'%s' is no map of texts or of lists of texts", name);
    /* The request line as the client sent it, as far as the event tells. */
    enum rc rc = event_count_line(in, req, query.raw_len);
    if (rc != RC_OK)
        return rc;
    char *text = arena_alloc(in->arena, query.written_max);
    if (!text)
        return RC_NOMEM;
    req->query = bytes_make(text, event_query_write(map, is_decoded, in->is_marked, text));
    return RC_OK;
}

/* --- fields --- */

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

enum rc event_reserve_fields(struct event_reader *in, const cJSON *map, const char *name,
                             size_t more)
{
    if (map && !cJSON_IsObject(map))
        return event_refuse(in, "'%s' is no map", name);
    in->field_capacity = count_fields(map) + more;
    if (in->field_capacity > LIMIT_FIELD_COUNT)
        return RC_HEAD_LIMIT;
    if (in->field_capacity == 0)
        return RC_OK;
    in->fields = arena_alloc(in->arena, in->field_capacity * sizeof *in->fields);
    return in->fields ? RC_OK : RC_NOMEM;
}

enum rc event_add_field(struct event_reader *in, struct bytes name, struct bytes value)
{
    value = bytes_trim(value);
    if (!http_is_token(name) || !http_is_field_value(value))
        return event_refuse(in, "the header '%.*s' has a character that HTTP forbids",
                            BYTES_ARG(name));
    size_t line_len = name.len + strlen(": ") + value.len;
    in->head_len += line_len + strlen("\r\n");
    if (line_len > LIMIT_FIELD_BYTES || in->head_len > LIMIT_HEAD_BYTES)
        return RC_HEAD_LIMIT;
    in->fields[in->field_count++] = (struct http_field){name, value};
    return RC_OK;
}

static enum rc add_item(struct event_reader *in, struct bytes name, cJSON *item)
{
    if (!cJSON_IsString(item))
        return event_refuse(in, "the header '%.*s' is no text", BYTES_ARG(name));
    return event_add_field(in, name, event_text(in, item));
}

/* One name of the map: a text, or in the multi-value family a list of them. */
static enum rc add_name(struct event_reader *in, struct bytes name, cJSON *item)
{
    cJSON *value;
    enum rc rc = RC_OK;
    if (!cJSON_IsArray(item))
        return add_item(in, name, item);
    cJSON_ArrayForEach(value, item)
    {
        rc = add_item(in, name, value);
        if (rc != RC_OK)
            break;
    }
    return rc;
}

enum rc event_add_map(struct event_reader *in, const cJSON *map, const char *skipped)
{
    cJSON *item;
    cJSON_ArrayForEach(item, map)
    {
        struct bytes name = restored(in, item->string);
        if (skipped && bytes_ieq(name, bytes_from_str(skipped)))
            continue;
        enum rc rc = add_name(in, name, item);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

void event_give_fields(const struct event_reader *in, struct http_request *req)
{
    req->fields = in->fields;
    req->field_count = in->field_count;
    const struct bytes *trace_id = http_request_header(req, "X-Amzn-Trace-Id");
    if (trace_id)
        req->trace_id = *trace_id;
}

/* null for either family may stand for an empty map, so a null decides only where nothing else
 * does. */
bool event_has_multi_value(const struct event_reader *in)
{
    if (event_member(in->root, "multiValueHeaders"))
        return true;
    return !event_member(in->root, "headers") &&
           cJSON_GetObjectItemCaseSensitive(in->root, "multiValueHeaders") != NULL;
}

enum rc event_read_fields(struct event_reader *in, bool is_multi_value, struct http_request *req)
{
    const char *name = is_multi_value ? "multiValueHeaders" : "headers";
    const cJSON *map = event_member(in->root, name);
    enum rc rc = event_reserve_fields(in, map, name, 0);
    if (rc == RC_OK)
        rc = event_add_map(in, map, NULL);
    if (rc == RC_OK)
        event_give_fields(in, req);
    return rc;
}

/* --- body --- */

static enum rc decode_body(struct event_reader *in, struct bytes text, struct http_request *req)
{
    size_t len = base64_decoded_len(text);
    if (len > LIMIT_BODY_BYTES)
        return RC_BODY_LIMIT;
    char *plain = arena_alloc(in->arena, len);
    if (!plain)
        return RC_NOMEM;
    if (base64_decode(text, plain) != RC_OK)
        return event_refuse(in, "'body' is not the base64 that 'isBase64Encoded' says it is");
    req->body = bytes_make(plain, len);
    return RC_OK;
}

enum rc event_read_body(struct event_reader *in, struct http_request *req)
{
    const cJSON *flag = event_member(in->root, "isBase64Encoded");
    cJSON *item = event_member(in->root, "body");
    if (flag && !cJSON_IsBool(flag))
        return event_refuse(in, "'isBase64Encoded' is neither true nor false");
    if (!item)
        return RC_OK;
    if (!cJSON_IsString(item))
        return event_refuse(in, "'body' is no text");
    struct bytes text = event_text(in, item);
    if (cJSON_IsTrue(flag))
        return decode_body(in, text, req);
    if (text.len > LIMIT_BODY_BYTES)
        return RC_BODY_LIMIT;
    req->body = text;
    return RC_OK;
}
