#include "tests/support/function_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char preamble[] =
    "#!/bin/bash\n"
    "api() {\n"
    "    local method=$1 path=$2 content=$3 header fields= reply\n"
    "    shift 3\n"
    "    [[ $path = /* ]] || path=/2018-06-01/$path\n"
    "    for header; do fields+=$header$'\\r\\n'; done\n"
    "    exec 3<>\"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}\"\n"
    "    printf '%s %s HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n%sContent-Length: "
    "%d\\r\\n\\r\\n"
    "%s' \"$method\" \"$path\" \"$fields\" \"${#content}\" \"$content\" >&3\n"
    "    reply=$(tr -d '\\r' <&3)\n"
    "    exec 3>&-\n"
    "    head=${reply%%$'\\n\\n'*} body=${reply#*$'\\n\\n'}\n"
    "    status=${head#* } status=${status%% *}\n"
    "}\n"
    "field() { sed -n \"s/^$1: //p\" <<<\"$head\"; }\n"
    "next() {\n"
    "    api GET runtime/invocation/next ''\n"
    "    event=$body id=$(field Lambda-Runtime-Aws-Request-Id)\n"
    "    attempt=$(field Lambda-Runtime-Invocation-Id)\n"
    "}\n"
    "answer() { api POST \"runtime/invocation/$id/response\" \"$@\"; }\n"
    "fail() { api POST \"runtime/invocation/$id/error\" \"$1\" "
    "\"Lambda-Runtime-Function-Error-Type: $2\"; }\n";

static void on_line(void *context, struct bytes line)
{
    struct function_rig *rig = context;
    rig->lines.len -= rig->lines.len != 0; /* the NUL */
    buf_append(&rig->lines, line);
    buf_append(&rig->lines, bytes_make("\n", 2));
}

void rig_init(struct function_rig *rig)
{
    *rig = (struct function_rig){.call_count = 0};
    tempdir_init(&rig->dir);
    (void)tempdir_join(&rig->dir, "", "bootstrap", rig->program);
    cr_assert_eq(loop_init(&rig->loop), RC_OK);
    buf_init(&rig->lines, 1 << 26);
    rig->options = (struct function_options){.loop = &rig->loop,
                                             .name = "under-test",
                                             .program = rig->program,
                                             .timeout_ms = 60000,
                                             /* scripts are slow to come back */
                                             .return_ms = 600000,
                                             .on_line = on_line,
                                             .context = rig};
}

void rig_release(struct function_rig *rig)
{
    function_free(rig->function);
    for (size_t i = 0; i < rig->call_count; i++) {
        free(rig->results[i].payload);
        free(rig->results[i].error_type);
        free(rig->results[i].request_id);
    }
    buf_release(&rig->lines);
    loop_release(&rig->loop);
    tempdir_release(&rig->dir);
}

void rig_write_script(struct function_rig *rig, const char *path, const char *script)
{
    char fresh[2 * TEMPDIR_PATH_MAX], *text = NULL;
    (void)tempdir_join(&rig->dir, "", "new", fresh);
    cr_assert_gt(asprintf(&text, "%s%s\n", preamble, script), 0);
    tempdir_write(fresh, text);
    free(text);
    cr_assert_eq(chmod(fresh, 0700), 0);
    cr_assert_eq(rename(fresh, path), 0); /* never a half-written one */
}

void rig_write_bootstrap(struct function_rig *rig, const char *script)
{
    rig_write_script(rig, rig->program, script);
}

void rig_start(struct function_rig *rig, const char *script)
{
    char error[512];
    if (script)
        rig_write_bootstrap(rig, script);
    rig->function = function_new(&rig->options, error, sizeof error);
    cr_assert_not_null(rig->function, "%s", error);
}

/* --- calls --- */

struct call {
    struct function_rig *rig;
    size_t index;
};

static void on_done(void *context, const struct function_result *result)
{
    struct call *call = context;
    struct function_rig *rig = call->rig;
    struct rig_result *seen = &rig->results[call->index];
    free(call);
    cr_assert_not(seen->is_done, "a result must come once");
    seen->is_done = true;
    seen->outcome = result->outcome;
    seen->payload = strndup(result->payload.ptr ? result->payload.ptr : "", result->payload.len);
    seen->error_type =
        strndup(result->error_type.ptr ? result->error_type.ptr : "", result->error_type.len);
    seen->request_id =
        strndup(result->request_id.ptr ? result->request_id.ptr : "", result->request_id.len);
    seen->is_cold_start = result->is_cold_start;
    seen->init_us = result->init_us;
    seen->duration_us = result->duration_us;
    rig->done_count++;
    if (rig->on_done)
        rig->on_done(rig);
}

size_t rig_call(struct function_rig *rig, const char *event)
{
    struct call *call = malloc(sizeof *call);
    cr_assert(call && rig->call_count < RIG_CALLS_MAX);
    *call = (struct call){rig, rig->call_count++};
    size_t index = call->index;
    function_invoke(rig->function, bytes_from_str(event), on_done, call);
    return index;
}

void rig_wait_done(struct function_rig *rig, size_t count)
{
    while (rig->done_count < count)
        cr_assert_eq(loop_step(&rig->loop, -1), RC_OK);
}

void rig_wait_line(struct function_rig *rig, const char *text)
{
    while (!rig->lines.len || !strstr(rig->lines.data, text))
        cr_assert_eq(loop_step(&rig->loop, -1), RC_OK);
}

void rig_wait_idle(struct function_rig *rig)
{
    size_t total, busy = 1;
    while (busy) {
        function_count(rig->function, &total, &busy);
        if (busy)
            cr_assert_eq(loop_step(&rig->loop, -1), RC_OK);
    }
}

struct rig_result *rig_run(struct function_rig *rig, const char *event)
{
    rig_wait_idle(rig);
    size_t index = rig_call(rig, event);
    while (!rig->results[index].is_done)
        cr_assert_eq(loop_step(&rig->loop, -1), RC_OK);
    return &rig->results[index];
}

/* --- what is seen --- */

size_t rig_count_lines(const struct function_rig *rig, const char *text)
{
    size_t count = 0;
    const char *line = rig->lines.len ? rig->lines.data : "";
    while (*line) {
        const char *end = strchr(line, '\n'), *found = strstr(line, text);
        count += found && found < end;
        line = end + 1;
    }
    return count;
}

size_t rig_sandboxes(const struct function_rig *rig)
{
    size_t total, busy;
    function_count(rig->function, &total, &busy);
    return total;
}

bool rig_is_there(pid_t pid)
{
    char path[64], state = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "re");
    if (!stat)
        return false;
    if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    (void)fclose(stat);
    return state != 'Z';
}
