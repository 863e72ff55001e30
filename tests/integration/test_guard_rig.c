#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "pipeline/canary/state.h"
#include "pipeline/guard/guard_engine.h"
#include "tests/support/aws_env.h"
#include "tests/support/canary_rig.h"
#include "tests/support/rig_program.h"
#include "tests/support/user_load.h"

/*
 * `duet guard` against `duet local`, with users: the Fargate home loses all its tasks, its share
 * goes to Lambda, and comes back when there is a task again.
 */

static struct rig_program rig;
static struct canary_rig world;
static struct user_load load;
static struct program guard;

static void setup(void)
{
    rig_program_start_pinned(&rig, "lambda=50,fargate=50", "open-sesame-open-sesame");
    canary_rig_init(&world, rig.control_port);
    user_load_start(&load, rig.port);
}

static void teardown(void)
{
    user_load_stop(&load);
    canary_rig_release(&world);
    rig_program_stop(&rig);
}

TestSuite(guard_rig, .init = setup, .fini = teardown, .timeout = 280);

/* For machines of any speed, and many moves a minute. */
static void write_policy(char *text, size_t len, const char *secret_variable)
{
    (void)snprintf(text, len,
                   "{\"topic\":\"arn:aws:sns:eu-west-1:000000000000:nobody\","
                   "\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,\"priority\":40000},"
                   "\"probes\":{\"url\":\"http://127.0.0.1:%u/gtg\",\"interval\":\"50ms\","
                   "\"secret_variable\":\"%s\",\"timeout\":\"30s\",\"failures\":2},\"metrics\":{"
                   "\"windows\":0},"
                   "\"health\":{\"looks\":0},\"interval\":\"200ms\",\"lease\":\"10m\","
                   "\"moves\":{\"apart\":\"1s\",\"back_after\":\"1s\",\"step\":\"1s\","
                   "\"steps\":[50,100]}}",
                   rig.port, rig.port, secret_variable);
}

/* The default policy, of whose signs probes are the only ones; with patience, since a home that is
 * well may be slow where a machine has much to do. */
static void write_probing_policy(char *text, size_t len, const char *secret_variable)
{
    (void)snprintf(text, len,
                   "{\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,\"priority\":40000},"
                   "\"probes\":{\"url\":\"http://127.0.0.1:%u/gtg\",\"secret_variable\":\"%s\","
                   "\"timeout\":\"10s\"},\"metrics\":{\"windows\":0},\"health\":{\"looks\":0}}",
                   rig.port, rig.port, secret_variable);
}

static void start_guard(const char *endpoint_port, const char *option)
{
    char text[1024];
    write_policy(text, sizeof text, "DUET_PIN_SECRET");
    canary_rig_plan(&world, text);
    if (endpoint_port)
        (void)snprintf(world.endpoint, sizeof world.endpoint, "http://127.0.0.1:%s", endpoint_port);
    canary_rig_command(&world, &guard, "guard", "run", option);
}

static void expect_end(int code)
{
    int status = program_stop(&guard);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == code, "status %d: %s", status,
              guard.out.data);
    program_release(&guard);
}

static void expect_line(const char *text)
{
    cr_assert(program_wait_for(&guard, text), "no '%s' in: %s", text,
              guard.out.len ? guard.out.data : "");
}

/* Sets the tasks of the Fargate home's service. */
static void set_tasks(unsigned count)
{
    const cJSON *root;
    char body[128], why[CANARY_WHY_MAX] = "";
    (void)snprintf(body, sizeof body,
                   "{\"cluster\":\"duet-local\",\"service\":\"duet-local-a\",\"desiredCount\":%u}",
                   count);
    api_begin(&world.api);
    cr_assert_eq(api_json(&world.api, API_ECS, "AmazonEC2ContainerServiceV20141113.UpdateService",
                          bytes_from_str(body), false, &root, why),
                 RC_OK, "%s", why);
}

/* Waits for so many more good answers. */
static void wait_for_users(unsigned count)
{
    unsigned from = atomic_load(&load.good);
    for (int i = 0; i < 60 * 1000 && atomic_load(&load.good) - from < count; i++)
        (void)poll(NULL, 0, 1);
    cr_assert_geq(atomic_load(&load.good) - from, count);
}

Test(guard_rig, moves_the_share_of_a_home_that_has_died_and_brings_it_back)
{
    start_guard(NULL, NULL);
    expect_line("begin: watch");
    wait_for_users(50);
    set_tasks(0);
    expect_line("move: fargate fails: 2 probes in a row");
    expect_line("publish: "); /* the rig has no topics, which stops no move */
    user_load_stop(&load);    /* no answer from before is on its way any more */
    user_load_start(&load, rig.port);
    unsigned bad = atomic_load(&load.bad) + atomic_load(&load.lost);
    wait_for_users(200);
    cr_expect_eq(atomic_load(&load.bad) + atomic_load(&load.lost), bad, "nothing is lost any more");

    /* Its process dies; the next one knows what is to come back. */
    cr_assert_eq(kill(guard.id, SIGKILL), 0);
    (void)program_wait(&guard);
    program_release(&guard);
    start_guard(NULL, NULL);
    int status = program_wait(&guard);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 6, "the dead one has the lease");
    program_release(&guard);
    start_guard(NULL, "--force");
    expect_line("begin: away");
    set_tasks(1);
    expect_line("step: fargate is well again: 50 % of its share");
    expect_line("step: fargate is well again: 100 % of its share");
    wait_for_users(50);
    cr_expect_eq(atomic_load(&load.bad) + atomic_load(&load.lost), bad);
    expect_end(0);

    canary_rig_command(&world, &guard, "guard", "history", NULL);
    (void)program_wait(&guard);
    const char *move = strstr(guard.out.data, "\"act\":\"move\",\"home\":\"fargate\"");
    cr_expect(move && strstr(move, "\"act\":\"step\""), "%s", guard.out.data);
    program_release(&guard);
}

static void signal_task(int number)
{
    pid_t ids[8];
    cr_assert_eq(rig_program_children(&rig, "server", ids, 8), 1u);
    cr_assert_eq(kill(ids[0], number), 0);
}

/* From now on the rig takes no task of slot a for unhealthy, and has none in its place. */
static void check_health_seldom(void)
{
    char form[512];
    (void)snprintf(form, sizeof form,
                   "Action=ModifyTargetGroup&Version=2015-12-01&TargetGroupArn=%s"
                   "&HealthCheckIntervalSeconds=300&HealthCheckTimeoutSeconds=120",
                   canary_rig_group(&world, "fargate-a"));
    (void)canary_rig_query(&world, API_ELB, form);
}

/* A home that hangs takes connections and answers nothing. */
Test(guard_rig, moves_the_share_of_a_home_that_hangs)
{
    char text[1024];
    write_probing_policy(text, sizeof text, "DUET_PIN_SECRET");
    canary_rig_plan(&world, text);
    canary_rig_command(&world, &guard, "guard", "run", NULL);
    expect_line("begin: watch");
    wait_for_users(50);
    check_health_seldom();
    signal_task(SIGSTOP);
    expect_line("move: fargate fails: 8 probes in a row: ");
    signal_task(SIGCONT);
    wait_for_users(50);
    expect_end(0);
}

/* --- those who must not be fought --- */

/* count: of its groups, 1 or 2. */
static void set_rule(unsigned count, unsigned lambda, unsigned fargate)
{
    char arns[2][256], form[2048], rule[256];
    const char *names[] = {"lambda-a", "fargate-a"};
    for (int i = 0; i < 2; i++)
        (void)snprintf(arns[i], sizeof arns[i], "%s", canary_rig_group(&world, names[i]));
    const struct xml_node *root =
        canary_rig_query(&world, API_ELB, "Action=DescribeLoadBalancers&Version=2015-12-01");
    (void)snprintf(form, sizeof form,
                   "Action=DescribeListeners&Version=2015-12-01&LoadBalancerArn=%.*s",
                   BYTES_ARG(xml_tree_text(
                       root, "DescribeLoadBalancersResult/LoadBalancers/member/LoadBalancerArn")));
    root = canary_rig_query(&world, API_ELB, form);
    (void)snprintf(
        form, sizeof form, "Action=DescribeRules&Version=2015-12-01&ListenerArn=%.*s",
        BYTES_ARG(xml_tree_text(root, "DescribeListenersResult/Listeners/member/ListenerArn")));
    root = canary_rig_query(&world, API_ELB, form);
    const struct xml_node *member = xml_tree_find(root, "DescribeRulesResult/Rules/member");
    while (member && !bytes_eq(xml_tree_text(member, "Priority"), BYTES_LIT("40000")))
        member = xml_tree_next(member);
    (void)snprintf(rule, sizeof rule, "%.*s", BYTES_ARG(xml_tree_text(member, "RuleArn")));
    size_t len = (size_t)snprintf(
        form, sizeof form,
        "Action=ModifyRule&Version=2015-12-01&RuleArn=%s&Actions.member.1.Type=forward", rule);
    for (unsigned i = 0; i < count; i++)
        len += (size_t)snprintf(form + len, sizeof form - len,
                                "&Actions.member.1.ForwardConfig.TargetGroups.member.%u."
                                "TargetGroupArn=%s&Actions.member.1.ForwardConfig.TargetGroups."
                                "member.%u.Weight=%u",
                                i + 1, arns[i], i + 1, i ? fargate : lambda);
    (void)canary_rig_query(&world, API_ELB, form);
}

static void note(const char *target, const char *body)
{
    const cJSON *root;
    char why[CANARY_WHY_MAX] = "";
    api_begin(&world.api);
    cr_assert_eq(api_json(&world.api, API_SSM, target, bytes_from_str(body), true, &root, why),
                 RC_OK, "%s", why);
}

Test(guard_rig, leaves_a_canary_and_a_persons_weights_alone)
{
    note("AmazonSSM.PutParameter",
         "{\"Name\":\"/duet/canary\",\"Type\":\"String\",\"Value\":\"somebody\"}");
    start_guard(NULL, NULL);
    expect_line("canary: a canary has the lock");
    set_tasks(0);
    wait_for_users(100);
    cr_expect_null(strstr(guard.out.data, "move:"));
    note("AmazonSSM.DeleteParameter", "{\"Name\":\"/duet/canary\"}");
    expect_line("canary: the canary's lock is free again");
    expect_line("move: fargate fails");
    set_rule(2, 70, 30);
    expect_line("yield: somebody else has changed the weights");

    struct program running = guard;
    canary_rig_command(&world, &guard, "guard", "clear", NULL);
    int status = program_wait(&guard);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", guard.out.data);
    program_release(&guard);
    guard = running;
    cr_assert(program_wait_for_nth(&guard, "move: fargate fails", 2), "%s", guard.out.data);
    set_tasks(1);
    expect_end(0);
}

static struct aws_driver *start_engine(struct guard_engine *engine, struct guard_policy *policy)
{
    static const struct guard_out nowhere = {.stream = NULL};
    char text[256], error[640] = "";
    (void)snprintf(text, sizeof text,
                   "{\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,\"priority\":40000}}",
                   rig.port);
    cr_assert(guard_policy_parse(policy, "policy", bytes_from_str(text), error, sizeof error), "%s",
              error);
    struct aws_driver *driver = aws_driver_new(
        &(struct aws_driver_options){.plan = &policy->plan, .lookup = aws_env_lookup});
    cr_assert(
        guard_engine_init(engine, policy, driver, nowhere, aws_env_lookup, error, sizeof error),
        "%s", error);
    return driver;
}

/* What a person says between a guard's look and its write is not lost by that. */
Test(guard_rig, a_clear_that_comes_while_it_writes_counts)
{
    struct guard_policy policies[2];
    struct guard_engine engines[2], *running = &engines[0], *person = &engines[1];
    struct aws_driver *drivers[2];
    char why[CANARY_WHY_MAX] = "";
    for (int i = 0; i < 2; i++)
        drivers[i] = start_engine(&engines[i], &policies[i]);
    cr_assert_eq(guard_take(running, false, why), RC_OK, "%s", why);
    running->state.phase = GUARD_FOREIGN;
    cr_assert_eq(guard_keep(running, why), RC_OK, "%s", why);
    cr_assert_eq(guard_forget(person, why), RC_OK, "%s", why);
    cr_expect_eq(guard_keep(running, why), RC_AGAIN, "%s", why);
    cr_expect_eq(running->state.phase, GUARD_WATCH);
    cr_expect_eq(guard_check(running, why), RC_OK);
    cr_assert_eq(guard_take(person, true, why), RC_OK, "%s", why);
    cr_expect_eq(person->state.phase, GUARD_WATCH);
    cr_expect_eq(guard_keep(person, why), RC_OK, "%s", why);
    for (int i = 0; i < 2; i++) {
        guard_engine_release(&engines[i]);
        aws_driver_free(drivers[i]);
        guard_policy_release(&policies[i]);
    }
}

Test(guard_rig, says_that_nobody_answers_and_keeps_trying)
{
    start_guard("9", NULL);
    expect_line("; once more in 1 s");
    expect_line("; once more in 2 s");
    expect_end(0);
}

static void expect_refused(const char *members, const char *why)
{
    char text[512];
    (void)snprintf(text, sizeof text,
                   "{\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,\"priority\":40000}%s}",
                   rig.port, members);
    canary_rig_plan(&world, text);
    canary_rig_command(&world, &guard, "guard", "run", NULL);
    int status = program_wait(&guard);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 2 && strstr(guard.out.data, why),
              "status %d: %s", status, guard.out.data);
    program_release(&guard);
}

Test(guard_rig, refuses_a_policy_that_cannot_be_met_here)
{
    expect_refused(",\"fargate\":{\"cluster\":\"c\",\"services\":[\"s\"]}", "ClusterNotFound");
    expect_refused(",\"fargate\":{\"cluster\":\"duet-local\",\"services\":[\"duet-local-b\"]}",
                   "none of the ECS services 'duet-local-b' has the tasks of ");
    set_rule(1, 100, 0);
    expect_refused("", "the rule has no target group of fargate");
}

/* Prices at which Lambda is the cheaper home for any traffic of this machine. */
Test(guard_rig, gives_lambda_all_and_ends_the_tasks_where_that_is_cheaper)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,\"priority\":40000},"
                   "\"health\":{\"looks\":0},\"interval\":\"200ms\",\"lease\":\"10s\","
                   "\"metrics\":{\"period\":\"1s\",\"late\":\"1s\",\"latency\":\"1h\"},"
                   "\"fargate\":{\"cluster\":\"duet-local\",\"services\":[\"duet-local-a\"]},"
                   "\"cost\":{\"million_requests\":0.2,\"gb_second\":0.0000133334,\"memory\":128,"
                   "\"duration\":\"1ms\",\"task_hour\":1000,\"task_requests\":10000000,"
                   "\"hold\":\"1s\"}}",
                   rig.port);
    canary_rig_plan(&world, text);
    canary_rig_command(&world, &guard, "guard", "run", NULL);
    expect_line("0 % for fargate");
    expect_line(": no tasks");
    wait_for_users(100);
    cr_expect_eq(atomic_load(&load.bad) + atomic_load(&load.lost), 0u, "%s", guard.out.data);
    expect_end(0);
}

/* The same as a function, which a schedule's event wakes. */
Test(guard_rig, guards_as_a_lambda_function_too)
{
    char policy[1536], endpoint[128], event[2 * TEMPDIR_PATH_MAX], program[512];
    const char *folder = getenv("DUET_BUILD");
    (void)snprintf(program, sizeof program, "%s/guard", folder ? folder : "build");
    tempdir_write(tempdir_join(&world.folder, "", "event.json", event),
                  "{\"source\":\"aws.events\",\"detail-type\":\"Scheduled Event\",\"detail\":{}}");
    (void)snprintf(policy, sizeof policy, "GUARD_POLICY=");
    write_probing_policy(policy + strlen(policy), sizeof policy - strlen(policy),
                         "GUARD_PIN_SECRET");
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", world.endpoint);
    const char *argv[] = {"duet",        "invoke",
                          "--bootstrap", program,
                          "--store",     "memory",
                          "--timeout",   "60",
                          "--env",       policy,
                          "--env",       endpoint,
                          "--env",       "AWS_REGION=eu-west-1",
                          "--env",       "AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
                          "--env",       "AWS_SECRET_ACCESS_KEY=example",
                          "--env",       "GUARD_PIN_SECRET=open-sesame-open-sesame",
                          event,         NULL};
    set_tasks(0);
    program_start(&guard, argv, NULL);
    expect_line("\"act\":\"begin\"");
    expect_line("\"act\":\"move\",\"home\":\"fargate\",\"phase\":\"away\"");
    (void)program_stop(&guard);
    program_release(&guard);
}
