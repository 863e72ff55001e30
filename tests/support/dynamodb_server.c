#include "tests/support/dynamodb_server.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "runtime/aws/client.h"

static const char listening[] = "listening on ";

/* The first start may have to install it, which takes as long as the network does. */
static bool wait_for_start(struct program *program)
{
    for (int i = 0; i < 6; i++)
        if (program_wait_for(program, listening) ||
            (program->out.len && strstr(program->out.data, "missing: ")))
            break;
    return program->out.len && strstr(program->out.data, listening) != NULL;
}

bool dynamodb_server_start(struct dynamodb_server *server, enum dynamodb_kind kind,
                           const char *name)
{
    static const char *const commands[][4] = {
        [DYNALITE] = {"./tests/support/dynalite/run.sh"},
        [MOTO] = {"./tests/support/python_venv.sh", "tests/support/moto/requirements.txt",
                  "tests/support/moto/serve.py"},
    };
    const char *ci = getenv("CI");
    struct program *program = &server->program;
    program_start(program, commands[kind], NULL);
    if (!wait_for_start(program)) {
        (void)program_stop(program);
        const char *why = program->out.len ? program->out.data : "it says nothing\n";
        cr_assert(!ci || strcmp(ci, "true") != 0, "%s: %s", name, why);
        (void)printf("skip %s: %s", name, why);
        (void)fflush(stdout);
        program_release(program);
        return false;
    }
    (void)snprintf(server->endpoint, sizeof server->endpoint, "http://127.0.0.1:%u",
                   program_number(program, listening));
    cr_assert_eq(setenv("AWS_ENDPOINT_URL_DYNAMODB", server->endpoint, 1), 0);
    cr_assert_eq(setenv("AWS_REGION", "eu-west-1", 1), 0);
    cr_assert_eq(setenv("AWS_ACCESS_KEY_ID", "of-a-test", 1), 0);
    cr_assert_eq(setenv("AWS_SECRET_ACCESS_KEY", "of-a-test-too", 1), 0);
    return true;
}

/* One call without the store; `answer` lives in `arena`. */
static void call(struct arena *arena, const char *target, const char *body, struct bytes *answer)
{
    char error[256] = "";
    const struct aws_client_options options = {.service = "dynamodb"};
    const struct aws_field fields[] = {
        {BYTES_LIT("Content-Type"), BYTES_LIT("application/x-amz-json-1.0")},
        {BYTES_LIT("X-Amz-Target"), bytes_from_str(target)},
    };
    const struct aws_request request = {.method = BYTES_LIT("POST"),
                                        .path = BYTES_LIT("/"),
                                        .fields = fields,
                                        .field_count = 2,
                                        .body = bytes_from_str(body)};
    struct aws_response response;
    struct aws_client *client = aws_client_new(&options, error, sizeof error);
    cr_assert_not_null(client, "%s", error);
    enum rc rc = aws_call(client, &request, 0, arena, &response);
    cr_assert_eq(rc, RC_OK, "%s: %s %.*s", target, rc_name(rc), BYTES_ARG(response.message));
    *answer = response.body;
    aws_client_free(client);
}

void dynamodb_server_make_table(const char *table)
{
    char body[1024];
    struct bytes answer;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    (void)snprintf(body, sizeof body,
                   "{\"TableName\":\"%s\",\"BillingMode\":\"PAY_PER_REQUEST\",\"KeySchema\":["
                   "{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},"
                   "{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],\"AttributeDefinitions\":["
                   "{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},"
                   "{\"AttributeName\":\"sk\",\"AttributeType\":\"S\"}]}",
                   table);
    call(&arena, "DynamoDB_20120810.CreateTable", body, &answer);
    (void)snprintf(body, sizeof body, "{\"TableName\":\"%s\"}", table);
    do {
        arena_reset(&arena);
        call(&arena, "DynamoDB_20120810.DescribeTable", body, &answer);
    } while (!memmem(answer.ptr, answer.len, "\"ACTIVE\"", strlen("\"ACTIVE\"")));
    arena_release(&arena);
}

void dynamodb_server_stop(struct dynamodb_server *server)
{
    (void)program_stop(&server->program);
    program_release(&server->program);
}
