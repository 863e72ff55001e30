#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "pipeline/canary/state.h"
#include "tests/support/canary_rig.h"
#include "tests/support/rig_program.h"
#include "tests/support/user_load.h"

/*
 * `duet guard` and the tasks of the Fargate home on `duet local`: Lambda fails, and the service
 * behind the slot that carries gets more of them; and has what it had before, once Lambda is back.
 */

static struct rig_program rig;
static struct canary_rig world;
static struct user_load load;
static struct program guard;

static void setup(void)
{
    rig_program_start_pinned(&rig, "lambda=50,fargate-b=50", "open-sesame-open-sesame");
    canary_rig_init(&world, rig.control_port);
    user_load_start(&load, rig.port);
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

TestSuite(guard_tasks, .init = setup, .fini = teardown, .timeout = 280);

static void start_guard(void)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,\"priority\":40000},"
                   "\"probes\":{\"url\":\"http://127.0.0.1:%u/gtg\",\"interval\":\"50ms\","
                   "\"timeout\":\"30s\",\"failures\":2},\"metrics\":{\"windows\":0},"
                   "\"health\":{\"looks\":0},\"interval\":\"200ms\",\"lease\":\"10s\","
                   "\"fargate\":{\"cluster\":\"duet-local\","
                   "\"services\":[\"duet-local-a\",\"duet-local-b\"]},"
                   "\"moves\":{\"apart\":\"1s\",\"back_after\":\"1s\",\"step\":\"1s\","
                   "\"steps\":[100]}}",
                   rig.port, rig.port);
    canary_rig_plan(&world, text);
    canary_rig_command(&world, &guard, "guard", "run", NULL);
}

static void expect_line(const char *text)
{
    cr_assert(program_wait_for(&guard, text), "no '%s' in: %s", text,
              guard.out.len ? guard.out.data : "");
}

/* Each invocation is throttled, or none. */
static void throttle(bool is_on)
{
    const cJSON *root;
    char why[CANARY_WHY_MAX] = "";
    struct bytes body = BYTES_LIT("{\"ReservedConcurrentExecutions\":0}");
    api_begin(&world.api);
    cr_assert_eq(api_rest(&world.api, API_LAMBDA, is_on ? "PUT" : "DELETE",
                          "/2017-10-31/functions/duet-local/concurrency", NULL,
                          is_on ? body : bytes_make(NULL, 0), &root, why),
                 RC_OK, "%s", why);
}

static const cJSON *scaling(const char *action, const char *more)
{
    const cJSON *root;
    char body[256], target[64], why[CANARY_WHY_MAX] = "";
    (void)snprintf(target, sizeof target, "AnyScaleFrontendService.%s", action);
    (void)snprintf(body, sizeof body,
                   "{\"ServiceNamespace\":\"ecs\",\"ScalableDimension\":\"ecs:service:DesiredCount"
                   "\",%s}",
                   more);
    api_begin(&world.api);
    cr_assert_eq(api_json(&world.api, API_SCALING, target, bytes_from_str(body), false, &root, why),
                 RC_OK, "%s", why);
    return root;
}

static void set_bounds(unsigned min, unsigned max)
{
    char more[128];
    (void)snprintf(more, sizeof more,
                   "\"ResourceId\":\"service/duet-local/duet-local-b\",\"MinCapacity\":%u,"
                   "\"MaxCapacity\":%u",
                   min, max);
    (void)scaling("RegisterScalableTarget", more);
}

static void expect_bounds(double min, double max)
{
    const cJSON *root =
        scaling("DescribeScalableTargets", "\"ResourceIds\":[\"service/duet-local/duet-local-b\"]");
    const cJSON *target =
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "ScalableTargets"), 0);
    const cJSON *low = cJSON_GetObjectItemCaseSensitive(target, "MinCapacity");
    const cJSON *high = cJSON_GetObjectItemCaseSensitive(target, "MaxCapacity");
    cr_assert(low && high);
    cr_expect_eq(low->valuedouble, min);
    cr_expect_eq(high->valuedouble, max);
}

/* Lambda fails, and all goes to Fargate, with one task more. */
static void move_to_fargate(void)
{
    set_bounds(1, 1);
    start_guard();
    expect_line("begin: watch");
    throttle(true);
    expect_line(" of 2 tasks are healthy, and lambda fails");
    expect_line("move: lambda fails");
    cr_expect_eq(canary_rig_tasks(&world, "duet-local-b"), 2);
    cr_expect_eq(canary_rig_tasks(&world, "duet-local-a"), 1, "the idle slot is left alone");
    expect_bounds(2, 2);
}

Test(guard_tasks, the_service_that_carries_gets_tasks_and_what_it_had_once_lambda_is_back)
{
    move_to_fargate();
    throttle(false);
    expect_line("step: lambda is well again: 100 %");
    expect_line("unscale: lambda is well again: 'duet-local-b' gets 1 tasks, as before");
    cr_expect_eq(canary_rig_tasks(&world, "duet-local-b"), 1);
    expect_bounds(1, 1);
}

Test(guard_tasks, what_somebody_else_has_set_meanwhile_stays)
{
    move_to_fargate();
    set_bounds(3, 5);
    throttle(false);
    expect_line("unscale: somebody has changed the service's scaling: it stays");
    cr_expect_eq(canary_rig_tasks(&world, "duet-local-b"), 3);
    expect_bounds(3, 5);
}
