#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/client.h"
#include "tests/support/dynalite.h"
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
    int n = snprintf(request, sizeof request,
                     "%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     method_and_path, strlen(body), body);
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

Test(local_dynamodb, both_homes_see_the_same_data, .timeout = 240)
{
    struct dynalite dynalite;
    if (!dynalite_start(&dynalite, "both homes on DynamoDB"))
        return;
    dynalite_make_table("votes");
    cr_assert_eq(setenv("DUET_STORE", "dynamodb:votes", 1), 0);

    rig_program_start_as_told(&rig, "lambda=1,fargate=0");
    cr_expect_eq(ask("GET /gtg?details", "", "\"home\":\"lambda\""), 200);
    cr_expect_eq(ask("GET /gtg?details", "", "\"kind\":\"dynamodb\",\"state\":\"ok\""), 200);
    cr_expect_eq(ask("POST /candidate/ada", "{\"party\":\"maths\"}", "ada"), 201);
    rig_program_stop(&rig);

    rig_program_start_as_told(&rig, "lambda=0,fargate=1");
    cr_expect_eq(ask("GET /gtg?details", "", "\"home\":\"fargate\""), 200);
    cr_expect_eq(ask("GET /candidate/ada", "", "\"party\":\"maths\""), 200);
    cr_expect_eq(ask("POST /candidate/ada", "{\"party\":\"other\"}", "ada"), 409);
    cr_expect_eq(ask("PUT /candidate/ada", "{\"party\":\"engines\"}", "\"version\":2"), 200);
    rig_program_stop(&rig);

    rig_program_start_as_told(&rig, "lambda=1,fargate=0");
    cr_expect_eq(ask("GET /candidates", "", "\"party\":\"engines\""), 200);
    rig_program_stop(&rig);
    dynalite_stop(&dynalite);
}
