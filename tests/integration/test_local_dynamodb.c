#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "tests/support/client.h"
#include "tests/support/dynamodb_server.h"
#include "tests/support/rig_program.h"

/* One setting, DUET_STORE, moves both homes of `duet local` to DynamoDB's stand-in: what one of
 * them has put, the other one reads. */

static struct rig_program rig;

/* The answer's status; its body holds `part`. */
static int ask(const char *method_and_path, const char *body, const char *part)
{
    struct client client;
    struct http1_response res;
    char request[512];
    char length[64] = "";
    /* Only with a body: a load balancer in strictest mode refuses a GET that has a length. */
    if (body[0])
        (void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    int n = snprintf(request, sizeof request,
                     "%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n%s",
                     method_and_path, length, body);
    cr_assert(client_open(&client, rig.port));
    cr_assert(client_send(&client, bytes_make(request, (size_t)n)));
    enum rc rc = client_read(&client, HTTP_GET, &res);
    cr_assert_eq(rc, RC_OK, "%s: %s", method_and_path, rc_name(rc));
    cr_expect(memmem(res.body.ptr, res.body.len, part, strlen(part)), "%s: %.*s", method_and_path,
              BYTES_ARG(res.body));
    int status = res.status;
    client_close(&client);
    return status;
}

/* That home answers, and its health check, which waits two seconds at most, comes to see the store.
 */
static void expect_home(const char *name)
{
    int64_t end_ms = clock_ms_monotonic() + 60000;
    cr_expect_eq(ask("GET /stats", "", name), 200);
    while (ask("GET /gtg?details", "", "\"kind\":\"dynamodb\"") != 200)
        cr_assert_lt(clock_ms_monotonic(), end_ms, "the store is never healthy");
}

Test(local_dynamodb, both_homes_see_the_same_data, .timeout = 240)
{
    struct dynamodb_server server;
    if (!dynamodb_server_start(&server, DYNALITE, "both homes on DynamoDB"))
        return;
    dynamodb_server_make_table("votes");
    cr_assert_eq(setenv("DUET_STORE", "dynamodb:votes", 1), 0);

    rig_program_start_as_told(&rig, "lambda=1,fargate=0");
    expect_home("\"home\":\"lambda\"");
    cr_expect_eq(ask("POST /candidate/ada", "{\"party\":\"maths\"}", "ada"), 201);
    rig_program_stop(&rig);

    rig_program_start_as_told(&rig, "lambda=0,fargate=1");
    expect_home("\"home\":\"fargate\"");
    cr_expect_eq(ask("GET /candidate/ada", "", "\"party\":\"maths\""), 200);
    cr_expect_eq(ask("POST /candidate/ada", "{\"party\":\"other\"}", "ada"), 409);
    cr_expect_eq(ask("PUT /candidate/ada", "{\"party\":\"engines\"}", "\"version\":2"), 200);
    rig_program_stop(&rig);

    rig_program_start_as_told(&rig, "lambda=1,fargate=0");
    cr_expect_eq(ask("GET /candidates", "", "\"party\":\"engines\""), 200);
    rig_program_stop(&rig);
    dynamodb_server_stop(&server);
}
