#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>

#include "pipeline/canary/state.h"
#include "tests/support/canary_rig.h"
#include "tests/support/rig_program.h"
#include "tests/support/user_load.h"

/*
 * `duet guard` on `duet local` by the load balancer's metrics alone: no probes, no look at targets.
 */

static struct rig_program rig;
static struct canary_rig world;
static struct user_load load;
static struct program guard;

static void wait_for_users(unsigned count)
{
    unsigned from = atomic_load(&load.good);
    for (int i = 0; i < 60 * 1000 && atomic_load(&load.good) - from < count; i++)
        (void)poll(NULL, 0, 1);
    cr_assert_geq(atomic_load(&load.good) - from, count);
}

static void setup(void)
{
    char text[512];
    rig_program_start_pinned(&rig, "lambda=50,fargate=50", "open-sesame-open-sesame");
    canary_rig_init(&world, rig.control_port);
    user_load_start(&load, rig.port);
    (void)snprintf(text, sizeof text,
                   "{\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,\"priority\":40000},"
                   "\"health\":{\"looks\":0},\"interval\":\"200ms\",\"lease\":\"10s\","
                   "\"metrics\":{\"period\":\"1s\",\"late\":\"1s\",\"latency\":\"1h\"}}",
                   rig.port);
    canary_rig_plan(&world, text);
    canary_rig_command(&world, &guard, "guard", "run", NULL);
    cr_assert(program_wait_for(&guard, "begin: watch"), "%s", guard.out.data);
    wait_for_users(50);
}

static void teardown(void)
{
    int status = program_stop(&guard);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d: %s", status, guard.out.data);
    program_release(&guard);
    user_load_stop(&load);
    canary_rig_release(&world);
    rig_program_stop(&rig);
}

TestSuite(guard_metrics, .init = setup, .fini = teardown, .timeout = 280);

/* Waits for the move of `home` by the requests that failed; then none fails any more. */
static void expect_move(const char *home)
{
    char text[64];
    (void)snprintf(text, sizeof text, "move: %s fails: ", home);
    cr_assert(program_wait_for(&guard, text), "%s", guard.out.data);
    cr_expect(strstr(strstr(guard.out.data, text), " requests failed"), "%s", guard.out.data);
    user_load_stop(&load); /* no answer from before is on its way any more */
    user_load_start(&load, rig.port);
    wait_for_users(100);
    cr_expect_eq(atomic_load(&load.bad) + atomic_load(&load.lost), 0u);
}

/* Its group has no target then, and no metric of its own. */
Test(guard_metrics, tasks_that_are_gone_are_seen_by_what_the_load_balancer_answers)
{
    const cJSON *root;
    char why[CANARY_WHY_MAX] = "";
    api_begin(&world.api);
    cr_assert_eq(api_json(&world.api, API_ECS, "AmazonEC2ContainerServiceV20141113.UpdateService",
                          BYTES_LIT("{\"cluster\":\"duet-local\",\"service\":\"duet-local-a\","
                                    "\"desiredCount\":0}"),
                          false, &root, why),
                 RC_OK, "%s", why);
    expect_move("fargate");
}

/* The load balancer answers 502, and counts it as the group's LambdaUserError. */
Test(guard_metrics, throttled_invocations_are_the_functions_errors)
{
    const cJSON *root;
    char why[CANARY_WHY_MAX] = "";
    api_begin(&world.api);
    cr_assert_eq(api_rest(&world.api, API_LAMBDA, "PUT",
                          "/2017-10-31/functions/duet-local/concurrency", NULL,
                          BYTES_LIT("{\"ReservedConcurrentExecutions\":0}"), &root, why),
                 RC_OK, "%s", why);
    expect_move("lambda");
}
