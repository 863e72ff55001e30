#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/function_rig.h"

/* A function from its first call to its end: starts, reuse, deaths, limits. What its runtime may
 * say is looked at in test_runtime_api.c. */

static struct function_rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_release(&rig);
}

TestSuite(function, .init = setup, .fini = teardown);

#define ECHO "while next; do answer \"$event\"; done"

static void expect_error(const struct rig_result *result, enum function_outcome outcome,
                         const char *type, const char *message)
{
    char expected[512];
    (void)snprintf(expected, sizeof expected,
                   "{\"errorMessage\":\"RequestId: %s Error: %s\",\"errorType\":\"%s\"}",
                   result->request_id, message, type);
    cr_expect_eq(result->outcome, outcome);
    cr_expect_str_eq(result->error_type, type);
    cr_expect_str_eq(result->payload, expected, "%s", result->payload);
}

/* --- our own bootstrap --- */

Test(function, our_bootstrap_answers_cold_and_warm)
{
    const char *build = getenv("DUET_BUILD");
    const char *env[] = {"DUET_STORE=memory", NULL};
    (void)snprintf(rig.program, sizeof rig.program, "%s/bootstrap", build ? build : "build");
    rig.options.env = env;
    rig_start(&rig, NULL);
    const char *event = "{\"requestContext\":{\"elb\":{\"targetGroupArn\":\"a\"}},\"httpMethod\":"
                        "\"GET\",\"path\":\"/hello\",\"headers\":{\"host\":\"a\"},"
                        "\"queryStringParameters\":{},\"body\":\"\",\"isBase64Encoded\":false}";
    struct rig_result *first = rig_run(&rig, event);
    cr_assert_eq(first->outcome, FUNCTION_OK, "%s", first->payload);
    cr_expect_not_null(strstr(first->payload, "Hello world"), "%s", first->payload);
    cr_expect(first->is_cold_start);
    cr_expect_gt(first->init_us, 0);
    struct rig_result *second = rig_run(&rig, event);
    cr_expect_str_eq(second->payload, first->payload);
    cr_expect_not(second->is_cold_start);
    cr_expect_eq(rig_sandboxes(&rig), 1u);
    struct rig_result *bad = rig_run(&rig, "{\"hello\":1}");
    cr_expect_eq(bad->outcome, FUNCTION_ERROR);
    cr_expect_eq(rig_run(&rig, event)->outcome, FUNCTION_OK);
}

/* --- sandboxes --- */

Test(function, calls_one_after_another_use_one_sandbox)
{
    rig_start(&rig, "echo started\n" ECHO);
    for (int i = 0; i < 10; i++)
        cr_expect_str_eq(rig_run(&rig, "[1]")->payload, "[1]");
    cr_expect_eq(rig_count_lines(&rig, "started"), 1u);
}

static void call_again(struct function_rig *running)
{
    if (running->call_count < 10)
        (void)rig_call(running, "{}");
}

Test(function, a_call_made_in_a_result_waits_for_the_same_sandbox)
{
    rig.options.concurrency = 1;
    rig_start(&rig, "echo started\n" ECHO);
    rig.on_done = call_again;
    (void)rig_call(&rig, "{}");
    rig_wait_done(&rig, 10);
    for (size_t i = 0; i < 10; i++)
        cr_expect_eq(rig.results[i].outcome, FUNCTION_OK, "call %zu: %s", i,
                     rig.results[i].payload);
    cr_expect_eq(rig_count_lines(&rig, "started"), 1u);
}

Test(function, at_the_limit_a_call_waits_for_one_that_is_slow_to_come_back)
{
    char path[2 * TEMPDIR_PATH_MAX];
    rig.options.concurrency = 1;
    rig.options.return_ms = 1;
    rig_start(&rig, "echo started\nnext; answer 1; until [ -e go ]; do sleep 0.01; done; next; "
                    "answer 2; next");
    (void)rig_call(&rig, "{}");
    rig_wait_done(&rig, 1);
    (void)usleep(2000);
    (void)rig_call(&rig, "{}");
    (void)rig_call(&rig, "{}");
    cr_expect_eq(rig.results[2].outcome, FUNCTION_THROTTLED, "one call waits for one sandbox");
    cr_expect_not(rig.results[1].is_done);
    tempdir_write(tempdir_join(&rig.dir, "", "go", path), "");
    rig_wait_done(&rig, 3);
    cr_expect_str_eq(rig.results[1].payload, "2");
    cr_expect_eq(rig_count_lines(&rig, "started"), 1u);
}

Test(function, who_answers_and_does_not_come_back_is_not_waited_for)
{
    rig.options.return_ms = 50;
    rig_start(&rig, "next; answer 1; while :; do sleep 1; done");
    (void)rig_call(&rig, "{}");
    rig_wait_done(&rig, 1);
    (void)rig_call(&rig, "{}");
    rig_wait_done(&rig, 2);
    cr_expect_eq(rig.results[0].outcome, FUNCTION_OK);
    cr_expect_eq(rig.results[1].outcome, FUNCTION_OK);
    cr_expect_eq(rig_sandboxes(&rig), 2u);
}

Test(function, calls_at_once_get_a_sandbox_each_up_to_the_limit)
{
    rig.options.concurrency = 2;
    rig_start(&rig, "echo started\n" ECHO);
    (void)rig_call(&rig, "1");
    (void)rig_call(&rig, "2");
    size_t third = rig_call(&rig, "3");
    cr_assert(rig.results[third].is_done, "throttled at once");
    cr_expect_eq(rig.results[third].outcome, FUNCTION_THROTTLED);
    cr_expect_str_eq(rig.results[third].payload,
                     "{\"Reason\":\"ConcurrentInvocationLimitExceeded\",\"Type\":\"User\","
                     "\"message\":\"Rate Exceeded.\"}");
    rig_wait_done(&rig, 3);
    cr_expect_str_eq(rig.results[0].payload, "1");
    cr_expect_str_eq(rig.results[1].payload, "2");
    cr_expect_eq(rig_count_lines(&rig, "started"), 2u);
}

Test(function, a_warm_sandbox_saves_the_first_call_its_start)
{
    rig_start(&rig, "echo started\n" ECHO);
    function_warm(rig.function);
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_not(result->is_cold_start);
    cr_expect_eq(result->init_us, 0);
    cr_expect_eq(rig_count_lines(&rig, "started"), 1u);
}

Test(function, an_idle_sandbox_that_was_killed_costs_no_call)
{
    rig_start(&rig, "echo \"pid $$\"\n" ECHO);
    cr_assert_eq(rig_run(&rig, "{}")->outcome, FUNCTION_OK);
    rig_wait_idle(&rig);
    int pid = 0;
    cr_assert_eq(sscanf(strstr(rig.lines.data, "pid "), "pid %d", &pid), 1);
    cr_assert_eq(kill(pid, SIGKILL), 0);
    /* Its end is on its way, and the loop has not seen it. */
    cr_expect_eq(rig_run(&rig, "{}")->outcome, FUNCTION_OK);
    cr_expect_eq(rig_count_lines(&rig, "pid "), 2u);
}

/* --- starts that fail --- */

Test(function, a_bootstrap_that_ends_at_once_fails_the_call_and_is_not_started_for_ever)
{
    rig_start(&rig, "echo started; exit 3");
    expect_error(rig_run(&rig, "{}"), FUNCTION_ERROR, "Runtime.ExitError",
                 "Runtime exited with error: exit status 3");
    cr_expect_eq(rig_count_lines(&rig, "started"), 2u, "once, and once more in the call");
    cr_expect_eq(rig_count_lines(&rig, "Phase: init\tStatus: error\tError Type: Runtime.ExitError"),
                 1u);
    cr_expect_eq(
        rig_count_lines(&rig, "Phase: invoke\tStatus: error\tError Type: Runtime.ExitError"), 1u);
    cr_expect_eq(rig_sandboxes(&rig), 0u);
}

Test(function, every_waiting_call_hears_of_a_failing_start)
{
    rig_start(&rig, "exit 0");
    for (int i = 0; i < 3; i++)
        (void)rig_call(&rig, "{}");
    rig_wait_done(&rig, 3);
    for (size_t i = 0; i < 3; i++)
        expect_error(&rig.results[i], FUNCTION_ERROR, "Runtime.ExitError",
                     "Runtime exited without providing a reason");
}

Test(function, an_init_error_is_the_answer_of_the_call)
{
    rig.options.init_error_grace_ms = 600000; /* the script ends by itself */
    rig_start(&rig, "api POST runtime/init/error '{\"errorMessage\":\"no database\"}' "
                    "'Lambda-Runtime-Function-Error-Type: Runtime.NoDatabase'\n"
                    "echo \"status $status\"; next; echo \"then $status\"; exit 1");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(result->payload, "{\"errorMessage\":\"no database\"}");
    cr_expect_str_eq(result->error_type, "Runtime.NoDatabase");
    cr_expect_eq(rig_count_lines(&rig, "status 202"), 2u);
    cr_expect_eq(rig_count_lines(&rig, "then 403"), 2u);
    cr_expect_eq(rig_count_lines(&rig, "Error Type: Runtime.NoDatabase"), 3u);
}

Test(function, who_stays_after_an_init_error_is_ended)
{
    rig_start(&rig, "api POST runtime/init/error '\"why\"'\nwhile :; do sleep 1; done");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "\"why\"");
}

Test(function, an_init_that_takes_too_long_is_tried_again_within_the_call)
{
    rig.options.init_timeout_ms = 50;
    rig.options.timeout_ms = 200;
    rig_start(&rig, "while :; do sleep 1; done");
    expect_error(rig_run(&rig, "{}"), FUNCTION_TIMEOUT, "Sandbox.Timedout",
                 "Task timed out after 0.20 seconds");
    cr_expect_eq(rig_count_lines(&rig, "Phase: init\tStatus: timeout"), 1u);
    cr_expect_eq(rig_count_lines(&rig, "Phase: invoke\tStatus: timeout"), 1u);
}

Test(function, the_second_try_of_an_init_may_succeed)
{
    rig_start(&rig, "[ -e tried ] || { : >tried; exit 1; }\n" ECHO);
    struct rig_result *result = rig_run(&rig, "[2]");
    cr_expect_eq(result->outcome, FUNCTION_OK);
    cr_expect_str_eq(result->payload, "[2]");
}

Test(function, an_ahead_start_that_fails_is_not_repeated)
{
    rig_start(&rig, "echo started; exit 1");
    function_warm(rig.function);
    while (rig_count_lines(&rig, "INIT_REPORT") == 0)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    cr_assert_eq(loop_step(&rig.loop, 0), RC_OK);
    cr_expect_eq(rig_count_lines(&rig, "started"), 1u);
    cr_expect_eq(rig_sandboxes(&rig), 0u);
}

Test(function, a_program_that_is_not_there_is_named)
{
    char error[512];
    cr_expect_null(function_new(&rig.options, error, sizeof error));
    cr_expect_not_null(strstr(error, rig.program), "%s", error);
    cr_expect_not_null(strstr(error, "No such file or directory"), "%s", error);
    tempdir_write(rig.program, "not executable");
    cr_expect_null(function_new(&rig.options, error, sizeof error));
    cr_expect_not_null(strstr(error, "Permission denied"), "%s", error);
}

Test(function, a_program_that_went_away_fails_the_call)
{
    rig_start(&rig, ECHO);
    cr_assert_eq(unlink(rig.program), 0);
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(result->error_type, "Runtime.InvalidEntrypoint");
    cr_expect_not_null(strstr(result->payload, "No such file"), "%s", result->payload);
}

/* --- deaths in a call --- */

struct death_row {
    const char *script;
    const char *message;
};

static const struct death_row death_rows[] = {
    {"next; exit 1", "Runtime exited with error: exit status 1"},
    {"next; kill -9 $$", "Runtime exited with error: signal: killed"},
    {"next; kill -SEGV $$", "Runtime exited with error: signal: segmentation fault"},
    {"next; exit 0", "Runtime exited without providing a reason"},
};

Test(function, a_runtime_that_dies_in_a_call_fails_that_call)
{
    for (size_t i = 0; i < sizeof death_rows / sizeof *death_rows; i++) {
        rig_start(&rig, death_rows[i].script);
        expect_error(rig_run(&rig, "{}"), FUNCTION_ERROR, "Runtime.ExitError",
                     death_rows[i].message);
        function_free(rig.function);
    }
    rig.function = NULL;
}

Test(function, the_call_after_a_death_gets_a_new_sandbox)
{
    rig_start(&rig, "echo started; next; [ \"$event\" = die ] && exit 1; answer \"$event\"; next");
    cr_expect_eq(rig_run(&rig, "die")->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(rig_run(&rig, "live")->payload, "live");
    cr_expect_eq(rig_count_lines(&rig, "started"), 2u);
}

Test(function, a_death_after_the_answer_changes_no_result)
{
    rig_start(&rig, "next; answer '\"fine\"'; exit 1");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_OK);
    rig_wait_line(&rig, "Status: error\tError Type: Runtime.ExitError");
    cr_expect_eq(rig_run(&rig, "{}")->outcome, FUNCTION_OK);
}

Test(function, a_call_over_its_time_is_ended_with_its_sandbox)
{
    rig.options.timeout_ms = 1000;
    rig_start(&rig, "echo started; while next; do [ \"$event\" = hang ] && sleep 1000; "
                    "answer \"$event\"; done");
    expect_error(rig_run(&rig, "hang"), FUNCTION_TIMEOUT, "Sandbox.Timedout",
                 "Task timed out after 1.00 seconds");
    cr_expect_eq(rig_count_lines(&rig, "Status: timeout"), 1u);
    /* A machine may be so busy that this one, too, takes a second: then once more. */
    size_t tries = 1;
    const struct rig_result *result = rig_run(&rig, "go");
    for (; result->outcome == FUNCTION_TIMEOUT && tries < RIG_CALLS_MAX / 2; tries++)
        result = rig_run(&rig, "go");
    cr_expect_str_eq(result->payload, "go");
    cr_expect_eq(rig_count_lines(&rig, "started"), 1 + tries);
}

/* --- replacement and end --- */

Test(function, replace_lets_the_call_in_hand_end_with_the_old_program)
{
    rig_start(&rig, "while next; do echo got; while [ ! -e go ]; do sleep 0.01; done; "
                    "answer '\"old\"'; done");
    size_t call = rig_call(&rig, "{}");
    rig_wait_line(&rig, "got");
    rig_write_bootstrap(&rig, "while next; do answer '\"new\"'; done");
    function_replace(rig.function);
    (void)rig_call(&rig, "{}");
    rig_wait_done(&rig, 1);
    cr_expect_str_eq(rig.results[1].payload, "\"new\"");
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&rig.dir, "", "go", path), "");
    rig_wait_done(&rig, 2);
    cr_expect_str_eq(rig.results[call].payload, "\"old\"");
    while (rig_sandboxes(&rig) > 1)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "\"new\"");
}

Test(function, replace_while_a_sandbox_starts_moves_the_waiting_call)
{
    rig_start(&rig, "while :; do sleep 1; done");
    size_t call = rig_call(&rig, "{}");
    rig_write_bootstrap(&rig, "while next; do answer '\"new\"'; done");
    function_replace(rig.function);
    rig_wait_done(&rig, 1);
    cr_expect_str_eq(rig.results[call].payload, "\"new\"");
}

Test(function, free_ends_open_calls_with_an_error)
{
    rig.options.concurrency = 2;
    rig_start(&rig, "next; echo got; sleep 1000");
    size_t running = rig_call(&rig, "{}");
    rig_wait_line(&rig, "got");
    size_t waiting = rig_call(&rig, "{}");
    function_free(rig.function);
    rig.function = NULL;
    expect_error(&rig.results[running], FUNCTION_ERROR, "Sandbox.Failure",
                 "the function was ended");
    expect_error(&rig.results[waiting], FUNCTION_ERROR, "Sandbox.Failure",
                 "the function was ended");
}

Test(function, free_does_no_harm_to_nothing)
{
    function_free(NULL);
    rig_start(&rig, ECHO);
    function_warm(rig.function);
}
