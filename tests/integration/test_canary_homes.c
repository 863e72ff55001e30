#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/support/bad_server.h"
#include "tests/support/canary_rig.h"
#include "tests/support/rig_program.h"
#include "tests/support/user_load.h"

/*
 * Canaries from one home to the other and back on `duet local`, with users, beside a slot that has
 * a share of its own; and what sticky sessions make of a share.
 */

static struct rig_program rig;
static struct canary_rig canary;
static struct user_load load;

static void setup(const char *weights)
{
    rig_program_start_pinned(&rig, weights, "open-sesame-open-sesame");
    canary_rig_init(&canary, rig.control_port);
}

static void teardown(void)
{
    canary_rig_release(&canary);
    rig_program_stop(&rig);
}

/* `first` is more of the first step, which has half of what both slots have; the second has all. */
static void write_plan(const char *stable, const char *to, const char *first, const char *more)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "{\"name\":\"homes\",\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,"
                   "\"priority\":40000},\"stable\":\"%s\",\"canary\":\"%s\",\"steps\":[{\"share\":"
                   "50,\"of\":\"home\",\"bake\":\"1s\"%s},{\"share\":\"all\",\"bake\":\"1s\"}],"
                   "\"interval\":\"1s\",\"metrics\":{\"period\":\"1s\",\"late\":\"1s\"},"
                   "\"timeout\":\"2m\",\"checks\":{\"power\":0,\"requests_min\":20,"
                   "\"latency_ratio\":0}%s}",
                   rig.port, stable, to, first, more);
    canary_rig_plan(&canary, text);
}

static void expect_shares(unsigned lambda_a, unsigned fargate_a, unsigned fargate_b)
{
    cr_expect_eq(canary_rig_share(&canary, "lambda-a"), lambda_a);
    cr_expect_eq(canary_rig_share(&canary, "fargate-a"), fargate_a);
    cr_expect_eq(canary_rig_share(&canary, "fargate-b"), fargate_b);
    cr_expect_eq(canary_rig_share(&canary, "lambda-b"), 0);
}

/* What the command tells until it ends as it must. */
static void expect_told(int status_wanted, const char *text)
{
    struct program program;
    canary_rig_start(&canary, &program, "run", NULL);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == status_wanted, "%d: %s", status,
              program.out.data);
    cr_expect_not_null(strstr(program.out.data, text), "%s", program.out.data);
    program_release(&program);
}

/* To a service without a task: each step has the tasks for its share before its share. */
static void go_to_fargate(void)
{
    struct program program;
    write_plan("lambda-a", "fargate-b", ",\"requests\":30,\"pause\":true",
               ",\"capacity\":{\"cluster\":\"duet-local\",\"service\":\"duet-local-b\","
               "\"tasks\":2,\"max\":4}");
    cr_expect_eq(canary_rig_tasks(&canary, "duet-local-b"), 0);
    canary_rig_start(&canary, &program, "run", NULL);
    cr_assert(program_wait_for(&program, "bake: step 1 of 2"), "%s", program.out.data);
    expect_shares(300, 400, 300);
    cr_expect_eq(canary_rig_tasks(&canary, "duet-local-b"), 1);
    cr_expect_eq(canary_rig_run(&canary, "resume", NULL), 0);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", program.out.data);
    program_release(&program);
    expect_shares(0, 400, 600);
    cr_expect_eq(canary_rig_tasks(&canary, "duet-local-b"), 2);
}

/* A function has no health checks: without a smoke nothing says that it is well. */
static void go_back_to_lambda(void)
{
    char more[512];
    write_plan("fargate-b", "lambda-a", "", ",\"capacity\":{\"timeout\":\"1s\"}");
    expect_told(1, "smoke");
    expect_shares(0, 400, 600);
    (void)snprintf(more, sizeof more,
                   ",\"smoke\":{\"url\":\"http://127.0.0.1:%u/gtg\"},\"retire_after\":\"1s\","
                   "\"capacity\":{\"cluster\":\"duet-local\",\"stable_service\":\"duet-local-b\"}",
                   rig.port);
    write_plan("fargate-b", "lambda-a", ",\"requests\":30", more);
    cr_expect_eq(canary_rig_run(&canary, "run", NULL), 0);
    expect_shares(600, 400, 0);
    cr_expect_eq(canary_rig_tasks(&canary, "duet-local-b"), 0, "the old slot has retired");
}

Test(canary_homes, lambda_to_fargate_and_back_loses_no_request, .timeout = 280)
{
    setup("lambda-a=60,fargate-a=40");
    user_load_start(&load, rig.port);
    go_to_fargate();
    go_back_to_lambda();
    user_load_stop(&load);
    cr_expect_gt(atomic_load(&load.good), 100u);
    cr_expect_eq(atomic_load(&load.bad), 0u);
    cr_expect_eq(atomic_load(&load.lost), 0u);
    teardown();
}

Test(canary_homes, users_who_are_bound_to_stable_bend_the_share_and_that_is_told, .timeout = 280)
{
    struct user_load bound;
    struct bad_server *server = bad_server_start(BAD_NOTHING);
    setup("fargate=100");
    canary_rig_make_sticky(&canary);
    user_load_start_sticky(&bound, rig.port);
    user_load_start(&load, rig.port);
    canary_rig_target(&canary, "RegisterTargets", "fargate-b", bad_server_port(server));
    write_plan("fargate-a", "fargate-b", ",\"requests\":300", "");
    expect_told(0, "went to the canary, not 50 %: the rule's sessions are sticky");
    cr_expect(canary_rig_is_sticky(&canary), "the canary's writes have kept it");
    expect_shares(0, 0, 1000);
    user_load_stop(&load);
    user_load_stop(&bound);
    cr_expect_eq(atomic_load(&bound.bad) + atomic_load(&bound.lost), 0u);
    teardown();
    bad_server_stop(server);
}
