#include "runtime/tool/event_args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/core/limits.h"
#include "runtime/core/uri.h"
#include "runtime/core/version.h"
#include "runtime/json/json.h"
#include "runtime/alb/alb_request.h"

/* The target group that a made event names. */
#define TARGET_GROUP_ARN \
    "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/duet-invoke/0000000000000001"

void event_args_init(struct event_args *args, struct arena *arena)
{
    *args = (struct event_args){.arena = arena};
    args->req = (struct http_request){.method = HTTP_GET,
                                      .method_text = BYTES_LIT("GET"),
                                      .path = BYTES_LIT("/"),
                                      .fields = args->fields,
                                      .arena = arena};
}

/* --- options --- */

static bool fail(char *error, size_t error_len, const char *format, ...) PRINTF_LIKE(3, 4);

/* Always false. */
static bool fail(char *error, size_t error_len, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error, error_len, format, args);
    va_end(args);
    return false;
}

static bool take_method(struct event_args *args, const char *value, char *error, size_t error_len)
{
    args->req.method_text = bytes_from_str(value);
    args->req.method = http_method_parse(args->req.method_text);
    if (strcmp(value, "TRACE") == 0)
        return fail(error, error_len, "--method '%s' is what a load balancer answers with 405",
                    value);
    return http_is_token(args->req.method_text) ||
           fail(error, error_len, "--method '%s' is no method", value);
}

static bool add_query(struct event_args *args, struct bytes query)
{
    struct bytes *all = &args->req.query;
    if (all->len == 0)
        *all = query;
    else if (query.len && arena_printf(args->arena, all, "%.*s&%.*s", BYTES_ARG(*all),
                                       BYTES_ARG(query)) != RC_OK)
        return false;
    return true;
}

static bool take_path(struct event_args *args, const char *value, char *error, size_t error_len)
{
    struct bytes target = bytes_from_str(value);
    size_t end = bytes_find(target, '?');
    if (value[0] != '/' || !uri_is_target(target))
        return fail(error, error_len, "--path '%s' must begin with a slash and be percent-encoded",
                    value);
    args->req.path = bytes_make(value, end);
    if (end < target.len && !add_query(args, bytes_skip(target, end + 1)))
        return fail(error, error_len, "no memory");
    return true;
}

static bool take_query(struct event_args *args, const char *value, char *error, size_t error_len)
{
    struct bytes query = bytes_from_str(value);
    if (query.len && !uri_is_target(query))
        return fail(error, error_len, "--query '%s' must be percent-encoded", value);
    if (bytes_starts_with(query, BYTES_LIT("?")))
        query = bytes_skip(query, 1);
    return add_query(args, query) || fail(error, error_len, "no memory");
}

static bool take_header(struct event_args *args, const char *value, char *error, size_t error_len)
{
    struct bytes line = bytes_from_str(value);
    size_t colon = bytes_find(line, ':');
    struct http_field field = {.name = bytes_make(value, colon)};
    if (colon < line.len)
        field.value = bytes_trim(bytes_skip(line, colon + 1));
    if (colon == line.len || !http_is_token(field.name) || !http_is_field_value(field.value))
        return fail(error, error_len, "--header '%s' is not of the form 'name: value'", value);
    /* Two places are left for the fields that every client sends. */
    if (args->req.field_count + 2 >= EVENT_ARGS_FIELDS_MAX)
        return fail(error, error_len, "--header '%s' is one too many", value);
    args->fields[args->req.field_count++] = field;
    return true;
}

static bool take_type(struct event_args *args, const char *value, char *error, size_t error_len)
{
    static const char *const names[] = {
        [APIGW_REST] = "apigw-v1", [APIGW_HTTP] = "apigw-v2", [APIGW_URL] = "url"};
    args->is_apigw = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            args->is_apigw = true;
            args->apigw = (enum apigw_type)i;
        }
    return args->is_apigw || strcmp(value, "alb") == 0 ||
           fail(error, error_len, "--type '%s' must be alb, apigw-v1, apigw-v2 or url", value);
}

bool event_args_take(struct event_args *args, int id, const char *value, char *error,
                     size_t error_len)
{
    args->is_made = args->is_made || id != EVENT_ARGS_SINGLE_VALUE;
    switch (id) {
    case EVENT_ARGS_METHOD:
        return take_method(args, value, error, error_len);
    case EVENT_ARGS_PATH:
        return take_path(args, value, error, error_len);
    case EVENT_ARGS_QUERY:
        return take_query(args, value, error, error_len);
    case EVENT_ARGS_HEADER:
        return take_header(args, value, error, error_len);
    case EVENT_ARGS_TYPE:
        return take_type(args, value, error, error_len);
    case EVENT_ARGS_BODY:
        args->body = value;
        break;
    case EVENT_ARGS_SINGLE_VALUE:
        args->is_single_value = true;
        break;
    }
    return true;
}

bool event_args_finish(struct event_args *args, int argc, char **argv, char *error,
                       size_t error_len)
{
    if (optind < argc)
        args->file = argv[optind];
    if (optind + 1 < argc)
        return fail(error, error_len, "'%s' is one file too many", argv[optind + 1]);
    if (args->file && (args->is_made || args->is_single_value))
        return fail(error, error_len, "the event is either in '%s' or made from options",
                    args->file);
    if (args->is_apigw && args->is_single_value)
        return fail(error, error_len, "--single-value is for the events of a load balancer");
    if (!args->file && !args->is_made)
        return fail(error, error_len, "an event is needed: a file, - for stdin, or --path");
    return true;
}

/* --- files --- */

/* Reads all of `file` into `out`, which has room for one byte more than an invocation may have. */
static bool read_file(const char *file, struct buf *out, char *error, size_t error_len)
{
    bool is_stdin = strcmp(file, "-") == 0;
    const char *name = is_stdin ? "stdin" : file;
    FILE *in = is_stdin ? stdin : fopen(file, "re");
    if (!in)
        return fail(error, error_len, "cannot read '%s': %s", name, strerror(errno));
    while (!feof(in) && !ferror(in) && buf_reserve(out, 1) == RC_OK)
        out->len += fread(out->data + out->len, 1, out->cap - out->len, in);
    int reason = ferror(in) ? errno : 0;
    if (!is_stdin)
        (void)fclose(in);
    if (reason)
        return fail(error, error_len, "cannot read '%s': %s", name, strerror(reason));
    if (out->len > LIMIT_INVOCATION_BYTES)
        return fail(error, error_len, "'%s' is larger than an invocation may be", name);
    return true;
}

/* The parser of trees refuses the escape of NUL, which JSON has and a function may want. */
static bool is_nul_escape(struct bytes text, size_t offset)
{
    return offset < text.len && bytes_starts_with(bytes_skip(text, offset), BYTES_LIT("\\u0000"));
}

/* Whose event it is, as far as its answer depends on it. */
static void look_for_apigw(const cJSON *root, struct event_made *made)
{
    const cJSON *context = cJSON_GetObjectItemCaseSensitive(root, "requestContext");
    const cJSON *http = cJSON_GetObjectItemCaseSensitive(context, "http");
    const cJSON *domain = cJSON_GetObjectItemCaseSensitive(context, "domainName");
    made->is_apigw = cJSON_IsObject(context) && !cJSON_HasObjectItem(context, "elb");
    made->apigw = APIGW_REST;
    if (!cJSON_IsObject(http))
        return;
    made->apigw = cJSON_IsString(domain) && strstr(domain->valuestring, ".lambda-url.")
                      ? APIGW_URL
                      : APIGW_HTTP;
    made->method = http_method_parse(json_bytes(cJSON_GetObjectItemCaseSensitive(http, "method")));
}

static bool look_into(struct event_args *args, struct event_made *made, char *error,
                      size_t error_len)
{
    struct json_place place = {0, 0, 0};
    cJSON *root = NULL;
    enum rc rc = json_parse(args->arena, made->json, &root, &place);
    if (rc != RC_OK && !is_nul_escape(made->json, place.offset))
        return fail(error, error_len, "'%s' is no JSON: line %zu, column %zu",
                    strcmp(args->file, "-") == 0 ? "stdin" : args->file, place.line, place.column);
    made->is_multi_value = cJSON_GetObjectItemCaseSensitive(root, "multiValueHeaders") != NULL;
    made->method =
        http_method_parse(json_bytes(cJSON_GetObjectItemCaseSensitive(root, "httpMethod")));
    look_for_apigw(root, made);
    return true;
}

/* --- requests --- */

static bool read_body(struct event_args *args, struct buf *body, char *error, size_t error_len)
{
    if (args->body && args->body[0] == '@') {
        if (!read_file(args->body + 1, body, error, error_len))
            return false;
        args->req.body = buf_bytes(body);
    } else if (args->body) {
        args->req.body = bytes_from_str(args->body);
    }
    return true;
}

static void add_default(struct event_args *args, const char *name, struct bytes value)
{
    if (!http_request_header(&args->req, name))
        args->fields[args->req.field_count++] = (struct http_field){bytes_from_str(name), value};
}

static enum alb_lambda_reason build(struct event_args *args, struct buf *out)
{
    struct alb_client client = {
        .address = "127.0.0.1", .listener_port = 80, .dns_name = "localhost", .epoch_ms = 0};
    struct random_state random;
    random_init(&random, 0);
    add_default(args, "user-agent", BYTES_LIT("duet/" DUET_VERSION));
    add_default(args, "accept", BYTES_LIT("*/*"));
    if (http_request_header(&args->req, "upgrade"))
        return ALB_LAMBDA_NO_WEBSOCKET;
    if (alb_request_prepare(&args->req, &client, &random) != RC_OK)
        return ALB_LAMBDA_NO_MEMORY;
    if (args->is_apigw)
        return apigw_event_build(&args->req, args->apigw, out);
    return alb_event_build(&args->req, BYTES_LIT(TARGET_GROUP_ARN), !args->is_single_value, out);
}

bool event_args_make(struct event_args *args, struct buf *out, struct event_made *made,
                     enum alb_lambda_reason *reason, char *error, size_t error_len)
{
    struct buf body;
    *reason = ALB_LAMBDA_OK;
    if (args->file) {
        bool is_read = read_file(args->file, out, error, error_len);
        *made = (struct event_made){.json = buf_bytes(out)};
        return is_read && look_into(args, made, error, error_len);
    }
    buf_init(&body, LIMIT_INVOCATION_BYTES + 1);
    bool is_read = read_body(args, &body, error, error_len);
    if (is_read)
        *reason = build(args, out);
    *made = (struct event_made){.json = buf_bytes(out),
                                .is_multi_value = !args->is_single_value,
                                .is_apigw = args->is_apigw,
                                .apigw = args->apigw,
                                .method = args->req.method};
    buf_release(&body);
    return is_read;
}
