#include <criterion/criterion.h>

#include <stdio.h>
#include <sys/stat.h>

#include "tests/support/function_rig.h"

/* Calls that say more than their event, and functions that say more of themselves. */

static struct function_rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_release(&rig);
}

TestSuite(function_call, .init = setup, .fini = teardown);

#define HEADS "while next; do answer \"$head\"; done"

struct answer {
    bool is_done;
    enum function_outcome outcome;
    char payload[8192], log[8192], error_type[8192];
    char parts[8192], content_type[8192];
};

static void copy(char text[8192], struct bytes view)
{
    cr_assert_lt(view.len, 8192u);
    (void)snprintf(text, 8192, "%.*s", BYTES_ARG(view));
}

static void on_done(void *context, const struct function_result *result)
{
    struct answer *answer = context;
    cr_assert_not(answer->is_done, "a result must come once");
    answer->is_done = true;
    answer->outcome = result->outcome;
    copy(answer->payload, result->payload);
    copy(answer->log, result->log_tail);
    copy(answer->error_type, result->error_type);
}

static void on_part(void *context, struct bytes content_type, struct bytes part)
{
    struct answer *answer = context;
    size_t len = strlen(answer->parts);
    cr_assert_not(answer->is_done, "parts come before the result");
    cr_assert_lt(len + part.len, sizeof answer->parts);
    (void)snprintf(answer->parts + len, sizeof answer->parts - len, "%.*s", BYTES_ARG(part));
    copy(answer->content_type, content_type);
}

static struct answer answer;

static void call(struct function_call call)
{
    answer = (struct answer){.is_done = false};
    call.on_done = on_done;
    call.context = &answer;
    function_call(rig.function, &call);
    while (!answer.is_done)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

Test(function_call, context_and_arn_reach_the_runtime)
{
    rig.options.arn = "arn:own";
    rig_start(&rig, HEADS);
    call((struct function_call){.event = BYTES_LIT("{}"),
                                .client_context = BYTES_LIT("{\"client\":1}"),
                                .arn = BYTES_LIT("arn:alias")});
    cr_expect_not_null(strstr(answer.payload, "Lambda-Runtime-Client-Context: {\"client\":1}"));
    cr_expect_not_null(strstr(answer.payload, "Lambda-Runtime-Invoked-Function-Arn: arn:alias"));
    call((struct function_call){.event = BYTES_LIT("{}")});
    cr_expect_null(strstr(answer.payload, "Client-Context"));
    cr_expect_not_null(strstr(answer.payload, "Lambda-Runtime-Invoked-Function-Arn: arn:own"));
}

Test(function_call, version_handler_and_root_are_the_functions)
{
    char root[2 * TEMPDIR_PATH_MAX], expected[8 * TEMPDIR_PATH_MAX];
    (void)tempdir_join(&rig.dir, "", "root", root);
    cr_assert_eq(mkdir(root, 0700), 0);
    rig.options.version = "7";
    rig.options.handler = "app.handler";
    rig.options.task_root = root;
    rig_start(&rig, "next; answer \"$PWD $LAMBDA_TASK_ROOT $_HANDLER $AWS_LAMBDA_FUNCTION_VERSION "
                    "${AWS_LAMBDA_LOG_STREAM_NAME:10:4}\"; next");
    call((struct function_call){.event = BYTES_LIT("{}")});
    (void)snprintf(expected, sizeof expected, "%s %s app.handler 7 /[7]", root, root);
    cr_expect_str_eq(answer.payload, expected);
    cr_expect_eq(rig_count_lines(&rig, "Version: 7"), 1u);
}

Test(function_call, the_log_tail_has_the_calls_lines_and_its_report)
{
    rig_start(&rig, "echo before\nwhile next; do echo \"line $event\"; answer 1; done");
    call((struct function_call){.event = BYTES_LIT("a"), .wants_log_tail = true});
    cr_expect_str_eq(answer.payload, "1");
    cr_expect_eq(strncmp(answer.log, "START RequestId: ", 17), 0, "%s", answer.log);
    const char *line = strstr(answer.log, "\nline a\nEND RequestId: ");
    cr_assert_not_null(line, "%s", answer.log);
    cr_expect_not_null(strstr(line, "\nREPORT RequestId: "));
    call((struct function_call){.event = BYTES_LIT("b"), .wants_log_tail = true});
    cr_expect_null(strstr(answer.log, "line a"), "its own lines alone");
    call((struct function_call){.event = BYTES_LIT("c")});
    cr_expect_str_eq(answer.log, "");
}

Test(function_call, the_log_tail_is_the_last_4_kib)
{
    rig_start(&rig, "next; for i in {1..500}; do echo \"line number $i\"; done; answer 1; next");
    call((struct function_call){.event = BYTES_LIT("a"), .wants_log_tail = true});
    cr_expect_eq(strlen(answer.log), 4096u);
    cr_expect_null(strstr(answer.log, "START"));
    cr_expect_not_null(strstr(answer.log, "line number 500\nEND"));
}

Test(function_call, the_log_tail_of_a_failure_tells_it)
{
    rig_start(&rig, "next; echo dying; exit 2");
    call((struct function_call){.event = BYTES_LIT("a"), .wants_log_tail = true});
    cr_expect_eq(answer.outcome, FUNCTION_ERROR);
    cr_expect_not_null(strstr(answer.payload, "exit status 2"));
    cr_expect_not_null(strstr(answer.log, "dying\nEND"));
    cr_expect_not_null(strstr(answer.log, "Error Type: Runtime.ExitError"));
}

/* --- by parts --- */

#define STREAMED BYTES_LIT("{}"), .on_part = on_part

Test(function_call, an_answer_comes_by_parts_to_who_takes_them)
{
    rig_start(&rig, "next; answer hello 'Content-Type: text/x-own'; next; answer world; "
                    "next; fail '{\"why\":1}' Function.Bad; next");
    call((struct function_call){STREAMED});
    cr_expect_str_eq(answer.parts, "hello");
    cr_expect_str_eq(answer.content_type, "text/x-own");
    cr_expect_str_eq(answer.payload, "");
    call((struct function_call){STREAMED});
    cr_expect_str_eq(answer.parts, "world");
    cr_expect_str_eq(answer.content_type, "");
    call((struct function_call){STREAMED});
    cr_expect_eq(answer.outcome, FUNCTION_ERROR);
    cr_expect_str_eq(answer.parts, "");
    cr_expect_str_eq(answer.payload, "{\"why\":1}");
    cr_expect_str_eq(answer.error_type, "Function.Bad");
}

/* POST response in chunks, with what stands behind its last one. */
#define STREAM                                                                                    \
    "stream() { exec 3<>\"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}\"; printf 'POST "                \
    "/2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: a\\r\\nConnection: "          \
    "close\\r\\n"                                                                                 \
    "Lambda-Runtime-Function-Response-Mode: streaming\\r\\nTransfer-Encoding: chunked\\r\\n"      \
    "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\\r\\n\\r\\n" \
    "4\\r\\npart\\r\\n2\\r\\ned\\r\\n0\\r\\n%b\\r\\n' \"$id\" \"$1\" >&3; "                       \
    "status=$(sed -n '1s/^HTTP.1.1 //p' <&3); exec 3>&-; }\n"

Test(function_call, an_error_in_a_streams_trailer_comes_behind_its_parts)
{
    rig_start(&rig, STREAM "next; stream ''; next; stream 'Lambda-Runtime-Function-Error-Type: "
                           "Function.Late\\r\\nLambda-Runtime-Function-Error-Body: e30=\\r\\n'; "
                           "echo \"status $status\"; next");
    call((struct function_call){STREAMED});
    cr_expect_str_eq(answer.parts, "parted");
    cr_expect_str_eq(answer.payload, "");
    cr_expect_str_eq(answer.error_type, "");
    call((struct function_call){STREAMED});
    cr_expect_eq(answer.outcome, FUNCTION_OK);
    cr_expect_str_eq(answer.parts, "parted");
    cr_expect_str_eq(answer.payload, "{}");
    cr_expect_str_eq(answer.error_type, "Function.Late");
    rig_wait_line(&rig, "the streamed response ended with Function.Late");
    rig_wait_line(&rig, "status 202");
}

/* The second part is written when the first has been passed on. */
#define SLOW_STREAM                                                                          \
    "exec 3<>\"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}\"; printf 'POST "                      \
    "/2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: a\\r\\n"                 \
    "Lambda-Runtime-Function-Response-Mode: streaming\\r\\nTransfer-Encoding: chunked\\r\\n" \
    "Content-Type: text/slow\\r\\n\\r\\n5\\r\\nfirst\\r\\n' \"$id\" >&3\n"                   \
    "until [ -e go ]; do sleep 0.01; done\n"

static void begin_slow_stream(void)
{
    struct function_call call = {STREAMED, .on_done = on_done, .context = &answer};
    answer = (struct answer){.is_done = false};
    function_call(rig.function, &call);
    while (!answer.parts[0])
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
    cr_expect_str_eq(answer.parts, "first");
    cr_expect_str_eq(answer.content_type, "text/slow");
}

static void go_on(void)
{
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&rig.dir, "", "go", path), "");
    while (!answer.is_done)
        cr_assert_eq(loop_step(&rig.loop, -1), RC_OK);
}

Test(function_call, a_part_is_passed_on_before_the_next_one_is_written)
{
    rig_start(&rig, "next; " SLOW_STREAM "printf '6\\r\\nsecond\\r\\n0\\r\\n"
                    "Lambda-Runtime-Function-Error-Type: Function.Late\\r\\n\\r\\n' >&3; next");
    begin_slow_stream();
    go_on();
    cr_expect_eq(answer.outcome, FUNCTION_OK);
    cr_expect_str_eq(answer.parts, "firstsecond");
    cr_expect_str_eq(answer.error_type, "Function.Late");
}

Test(function_call, an_answer_beside_a_stream_is_refused)
{
    rig_start(&rig, "next; exec 4>&1; " SLOW_STREAM "(answer 1; echo \"other $status\" >&4); "
                    "printf '0\\r\\n\\r\\n' >&3; next");
    begin_slow_stream();
    go_on();
    cr_expect_str_eq(answer.parts, "first");
    cr_expect_eq(rig_count_lines(&rig, "other 403"), 1u);
}

Test(function_call, a_stream_that_breaks_off_is_an_error)
{
    rig_start(&rig, "next; " SLOW_STREAM "exec 3>&-; next; answer 2; next");
    begin_slow_stream();
    go_on();
    cr_expect_eq(answer.outcome, FUNCTION_ERROR);
    cr_expect_str_eq(answer.error_type, "Runtime.TruncatedResponse");
    cr_expect_str_eq(rig_run(&rig, "{}")->payload, "2", "the sandbox goes on");
}

Test(function_call, a_death_in_a_stream_is_told_as_such)
{
    rig_start(&rig, "next; " SLOW_STREAM "exit 3");
    begin_slow_stream();
    go_on();
    cr_expect_eq(answer.outcome, FUNCTION_ERROR);
    cr_expect_str_eq(answer.error_type, "Runtime.ExitError");
}

static size_t streamed_bytes;

static void count_part(void *context, struct bytes content_type, struct bytes part)
{
    (void)context;
    (void)content_type;
    streamed_bytes += part.len;
}

Test(function_call, a_stream_may_be_larger_than_an_answer)
{
    rig_start(&rig, "next; " SLOW_STREAM "printf '%x\\r\\n' 20000000 >&3; "
                    "head -c 20000000 /dev/zero >&3; printf '\\r\\n0\\r\\n\\r\\n' >&3; next");
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&rig.dir, "", "go", path), "");
    call((struct function_call){.event = BYTES_LIT("{}"), .on_part = count_part});
    cr_expect_eq(answer.outcome, FUNCTION_OK);
    cr_expect_eq(streamed_bytes, 20000005u);
}
