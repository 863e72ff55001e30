#include "runtime/functions/extension_api.h"

#include <stdio.h>

#include "runtime/functions/runtime_reply.h"
#include "runtime/json/json.h"

#define NAME_FIELD "lambda-extension-name"
#define ID_FIELD "lambda-extension-identifier"
#define TYPE_FIELD "lambda-extension-function-error-type"

/* --- register --- */

/* NULL: the body is fine, and says what `extension` wants; else the type of the error that
 * `message` tells. */
static const char *read_body(struct httpd_exchange *exchange, struct sandbox_extension *extension,
                             const char **message)
{
    cJSON *root = NULL;
    const cJSON *event;
    *message = "the body is no JSON object with a list of events";
    if (json_parse(&exchange->arena, exchange->req.body, &root, NULL) != RC_OK ||
        !cJSON_IsObject(root))
        return "InvalidRequestFormat";
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(root, "events");
    if (events && !cJSON_IsArray(events))
        return "InvalidRequestFormat";
    cJSON_ArrayForEach(event, events)
    {
        bool is_end = bytes_eq(json_bytes(event), BYTES_LIT("SHUTDOWN"));
        if ((is_end && !extension->is_external) ||
            (!is_end && !bytes_eq(json_bytes(event), BYTES_LIT("INVOKE")))) {
            *message = extension->is_external ? "event not supported"
                                              : "event not supported for internal extensions";
            return "Extension.InvalidEventType";
        }
        extension->wants_events |= !is_end;
        extension->wants_end |= is_end;
    }
    return NULL;
}

static void accept_it(struct sandbox *sandbox, struct httpd_exchange *exchange, struct bytes name,
                      const struct sandbox_extension *wanted)
{
    struct sandbox_extension *extension = &sandbox->extensions[sandbox->extension_count];
    struct http_response *res = &exchange->res;
    *extension = *wanted;
    memcpy(extension->name, name.ptr, name.len);
    uuid_write(sandbox->options->random, extension->id);
    http_response_printf(res, &exchange->arena, 200, BYTES_LIT("application/json"),
                         "{\"functionName\":\"%s\",\"functionVersion\":\"%s\",\"handler\":\"%s\"}",
                         sandbox->options->name, sandbox->options->version,
                         sandbox->options->handler);
    http_response_add(res, &exchange->arena, BYTES_LIT("Lambda-Extension-Identifier"),
                      bytes_from_str(extension->id));
    sandbox->extension_count++;
    httpd_respond(exchange);
}

static bool is_registered(const struct sandbox *sandbox, struct bytes name)
{
    for (size_t i = 0; i < sandbox->extension_count; i++)
        if (bytes_eq(name, bytes_from_str(sandbox->extensions[i].name)))
            return true;
    return false;
}

static bool is_process(const struct sandbox *sandbox, struct bytes name)
{
    for (size_t i = 0; i < sandbox->external_count; i++)
        if (bytes_eq(name, bytes_from_str(sandbox->externals[i].name)))
            return true;
    return false;
}

static void take_register(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    const struct bytes *name = http_request_header(&exchange->req, NAME_FIELD);
    struct sandbox_extension wanted = {.is_external = name && is_process(sandbox, *name)};
    const char *message, *type;
    if (!name || name->len == 0 || name->len >= SANDBOX_EXTENSION_NAME_BYTES)
        runtime_reply_error(exchange, 403, "Extension.InvalidExtensionName",
                            "Empty extension name");
    else if ((type = read_body(exchange, &wanted, &message)) != NULL)
        runtime_reply_error(exchange, 403, type, message);
    else if (sandbox->state != SANDBOX_INIT)
        runtime_reply_error(exchange, 403, "Extension.RegistrationClosed",
                            "Extension registration closed already");
    else if (is_registered(sandbox, *name))
        runtime_reply_error(exchange, 403, "Extension.InvalidExtensionState",
                            "Extension with this name already registered");
    else if (sandbox->extension_count == SANDBOX_EXTENSIONS_MAX)
        runtime_reply_error(exchange, 403, "Extension.TooManyExtensions",
                            "Extension limit (10) reached");
    else
        accept_it(sandbox, exchange, *name, &wanted);
}

/* --- event/next --- */

/* NULL: refused. */
static struct sandbox_extension *find(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    const struct bytes *id = http_request_header(&exchange->req, ID_FIELD);
    if (!id || id->len == 0) {
        runtime_reply_error(exchange, 403, "Extension.MissingExtensionIdentifier",
                            "Missing Lambda-Extension-Identifier header");
        return NULL;
    }
    for (size_t i = 0; i < sandbox->extension_count; i++)
        if (bytes_eq(*id, bytes_from_str(sandbox->extensions[i].id)))
            return &sandbox->extensions[i];
    runtime_reply_error(exchange, 403, "Extension.UnknownExtensionIdentifier",
                        "Unknown extension identifier");
    return NULL;
}

static void give_end(struct sandbox *sandbox, struct sandbox_extension *extension)
{
    struct httpd_exchange *exchange = extension->held;
    extension->held = NULL;
    http_response_printf(&exchange->res, &exchange->arena, 200, BYTES_LIT("application/json"),
                         "{\"eventType\":\"SHUTDOWN\",\"shutdownReason\":\"%s\","
                         "\"deadlineMs\":%lld}",
                         sandbox->end_reason, (long long)sandbox->end_epoch_ms);
    httpd_respond(exchange);
}

void extension_api_give_end(struct sandbox *sandbox)
{
    for (size_t i = 0; i < sandbox->extension_count; i++)
        if (sandbox->extensions[i].wants_end && sandbox->extensions[i].held)
            give_end(sandbox, &sandbox->extensions[i]);
}

/* A second one takes the place of the first, whose connection may be lost. */
static void take_next(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    struct sandbox_extension *extension = find(sandbox, exchange);
    if (!extension)
        return;
    struct httpd_exchange *before = extension->held;
    extension->held = exchange;
    extension->has_asked = true;
    if (before)
        runtime_reply_error(before, 403, "Extension.InvalidExtensionState",
                            "Another event/next has come");
    if (extension->wants_end && sandbox->end_epoch_ms)
        give_end(sandbox, extension);
    else if (extension->wants_events || extension->is_external)
        sandbox_settle(sandbox);
}

static void give_event(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    const struct invocation *invocation = sandbox->invocation;
    char id[UUID_LEN + 1];
    struct bytes copy;
    uuid_write(sandbox->options->random, id);
    http_response_printf(&exchange->res, &exchange->arena, 200, BYTES_LIT("application/json"),
                         "{\"eventType\":\"INVOKE\",\"deadlineMs\":%lld,\"requestId\":\"%s\","
                         "\"invokedFunctionArn\":\"%s\",\"tracing\":{\"type\":\"X-Amzn-Trace-Id\","
                         "\"value\":\"%s\"}}",
                         (long long)invocation->deadline_epoch_ms, invocation->request_id,
                         invocation->arn.len ? invocation->arn.ptr : sandbox->options->arn,
                         invocation->trace_id);
    if (arena_dup(&exchange->arena, bytes_from_str(id), &copy) == RC_OK)
        http_response_add(&exchange->res, &exchange->arena,
                          BYTES_LIT("Lambda-Extension-Event-Identifier"), copy);
    httpd_respond(exchange);
}

void extension_api_give_event(struct sandbox *sandbox)
{
    for (size_t i = 0; i < sandbox->extension_count; i++) {
        struct sandbox_extension *extension = &sandbox->extensions[i];
        struct httpd_exchange *exchange = extension->held;
        if (!extension->wants_events || !exchange)
            continue;
        extension->held = NULL;
        give_event(sandbox, exchange);
    }
}

/* --- init/error and exit/error --- */

/* Who reports one is expected to end, and its environment with it: Lambda takes both for fatal. */
static void take_error(struct sandbox *sandbox, struct httpd_exchange *exchange, bool is_init)
{
    const struct bytes *type = http_request_header(&exchange->req, TYPE_FIELD);
    const struct sandbox_extension *extension = find(sandbox, exchange);
    char line[256];
    if (!extension)
        return;
    if (!type || type->len == 0) {
        runtime_reply_error(exchange, 403, "Extension.MissingHeader",
                            "Lambda-Extension-Function-Error-Type not found");
        return;
    }
    if (is_init == extension->has_asked || sandbox->has_init_error) {
        runtime_reply_error(exchange, 403, "Extension.InvalidExtensionState",
                            is_init ? "init/error is for before the first event/next"
                                    : "exit/error is for after the first event/next");
        return;
    }
    (void)snprintf(line, sizeof line, "the extension %s reports %.*s", extension->name,
                   BYTES_ARG(*type));
    sandbox_log(sandbox, bytes_from_str(line));
    if (sandbox->state == SANDBOX_ENDING) {
        runtime_reply_ok(exchange);
        return;
    }
    struct bytes known =
        is_init ? BYTES_LIT("Extension.InitError") : BYTES_LIT("Extension.ExitError");
    sandbox_take_init_error(sandbox, exchange->req.body, known);
    runtime_reply_ok(exchange);
}

/* --- routes --- */

enum call { NONE, REGISTER, NEXT, INIT_ERROR, EXIT_ERROR, CALLS };

static const struct call_route {
    const char *path;
    enum http_method method;
} routes[CALLS] = {
    [REGISTER] = {"register", HTTP_POST},
    [NEXT] = {"event/next", HTTP_GET},
    [INIT_ERROR] = {"init/error", HTTP_POST},
    [EXIT_ERROR] = {"exit/error", HTTP_POST},
};

static enum call find_call(struct bytes path)
{
    struct bytes prefix = BYTES_LIT("/2020-01-01/extension/");
    if (!bytes_starts_with(path, prefix))
        return NONE;
    for (int i = REGISTER; i < CALLS; i++)
        if (bytes_eq(bytes_skip(path, prefix.len), bytes_from_str(routes[i].path)))
            return (enum call)i;
    return NONE;
}

bool extension_api_take(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    enum call call = find_call(exchange->req.path);
    if (call == NONE)
        return false;
    if (exchange->req.method != routes[call].method)
        runtime_reply_error(exchange, 405, "MethodNotAllowed", "Method Not Allowed");
    else if (call == REGISTER)
        take_register(sandbox, exchange);
    else if (call == NEXT)
        take_next(sandbox, exchange);
    else
        take_error(sandbox, exchange, call == INIT_ERROR);
    return true;
}
