#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/function_rig.h"

/* The Runtime API as a runtime sees it: what a sandbox is told, and what may be said when. The
 * scripts give what they saw as their answer. */

static struct function_rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_release(&rig);
}

TestSuite(runtime_api, .init = setup, .fini = teardown);

/* Appends "status errorType" of the last request to $seen. */
#define SEE                                                                         \
    "see() { seen+=\"$status $(sed -n 's/.*errorType\":\"\\([A-Za-z]*\\).*/\\1/p' " \
    "<<<\"$body\");\"; }\n"

struct talk_row {
    const char *name;
    const char *script;
    const char *answer;
};

static const struct talk_row talk_rows[] = {
    {"a wrong id is 400, whatever the state",
     "old=$id; id=no-such-id; answer 1; see; fail 1 Function.X; see; id=$old",
     "400 InvalidRequestID;"
     "400 InvalidRequestID;"},
    {"a wrong attempt is 400",
     "answer 1 'Lambda-Runtime-Invocation-Id: 00000000-0000-4000-8000-000000000000'; see",
     "400 InvalidInvocationId;"},
    {"init/error in a call is 403", "api POST runtime/init/error '{}'; see",
     "403 InvalidStateTransition;"},
    {"a second next gets the same event",
     "old=$id; next; seen+=\"$event \"; [ $old = $id ]; "
     "seen+=$?",
     "{} 0"},
    {"unknown paths are 404",
     "api GET no/such/path ''; see; api GET runtime/restore/next ''; see; "
     "api POST runtime/invocation//response ''; see; "
     "api POST runtime/invocation/$id/other ''; see",
     "404 NotFound;404 NotFound;404 NotFound;404 NotFound;"},
    {"wrong methods are 405",
     "api POST runtime/invocation/next ''; see; api GET runtime/invocation/$id/response ''; see; "
     "api GET runtime/init/error ''; see",
     "405 MethodNotAllowed;405 MethodNotAllowed;405 MethodNotAllowed;"},
    {"subscriptions are taken, and come to nothing",
     "api PUT /2022-07-01/telemetry '{}'; see; api PUT /2020-08-15/logs '{}'; seen+=\"$status "
     "$body\"",
     "202 Telemetry;202 {\"errorMessage\":\"Logs API is not supported\",\"errorType\":"
     "\"Logs.NotSupported\"}"},
    {"ping is 200", "api GET ping ''; seen=\"$status $body\"", "200 pong"},
};

Test(runtime_api, checks_the_id_first_and_then_the_state)
{
    for (size_t i = 0; i < sizeof talk_rows / sizeof *talk_rows; i++) {
        char script[2048];
        (void)snprintf(script, sizeof script, SEE "next\n%s\nanswer \"$seen\"; next",
                       talk_rows[i].script);
        rig_start(&rig, script);
        struct rig_result *result = rig_run(&rig, "{}");
        cr_expect_eq(result->outcome, FUNCTION_OK, "%s: %s", talk_rows[i].name, result->payload);
        cr_expect_str_eq(result->payload, talk_rows[i].answer, "%s: %s", talk_rows[i].name,
                         result->payload);
        function_free(rig.function);
    }
    rig.function = NULL;
}

Test(runtime_api, an_answer_before_any_event_is_400)
{
    rig_start(&rig,
              SEE "id=x; answer 1; see; fail 1 Function.X; see; next; answer \"$seen\"; next");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "400 InvalidRequestID;400 InvalidRequestID;");
}

Test(runtime_api, a_second_answer_is_403_and_then_400)
{
    rig_start(&rig,
              SEE "next; answer '\"first\"'; see; answer '\"second\"'; see; fail 1 Function.X; "
                  "see; echo \"$body\"; old=$id; next; new=$id; id=$old; answer 1; see; "
                  "id=$new; answer \"$seen\"; next");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "\"first\"");
    cr_expect_str_eq(
        rig_run(&rig, "{}")->payload,
        "202 ;403 InvalidStateTransition;403 InvalidStateTransition;400 InvalidRequestID;");
    cr_expect_eq(
        rig_count_lines(&rig, "{\"errorMessage\":\"State transition from RuntimeResponseSentState "
                              "to InvocationErrorResponse failed for runtime. Error: State "
                              "transition is not allowed\",\"errorType\":\"InvalidStateTransition"
                              "\"}"),
        1u);
}

Test(runtime_api, the_right_attempt_is_taken)
{
    rig_start(&rig, "next; answer '\"yes\"' \"Lambda-Runtime-Invocation-Id: $attempt\"; "
                    "echo \"status $status $body\"; next");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "\"yes\"");
    rig_wait_line(&rig, "status 202 {\"status\":\"OK\"}");
}

Test(runtime_api, next_tells_ids_deadline_and_function)
{
    rig_start(&rig, "next; now=$(date +%s%3N); answer \"$head;$now\"; next");
    struct rig_result *result = rig_run(&rig, "{}");
    long long deadline = 0, now = 0;
    char id[64] = "", line[128];
    (void)snprintf(line, sizeof line, "Lambda-Runtime-Aws-Request-Id: %s", result->request_id);
    cr_expect_not_null(strstr(result->payload, line), "%s", result->payload);
    const char *field = strstr(result->payload, "Lambda-Runtime-Deadline-Ms: ");
    cr_assert_not_null(field);
    cr_assert_eq(sscanf(field, "Lambda-Runtime-Deadline-Ms: %lld", &deadline), 1);
    cr_assert_eq(sscanf(strrchr(result->payload, ';'), ";%lld", &now), 1);
    cr_expect(deadline > now && deadline <= now + 60000, "%lld at %lld", deadline, now);
    field = strstr(result->payload, "Lambda-Runtime-Invocation-Id: ");
    cr_assert_not_null(field);
    cr_assert_eq(sscanf(field, "Lambda-Runtime-Invocation-Id: %63s", id), 1);
    cr_expect_eq(strlen(id), 36u);
    cr_expect_str_neq(id, result->request_id);
    cr_expect_not_null(strstr(result->payload,
                              "Lambda-Runtime-Invoked-Function-Arn: "
                              "arn:aws:lambda:us-east-1:000000000000:function:under-test"));
    cr_expect_not_null(strstr(result->payload, "Lambda-Runtime-Trace-Id: Root=1-"));
    cr_expect_not_null(strstr(result->payload, "Content-Type: application/json"));
}

Test(runtime_api, a_function_error_passes_as_it_is)
{
    rig_start(&rig, "next; fail '{\"errorMessage\":\"bad luck\"}' Function.BadLuck; next");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(result->payload, "{\"errorMessage\":\"bad luck\"}");
    cr_expect_str_eq(result->error_type, "Function.BadLuck");
}

struct type_row {
    const char *given, *taken;
};

static const struct type_row type_rows[] = {
    {"Runtime.NoSuchHandler", "Runtime.NoSuchHandler"},
    {"Function.Xy", "Function.Xy"},
    {"Function.X", "Function.Unknown"},
    {"Function.bad", "Function.Unknown"},
    {"Function.Bad-1", "Function.Unknown"},
    {"Function.", "Function.Unknown"},
    {"Runtime.", "Runtime.Unknown"},
    {"anything else", "Runtime.Unknown"},
};

Test(runtime_api, error_types_that_lambda_does_not_know_become_unknown)
{
    rig_start(&rig, "while next; do fail '{}' \"$event\"; done");
    for (size_t i = 0; i < sizeof type_rows / sizeof *type_rows; i++)
        cr_expect_str_eq(rig_run(&rig, type_rows[i].given)->error_type, type_rows[i].taken, "%s",
                         type_rows[i].given);
}

#define BIG "big() { head -c \"$1\" /dev/zero | tr '\\0' x; }\n"

Test(runtime_api, an_answer_may_have_six_mebibytes)
{
    rig_start(&rig, BIG "next; answer \"$(big 6291556)\"; echo \"status $status\"; next");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_OK);
    cr_expect_eq(strlen(result->payload), 6291556u);
    rig_wait_line(&rig, "status 202");
}

Test(runtime_api, a_larger_answer_is_413_and_a_function_error)
{
    rig_start(&rig, BIG "next; answer \"$(big 6291557)\"; echo \"status $status $body\"; "
                        "while next; do answer '\"next\"'; done");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(result->error_type, "Function.ResponseSizeTooLarge");
    cr_expect_not_null(strstr(result->payload, "6291556 bytes"), "%s", result->payload);
    rig_wait_line(&rig, "status 413 {\"errorMessage\":\"Exceeded maximum allowed payload size "
                        "(6291556 bytes).\",\"errorType\":\"RequestEntityTooLarge\"}");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "\"next\"");
}

Test(runtime_api, an_event_may_have_six_mebibytes)
{
    size_t len = 6291556;
    char *event = malloc(len + 1);
    cr_assert_not_null(event);
    memset(event, '7', len);
    event[len] = '\0';
    rig_start(&rig, "next; answer \"${#event}\"; next");
    cr_expect_str_eq(rig_run(&rig, event)->payload, "6291556");
    free(event);
}

Test(runtime_api, streaming_is_taken_whole_and_other_modes_are_refused)
{
    rig_start(&rig, SEE "next; answer '\"s\"' 'Lambda-Runtime-Function-Response-Mode: streaming'; "
                        "next; answer 1 'Lambda-Runtime-Function-Response-Mode: other'; see; "
                        "next; answer \"$seen\"; next");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "\"s\"");
    struct rig_result *result = rig_run(&rig, "{}");
    cr_expect_eq(result->outcome, FUNCTION_ERROR);
    cr_expect_str_eq(result->error_type, "Runtime.InvalidResponseModeHeader");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "400 InvalidFunctionResponseMode;");
}

Test(runtime_api, a_runtime_that_lost_its_connection_asks_again)
{
    /* The first next is left hanging on a connection that nobody reads. */
    rig_start(&rig,
              "exec 4<>\"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}\"\n"
              "printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'"
              " >&4; exec 4>&-\nnext; answer \"$event\"; next");
    function_warm(rig.function);
    cr_expect_str_eq(rig_run(&rig, "[1]")->payload, "[1]");
}

/* --- surroundings --- */

Test(runtime_api, the_environment_is_lambdas_and_the_functions)
{
    const char *env[] = {"OWN=a=b", "TZ=Europe/Paris", "AWS_LAMBDA_FUNCTION_NAME=forged", NULL};
    cr_assert_eq(setenv("SECRET_OF_THE_RIG", "x", 1), 0);
    rig.options.env = env;
    rig.options.memory_mb = 256;
    rig_start(&rig,
              "next; answer \"$(env | grep -v '^AWS_LAMBDA_LOG_STREAM\\|^AWS_LAMBDA_RUNTIME_API"
              "\\|^PWD\\|^SHLVL\\|^_=\\|^LAMBDA_TASK_ROOT' | LC_ALL=C sort)\"; next");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload,
                     "AWS_DEFAULT_REGION=us-east-1\n"
                     "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256\n"
                     "AWS_LAMBDA_FUNCTION_NAME=under-test\n"
                     "AWS_LAMBDA_FUNCTION_VERSION=$LATEST\n"
                     "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand\n"
                     "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/under-test\n"
                     "AWS_REGION=us-east-1\n"
                     "LAMBDA_RUNTIME_DIR=/var/runtime\n"
                     "LANG=en_US.UTF-8\n"
                     "OWN=a=b\n"
                     "PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin\n"
                     "TZ=Europe/Paris\n"
                     "_HANDLER=bootstrap");
}

Test(runtime_api, the_region_is_the_rigs)
{
    const char *env[] = {"AWS_DEFAULT_REGION=us-west-1", "AWS_REGION=eu-west-1", NULL};
    rig.options.env = env;
    rig_start(&rig, "next; answer \"$AWS_REGION $AWS_DEFAULT_REGION\"; next");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "eu-west-1 eu-west-1");
}

Test(runtime_api, a_sandbox_starts_in_its_task_root)
{
    rig_start(&rig, "next; answer \"$PWD $LAMBDA_TASK_ROOT\"; next");
    char expected[4 * TEMPDIR_PATH_MAX];
    (void)snprintf(expected, sizeof expected, "%s %s", rig.dir.path, rig.dir.path);
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, expected);
}

/* --- the log --- */

Test(runtime_api, the_log_frames_a_call_as_lambda_does)
{
    rig_start(&rig, "next; echo out; echo err >&2; answer 1; next");
    struct rig_result *result = rig_run(&rig, "{}");
    rig_wait_line(&rig, "REPORT");
    char start[128], end[128], report[128];
    (void)snprintf(start, sizeof start, "START RequestId: %s Version: $LATEST\n",
                   result->request_id);
    (void)snprintf(end, sizeof end, "END RequestId: %s\n", result->request_id);
    (void)snprintf(report, sizeof report, "REPORT RequestId: %s\tDuration: ", result->request_id);
    const char *at_start = strstr(rig.lines.data, start), *at_end = strstr(rig.lines.data, end);
    const char *at_report = strstr(rig.lines.data, report);
    const char *at_out = strstr(rig.lines.data, "out\n"), *at_err = strstr(rig.lines.data, "err\n");
    cr_assert(at_start && at_end && at_report && at_out && at_err, "%s", rig.lines.data);
    cr_expect(at_start < at_out && at_out < at_end && at_err < at_end && at_end < at_report);
    cr_expect_not_null(strstr(at_report, " ms\tBilled Duration: "));
    cr_expect_not_null(strstr(at_report, "\tMemory Size: 128 MB\tMax Memory Used: "));
    cr_expect_not_null(strstr(at_report, "\tInit Duration: "));
    cr_expect_null(strstr(at_report, "Status"));
}

static size_t lines_at_result;

static void note_lines(struct function_rig *running)
{
    lines_at_result = rig_count_lines(running, "line ");
}

Test(runtime_api, the_lines_of_a_call_come_before_its_result)
{
    rig_start(&rig, "next; for i in {1..2000}; do echo \"line $i\"; done; answer 1; next");
    rig.on_done = note_lines;
    (void)rig_run(&rig, "{}");
    cr_expect_eq(lines_at_result, 2000u);
}

Test(runtime_api, much_output_without_a_line_end_stops_nothing)
{
    rig_start(&rig, "next; head -c 8000000 /dev/zero | tr '\\0' x; echo; answer 1; next");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "1");
    rig_wait_line(&rig, "REPORT");
    cr_expect_geq(rig.lines.len, 8000000u, "%zu", rig.lines.len);
}
