#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/function_rig.h"

/* What becomes of a sandbox between its calls: frozen, thawed, ended, killed, put off; and what
 * those who watch are told of it. */

static struct function_rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_release(&rig);
}

TestSuite(function_life, .init = setup, .fini = teardown);

#define ECHO "echo \"pid $$\"\nwhile next; do answer \"$event\"; done"

struct seen {
    size_t count;
    struct function_sandbox last;
};

static void see(void *context, const struct function_sandbox *sandbox)
{
    struct seen *seen = context;
    seen->count++;
    seen->last = *sandbox;
}

static struct seen look(void)
{
    struct seen seen = {.count = 0};
    function_each_sandbox(rig.function, see, &seen);
    return seen;
}

static void wait_state(enum function_sandbox_state state)
{
    while (look().last.state != state)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

/* The letter of /proc/PID/stat: T is stopped. */
static char run_state(pid_t pid)
{
    char path[64], state = '?';
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "re");
    cr_assert_not_null(stat);
    cr_assert_eq(fscanf(stat, "%*d (%*[^)]) %c", &state), 1);
    (void)fclose(stat);
    return state;
}

static struct function_stats stats(void)
{
    struct function_stats now;
    function_stats(rig.function, &now);
    return now;
}

/* --- frozen --- */

Test(function_life, one_that_waits_is_stopped_and_goes_on_with_the_next_event)
{
    rig.options.freeze_ms = 1;
    rig_start(&rig, ECHO);
    for (int i = 0; i < 3; i++) {
        cr_expect_str_eq(rig_run(&rig, "[1]")->payload, "[1]");
        wait_state(FUNCTION_SANDBOX_FROZEN);
        pid_t pid = look().last.process_id;
        while (run_state(pid) != 'T') /* the signal is on its way */
            (void)usleep(1000);
    }
    cr_expect_eq(rig_count_lines(&rig, "pid "), 1u, "it was one sandbox all the time");
}

Test(function_life, one_that_is_busy_or_has_not_asked_for_more_is_not_stopped)
{
    rig.options.freeze_ms = 1;
    rig_start(&rig, "next; sleep 0.1; answer 1; sleep 0.1; echo still here; next");
    (void)rig_run(&rig, "{}");
    rig_wait_line(&rig, "still here");
    wait_state(FUNCTION_SANDBOX_FROZEN);
}

Test(function_life, its_children_are_stopped_with_it)
{
    rig.options.freeze_ms = 1;
    rig_start(&rig, "sleep 1000 & echo \"child $!\"\n" ECHO);
    (void)rig_run(&rig, "{}");
    wait_state(FUNCTION_SANDBOX_FROZEN);
    int pid = 0;
    cr_assert_eq(sscanf(strstr(rig.lines.data, "child "), "child %d", &pid), 1);
    while (run_state(pid) != 'T')
        (void)usleep(1000);
}

Test(function_life, a_frozen_one_that_was_killed_costs_no_call)
{
    rig.options.freeze_ms = 1;
    rig_start(&rig, ECHO);
    (void)rig_run(&rig, "{}");
    wait_state(FUNCTION_SANDBOX_FROZEN);
    cr_assert_eq(kill(look().last.process_id, SIGKILL), 0);
    cr_expect_eq(rig_run(&rig, "{}")->outcome, FUNCTION_OK);
    cr_expect_eq(rig_count_lines(&rig, "pid "), 2u);
    while (stats().deaths == 0)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

/* In its init, in its call, between answer and next, idle, frozen: wherever the steps lead. */
Test(function_life, a_kill_at_any_time_is_healed)
{
    rig.options.freeze_ms = 1;
    rig_start(&rig, ECHO);
    for (int steps = 0; steps < 20; steps++) {
        const struct rig_result *result = &rig.results[rig_call(&rig, "[1]")];
        for (int i = 0; i < steps; i++)
            cr_assert_eq(loop_step(&rig.loop, 2), RC_OK);
        pid_t pid = look().last.process_id;
        if (pid)
            cr_assert_eq(kill(pid, SIGKILL), 0);
        while (!result->is_done)
            cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
        if (result->outcome != FUNCTION_OK)
            cr_expect_str_eq(result->error_type, "Runtime.ExitError", "%d: %s", steps,
                             result->payload);
        cr_expect_eq(rig_run(&rig, "{}")->outcome, FUNCTION_OK, "after %d steps", steps);
    }
}

/* --- ended --- */

Test(function_life, one_that_waits_for_long_is_ended)
{
    rig.options.freeze_ms = 1;
    rig.options.idle_end_ms = 2;
    rig_start(&rig, ECHO);
    (void)rig_run(&rig, "{}");
    while (look().count)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    cr_expect_eq(stats().idle_ends, 1u);
    cr_expect_eq(stats().deaths, 0u);
    cr_expect_eq(rig_run(&rig, "{}")->outcome, FUNCTION_OK, "the next call starts another");
}

/* SIGTERM is blocked and taken by sigwait, so that none comes too early for a handler. */
Test(function_life, a_frozen_one_with_an_extension_hears_of_its_end)
{
    rig.options.freeze_ms = 1;
    rig.options.stop_grace_ms = 600000;
    rig_start(&rig, "api POST /2020-01-01/extension/register '{}' 'Lambda-Extension-Name: a'\n"
                    "next; answer 1\n"
                    "exec python3 -c '\n"
                    "import os, signal, socket\n"
                    "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
                    "host, port = os.environ[\"AWS_LAMBDA_RUNTIME_API\"].split(\":\")\n"
                    "api = socket.create_connection((host, int(port)))\n"
                    "api.sendall(b\"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\n\"\n"
                    "            b\"Host: a\\r\\n\\r\\n\")\n"
                    "signal.sigwait([signal.SIGTERM])\n"
                    "print(\"told\")\n'");
    (void)rig_run(&rig, "{}");
    wait_state(FUNCTION_SANDBOX_FROZEN);
    function_set_concurrency(rig.function, 0);
    rig_wait_line(&rig, "told");
    while (look().count)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

Test(function_life, retiring_lets_the_call_in_hand_end)
{
    rig_start(&rig,
              "while next; do echo got; while [ ! -e go ]; do sleep 0.01; done; answer 1; done");
    (void)rig_call(&rig, "{}");
    rig_wait_line(&rig, "got");
    function_retire(rig.function);
    cr_expect_not(function_is_over(rig.function));
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&rig.dir, "", "go", path), "");
    while (!function_is_over(rig.function))
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    cr_expect_eq(rig.results[0].outcome, FUNCTION_OK);
}

Test(function_life, retiring_ends_those_that_wait)
{
    rig_start(&rig, ECHO);
    (void)rig_run(&rig, "{}");
    rig_wait_idle(&rig);
    function_retire(rig.function);
    while (!function_is_over(rig.function))
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

Test(function_life, a_smaller_limit_ends_the_idle_and_throttles)
{
    rig_start(&rig, "while next; do until [ -e go ]; do sleep 0.01; done; answer 1; done");
    (void)rig_call(&rig, "{}");
    (void)rig_call(&rig, "{}");
    function_set_concurrency(rig.function, 1);
    (void)rig_call(&rig, "{}");
    cr_expect_eq(rig.results[2].outcome, FUNCTION_THROTTLED);
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&rig.dir, "", "go", path), "");
    rig_wait_done(&rig, 3);
    while (look().count > 1)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    cr_expect_eq(stats().throttles, 1u);
    function_set_concurrency(rig.function, 0);
    while (look().count)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    (void)rig_call(&rig, "{}");
    cr_expect_eq(rig.results[3].outcome, FUNCTION_THROTTLED);
}

/* --- put off --- */

Test(function_life, a_program_that_never_starts_is_put_off)
{
    rig_start(&rig, "echo started; exit 7");
    for (int i = 0; i < 5; i++) /* two inits each */
        (void)rig_run(&rig, "{}");
    rig_wait_line(&rig, "the init has failed 10 times in a row: no start for ");
    cr_expect_eq(stats().init_failures, 10u);
    cr_expect_eq(rig_count_lines(&rig, "started"), 10u);
    /* However slow this machine is, one of these falls into a pause, which grows. */
    uint64_t starts = stats().starts;
    struct rig_result *result = rig_run(&rig, "{}");
    while (stats().starts != starts) {
        starts = stats().starts;
        result = rig_run(&rig, "{}");
    }
    cr_expect_eq(result->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(result->error_type, "Runtime.ExitError");
    cr_expect_not_null(strstr(result->payload, "Runtime exited with error: exit status 7"));
    rig_write_bootstrap(&rig, ECHO);
    function_replace(rig.function);
    cr_expect_eq(rig_run(&rig, "{}")->outcome, FUNCTION_OK, "a new program is tried at once");
}

/* --- watched --- */

Test(function_life, who_watches_is_told_states_and_counts)
{
    rig.options.freeze_ms = 600000;
    rig_start(&rig, "while next; do [ \"$event\" = hold ] && until [ -e go ]; do sleep 0.01; done; "
                    "answer 1; done");
    cr_expect_eq(look().count, 0u);
    function_warm(rig.function);
    cr_expect_eq(look().last.state, FUNCTION_SANDBOX_INIT);
    wait_state(FUNCTION_SANDBOX_IDLE);
    cr_expect_gt(look().last.init_us, 0);
    (void)rig_call(&rig, "{}");
    cr_expect_eq(look().last.state, FUNCTION_SANDBOX_BUSY);
    rig_wait_done(&rig, 1);
    wait_state(FUNCTION_SANDBOX_IDLE);
    struct seen seen = look();
    cr_expect_eq(seen.count, 1u);
    cr_expect_eq(seen.last.number, 1u);
    cr_expect_eq(seen.last.call_count, 1u);
    cr_expect_gt(seen.last.peak_memory_mb, 0u);
    cr_expect(seen.last.age_ms >= seen.last.state_ms && seen.last.state_ms >= 0);
    cr_expect_eq(stats().cold_starts, 0u, "it was started ahead");
    (void)rig_call(&rig, "hold");
    (void)rig_call(&rig, "{}"); /* must have another */
    rig_wait_done(&rig, 2);
    cr_expect_eq(stats().cold_starts, 1u);
    cr_expect_eq(stats().starts, 2u);
    cr_expect_eq(stats().calls, 3u);
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&rig.dir, "", "go", path), "");
    rig_wait_done(&rig, 3);
}
