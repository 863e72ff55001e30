#include "tests/support/aws_rig.h"

#include <criterion/criterion.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

struct aws_rig aws_rig;

void aws_rig_init(void)
{
    aws_rig = (struct aws_rig){0};
    aws_env_set_example();
    arena_init(&aws_rig.arena, LIMIT_REQUEST_ARENA_BYTES);
}

void aws_rig_release(void)
{
    aws_client_free(aws_rig.client);
    if (aws_rig.fake)
        fake_rapi_free(aws_rig.fake);
    arena_release(&aws_rig.arena);
    aws_rig = (struct aws_rig){0};
}

void aws_rig_start(const struct fake_step *steps, size_t count)
{
    aws_rig.script = (struct fake_script){steps, count};
    aws_rig.fake = fake_rapi_new(fake_rapi_play, &aws_rig.script, true);
    fake_rapi_set_parallel(aws_rig.fake);
    fake_rapi_start(aws_rig.fake);
    aws_env_set_endpoint(fake_rapi_address(aws_rig.fake));
    aws_rig.client = aws_env_client("dynamodb");
}

enum rc aws_rig_call_until(int64_t deadline_ms, bool is_once)
{
    static const struct aws_field fields[] = {
        {BYTES_INIT("Content-Type"), BYTES_INIT("application/x-amz-json-1.0")},
        {BYTES_INIT("X-Amz-Target"), BYTES_INIT("DynamoDB_20120810.Op")}};
    struct aws_request request = {
        .method = BYTES_LIT("POST"),
        .path = BYTES_LIT("/"),
        .fields = fields,
        .field_count = sizeof fields / sizeof fields[0],
        .body = BYTES_LIT("{}"),
        .is_once = is_once,
    };
    return aws_call(aws_rig.client, &request, deadline_ms, &aws_rig.arena, &aws_rig.response);
}

enum rc aws_rig_call(void)
{
    return aws_rig_call_until(clock_ms_monotonic() + 30 * 1000, false);
}

size_t aws_rig_count(void)
{
    return fake_rapi_count(aws_rig.fake);
}

const char *aws_rig_field(size_t index, const char *name)
{
    const char *line = fake_rapi_request(aws_rig.fake, index)->head;
    size_t len = strlen(name);
    for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        struct bytes value =
            bytes_trim(bytes_make(line + len + 1, strcspn(line + len + 1, "\r\n")));
        cr_assert_eq(arena_dup(&aws_rig.arena, value, &value), RC_OK);
        return value.ptr;
    }
    return "";
}
