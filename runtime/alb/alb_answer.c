#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "runtime/json/json.h"
#include "runtime/json/json_nul.h"
#include "runtime/alb/alb_lambda.h"

/*
 * Each step takes one member of the payload, says in `detail` what is wrong with it, and the first
 * that is wrong ends the walk. What a load balancer refuses is known from its guide and from
 * reports of its users; where they contradict each other, the comment says what was chosen.
 */

struct answer {
    struct arena *arena;
    const cJSON *root;
    struct http_response *res;
    const char **detail;
    bool is_marked; /* the strings hold json_nul's digraphs */
};

static enum alb_lambda_reason refuse(struct answer *answer, const char *text)
{
    *answer->detail = text;
    return ALB_LAMBDA_INVALID_RESPONSE;
}

static enum alb_lambda_reason refuse_field(struct answer *answer, const char *name,
                                           const char *fault)
{
    struct bytes text;
    if (arena_printf(answer->arena, &text, "header '%s' %s", name, fault) != RC_OK)
        return ALB_LAMBDA_NO_MEMORY;
    return refuse(answer, text.ptr);
}

/* Of members with one name the last counts, as for most readers of JSON. */
static const cJSON *member(const struct answer *answer, const char *name)
{
    const cJSON *found = NULL;
    for (const cJSON *item = answer->root->child; item; item = item->next)
        if (strcmp(item->string, name) == 0)
            found = item;
    return found;
}

static enum alb_lambda_reason refuse_nulls(struct answer *answer)
{
    static const char *const known[] = {"statusCode", "statusDescription",
                                        "headers",    "multiValueHeaders",
                                        "body",       "isBase64Encoded"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct bytes text;
        if (!cJSON_IsNull(member(answer, known[i])))
            continue;
        if (arena_printf(answer->arena, &text, "'%s' is null", known[i]) != RC_OK)
            return ALB_LAMBDA_NO_MEMORY;
        return refuse(answer, text.ptr);
    }
    return ALB_LAMBDA_OK;
}

static enum alb_lambda_reason take_status(struct answer *answer)
{
    const cJSON *code = member(answer, "statusCode"), *text = member(answer, "statusDescription");
    if (!code)
        return refuse(answer, "'statusCode' is missing");
    if (!cJSON_IsNumber(code) || code->valuedouble != code->valueint)
        return refuse(answer, "'statusCode' is not a whole number");
    /* An interim status cannot be a final answer; whether the load balancer looks is not told. */
    if (code->valueint < 200 || code->valueint > 599)
        return refuse(answer, "'statusCode' is not from 200 to 599");
    if (text && !cJSON_IsString(text))
        return refuse(answer, "'statusDescription' is not a string");
    answer->res->status = code->valueint;
    return ALB_LAMBDA_OK;
}

/* --- fields --- */

/* Not honoured from a function; and the length is the load balancer's to count. */
static bool is_dropped(struct bytes name)
{
    return http_field_is_hop_by_hop(name) || bytes_ieq(name, BYTES_LIT("content-length"));
}

static enum alb_lambda_reason add_field(struct answer *answer, const char *name, const cJSON *value)
{
    struct bytes key = bytes_from_str(name), text = bytes_trim(json_bytes(value));
    if (!cJSON_IsString(value))
        return refuse_field(answer, name, "is not a string");
    if (!http_is_token(key))
        return refuse_field(answer, name, "has a name that HTTP does not allow");
    if (!http_is_field_value(text))
        return refuse_field(answer, name, "has a value that HTTP does not allow");
    if (!is_dropped(key))
        http_response_add(answer->res, answer->arena, key, text);
    return answer->res->is_out_of_memory ? ALB_LAMBDA_NO_MEMORY : ALB_LAMBDA_OK;
}

static enum alb_lambda_reason add_list(struct answer *answer, const cJSON *list)
{
    enum alb_lambda_reason reason = ALB_LAMBDA_OK;
    if (!cJSON_IsArray(list))
        return refuse_field(answer, list->string, "is not a list of strings");
    for (const cJSON *item = list->child; item && reason == ALB_LAMBDA_OK; item = item->next)
        reason = add_field(answer, list->string, item);
    return reason;
}

/* `headers` alone in a target group of multiValueHeaders, and the other way round, is refused; both
 * are fine in either. Neither is fine too: {"statusCode":200} is answered in practice. */
static enum alb_lambda_reason take_fields(struct answer *answer, bool is_multi_value)
{
    enum alb_lambda_reason reason = ALB_LAMBDA_OK;
    const cJSON *fields = member(answer, is_multi_value ? "multiValueHeaders" : "headers");
    if (!fields && member(answer, is_multi_value ? "headers" : "multiValueHeaders"))
        return refuse(answer, is_multi_value
                                  ? "'headers' stands where 'multiValueHeaders' is needed"
                                  : "'multiValueHeaders' stands where 'headers' is needed");
    if (!fields)
        return ALB_LAMBDA_OK;
    if (!cJSON_IsObject(fields))
        return refuse(answer, is_multi_value ? "'multiValueHeaders' is not an object"
                                             : "'headers' is not an object");
    for (const cJSON *item = fields->child; item && reason == ALB_LAMBDA_OK; item = item->next)
        reason = is_multi_value ? add_list(answer, item) : add_field(answer, item->string, item);
    return reason;
}

/* --- body --- */

static enum alb_lambda_reason take_base64(struct answer *answer, struct bytes text)
{
    size_t len = base64_decoded_len(text);
    char *plain = arena_alloc(answer->arena, len);
    if (!plain)
        return ALB_LAMBDA_NO_MEMORY;
    if (base64_decode(text, plain) != RC_OK)
        return refuse(answer, "'body' is not base64");
    answer->res->body = bytes_make(plain, len);
    return ALB_LAMBDA_OK;
}

static enum alb_lambda_reason take_body(struct answer *answer)
{
    const cJSON *body = member(answer, "body"), *flag = member(answer, "isBase64Encoded");
    if (flag && !cJSON_IsBool(flag))
        return refuse(answer, "'isBase64Encoded' is not true or false");
    if (body && !cJSON_IsString(body))
        return refuse(answer, "'body' is not a string");
    if (cJSON_IsTrue(flag))
        return take_base64(answer, json_bytes(body));
    answer->res->body = json_bytes(body);
    if (body && answer->is_marked)
        answer->res->body.len = json_nul_restore(body->valuestring, answer->res->body.len);
    return ALB_LAMBDA_OK;
}

/* --- the payload --- */

static enum alb_lambda_reason read_payload(struct answer *answer, struct bytes payload)
{
    struct json_place place;
    struct bytes text, fault;
    cJSON *root;
    /* Lambda's limit is on the payload as it came, white space and all. */
    if (payload.len > LIMIT_RESPONSE_JSON_BYTES) {
        *answer->detail = "the payload is larger than 1 MB";
        return ALB_LAMBDA_RESPONSE_TOO_LARGE;
    }
    if (json_nul_mark(answer->arena, payload, &text, &answer->is_marked) != RC_OK)
        return ALB_LAMBDA_NO_MEMORY;
    enum rc rc = json_parse(answer->arena, text, &root, &place);
    if (rc == RC_OK && cJSON_IsObject(root)) {
        answer->root = root;
        return ALB_LAMBDA_OK;
    }
    if (rc == RC_OK)
        return refuse(answer, "the payload is no JSON object");
    if (rc == RC_NOMEM || arena_printf(answer->arena, &fault, "the payload is no JSON: byte %zu",
                                       place.offset) != RC_OK)
        return ALB_LAMBDA_NO_MEMORY;
    return refuse(answer, fault.ptr);
}

enum alb_lambda_reason alb_answer_parse(struct bytes payload, bool is_multi_value,
                                        struct arena *arena, struct http_response *res,
                                        const char **detail)
{
    const char *unwanted;
    struct answer answer = {.arena = arena, .res = res, .detail = detail ? detail : &unwanted};
    *answer.detail = "no memory";
    http_response_init(res);
    enum alb_lambda_reason reason = read_payload(&answer, payload);
    if (reason == ALB_LAMBDA_OK)
        reason = refuse_nulls(&answer);
    if (reason == ALB_LAMBDA_OK)
        reason = take_status(&answer);
    if (reason == ALB_LAMBDA_OK)
        reason = take_fields(&answer, is_multi_value);
    if (reason == ALB_LAMBDA_OK)
        reason = take_body(&answer);
    return reason;
}
