#include "runtime/control/door.h"

#include "runtime/control/cbor.h"
#include "runtime/control/query.h"
#include "runtime/control/rest.h"
#include "runtime/control/shape_json.h"

static bool is_local_name(struct bytes host)
{
    static const struct bytes names[] = {BYTES_INIT("127.0.0.1"), BYTES_INIT("localhost"),
                                         BYTES_INIT("[::1]")};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = names[i].len;
        if (host.len >= len && bytes_ieq(bytes_make(host.ptr, len), names[i]) &&
            (host.len == len || host.ptr[len] == ':'))
            return true;
    }
    return false;
}

static bool is_local_origin(struct bytes origin)
{
    static const struct bytes schemes[] = {BYTES_INIT("http://"), BYTES_INIT("https://")};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (bytes_starts_with(origin, schemes[i]))
            return is_local_name(bytes_skip(origin, schemes[i].len));
    return false;
}

bool door_is_local(const struct http_request *req)
{
    const struct bytes *host = http_request_header(req, "host");
    const struct bytes *origin = http_request_header(req, "origin");
    return host && is_local_name(*host) && (!origin || is_local_origin(*origin));
}

/* --- the signature --- */

/* The value of "name=..." in the list behind the algorithm. */
static struct bytes parameter(struct bytes list, struct bytes name)
{
    while (list.len) {
        size_t len = bytes_find(list, ',');
        struct bytes item = bytes_trim(bytes_make(list.ptr, len));
        size_t at = bytes_find(item, '=');
        if (at < item.len && bytes_eq(bytes_make(item.ptr, at), name))
            return bytes_skip(item, at + 1);
        list = bytes_skip(list, len < list.len ? len + 1 : len);
    }
    return bytes_make(NULL, 0);
}

static bool is_hex(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!memchr("0123456789abcdef", text.ptr[i], 16))
            return false;
    return true;
}

/* KEY/20261121/us-east-1/elasticloadbalancing/aws4_request */
static bool read_scope(struct bytes credential, struct door_signature *signature)
{
    struct bytes parts[5];
    uint64_t date;
    for (size_t i = 0; i < 5; i++) {
        size_t len = bytes_find(credential, '/');
        if (len == 0 || (i < 4) != (len < credential.len))
            return false;
        parts[i] = bytes_make(credential.ptr, len);
        credential = bytes_skip(credential, i < 4 ? len + 1 : len);
    }
    signature->region = parts[2];
    signature->service = parts[3];
    return parts[1].len == 8 && bytes_to_u64(parts[1], UINT64_MAX, &date) &&
           bytes_eq(parts[4], BYTES_LIT("aws4_request"));
}

enum rc door_signature_read(const struct http_request *req, struct door_signature *signature)
{
    static const struct bytes algorithm = BYTES_INIT("AWS4-HMAC-SHA256 ");
    const struct bytes *field = http_request_header(req, "authorization");
    if (!field)
        return RC_NOT_FOUND;
    if (!bytes_starts_with(*field, algorithm))
        return RC_SYNTAX;
    struct bytes list = bytes_skip(*field, algorithm.len);
    struct bytes value = parameter(list, BYTES_LIT("Signature"));
    if (!read_scope(parameter(list, BYTES_LIT("Credential")), signature) ||
        parameter(list, BYTES_LIT("SignedHeaders")).len == 0 || value.len != 64 || !is_hex(value))
        return RC_SYNTAX;
    return RC_OK;
}

/* --- protocol, service and action --- */

static struct bytes field_of(const struct http_request *req, const char *name)
{
    const struct bytes *field = http_request_header(req, name);
    return field ? *field : bytes_make(NULL, 0);
}

enum control_protocol door_protocol(const struct http_request *req)
{
    if (bytes_eq(field_of(req, "smithy-protocol"), BYTES_LIT("rpc-v2-cbor")) ||
        bytes_starts_with(req->path, BYTES_LIT("/service/")))
        return CONTROL_CBOR;
    if (field_of(req, "x-amz-target").len ||
        bytes_starts_with(field_of(req, "content-type"), BYTES_LIT("application/x-amz-json")))
        return CONTROL_JSON;
    return bytes_eq(req->path, BYTES_LIT("/")) ? CONTROL_QUERY : CONTROL_JSON;
}

/* Takes "/service/NAME/operation/ACTION" apart. */
static bool read_cbor_path(struct bytes path, struct bytes *target, struct bytes *action)
{
    static const struct bytes service = BYTES_INIT("/service/"),
                              operation = BYTES_INIT("/operation/");
    if (!bytes_starts_with(path, service))
        return false;
    path = bytes_skip(path, service.len);
    size_t len = bytes_find(path, '/');
    *target = bytes_make(path.ptr, len);
    path = bytes_skip(path, len);
    if (!bytes_starts_with(path, operation))
        return false;
    *action = bytes_skip(path, operation.len);
    return bytes_find(*action, '/') == action->len;
}

/* The action's name, and what the request calls the service besides its signature. */
static void read_action(const struct http_request *req, struct control_call *call,
                        struct bytes *target)
{
    struct bytes field = field_of(req, "x-amz-target");
    size_t len = bytes_find(field, '.');
    switch (call->protocol) {
    case CONTROL_QUERY:
        call->action = datum_get_text(call->input, "Action");
        break;
    case CONTROL_JSON:
        *target = bytes_make(field.ptr, len);
        call->action = bytes_skip(field, len < field.len ? len + 1 : len);
        break;
    case CONTROL_CBOR:
        if (!read_cbor_path(req->path, target, &call->action))
            call->action = bytes_make(NULL, 0);
        break;
    case CONTROL_REST:
        break; /* its route has the name */
    }
}

static const struct control_service *find_service(const struct control_service *const *services,
                                                  size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_eq(bytes_from_str(services[i]->name), name))
            return services[i];
    return NULL;
}

/* true: the service speaks the call's protocol, in the version that it asks for. */
static bool is_spoken(const struct control_call *call, struct bytes target)
{
    const struct control_service *service = call->service;
    struct bytes version = datum_get_text(call->input, "Version");
    if (call->protocol != CONTROL_QUERY)
        return service->target && bytes_eq(target, bytes_from_str(service->target));
    return service->version &&
           (version.len == 0 || bytes_eq(version, bytes_from_str(service->version)));
}

static const struct control_action *find_action(const struct control_call *call)
{
    for (size_t i = 0; i < call->service->action_count; i++)
        if (bytes_eq(call->action, bytes_from_str(call->service->actions[i].name)))
            return &call->service->actions[i];
    return NULL;
}

/* --- the parameters --- */

static enum rc read_query(const struct http_request *req, struct control_call *call,
                          struct bytes *error)
{
    struct datum *root = datum_new(call->arena, DATUM_MAP);
    enum rc rc = root ? query_parse(call->arena, req->query, root, error) : RC_NOMEM;
    if (rc == RC_OK)
        rc = query_parse(call->arena, req->body, root, error);
    if (rc == RC_OK)
        call->input = root;
    return rc;
}

static enum rc read_tree(const struct http_request *req, struct control_call *call)
{
    struct datum *root = NULL;
    enum rc rc = call->protocol == CONTROL_JSON ? shape_json_parse(call->arena, req->body, &root)
                                                : cbor_parse(call->arena, req->body, &root);
    if (rc == RC_OK && root->kind != DATUM_MAP)
        rc = RC_SYNTAX;
    if (rc == RC_OK)
        call->input = root;
    return rc;
}

/* false: it is answered. */
static bool read_input(const struct http_request *req, struct control_call *call)
{
    static const struct datum empty = {.kind = DATUM_MAP};
    struct bytes error = {NULL, 0};
    call->input = &empty;
    enum rc rc =
        call->protocol == CONTROL_QUERY ? read_query(req, call, &error) : read_tree(req, call);
    if (rc == RC_OK)
        return true;
    if (rc == RC_NOMEM)
        control_fail(call, 500, "InternalFailure", "no memory");
    else if (call->protocol == CONTROL_QUERY)
        control_fail(call, 400, "MalformedQueryString", "The parameter '%.*s' cannot be read: %s",
                     BYTES_ARG(error), rc_name(rc));
    else
        control_fail(call, 400, "SerializationException", "The body cannot be read: %s",
                     rc_name(rc));
    return false;
}

/* --- all of it --- */

/* false: it is answered. */
static bool check_signature(const struct http_request *req, struct control_call *call,
                            struct door_signature *signature)
{
    enum rc rc = door_signature_read(req, signature);
    if (rc == RC_NOT_FOUND)
        control_fail(call, 403, "MissingAuthenticationToken",
                     "Request is missing Authentication Token: sign it, as every AWS client does; "
                     "any credentials are taken");
    else if (rc != RC_OK)
        control_fail(call, 403, "IncompleteSignature",
                     "The Authorization field is no signature of version 4 "
                     "(AWS4-HMAC-SHA256 Credential=.../DATE/REGION/SERVICE/aws4_request, "
                     "SignedHeaders=..., Signature=...)");
    return rc == RC_OK;
}

static void refuse_service(struct control_call *call, struct bytes service)
{
    control_fail(
        call, call->protocol == CONTROL_CBOR ? 404 : 400,
        call->protocol == CONTROL_QUERY ? "InvalidAction" : "UnknownOperationException",
        "There is no service '%.*s' here: start duet local with --forward %.*s=URL to have "
        "its calls go on to one",
        BYTES_ARG(service), BYTES_ARG(service));
}

static void refuse_action(struct control_call *call)
{
    struct bytes version = datum_get_text(call->input, "Version");
    if (call->protocol != CONTROL_QUERY)
        control_fail(call, call->protocol == CONTROL_CBOR ? 404 : 400, "UnknownOperationException",
                     "There is no operation '%.*s' here", BYTES_ARG(call->action));
    else if (call->action.len == 0)
        control_fail(call, 400, "MissingAction", "The request has no Action");
    else
        control_fail(call, 400, "InvalidAction", "Could not find operation %.*s for version %.*s",
                     BYTES_ARG(call->action), BYTES_ARG(version));
}

static void go_in(const struct http_request *req, const struct control_service *const *services,
                  size_t service_count, struct control_call *call)
{
    struct door_signature signature = {{NULL, 0}, {NULL, 0}};
    struct bytes target = {NULL, 0};
    call->protocol = door_protocol(req);
    call->is_json_1_0 =
        bytes_eq(field_of(req, "content-type"), BYTES_LIT("application/x-amz-json-1.0"));
    if (!door_is_local(req)) {
        control_fail(call, 403, "AccessDenied",
                     "The Host, and the Origin if there is one, must be 127.0.0.1 or localhost");
        return;
    }
    if (!check_signature(req, call, &signature))
        return;
    call->region = signature.region;
    if (bytes_eq(signature.service, BYTES_LIT("s3")))
        call->protocol = CONTROL_QUERY; /* XML, on paths of its own */
    if (call->on_forward && call->on_forward(call, signature.service))
        return;
    call->service = find_service(services, service_count, signature.service);
    if (!call->service) {
        refuse_service(call, signature.service);
        return;
    }
    if (call->service->routes) {
        rest_call(req, call);
        return;
    }
    if (!read_input(req, call))
        return;
    read_action(req, call, &target);
    const struct control_action *action = is_spoken(call, target) ? find_action(call) : NULL;
    if (action)
        action->run(call->service->context, call);
    else
        refuse_action(call);
}

void door_call(const struct http_request *req, const struct control_service *const *services,
               size_t service_count, struct control_call *call)
{
    call->req = req;
    call->is_inside = true;
    go_in(req, services, service_count, call);
    call->is_inside = false;
}
