#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "runtime/json/json.h"
#include "runtime/local/apigw_lambda.h"

struct answer {
    struct arena *arena;
    struct http_response *res;
    const char **detail;
};

static enum alb_lambda_reason refuse(struct answer *answer, const char *text)
{
    *answer->detail = text;
    return ALB_LAMBDA_INVALID_RESPONSE;
}

static enum alb_lambda_reason add(struct answer *answer, struct bytes name, const cJSON *value)
{
    static const struct bytes dropped[] = {BYTES_INIT("content-length"), BYTES_INIT("connection"),
                                           BYTES_INIT("transfer-encoding")};
    struct bytes text = bytes_trim(json_bytes(value));
    if (!cJSON_IsString(value) || !http_is_token(name) || !http_is_field_value(text))
        return refuse(answer, "a header is no text, or has what HTTP does not allow");
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        if (bytes_ieq(name, dropped[i]))
            return ALB_LAMBDA_OK;
    http_response_add(answer->res, answer->arena, name, text);
    return answer->res->is_out_of_memory ? ALB_LAMBDA_NO_MEMORY : ALB_LAMBDA_OK;
}

/* A map of texts, or of lists of them. Names that were there before, in `but`, are left out. */
static enum alb_lambda_reason add_map(struct answer *answer, const cJSON *map, const cJSON *but)
{
    enum alb_lambda_reason reason = ALB_LAMBDA_OK;
    if (map && !cJSON_IsObject(map) && !cJSON_IsNull(map))
        return refuse(answer, "the headers are no map");
    for (const cJSON *item = map ? map->child : NULL; item && reason == ALB_LAMBDA_OK;
         item = item->next) {
        const cJSON *value = cJSON_IsArray(item) ? item->child : item;
        if (cJSON_GetObjectItem(but, item->string))
            continue;
        for (; value && reason == ALB_LAMBDA_OK; value = value == item ? NULL : value->next)
            reason = add(answer, bytes_from_str(item->string), value);
    }
    return reason;
}

static enum alb_lambda_reason add_cookies(struct answer *answer, const cJSON *list)
{
    enum alb_lambda_reason reason = ALB_LAMBDA_OK;
    if (list && !cJSON_IsArray(list) && !cJSON_IsNull(list))
        return refuse(answer, "'cookies' is no list");
    for (const cJSON *item = list ? list->child : NULL; item && reason == ALB_LAMBDA_OK;
         item = item->next)
        reason = add(answer, BYTES_LIT("Set-Cookie"), item);
    return reason;
}

static enum alb_lambda_reason take_head(struct answer *answer, const cJSON *root,
                                        enum apigw_type type)
{
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(root, "statusCode");
    const cJSON *lists = cJSON_GetObjectItemCaseSensitive(root, "multiValueHeaders");
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(root, "headers");
    if (!cJSON_IsNumber(code) || code->valueint < 200 || code->valueint > 599)
        return refuse(answer, "'statusCode' is not from 200 to 599");
    answer->res->status = code->valueint;
    if (type != APIGW_REST)
        lists = NULL;
    enum alb_lambda_reason reason = add_map(answer, lists, NULL);
    if (reason == ALB_LAMBDA_OK)
        reason = add_map(answer, headers, lists);
    if (reason == ALB_LAMBDA_OK && type != APIGW_REST)
        reason = add_cookies(answer, cJSON_GetObjectItemCaseSensitive(root, "cookies"));
    return reason;
}

static enum alb_lambda_reason take_body(struct answer *answer, const cJSON *root)
{
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(root, "body");
    struct bytes text = json_bytes(body);
    if (body && !cJSON_IsString(body) && !cJSON_IsNull(body))
        return refuse(answer, "'body' is no text");
    answer->res->body = text;
    if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "isBase64Encoded")))
        return ALB_LAMBDA_OK;
    size_t len = base64_decoded_len(text);
    char *plain = arena_alloc(answer->arena, len);
    if (!plain)
        return ALB_LAMBDA_NO_MEMORY;
    answer->res->body = bytes_make(plain, len);
    return base64_decode(text, plain) == RC_OK ? ALB_LAMBDA_OK
                                               : refuse(answer, "'body' is not base64");
}

/* Where the prelude of a streamed answer ends: JSON has no NUL. payload.len: there is none. */
static size_t prelude_len(struct bytes payload, enum apigw_type type)
{
    static const char end[8];
    const char *at =
        type == APIGW_URL && payload.len ? memmem(payload.ptr, payload.len, end, sizeof end) : NULL;
    return at ? (size_t)(at - payload.ptr) : payload.len;
}

static enum alb_lambda_reason take_all(struct answer *answer, struct bytes payload,
                                       enum apigw_type type)
{
    size_t head_len = prelude_len(payload, type);
    cJSON *root;
    enum rc rc = json_parse(answer->arena, bytes_make(payload.ptr, head_len), &root, NULL);
    if (rc != RC_OK)
        return rc == RC_NOMEM ? ALB_LAMBDA_NO_MEMORY : refuse(answer, "the payload is no JSON");
    bool has_status = cJSON_GetObjectItemCaseSensitive(root, "statusCode") != NULL;
    if (type != APIGW_REST && !has_status) {
        http_response_borrow(answer->res, answer->arena, 200, BYTES_LIT("application/json"),
                             payload);
        return ALB_LAMBDA_OK;
    }
    enum alb_lambda_reason reason = take_head(answer, root, type);
    if (reason == ALB_LAMBDA_OK && head_len < payload.len)
        answer->res->body = bytes_skip(payload, head_len + 8);
    else if (reason == ALB_LAMBDA_OK)
        reason = take_body(answer, root);
    return reason;
}

enum alb_lambda_reason apigw_answer_parse(struct bytes payload, enum apigw_type type,
                                          struct arena *arena, struct http_response *res,
                                          const char **detail)
{
    struct answer answer = {.arena = arena, .res = res, .detail = detail};
    struct bytes copy;
    *detail = "no memory";
    http_response_init(res);
    if (arena_dup(arena, payload, &copy) != RC_OK)
        return ALB_LAMBDA_NO_MEMORY;
    return take_all(&answer, copy, type);
}

void apigw_page_set(struct http_response *res, struct arena *arena, enum apigw_type type)
{
    http_response_init(res);
    if (type == APIGW_REST)
        http_response_borrow(res, arena, 502, BYTES_LIT("application/json"),
                             BYTES_LIT("{\"message\": \"Internal server error\"}"));
    else if (type == APIGW_HTTP)
        http_response_borrow(res, arena, 500, BYTES_LIT("application/json"),
                             BYTES_LIT("{\"message\":\"Internal Server Error\"}"));
    else
        http_response_borrow(res, arena, 502, BYTES_LIT("text/plain"),
                             BYTES_LIT("Internal Server Error"));
}
