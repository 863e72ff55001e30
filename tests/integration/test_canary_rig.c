#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/support/bad_server.h"
#include "tests/support/canary_rig.h"
#include "tests/support/rig_program.h"
#include "tests/support/user_load.h"

/*
 * The same command as on AWS, against `duet local`, with users: bad releases are rolled back, a
 * good one is promoted, over the death of the process that does it, and no request is lost by it.
 */

static struct rig_program rig;
static struct canary_rig canary;
static struct user_load load;

static void setup(void)
{
    rig_program_start_quiet(&rig, "fargate=100");
    canary_rig_init(&canary, rig.control_port);
    user_load_start(&load, rig.port);
}

static void teardown(void)
{
    user_load_stop(&load);
    canary_rig_release(&canary);
    rig_program_stop(&rig);
}

TestSuite(canary_rig, .init = setup, .fini = teardown, .timeout = 280);

static void write_plan(const char *more, bool is_paused)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{\"name\":\"rehearsal\",\"rule\":{\"load_balancer\":\"duet-local\"},\"stable\":\"fargate-"
        "a\",\"canary\":\"fargate-b\","
        "\"steps\":[{\"share\":40,\"bake\":\"2s\",\"requests\":50,\"pause\":%s},{\"share\":\"all\","
        "\"bake\":\"1s\"}],\"interval\":\"1s\",\"metrics\":{\"period\":\"1s\",\"late\":"
        "\"1s\"},\"timeout\":\"4m\",\"lease\":\"10m\",%s}",
        is_paused ? "true" : "false", more);
    canary_rig_plan(&canary, text);
}

/* A machine that is busy with other things makes no release a slow one: latency is judged where the
 * release is one. */
#define NO_LATENCY ",\"latency_ratio\":0"
#define CHECKS(more) "\"checks\":{\"power\":0,\"requests_min\":20" more "}"

/* The shares of both slots, in tenths of a percent. */
static bool has_shares(unsigned stable, unsigned to)
{
    return canary_rig_share(&canary, "fargate-a") == stable &&
           canary_rig_share(&canary, "fargate-b") == to;
}

static void expect_rolled_back(enum bad_kind kind, const char *checks, const char *option)
{
    struct bad_server *server = bad_server_start(kind);
    canary_rig_target(&canary, "RegisterTargets", "fargate-b", bad_server_port(server));
    write_plan(checks, false);
    cr_expect_eq(canary_rig_run(&canary, "run", option), 1, "kind %d", (int)kind);
    cr_expect(has_shares(1000, 0), "kind %d", (int)kind);
    canary_rig_target(&canary, "DeregisterTargets", "fargate-b", bad_server_port(server));
    bad_server_stop(server);
}

Test(canary_rig, rolls_back_errors)
{
    char path[2 * TEMPDIR_PATH_MAX], option[3 * TEMPDIR_PATH_MAX];
    (void)snprintf(option, sizeof option, "--record=%s",
                   tempdir_join(&canary.folder, "", "run.jsonl", path));
    expect_rolled_back(BAD_ERRORS, CHECKS(NO_LATENCY), option);

    /* The recording is enough to come to the same verdicts. */
    const char *argv[] = {"duet", "canary", "judge", path, NULL};
    struct program judge;
    program_start(&judge, argv, NULL);
    int status = program_wait(&judge);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %d: %s", status,
              judge.out.data);
    program_release(&judge);
}

Test(canary_rig, rolls_back_what_the_load_balancer_answers_502_for)
{
    expect_rolled_back(BAD_HEADER, CHECKS(NO_LATENCY), NULL);
}

Test(canary_rig, rolls_back_what_is_slow)
{
    expect_rolled_back(BAD_SLOW, CHECKS(""), NULL);
}

Test(canary_rig, rolls_back_what_crashes)
{
    expect_rolled_back(BAD_CRASH, CHECKS(NO_LATENCY), NULL);
}

static const char *const server_env[] = {"PORT=0", "DUET_BIND=127.0.0.1", "DUET_STORE=memory",
                                         NULL};

/* Sends it a signal when its share is there; it waits there for a word, however slow this machine
 * is. Its exit status; -1: the signal has killed it. */
static int signal_in_its_bake(int number)
{
    struct program program;
    canary_rig_start(&canary, &program, "run", NULL);
    cr_assert(program_wait_for(&program, "bake: step 1 of 2"), "%s", program.out.data);
    cr_expect(canary_rig_share(&canary, "fargate-b") == 400);
    cr_assert_eq(kill(program.id, number), 0);
    int status = program_wait(&program);
    program_release(&program);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(canary_rig, promotes_a_good_one_and_loses_no_request)
{
    static const char *const argv[] = {"server", NULL};
    struct program server;
    program_start(&server, argv, server_env);
    unsigned port = program_number(&server, "\"port\":");
    cr_assert(port, "%s", server.out.data);
    canary_rig_target(&canary, "RegisterTargets", "fargate-b", port);
    write_plan(CHECKS(NO_LATENCY), true);
    cr_expect_eq(signal_in_its_bake(SIGKILL), -1);
    cr_expect_eq(canary_rig_run(&canary, "run", NULL), 6, "the dead one has the lock");
    cr_expect_eq(canary_rig_run(&canary, "resume", "--force"), 0);
    cr_expect(has_shares(0, 1000));
    cr_expect_eq(canary_rig_run(&canary, "status", NULL), 2, "there is none any more");
    user_load_stop(&load);
    cr_expect_gt(atomic_load(&load.good), 100u);
    cr_expect_eq(atomic_load(&load.bad), 0u);
    cr_expect_eq(atomic_load(&load.lost), 0u);
    user_load_start(&load, rig.port); /* for the teardown */
    (void)program_stop(&server);
    program_release(&server);
}

Test(canary_rig, killed_it_is_rolled_back_by_another)
{
    struct bad_server *server = bad_server_start(BAD_NOTHING);
    canary_rig_target(&canary, "RegisterTargets", "fargate-b", bad_server_port(server));
    write_plan(CHECKS(NO_LATENCY), true);
    cr_expect_eq(signal_in_its_bake(SIGKILL), -1);
    cr_expect_eq(canary_rig_run(&canary, "rollback", "--force"), 0);
    cr_expect(has_shares(1000, 0));
    canary_rig_target(&canary, "DeregisterTargets", "fargate-b", bad_server_port(server));
    bad_server_stop(server);
}

Test(canary_rig, killed_it_is_rolled_back_by_its_lock_alone)
{
    struct bad_server *server = bad_server_start(BAD_NOTHING);
    canary_rig_target(&canary, "RegisterTargets", "fargate-b", bad_server_port(server));
    write_plan(CHECKS(NO_LATENCY), true);
    cr_expect_eq(signal_in_its_bake(SIGKILL), -1);
    (void)snprintf(canary.plan, sizeof canary.plan, "--lock=/duet/canary");
    cr_expect_eq(canary_rig_run(&canary, "resume", "--force"), 2, "it has no steps");
    cr_expect_eq(canary_rig_run(&canary, "rollback", "--force"), 0);
    cr_expect(has_shares(1000, 0));
    cr_expect_eq(canary_rig_run(&canary, "rollback", "--force"), 2, "there is none any more");
    canary_rig_target(&canary, "DeregisterTargets", "fargate-b", bad_server_port(server));
    bad_server_stop(server);
}

Test(canary_rig, told_to_end_it_holds_or_rolls_back_as_its_plan_says)
{
    struct bad_server *server = bad_server_start(BAD_NOTHING);
    canary_rig_target(&canary, "RegisterTargets", "fargate-b", bad_server_port(server));
    write_plan("\"on_signal\":\"rollback\"," CHECKS(NO_LATENCY), true);
    cr_expect_eq(signal_in_its_bake(SIGTERM), 1);
    cr_expect(has_shares(1000, 0));
    write_plan(CHECKS(NO_LATENCY), true);
    cr_expect_eq(signal_in_its_bake(SIGINT), 3);
    cr_expect(has_shares(600, 400));
    cr_expect_eq(canary_rig_run(&canary, "abort", NULL), 0);
    bad_server_stop(server);
}

/* Each of pipeline/canary/plans, with the rig's load balancer in its place. */
static void take_plan_of_the_tree(const char *name)
{
    char path[128], text[4096], mended[4096 + 64];
    (void)snprintf(path, sizeof path, "pipeline/canary/plans/%s.json", name);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s", path);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    (void)fclose(file);
    char *balancer = strstr(text, "\"duet-"), *rest = balancer ? strchr(balancer, '}') : NULL;
    cr_assert_not_null(rest, "%s", text);
    (void)snprintf(mended, sizeof mended, "%.*s\"duet-local\"%s", (int)(balancer - text), text,
                   rest);
    canary_rig_plan(&canary, mended);
}

Test(canary_rig, a_slot_that_is_not_there_is_told_with_those_that_are)
{
    struct program program;
    canary_rig_plan(&canary,
                    "{\"rule\":{\"load_balancer\":\"duet-local\"},\"stable\":\"fargate-a\","
                    "\"canary\":\"fargate-c\",\"steps\":[{\"share\":\"all\"}]}");
    canary_rig_start(&canary, &program, "run", NULL);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 5, "%d", status);
    cr_expect_not_null(strstr(program.out.data, "'fargate-a' and 'fargate-c': it has lambda-a, "
                                                "lambda-b, fargate-a, fargate-b"),
                       "%s", program.out.data);
    program_release(&program);
    cr_expect(canary_rig_share(&canary, "fargate-a") == 1000);
}

Test(canary_rig, the_plans_of_this_tree_find_its_rule_and_slots)
{
    static const char *const names[] = {"canary", "linear", "blue-green", "cautious"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct program program;
        take_plan_of_the_tree(names[i]);
        canary_rig_start(&canary, &program, "run", NULL);
        cr_assert(program_wait_for(&program, "'fargate-a' to 'fargate-b', run "), "%s: %s",
                  names[i], program.out.data);
        cr_assert_eq(kill(program.id, SIGTERM), 0); /* it waits for a target in its slot */
        int status = program_wait(&program);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 3, "%s: %s", names[i],
                  program.out.data);
        program_release(&program);
        cr_expect_eq(canary_rig_run(&canary, "rollback", NULL), 0, "%s", names[i]);
    }
}

Test(canary_rig, a_service_without_traffic_is_judged_by_a_load_of_ours)
{
    static const char *const argv[] = {"server", NULL};
    struct program server, program;
    char more[512];
    program_start(&server, argv, server_env);
    canary_rig_target(&canary, "RegisterTargets", "fargate-b",
                      program_number(&server, "\"port\":"));
    user_load_stop(&load);
    (void)snprintf(
        more, sizeof more,
        "\"load\":{\"url\":\"http://127.0.0.1:%u/hello\",\"rate\":100}," CHECKS(NO_LATENCY),
        rig.port);
    write_plan(more, false);
    canary_rig_start(&canary, &program, "run", NULL);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", program.out.data);
    cr_expect_not_null(strstr(program.out.data, "requests of our own so far, of which 0 failed"),
                       "%s", program.out.data);
    program_release(&program);
    user_load_start(&load, rig.port); /* for the teardown */
    (void)program_stop(&server);
    program_release(&server);
}
