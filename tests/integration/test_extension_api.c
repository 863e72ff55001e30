#include <criterion/criterion.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/function_rig.h"

/* The Extensions API of a local sandbox: what it answers, and what a registration changes at the
 * sandbox's end. */

static struct function_rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_release(&rig);
}

TestSuite(extension_api, .init = setup, .fini = teardown);

/* Shell functions: `see` notes status and error type of the last request, `register NAME BODY` asks
 * and notes, `after ID` asks for the extension's next event. */
#define SHELL                                                                                     \
    "see() { seen+=\"$status $(sed -n 's/.*errorType\":\"\\([A-Za-z.]*\\).*/\\1/p' <<<\"$body\")" \
    ";\"; }\n"                                                                                    \
    "register() { api POST /2020-01-01/extension/register \"$2\" \"Lambda-Extension-Name: $1\";"  \
    " extension=$(field Lambda-Extension-Identifier); see; }\n"                                   \
    "report() { api POST /2020-01-01/extension/$1 '{\"errorMessage\":\"told\"}' "                 \
    "\"Lambda-Extension-Identifier: $2\" 'Lambda-Extension-Function-Error-Type: Own.Type'; see; " \
    "}\n"                                                                                         \
    "after() { api GET /2020-01-01/extension/event/next '' \"Lambda-Extension-Identifier: $1\";"  \
    " see; }\n"

struct talk_row {
    const char *name, *before, *in_call; /* the script before the first next, and after it */
    const char *answer;
};

static const struct talk_row talk_rows[] = {
    {"a registration is 200, with an id and the function's name",
     "register a '{\"events\":[]}'; seen+=\"${#extension} $body\"", "",
     "200 ;36 {\"functionName\":\"under-test\",\"functionVersion\":\"$LATEST\",\"handler\":"
     "\"bootstrap\"}"},
    {"events may be left out", "register a '{}'", "", "200 ;"},
    {"a name is needed", "api POST /2020-01-01/extension/register '{}'; see; register '' '{}'", "",
     "403 Extension.InvalidExtensionName;403 Extension.InvalidExtensionName;"},
    {"a long name is refused", "register \"$(printf '%0200d' 1)\" '{}'", "",
     "403 Extension.InvalidExtensionName;"},
    {"the body must be right",
     "register a 'x'; register a '[]'; register a '{\"events\":1}'; register a ''", "",
     "403 InvalidRequestFormat;403 InvalidRequestFormat;403 InvalidRequestFormat;"
     "403 InvalidRequestFormat;"},
    {"SHUTDOWN is not for those inside a runtime",
     "register a '{\"events\":[\"SHUTDOWN\"]}'; register a "
     "'{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}'; "
     "register a '{\"events\":[1]}'",
     "",
     "403 Extension.InvalidEventType;403 Extension.InvalidEventType;"
     "403 Extension.InvalidEventType;"},
    {"an error needs an id and a type",
     "register a '{}'; api POST /2020-01-01/extension/init/error '{}'; see; "
     "api POST /2020-01-01/extension/init/error '{}' \"Lambda-Extension-Identifier: $extension\"; "
     "see",
     "", "200 ;403 Extension.MissingExtensionIdentifier;403 Extension.MissingHeader;"},
    {"who has not asked for an event cannot exit", "register a '{}'; report exit/error $extension",
     "", "200 ;403 Extension.InvalidExtensionState;"},
    {"a name registers once", "register a '{}'; register a '{}'; register b '{}'", "",
     "200 ;403 Extension.InvalidExtensionState;200 ;"},
    {"ten may register",
     "for i in 1 2 3 4 5 6 7 8 9 10; do register $i '{}'; done; seen=; register 11 '{}'", "",
     "403 Extension.TooManyExtensions;"},
    {"after the init registration is closed", "", "register a '{}'",
     "403 Extension.RegistrationClosed;"},
    {"a next needs an id that is there",
     "api GET /2020-01-01/extension/event/next ''; see; after ''; after x", "",
     "403 Extension.MissingExtensionIdentifier;403 Extension.MissingExtensionIdentifier;"
     "403 Extension.UnknownExtensionIdentifier;"},
    {"wrong methods are 405",
     "api GET /2020-01-01/extension/register ''; see; "
     "api POST /2020-01-01/extension/event/next ''; see",
     "", "405 MethodNotAllowed;405 MethodNotAllowed;"},
    {"others of its paths are 404", "api PUT /2020-01-01/extension/other ''; see", "",
     "404 NotFound;"},
    {"a second next takes the place of the first",
     "register a '{}'; exec 4<>\"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}\"; printf "
     "'GET /2020-01-01/extension/event/next HTTP/1.1\\r\\nHost: a\\r\\n"
     "Lambda-Extension-Identifier: %s\\r\\n\\r\\n' $extension >&4; api GET ping ''; "
     "exec 5<>\"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}\"; printf "
     "'GET /2020-01-01/extension/event/next HTTP/1.1\\r\\nHost: a\\r\\n"
     "Lambda-Extension-Identifier: %s\\r\\n\\r\\n' $extension >&5; read -r line <&4; "
     "seen+=${line:9:3}",
     "", "200 ;403"},
};

Test(extension_api, answers_as_lambda_does)
{
    for (size_t i = 0; i < sizeof talk_rows / sizeof *talk_rows; i++) {
        const struct talk_row *row = &talk_rows[i];
        char script[4096];
        (void)snprintf(script, sizeof script, SHELL "%s\nnext\n%s\nanswer \"$seen\"; next",
                       row->before, row->in_call);
        rig_start(&rig, script);
        struct rig_result *result = rig_run(&rig, "{}");
        cr_expect_eq(result->outcome, FUNCTION_OK, "%s: %s", row->name, result->payload);
        cr_expect_str_eq(result->payload, row->answer, "%s: %s", row->name, result->payload);
        function_free(rig.function);
    }
    rig.function = NULL;
}

/* --- the end --- */

#define REGISTER "api POST /2020-01-01/extension/register '{}' 'Lambda-Extension-Name: a'\n"
#define SERVE "echo \"pid $$\"\nwhile next; do answer \"$event\"; done"

/* Serves one call, asks for the next and cleans up at SIGTERM. A trap of bash would be late: a
 * signal just before it forks waits for that child's end. This one is blocked from before the
 * request on, and taken by sigwait(3). */
#define SERVE_AND_CLEAN_UP                                                      \
    "echo \"pid $$\"\nnext; answer \"$event\"\n"                                \
    "exec python3 -c '\n"                                                       \
    "import os, signal, socket\n"                                               \
    "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"              \
    "host, port = os.environ[\"AWS_LAMBDA_RUNTIME_API\"].split(\":\")\n"        \
    "api = socket.create_connection((host, int(port)))\n"                       \
    "api.sendall(b\"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\n\"\n" \
    "            b\"Host: a\\r\\n\\r\\n\")\n"                                   \
    "signal.sigwait([signal.SIGTERM])\n"                                        \
    "open(\"cleaned\", \"w\")\n'"

static bool was_cleaned_up(void)
{
    char path[2 * TEMPDIR_PATH_MAX];
    return access(tempdir_join(&rig.dir, "", "cleaned", path), F_OK) == 0;
}

static pid_t started_id(void)
{
    int id = 0;
    rig_wait_line(&rig, "pid ");
    cr_assert_eq(sscanf(strstr(rig.lines.data, "pid "), "pid %d", &id), 1);
    return id;
}

static void run_and_end(const char *script, unsigned grace_ms)
{
    rig.options.stop_grace_ms = grace_ms;
    rig_start(&rig, script);
    (void)rig_run(&rig, "{}");
    rig_wait_idle(&rig);
    pid_t id = started_id();
    function_free(rig.function);
    rig.function = NULL;
    cr_expect(kill(id, 0) == -1 && errno == ESRCH, "it is gone");
}

Test(extension_api, a_registered_runtime_is_told_before_its_end)
{
    run_and_end(REGISTER SERVE_AND_CLEAN_UP, 600000);
    cr_expect(was_cleaned_up());
}

Test(extension_api, any_other_is_killed_at_once)
{
    run_and_end(SERVE_AND_CLEAN_UP, 600000);
    cr_expect_not(was_cleaned_up());
}

Test(extension_api, one_that_does_not_end_is_killed_after_its_grace)
{
    run_and_end("trap '' TERM\n" REGISTER SERVE, 50);
}

Test(extension_api, a_retiring_one_that_does_not_end_is_killed_after_its_grace)
{
    rig.options.stop_grace_ms = 50;
    rig_start(&rig, "trap '' TERM\n" REGISTER SERVE);
    (void)rig_run(&rig, "{}");
    rig_wait_idle(&rig);
    pid_t id = started_id();
    function_replace(rig.function);
    while (kill(id, 0) == 0)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

/* --- events --- */

/* An extension in a process of its own, beside the runtime's: prints what it hears. It begins with
 * its second argument's words, once it has heard of an event. */
#define LISTENER                                                                                \
    SHELL "register a '{\"events\":[\"INVOKE\"]}'\n"                                            \
          "listen() { while after $extension; do [ \"$status\" = 200 ] || break; echo \"heard " \
          "$body "                                                                              \
          "$(field Lambda-Extension-Event-Identifier | wc -c)\"; $1; done; }\n"

Test(extension_api, an_event_goes_to_the_extension_too)
{
    rig_start(&rig, LISTENER "listen : &\nwhile next; do answer \"$event\"; done");
    struct rig_result *result = rig_run(&rig, "[1]");
    char wanted[128];
    (void)snprintf(wanted, sizeof wanted,
                   "\"requestId\":\"%s\",\"invokedFunctionArn\":\"arn:aws:", result->request_id);
    cr_expect_eq(result->outcome, FUNCTION_OK);
    rig_wait_line(&rig, "heard {\"eventType\":\"INVOKE\",\"deadlineMs\":");
    rig_wait_line(&rig, wanted);
    rig_wait_line(&rig, "\"tracing\":{\"type\":\"X-Amzn-Trace-Id\",\"value\":\"Root=1-");
    rig_wait_line(&rig, "}} 37"); /* a UUID and a line end */
    cr_expect_eq(rig_run(&rig, "[2]")->outcome, FUNCTION_OK);
    while (rig_count_lines(&rig, "heard ") < 2)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

Test(extension_api, a_call_is_over_when_the_extension_has_asked_for_more)
{
    rig_start(&rig, LISTENER "hang() { until [ -e go ]; do sleep 0.01; done; }\nlisten hang &\n"
                             "while next; do answer 1; done");
    (void)rig_call(&rig, "{}");
    rig_wait_done(&rig, 1);
    rig_wait_line(&rig, "heard ");
    size_t total, busy;
    function_count(rig.function, &total, &busy);
    cr_expect_eq(busy, 1u);
    cr_expect_eq(rig_count_lines(&rig, "REPORT"), 0u);
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&rig.dir, "", "go", path), "");
    rig_wait_line(&rig, "REPORT");
    rig_wait_idle(&rig);
}

Test(extension_api, an_init_error_of_an_extension_fails_the_init)
{
    rig_start(&rig, SHELL "register a '{}'; report init/error $extension; exit 1");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(result->error_type, "Extension.InitError");
    cr_expect_str_eq(result->payload, "{\"errorMessage\":\"told\"}");
    cr_expect_geq(rig_count_lines(&rig, "the extension a reports Own.Type"), 1u);
}

Test(extension_api, an_exit_error_ends_the_sandbox_and_its_call)
{
    rig.options.init_error_grace_ms = 1;
    rig_start(&rig, LISTENER "leave() { report exit/error $extension; }\nlisten leave &\n"
                             "next; sleep 1000");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(result->error_type, "Extension.ExitError");
    cr_expect_str_eq(result->payload, "{\"errorMessage\":\"told\"}");
}
