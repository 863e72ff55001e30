#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/support/canary_rig.h"
#include "tests/support/rig_program.h"

/* The guard's function, invoked once more while it still watches, as a schedule does. */

static struct rig_program rig;
static struct canary_rig world;
static char bootstrap[512], endpoint[128], event[2 * TEMPDIR_PATH_MAX];

static void setup(void)
{
    const char *folder = getenv("DUET_BUILD");
    rig_program_start(&rig, "lambda=50,fargate=50");
    canary_rig_init(&world, rig.control_port);
    (void)snprintf(bootstrap, sizeof bootstrap, "%s/guard", folder ? folder : "build");
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", world.endpoint);
    tempdir_write(tempdir_join(&world.folder, "", "event.json", event),
                  "{\"source\":\"aws.events\",\"detail-type\":\"Scheduled Event\",\"detail\":{}}");
}

static void teardown(void)
{
    canary_rig_release(&world);
    rig_program_stop(&rig);
}

TestSuite(guard_function, .init = setup, .fini = teardown, .timeout = 280);

#define POLICY                                                                     \
    "{\"rule\":{\"load_balancer\":\"duet-local\",\"port\":%u,\"priority\":40000}," \
    "\"interval\":\"200ms\",\"lease\":\"%s\"}"

/* It watches until 5 s before its timeout. */
static void invoke(struct program *program, const char *lease, const char *timeout_s)
{
    char policy[512];
    (void)snprintf(policy, sizeof policy, "GUARD_POLICY=" POLICY, rig.port, lease);
    const char *argv[] = {"duet",        "invoke",
                          "--bootstrap", bootstrap,
                          "--store",     "memory",
                          "--timeout",   timeout_s,
                          "--env",       policy,
                          "--env",       endpoint,
                          "--env",       "AWS_REGION=eu-west-1",
                          "--env",       "AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
                          "--env",       "AWS_SECRET_ACCESS_KEY=example",
                          event,         NULL};
    program_start(program, argv, NULL);
}

static void expect_line(struct program *program, const char *text)
{
    cr_assert(program_wait_for(program, text), "no '%s' in: %s", text,
              program->out.len ? program->out.data : "");
}

Test(guard_function, the_next_one_goes_on_where_the_last_one_ends)
{
    struct program first, second;
    invoke(&first, "1h", "8");
    expect_line(&first, "\"act\":\"begin\"");
    invoke(&second, "1h", "60");
    expect_line(&second, "\"act\":\"begin\"");
    expect_line(&first, "\"act\":\"end\"");
    (void)program_stop(&second);
    (void)program_wait(&first);
    program_release(&first);
    program_release(&second);
}

/* Nobody was guarded: that is no success. */
Test(guard_function, one_that_reaches_nobody_fails)
{
    struct program program;
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=http://127.0.0.1:9");
    invoke(&program, "1h", "7");
    expect_line(&program, "\"act\":\"retry\"");
    int status = program_wait(&program);
    cr_expect(!WIFEXITED(status) || WEXITSTATUS(status) != 0, "%s", program.out.data);
    cr_expect(strstr(program.out.data, "errorType"), "%s", program.out.data);
    cr_expect_null(strstr(program.out.data, "\"phase\""), "nothing is known: %s", program.out.data);
    program_release(&program);
}

Test(guard_function, one_in_the_middle_of_anothers_time_has_nothing_to_do)
{
    struct program first, second;
    char policy[256];
    (void)snprintf(policy, sizeof policy, POLICY, rig.port, "1h");
    canary_rig_plan(&world, policy);
    canary_rig_command(&world, &first, "guard", "run", NULL);
    expect_line(&first, "begin: watch");
    invoke(&second, "1h", "60");
    expect_line(&second, "\"act\":\"end\"");
    expect_line(&second, "guards with the parameter");
    cr_expect_null(strstr(second.out.data, "\"act\":\"begin\""), "%s", second.out.data);
    (void)program_wait(&second);
    (void)program_stop(&first);
    program_release(&first);
    program_release(&second);
}
