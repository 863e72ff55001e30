#include "runtime/aws/error.h"

#include "runtime/aws/xml.h"
#include "runtime/json/json.h"

enum { EXCERPT_BYTES = 200 };

/* "com.amazonaws.dynamodb.v20120810#Name:http://..." -> "Name" */
static struct bytes bare_code(struct bytes code)
{
    size_t hash = bytes_find(code, '#');
    if (hash < code.len)
        code = bytes_skip(code, hash + 1);
    code.len = bytes_find(code, ':');
    return bytes_trim(code);
}

static struct bytes member(const cJSON *root, const char *name)
{
    return json_bytes(cJSON_GetObjectItemCaseSensitive(root, name));
}

static void read_json(struct arena *arena, struct bytes body, struct aws_error *error)
{
    cJSON *root;
    if (json_parse(arena, body, &root, NULL) != RC_OK)
        return;
    error->code = member(root, "__type");
    if (error->code.len == 0)
        error->code = member(root, "code");
    error->message = member(root, "message");
    if (error->message.len == 0)
        error->message = member(root, "Message");
}

/* The first element of each name, wherever it is: <ErrorResponse><Error><Code>, S3's <Error><Code>,
 * EC2's <Response><Errors><Error><Code>. */
static void read_xml(struct arena *arena, struct bytes body, struct aws_error *error)
{
    struct xml_reader reader = xml_reader_make(body);
    struct xml_item item;
    struct bytes name = {0};
    while (xml_next(&reader, arena, &item) == RC_OK && item.kind != XML_END_OF_TEXT) {
        struct bytes *to = NULL;
        if (item.kind == XML_OPEN)
            name = item.name;
        if (item.kind == XML_CLOSE)
            name.len = 0;
        if (item.kind != XML_TEXT)
            continue;
        if (bytes_eq(name, BYTES_LIT("Code")))
            to = &error->code;
        else if (bytes_eq(name, BYTES_LIT("Message")))
            to = &error->message;
        else if (bytes_ieq(name, BYTES_LIT("RequestId")))
            to = &error->request_id;
        if (to && to->len == 0)
            *to = bytes_trim(item.text);
    }
}

/* The beginning of a body that tells people something: the page of a proxy, say. */
static void read_other(struct arena *arena, int status, struct bytes body, struct aws_error *error)
{
    size_t len =
        bytes_utf8_len(bytes_make(body.ptr, body.len < EXCERPT_BYTES ? body.len : EXCERPT_BYTES));
    error->code = BYTES_LIT("UnknownError");
    if (arena_printf(arena, &error->message, "status %d%s%.*s", status, len ? ": " : "", (int)len,
                     len ? body.ptr : "") != RC_OK)
        error->message = BYTES_LIT("no memory for the message");
}

struct aws_error aws_error_read(struct arena *arena, int status, struct bytes type,
                                struct bytes body)
{
    struct aws_error error = {0};
    struct bytes start = bytes_trim(body);
    while (start.len && (start.ptr[0] == '\n' || start.ptr[0] == '\r'))
        start = bytes_trim(bytes_skip(start, 1));
    if (start.len && start.ptr[0] == '{')
        read_json(arena, start, &error);
    else if (start.len && start.ptr[0] == '<')
        read_xml(arena, start, &error);
    if (type.len)
        error.code = type;
    error.code = bare_code(error.code);
    if (error.code.len == 0)
        read_other(arena, status, body, &error);
    return error;
}
