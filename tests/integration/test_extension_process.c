#include <criterion/criterion.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/process/mapping.h"
#include "tests/support/function_rig.h"

/* Extensions with a process of their own, from the opt folder of a function: their start, what they
 * hear, and what becomes of the sandbox when they end. */

static struct function_rig rig;
static char opt[2 * TEMPDIR_PATH_MAX], extension[3 * TEMPDIR_PATH_MAX];

static void setup(void)
{
    rig_init(&rig);
    (void)tempdir_join(&rig.dir, "", "opt", opt);
    (void)snprintf(extension, sizeof extension, "%s/extensions", opt);
    cr_assert_eq(mkdir(opt, 0755), 0);
    cr_assert_eq(mkdir(extension, 0755), 0);
    (void)snprintf(extension, sizeof extension, "%s/extensions/hears", opt);
    rig.options.opt = opt;
    /* Scripts are slow where much else runs: none of them is to be late. */
    rig.options.init_timeout_ms = 600000;
    rig.options.stop_grace_ms = 30000;
}

/* Who has not asked for its next event would not hear of the rig's end, and be waited for. */
static void teardown(void)
{
    if (rig.function)
        rig_wait_idle(&rig);
    rig_release(&rig);
}

TestSuite(extension_process, .init = setup, .fini = teardown);

/* Shell functions: `register EVENTS`, and `listen` that prints each event and runs its argument. */
#define SHELL                                                                             \
    "register() { api POST /2020-01-01/extension/register \"{\\\"events\\\":[$1]}\" "     \
    "\"Lambda-Extension-Name: ${0##*/}\"; echo \"registered $status\"; "                  \
    "extension=$(field Lambda-Extension-Identifier); }\n"                                 \
    "hear() { api GET /2020-01-01/extension/event/next '' "                               \
    "\"Lambda-Extension-Identifier: $extension\"; [ \"$status\" = 200 ] && echo \"heard " \
    "$body\"; }\n"                                                                        \
    "over() { [[ $body = *SHUTDOWN* ]] && { echo \"cleaned $$\"; exit 0; }; }\n"          \
    "echo \"extension pid $$\"\n"
#define ALL "register '\"INVOKE\",\"SHUTDOWN\"'\n"
#define ECHO "echo \"runtime pid $$\"\nwhile next; do answer \"$event\"; done"

static pid_t id_behind(const char *words)
{
    int id = 0;
    rig_wait_line(&rig, words);
    cr_assert_eq(sscanf(strstr(rig.lines.data, words) + strlen(words), "%d", &id), 1);
    return id;
}

static void start(const char *script, const char *runtime)
{
    rig_write_script(&rig, extension, script);
    rig_start(&rig, runtime);
}

static void expect_failure(const struct rig_result *result, const char *type, const char *why)
{
    cr_expect_eq(result->outcome, FUNCTION_ERROR, "%s", result->payload);
    cr_expect_str_eq(result->error_type, type);
    cr_expect(strstr(result->payload, why), "%s", result->payload);
}

static void hear_all(bool is_mapped)
{
    rig.options.is_opt_mapped = is_mapped;
    start(SHELL "echo \"I am $0\"\n" ALL "while hear; do over; done",
          "echo \"at ${LAMBDA_OPT_DIR-/opt}; $LD_LIBRARY_PATH\"; ls /opt/extensions\n" ECHO);
    struct rig_result *result = rig_run(&rig, "[1]");
    cr_expect_str_eq(result->payload, "[1]");
    rig_wait_line(&rig, "heard {\"eventType\":\"INVOKE\",\"deadlineMs\":");
    rig_wait_line(&rig, result->request_id);
    rig_wait_idle(&rig);
    char path[4 * TEMPDIR_PATH_MAX];
    (void)snprintf(path, sizeof path, "I am %s/extensions/hears", is_mapped ? "/opt" : opt);
    cr_expect_eq(rig_count_lines(&rig, path), 1u);
    (void)snprintf(path, sizeof path, "at %s; ", is_mapped ? "/opt" : opt);
    cr_expect_eq(rig_count_lines(&rig, path), 1u);
    cr_expect_eq(
        rig_count_lines(&rig, "EXTENSION\tName: hears\tState: Ready\tEvents: [INVOKE,SHUTDOWN]"),
        1u);
    pid_t id = id_behind("extension pid ");
    function_replace(rig.function);
    rig_wait_line(&rig, "heard {\"eventType\":\"SHUTDOWN\",\"shutdownReason\":\"spindown\","
                        "\"deadlineMs\":");
    rig_wait_line(&rig, "cleaned ");
    while (kill(id, 0) == 0)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    function_free(rig.function);
    rig.function = NULL;
}

Test(extension_process, hears_of_events_and_of_the_end)
{
    hear_all(false);
}

Test(extension_process, sees_its_folder_as_opt_where_that_can_be)
{
    if (mapping_is_possible())
        hear_all(true);
}

Test(extension_process, the_init_waits_for_its_next)
{
    start(SHELL ALL "until [ -e \"${0%/*}/go\" ]; do sleep 0.01; done\nwhile hear; do over; done",
          ECHO);
    (void)rig_call(&rig, "{}");
    (void)id_behind("runtime pid ");
    rig_wait_line(&rig, "registered 200");
    cr_expect_eq(rig.done_count, 0u);
    char path[4 * TEMPDIR_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/extensions/go", opt);
    tempdir_write(path, "");
    rig_wait_done(&rig, 1);
    cr_expect_eq(rig.results[0].outcome, FUNCTION_OK);
}

Test(extension_process, one_that_ends_in_a_call_fails_it_and_the_next_has_another)
{
    start(SHELL ALL "hear; [ -e \"${0%/*}/went\" ] || { touch \"${0%/*}/went\"; exit 3; }\n"
                    "while hear; do over; done",
          "while next; do [ \"$event\" = 2 ] && answer 1 || sleep 1000; done");
    expect_failure(rig_run(&rig, "1"), "Extension.Crash", " Error: exit status 3\"");
    cr_expect_eq(rig_count_lines(&rig, "the extension hears has ended: exit status 3"), 1u);
    cr_expect_str_eq(rig_run(&rig, "2")->payload, "1");
}

Test(extension_process, one_that_ends_before_it_registers_fails_the_init)
{
    start("kill -KILL $$", ECHO);
    expect_failure(rig_run(&rig, "{}"), "Extension.Crash", " Error: signal: killed\"");
}

Test(extension_process, one_that_cannot_be_started_fails_the_init)
{
    start("", ECHO);
    tempdir_write(extension, "#!/nowhere/interpreter\n");
    expect_failure(rig_run(&rig, "{}"), "Extension.LaunchError", "No such file");
}

Test(extension_process, hears_of_a_runtime_that_fails)
{
    start(SHELL ALL "while hear; do over; done", "next; exit 4");
    expect_failure(rig_run(&rig, "{}"), "Runtime.ExitError", "exit status 4");
    rig_wait_line(&rig, "\"shutdownReason\":\"failure\"");
    rig_wait_line(&rig, "cleaned ");
}

Test(extension_process, hears_of_a_timeout)
{
    rig.options.timeout_ms = 500;
    start(SHELL "register '\"SHUTDOWN\"'\nwhile hear; do over; done",
          "next; echo has it; sleep 1000");
    cr_expect_eq(rig_run(&rig, "{}")->outcome, FUNCTION_TIMEOUT);
    rig_wait_line(&rig, "\"shutdownReason\":\"timeout\"");
    rig_wait_line(&rig, "cleaned ");
}

Test(extension_process, one_that_does_not_end_is_killed_after_its_time)
{
    rig.options.stop_grace_ms = 20;
    start(SHELL ALL "while hear; do :; done; sleep 1000", ECHO);
    (void)rig_run(&rig, "{}");
    rig_wait_idle(&rig);
    pid_t id = id_behind("extension pid ");
    function_replace(rig.function);
    while (kill(id, 0) == 0)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

Test(extension_process, what_it_has_started_goes_with_it)
{
    start(SHELL ALL "setsid sleep 1000 & echo \"stray $!\"\nwhile hear; do over; done", ECHO);
    (void)rig_run(&rig, "{}");
    pid_t id = id_behind("stray ");
    function_replace(rig.function);
    while (rig_is_there(id))
        cr_assert_eq(loop_step(&rig.loop, 10), RC_OK);
}

Test(extension_process, hears_of_the_rigs_end)
{
    start(SHELL ALL "while hear; do over; done", ECHO);
    (void)rig_run(&rig, "{}");
    rig_wait_idle(&rig);
    pid_t id = id_behind("extension pid ");
    function_free(rig.function);
    rig.function = NULL;
    cr_expect(kill(id, 0) == -1 && errno == ESRCH, "it is gone");
    cr_expect_eq(rig_count_lines(&rig, "cleaned "), 1u);
}
