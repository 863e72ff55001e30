#include "tests/support/service_call.h"

#include <criterion/criterion.h>

#include "runtime/control/door.h"

struct service_call service_call;

#define SIGNATURE "0000000000000000000000000000000000000000000000000000000000000000"

static struct bytes join(const char *first, const char *second, const char *third)
{
    struct bytes text = {NULL, 0};
    cr_assert_eq(arena_join(&service_call.arena, bytes_from_str(first), bytes_from_str(second),
                            bytes_from_str(third), &text),
                 RC_OK);
    return text;
}

int service_call_json(const char *action, const char *body)
{
    service_call_release();
    arena_init(&service_call.arena, 64 << 20);
    struct http_field fields[] = {
        {BYTES_LIT("Host"), BYTES_LIT("127.0.0.1:4566")},
        {BYTES_LIT("Content-Type"), BYTES_LIT("application/x-amz-json-1.1")},
        {BYTES_LIT("X-Amz-Target"), join(service_call.service->target, ".", action)},
        {BYTES_LIT("Authorization"),
         join("AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/", service_call.service->name,
              "/aws4_request, SignedHeaders=host, Signature=" SIGNATURE)}};
    struct http_response res;
    struct http_request req = {.method = HTTP_POST,
                               .path = BYTES_LIT("/"),
                               .fields = fields,
                               .field_count = sizeof fields / sizeof *fields,
                               .body = bytes_from_str(body),
                               .arena = &service_call.arena};
    struct control_call call = {.arena = &service_call.arena, .res = &res, .request_id = "id"};
    http_response_init(&res);
    door_call(&req, &service_call.service, 1, &call);
    cr_expect_not(res.is_out_of_memory);
    service_call.status = res.status;
    service_call.answer = res.body;
    return res.status;
}

bool service_call_has(const char *text)
{
    const struct bytes *answer = &service_call.answer;
    return *text == '\0' || memmem(answer->ptr, answer->len, text, strlen(text)) != NULL;
}

void service_call_release(void)
{
    arena_release(&service_call.arena);
}
