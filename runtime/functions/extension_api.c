#include "runtime/functions/extension_api.h"

#include <stdio.h>

#include "runtime/json/json.h"

#define NAME_FIELD "lambda-extension-name"
#define ID_FIELD "lambda-extension-identifier"

static void refuse(struct httpd_exchange *exchange, int status, const char *type,
                   const char *message)
{
    http_response_printf(&exchange->res, &exchange->arena, status, BYTES_LIT("application/json"),
                         "{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}\n", message, type);
    httpd_respond(exchange);
}

/* --- register --- */

/* NULL: the body is fine; else the type of the error that `message` tells. */
static const char *check_body(struct httpd_exchange *exchange, const char **message)
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
        *message = bytes_eq(json_bytes(event), BYTES_LIT("INVOKE"))
                       ? "INVOKE: this local Lambda gives no events to extensions"
                       : "event not supported for internal extensions";
        return "Extension.InvalidEventType";
    }
    return NULL;
}

static void accept_it(struct sandbox *sandbox, struct httpd_exchange *exchange, struct bytes name)
{
    struct sandbox_extension *extension = &sandbox->extensions[sandbox->extension_count];
    struct http_response *res = &exchange->res;
    *extension = (struct sandbox_extension){.held = NULL};
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

static void take_register(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    const struct bytes *name = http_request_header(&exchange->req, NAME_FIELD);
    const char *message, *type;
    if (!name || name->len == 0 || name->len >= SANDBOX_EXTENSION_NAME_BYTES)
        refuse(exchange, 403, "Extension.InvalidExtensionName", "Empty extension name");
    else if ((type = check_body(exchange, &message)) != NULL)
        refuse(exchange, 403, type, message);
    else if (sandbox->state != SANDBOX_INIT)
        refuse(exchange, 403, "Extension.RegistrationClosed",
               "Extension registration closed already");
    else if (is_registered(sandbox, *name))
        refuse(exchange, 403, "Extension.InvalidExtensionState",
               "Extension with this name already registered");
    else if (sandbox->extension_count == SANDBOX_EXTENSIONS_MAX)
        refuse(exchange, 403, "Extension.TooManyExtensions", "Extension limit (10) reached");
    else
        accept_it(sandbox, exchange, *name);
}

/* --- event/next --- */

/* NULL: refused. */
static struct sandbox_extension *find(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    const struct bytes *id = http_request_header(&exchange->req, ID_FIELD);
    if (!id || id->len == 0) {
        refuse(exchange, 403, "Extension.MissingExtensionIdentifier",
               "Missing Lambda-Extension-Identifier header");
        return NULL;
    }
    for (size_t i = 0; i < sandbox->extension_count; i++)
        if (bytes_eq(*id, bytes_from_str(sandbox->extensions[i].id)))
            return &sandbox->extensions[i];
    refuse(exchange, 403, "Extension.UnknownExtensionIdentifier", "Unknown extension identifier");
    return NULL;
}

/* A second one takes the place of the first, whose connection may be lost. */
static void take_next(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    struct sandbox_extension *extension = find(sandbox, exchange);
    if (!extension)
        return;
    struct httpd_exchange *before = extension->held;
    extension->held = exchange;
    if (before)
        refuse(before, 403, "Extension.InvalidExtensionState", "Another event/next has come");
}

bool extension_api_take(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    struct bytes path = exchange->req.path;
    bool is_register = bytes_eq(path, BYTES_LIT("/2020-01-01/extension/register"));
    bool is_next = bytes_eq(path, BYTES_LIT("/2020-01-01/extension/event/next"));
    if (is_register && exchange->req.method == HTTP_POST)
        take_register(sandbox, exchange);
    else if (is_next && exchange->req.method == HTTP_GET)
        take_next(sandbox, exchange);
    else if (is_register || is_next)
        refuse(exchange, 405, "MethodNotAllowed", "Method Not Allowed");
    return is_register || is_next;
}
