#include "pipeline/canary/api.h"

#include <stdio.h>

#include "pipeline/canary/state.h"
#include "runtime/core/clock.h"

enum { ARENA_MAX = 64 * 1024 * 1024, CALL_MS = 30 * 1000 };

static const struct {
    const char *name, *title;
} services[API_COUNT] = {
    [API_ELB] = {"elasticloadbalancing", "Elastic Load Balancing"},
    [API_CLOUDWATCH] = {"monitoring", "CloudWatch"},
    [API_SSM] = {"ssm", "Systems Manager"},
    [API_ECS] = {"ecs", "ECS"},
    [API_SCALING] = {"application-autoscaling", "Application Auto Scaling"},
    [API_LAMBDA] = {"lambda", "Lambda"},
    [API_SNS] = {"sns", "SNS"},
};

void api_init(struct api *api, const char *(*lookup)(const char *name))
{
    *api = (struct api){.lookup = lookup};
    arena_init(&api->arena, ARENA_MAX);
}

void api_release(struct api *api)
{
    for (size_t i = 0; i < API_COUNT; i++)
        aws_client_free(api->clients[i]);
    arena_release(&api->arena);
    *api = (struct api){.lookup = api->lookup};
}

void api_begin(struct api *api)
{
    arena_reset(&api->arena);
    api->code = bytes_make(NULL, 0);
}

bool api_is(const struct api *api, const char *code)
{
    return bytes_eq(api->code, bytes_from_str(code));
}

/* RC_UNSUPPORTED and the like do not come from aws_call; what is no answer is RC_SYNTAX. */
static enum rc call(struct api *api, enum api_service service, const char *action,
                    const struct aws_request *request, struct bytes *body, char *why)
{
    struct aws_response response = {.status = 0};
    char error[CANARY_WHY_MAX / 2];
    struct aws_client **client = &api->clients[service];
    struct aws_client_options options = {.service = services[service].name, .lookup = api->lookup};
    if (!*client)
        *client = aws_client_new(&options, error, sizeof error);
    if (!*client) {
        (void)snprintf(why, CANARY_WHY_MAX, "%s", error);
        return RC_REFUSED;
    }
    enum rc rc = aws_call(*client, request, clock_ms_monotonic() + CALL_MS, &api->arena, &response);
    *body = response.body;
    api->code = response.error;
    if (rc != RC_OK)
        (void)snprintf(why, CANARY_WHY_MAX, "%s, %.40s: %.*s%s%.*s", services[service].title,
                       action,
                       BYTES_ARG(response.error.len ? response.error : bytes_from_str(rc_name(rc))),
                       response.message.len ? ": " : "",
                       (int)(response.message.len < 160 ? response.message.len : 160),
                       response.message.ptr ? response.message.ptr : "");
    return rc;
}

static enum rc no_answer(enum rc rc, enum api_service service, const char *action, char *why)
{
    if (rc == RC_OK || rc == RC_NOMEM)
        return rc;
    (void)snprintf(why, CANARY_WHY_MAX, "%s, %.40s: what came is no answer of AWS",
                   services[service].title, action);
    return RC_SYNTAX;
}

enum rc api_query(struct api *api, enum api_service service, struct bytes form,
                  const struct xml_node **root, char *why)
{
    static const struct aws_field fields[] = {
        {BYTES_INIT("Content-Type"), BYTES_INIT("application/x-www-form-urlencoded")}};
    const struct aws_request request = {.method = BYTES_LIT("POST"),
                                        .path = BYTES_LIT("/"),
                                        .fields = fields,
                                        .field_count = 1,
                                        .body = form};
    struct bytes body, rest = bytes_skip(form, bytes_find(form, '=') + 1);
    struct xml_node *tree = NULL;
    char action[64], expected[72];
    (void)snprintf(action, sizeof action, "%.*s", (int)bytes_find(rest, '&'), rest.ptr);
    enum rc rc = call(api, service, action, &request, &body, why);
    if (rc != RC_OK)
        return rc;
    rc = xml_tree_parse(&api->arena, body, &tree);
    (void)snprintf(expected, sizeof expected, "%sResponse", action);
    if (rc == RC_OK && !bytes_eq(tree->name, bytes_from_str(expected)))
        rc = RC_SYNTAX;
    *root = tree;
    return no_answer(rc, service, action, why);
}

static enum rc take_json(struct api *api, enum api_service service, const char *action,
                         struct bytes body, const cJSON **root, char *why)
{
    cJSON *json = NULL;
    enum rc rc = json_parse(&api->arena, body.len ? body : BYTES_LIT("{}"), &json, NULL);
    if (rc == RC_OK && !cJSON_IsObject(json))
        rc = RC_SYNTAX;
    *root = json;
    return no_answer(rc, service, action, why);
}

enum rc api_json(struct api *api, enum api_service service, const char *target, struct bytes body,
                 bool is_once, const cJSON **root, char *why)
{
    const struct aws_field fields[] = {
        {BYTES_LIT("Content-Type"), BYTES_LIT("application/x-amz-json-1.1")},
        {BYTES_LIT("X-Amz-Target"), bytes_from_str(target)}};
    const struct aws_request request = {.method = BYTES_LIT("POST"),
                                        .path = BYTES_LIT("/"),
                                        .fields = fields,
                                        .field_count = 2,
                                        .body = body,
                                        .is_once = is_once};
    const char *action = strrchr(target, '.') + 1;
    struct bytes answer;
    enum rc rc = call(api, service, action, &request, &answer, why);
    return rc == RC_OK ? take_json(api, service, action, answer, root, why) : rc;
}

enum rc api_rest(struct api *api, enum api_service service, const char *method, const char *path,
                 const char *qualifier, struct bytes body, const cJSON **root, char *why)
{
    const struct aws_field fields[] = {{BYTES_LIT("Content-Type"), BYTES_LIT("application/json")}};
    const struct aws_field query[] = {{BYTES_LIT("Qualifier"), bytes_from_str(qualifier)}};
    const struct aws_request request = {.method = bytes_from_str(method),
                                        .path = bytes_from_str(path),
                                        .query = query,
                                        .query_count = 1,
                                        .fields = fields,
                                        .field_count = 1,
                                        .body = body};
    struct bytes answer;
    enum rc rc = call(api, service, method, &request, &answer, why);
    return rc == RC_OK ? take_json(api, service, method, answer, root, why) : rc;
}

void api_form(struct buf *form, const char *name, struct bytes value)
{
    buf_printf(form, "&%s=", name);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                        (c >= 'a' && c <= 'z') || (c && strchr("-_.~", c));
        if (is_plain)
            buf_append_char(form, (char)c);
        else
            buf_printf(form, "%%%02X", c);
    }
}
