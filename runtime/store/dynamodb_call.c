#include <inttypes.h>
#include <stdio.h>

#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/json/json.h"
#include "runtime/json/json_nul.h"
#include "runtime/store/dynamodb_internal.h"

/* --- the request --- */

void dynamodb_begin(struct dynamodb_call *call, struct dynamodb_store *store, const char *operation,
                    int64_t deadline_ms)
{
    *call =
        (struct dynamodb_call){.store = store, .operation = operation, .deadline_ms = deadline_ms};
    arena_init(&call->arena, LIMIT_REQUEST_ARENA_BYTES);
    text_init(&call->body, &call->arena);
    text_printf(&call->body, "{\"TableName\":\"%s\"", store->table);
}

void dynamodb_end(struct dynamodb_call *call)
{
    arena_release(&call->arena);
}

void dynamodb_put_key(struct dynamodb_call *call, struct bytes name)
{
    text_append(&call->body, BYTES_LIT(",\"Key\":{\"pk\":{\"S\":\"item\"},\"sk\":{\"S\":"));
    text_json_string(&call->body, name);
    text_append(&call->body, BYTES_LIT("}}"));
}

void dynamodb_put_binary(struct dynamodb_call *call, struct bytes value)
{
    size_t len = base64_encoded_len(value.len);
    char *encoded = arena_alloc(&call->arena, len);
    call->body.failed |= !encoded;
    if (!encoded)
        return;
    base64_encode(value, encoded);
    text_append(&call->body, BYTES_LIT("\"B\":\""));
    text_append(&call->body, bytes_make(encoded, len));
    text_append(&call->body, BYTES_LIT("\""));
}

void dynamodb_put_number(struct dynamodb_call *call, int64_t number)
{
    text_printf(&call->body, "\"N\":\"%" PRId64 "\"", number);
}

/* --- the answer --- */

void dynamodb_log(const struct dynamodb_call *call, enum rc rc, const char *reason)
{
    log_event(rc == RC_THROTTLED || rc == RC_TIMEOUT ? LOG_WARN : LOG_ERROR, "the store failed",
              LOG_STR("store", "dynamodb"), LOG_STR("table", call->store->table),
              LOG_STR("call", call->operation), LOG_STR("result", rc_name(rc)),
              LOG_STR("reason", reason), LOG_TEXT("error", call->response.error),
              LOG_TEXT("text", call->response.message),
              LOG_TEXT("awsRequestId", call->response.request_id));
}

static enum rc parse(struct dynamodb_call *call)
{
    struct bytes text;
    enum rc rc = json_parse(&call->arena, call->response.body, &call->answer, NULL);
    if (rc != RC_SYNTAX)
        return rc;
    rc = json_nul_mark(&call->arena, call->response.body, &text, &call->is_marked);
    if (rc == RC_OK)
        rc = call->is_marked ? json_parse(&call->arena, text, &call->answer, NULL) : RC_SYNTAX;
    return rc;
}

enum rc dynamodb_send(struct dynamodb_call *call, bool is_once)
{
    const char *reason = "";
    struct bytes target;
    size_t len = call->body.len;
    text_append(&call->body, BYTES_LIT("}"));
    if (call->body.failed ||
        arena_printf(&call->arena, &target, "DynamoDB_20120810.%s", call->operation) != RC_OK)
        return RC_NOMEM;
    const struct aws_field fields[] = {
        {BYTES_LIT("Content-Type"), BYTES_LIT("application/x-amz-json-1.0")},
        {BYTES_LIT("X-Amz-Target"), target},
    };
    const struct aws_request request = {
        .method = BYTES_LIT("POST"),
        .path = BYTES_LIT("/"),
        .fields = fields,
        .field_count = 2,
        .body = text_bytes(&call->body),
        .is_once = is_once,
    };
    call->answer = NULL;
    enum rc rc =
        aws_call(call->store->client, &request, call->deadline_ms, &call->arena, &call->response);
    text_cut(&call->body, len);
    if (rc == RC_REFUSED &&
        bytes_eq(call->response.error, BYTES_LIT("ConditionalCheckFailedException")))
        rc = RC_CONFLICT;
    if (rc == RC_OK || rc == RC_CONFLICT) {
        enum rc parsed = parse(call);
        if (parsed == RC_OK)
            return rc;
        rc = parsed == RC_SYNTAX ? RC_UNREACHABLE : parsed;
        reason = "what came is no answer of DynamoDB's";
    }
    if (rc != RC_UNREACHABLE || !is_once)
        dynamodb_log(call, rc, reason);
    return rc;
}
