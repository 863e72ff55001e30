#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "runtime/functions/sandbox_internal.h"
#include "runtime/functions/sandbox_report.h"
#include "runtime/process/cgroup.h"
#include "runtime/process/strays.h"

enum { MEGABYTE = 1024 * 1024 };

/* How invocations and sandboxes end badly, and what is said then. */

/* Off the sandbox before the owner hears of it, who may hand it the next one. */
void sandbox_drop_invocation(struct sandbox *sandbox)
{
    struct invocation *invocation = sandbox->invocation;
    sandbox->invocation = NULL;
    loop_timer_clear(sandbox->options->loop, &sandbox->timer);
    invocation_end(invocation);
}

void sandbox_describe_exit(int status, char *text, size_t len)
{
    if (WIFSIGNALED(status)) {
        size_t n = (size_t)snprintf(text, len, "signal: ");
        (void)snprintf(text + n, len - n, "%s", strsignal(WTERMSIG(status)));
        text[n] = (char)tolower((unsigned char)text[n]);
    } else {
        (void)snprintf(text, len, "exit status %d", WEXITSTATUS(status));
    }
}

/* The runtime's own end; where an extension's brought it about, that is told already. */
static void describe_failure(struct sandbox *sandbox, int status)
{
    char text[64];
    if (sandbox->external_failure)
        return;
    sandbox_describe_exit(status, text, sizeof text);
    if (status == 0)
        (void)snprintf(sandbox->failure, sizeof sandbox->failure,
                       "Runtime exited without providing a reason");
    else
        (void)snprintf(sandbox->failure, sizeof sandbox->failure, "Runtime exited with error: %s",
                       text);
}

const char *sandbox_failure_type(const struct sandbox *sandbox)
{
    if (sandbox->has_init_error)
        return sandbox->init_error_type;
    return sandbox->external_failure ? sandbox->external_failure : "Runtime.ExitError";
}

/* The process went away with an invocation. */
static void fail_by_exit(struct sandbox *sandbox)
{
    const char *type = sandbox_failure_type(sandbox);
    if (!sandbox->init_us)
        sandbox_report_init(sandbox, "invoke", (struct sandbox_status){"error", type});
    sandbox_report_end(sandbox, (struct sandbox_status){"error", type});
    if (sandbox->has_init_error)
        invocation_done(sandbox->invocation, FUNCTION_ERROR, buf_bytes(&sandbox->init_error),
                        bytes_from_str(type));
    else
        invocation_fail(sandbox->invocation, FUNCTION_ERROR, type, "%s", sandbox->failure);
    sandbox_drop_invocation(sandbox);
}

void sandbox_fail_by_timeout(struct sandbox *sandbox)
{
    sandbox->state = SANDBOX_ENDING;
    sandbox->has_failed_init = !sandbox->init_us;
    sandbox->end_reason = "timeout";
    process_drain(sandbox->process);
    if (!sandbox->init_us)
        sandbox_report_init(sandbox, "invoke", (struct sandbox_status){"timeout", NULL});
    sandbox_report_end(sandbox, (struct sandbox_status){"timeout", NULL});
    process_signal(sandbox->process, SIGKILL);
    invocation_fail(sandbox->invocation, FUNCTION_TIMEOUT, "Sandbox.Timedout",
                    "Task timed out after %.2f seconds", sandbox->options->timeout_ms / 1000.0);
    sandbox_drop_invocation(sandbox);
}

/* --- the process has gone --- */

void sandbox_finish(struct sandbox *sandbox)
{
    if (sandbox->mark)
        strays_kill(sandbox->mark);
    sandbox->options->on_end(sandbox, sandbox->is_untold);
    sandbox_release(sandbox);
}

void sandbox_release(struct sandbox *sandbox)
{
    loop_timer_clear(sandbox->options->loop, &sandbox->timer);
    httpd_free(sandbox->httpd);
    buf_release(&sandbox->init_error);
    if (sandbox->cgroup)
        cgroup_remove(sandbox->cgroup);
    free(sandbox->cgroup);
    free(sandbox->mark);
    free(sandbox);
}

static void report_init_failure(struct sandbox *sandbox)
{
    struct sandbox_status status = {"error", sandbox_failure_type(sandbox)};
    if (sandbox->is_init_timeout)
        status = (struct sandbox_status){"timeout", NULL};
    sandbox_report_init(sandbox, "init", status);
}

static void note_end(struct sandbox *sandbox, int status)
{
    struct function_stats *stats = sandbox->options->stats;
    describe_failure(sandbox, status);
    if (sandbox->state != SANDBOX_ENDING)
        sandbox->has_failed_init = !sandbox->init_us;
    stats->init_failures += sandbox->has_failed_init;
    stats->deaths += sandbox->state != SANDBOX_ENDING && sandbox->init_us;
}

static void note_kill(struct sandbox *sandbox, uint64_t used_mb)
{
    char line[128];
    (void)snprintf(line, sizeof line, "%llu MB are used, %u MB is the memory size: killed",
                   (unsigned long long)used_mb, sandbox->options->memory_mb);
    sandbox_log(sandbox, bytes_from_str(line));
    sandbox->options->stats->memory_kills++;
}

void sandbox_on_exit(void *context, int status)
{
    struct sandbox *sandbox = context;
    if (sandbox->cgroup && cgroup_was_over(sandbox->cgroup))
        note_kill(sandbox, sandbox->options->memory_mb);
    bool is_untold = sandbox->state == SANDBOX_INIT && !sandbox->invocation;
    note_end(sandbox, status);
    sandbox->process = NULL;
    sandbox->state = SANDBOX_ENDING;
    if (is_untold)
        report_init_failure(sandbox);
    if (sandbox->invocation)
        fail_by_exit(sandbox);
    sandbox->is_untold = is_untold;
    if (!sandbox_externals_end(sandbox))
        sandbox_finish(sandbox);
}

void sandbox_note_memory(struct sandbox *sandbox, uint64_t bytes)
{
    uint64_t used_mb = (bytes + MEGABYTE - 1) / MEGABYTE;
    if (used_mb > sandbox->peak_memory_mb)
        sandbox->peak_memory_mb = (unsigned)used_mb;
    if (sandbox->cgroup || sandbox->is_over_memory || used_mb <= sandbox->options->memory_mb)
        return;
    sandbox->is_over_memory = true;
    note_kill(sandbox, used_mb);
    process_signal(sandbox->process, SIGKILL);
}
