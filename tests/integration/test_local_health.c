#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "tests/support/client.h"
#include "tests/support/rig_program.h"

/* The health checks of `duet local`, with real tasks. */

static struct rig_program rig;

static void start(const char *settings)
{
    char store[2 * TEMPDIR_PATH_MAX], file[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&rig.folder);
    tempdir_write(tempdir_join(&rig.folder, "", "rig.json", file), settings);
    const char *argv[] = {"duet",     "local",
                          "--config", file,
                          "--store",  tempdir_join(&rig.folder, "sqlite:", "store.db", store),
                          NULL};
    program_start(&rig.duet, argv, NULL);
    rig.port = program_number(&rig.duet, "http://127.0.0.1:");
    cr_assert(rig.port, "%s", rig.duet.out.data ? rig.duet.out.data : "no output");
    cr_assert_not_null(program_wait_for(&rig.duet, "Ctrl-C"));
}

static int get_hello(void)
{
    struct client client;
    struct http1_response res = {0};
    cr_assert(client_open(&client, rig.port));
    cr_assert(client_send(&client, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
    enum rc rc = client_read(&client, HTTP_GET, &res);
    client_close(&client);
    return rc == RC_OK ? res.status : -1;
}

Test(local_health, a_task_that_hangs_gets_no_requests_and_is_replaced)
{
    pid_t old[4], now[4];
    start("{\"port\":0,\"control_port\":0,\"weights\":{\"lambda\":0,\"fargate\":1},"
          "\"health\":{\"unhealthy_count\":2},\"fargate\":{\"stop_timeout_s\":2}}");
    cr_expect_eq(get_hello(), 200);
    cr_assert_eq(program_children(rig.duet.id, old, 4), 1u);
    cr_assert_eq(kill(old[0], SIGSTOP), 0);
    cr_assert_not_null(program_wait_for(&rig.duet, "fargate-a is unhealthy: Request timed out"));
    for (int i = 0; i < 10; i++)
        cr_expect_eq(get_hello(), 200, "request %d", i);
    size_t count = program_children(rig.duet.id, now, 4);
    cr_expect(count > 1 || (count == 1 && now[0] != old[0]), "no other task");
    rig_program_stop(&rig);
    cr_expect(kill(old[0], 0) != 0 && errno == ESRCH, "the task that hung is still there");
}

Test(local_health, the_lambda_slots_are_checked_where_that_is_asked_for)
{
    start("{\"port\":0,\"control_port\":0,\"health\":{\"lambda\":1}}");
    cr_assert_not_null(program_wait_for_nth(&rig.duet, "REPORT RequestId", 2),
                       "nobody called the function");
    rig_program_stop(&rig);
}
