#include "tests/support/cloudwatch_call.h"

#include <criterion/criterion.h>

#include "runtime/control/door.h"

struct cloudwatch_case cloudwatch_case;

static int64_t now_ms(void *context)
{
    (void)context;
    return cloudwatch_case.now_s * 1000;
}

void cloudwatch_case_init(void)
{
    struct cloudwatch_options options = {.store = &cloudwatch_case.store, .now_ms = now_ms};
    arena_init(&cloudwatch_case.arena, 64 << 20);
    cloudwatch_case.now_s = 1795253400;
    cloudwatch_case.cloudwatch = cloudwatch_new(&options);
    cr_assert_not_null(cloudwatch_case.cloudwatch);
}

void cloudwatch_case_release(void)
{
    cloudwatch_free(cloudwatch_case.cloudwatch);
    series_store_release(&cloudwatch_case.store);
    arena_release(&cloudwatch_case.arena);
}

static int send(const struct http_field *fields, size_t count, struct bytes body)
{
    const struct control_service *service = cloudwatch_service(cloudwatch_case.cloudwatch);
    struct http_response res;
    struct http_request req = {.method = HTTP_POST,
                               .path = BYTES_LIT("/"),
                               .fields = fields,
                               .field_count = count,
                               .body = body,
                               .arena = &cloudwatch_case.arena};
    struct control_call call = {.arena = &cloudwatch_case.arena, .res = &res, .request_id = "id"};
    http_response_init(&res);
    door_call(&req, &service, 1, &call);
    cr_expect_not(res.is_out_of_memory);
    cloudwatch_case.status = res.status;
    cloudwatch_case.answer = res.body;
    return res.status;
}

#define LOCAL                                            \
    {                                                    \
        BYTES_INIT("Host"), BYTES_INIT("127.0.0.1:4566") \
    }
#define SIGNED                                                                            \
    {                                                                                     \
        BYTES_INIT("Authorization"),                                                      \
            BYTES_INIT("AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/monitoring/"     \
                       "aws4_request, SignedHeaders=host, Signature=00000000000000000000" \
                       "00000000000000000000000000000000000000000000")                    \
    }

int cloudwatch_json(const char *action, const char *body)
{
    struct http_field fields[] = {
        LOCAL,
        SIGNED,
        {BYTES_INIT("Content-Type"), BYTES_INIT("application/x-amz-json-1.0")},
        {BYTES_INIT("X-Amz-Target"), BYTES_INIT("")}};
    arena_reset(&cloudwatch_case.arena);
    cr_assert_eq(arena_printf(&cloudwatch_case.arena, &fields[3].value,
                              "GraniteServiceVersion20100801.%s", action),
                 RC_OK);
    return send(fields, 4, bytes_from_str(body));
}

int cloudwatch_query(const char *action, const char *parameters)
{
    static const struct http_field fields[] = {
        LOCAL,
        SIGNED,
        {BYTES_INIT("Content-Type"), BYTES_INIT("application/x-www-form-urlencoded")}};
    struct bytes body;
    arena_reset(&cloudwatch_case.arena);
    cr_assert_eq(arena_printf(&cloudwatch_case.arena, &body, "Action=%s&Version=2010-08-01&%s",
                              action, parameters),
                 RC_OK);
    return send(fields, 3, body);
}

bool cloudwatch_has(const char *text)
{
    return memmem(cloudwatch_case.answer.ptr, cloudwatch_case.answer.len, text, strlen(text)) !=
           NULL;
}
