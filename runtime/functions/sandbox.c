#include "runtime/functions/sandbox.h"
#include "runtime/process/cgroup.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/functions/extension_api.h"
#include "runtime/functions/runtime_api.h"
#include "runtime/functions/sandbox_env.h"
#include "runtime/functions/sandbox_internal.h"
#include "runtime/functions/sandbox_report.h"

/*
 * Three things move a sandbox on: what its runtime says (runtime_api.c), its one timer, and the end
 * of its process. The end of the process is the only place that frees it, so nothing of it can go
 * away under a callback. Before a result is given, the output so far is read, so that an owner sees
 * the lines of a call before its result.
 */

void sandbox_set_timer(struct sandbox *sandbox, unsigned after_ms)
{
    struct loop *loop = sandbox->options->loop;
    int64_t due_ms = clock_ms_monotonic() + after_ms;
    if (sandbox->options->debugger)
        return; /* who looks at it decides how long it takes */
    if (loop_timer_set(loop, &sandbox->timer, due_ms) != RC_OK)
        sandbox_signal(sandbox, SIGKILL); /* without a limit it shall not run */
}

/* --- the processes --- */

void sandbox_signal(struct sandbox *sandbox, int signal)
{
    if (sandbox->process)
        process_signal(sandbox->process, signal);
    for (size_t i = 0; i < sandbox->external_count; i++)
        if (sandbox->externals[i].process)
            process_signal(sandbox->externals[i].process, signal);
}

void sandbox_log(struct sandbox *sandbox, struct bytes line)
{
    const struct sandbox_options *options = sandbox->options;
    if (sandbox->invocation)
        invocation_log(sandbox->invocation, line);
    if (options->on_line)
        options->on_line(options->line_context, line);
}

static void on_line(void *context, bool is_error, struct bytes line)
{
    (void)is_error;
    sandbox_log(context, line);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct sandbox *sandbox = (void *)((char *)timer - offsetof(struct sandbox, timer));
    (void)loop;
    if (!sandbox->process) {
        sandbox_signal(sandbox, SIGKILL); /* extensions that take too long to end */
    } else if (sandbox->state == SANDBOX_IDLE && !sandbox->has_init_error) {
        sandbox_on_wait_timer(sandbox);
    } else if (sandbox->invocation && !sandbox->has_init_error) {
        sandbox_fail_by_timeout(sandbox);
    } else {
        /* In INIT: its exit tells the owner the rest. */
        sandbox->is_init_timeout = !sandbox->has_init_error;
        process_signal(sandbox->process, SIGKILL);
    }
}

/* Where there can be none, its memory is looked at as if there were no cgroups at all. */
static void make_cgroup(struct sandbox *sandbox)
{
    char path[CGROUP_PATH_MAX];
    uint64_t limit_bytes = (uint64_t)sandbox->options->memory_mb << 20;
    if (sandbox->options->cgroups && cgroup_make(sandbox->options->cgroups, limit_bytes, path))
        sandbox->cgroup = strdup(path);
}

static bool start_process(struct sandbox *sandbox, char *error, size_t error_len)
{
    const struct sandbox_options *options = sandbox->options;
    const char *argv[] = {options->program, NULL};
    unsigned port;
    if (!runtime_api_start(sandbox, &port, error, error_len))
        return false;
    make_cgroup(sandbox);
    char **env = sandbox_env_new(options, port);
    if (!env) {
        (void)snprintf(error, error_len, "no memory");
        return false;
    }
    struct process_options how = {.loop = options->loop,
                                  .argv = argv,
                                  .env = (const char *const *)env,
                                  .directory = options->task_root,
                                  .cgroup = sandbox->cgroup,
                                  .opt = options->is_opt_mapped ? options->opt : NULL,
                                  .mark = options->opt ? NULL : sandbox_env_mark(env),
                                  .debugger = options->debugger,
                                  .on_line = on_line,
                                  .on_exit = sandbox_on_exit,
                                  .context = sandbox};
    sandbox->start_us = clock_us_monotonic();
    sandbox->process = process_start(&how, error, error_len);
    if (sandbox->process && options->opt)
        sandbox_externals_start(sandbox, env);
    sandbox_env_free(env);
    return sandbox->process != NULL;
}

/* --- what the owner calls --- */

struct sandbox *sandbox_new(const struct sandbox_options *options, struct invocation *first,
                            bool is_cold, char *error, size_t error_len)
{
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox) {
        (void)snprintf(error, error_len, "no memory");
        return NULL;
    }
    sandbox->options = options;
    sandbox->timer.fn = on_timer;
    sandbox->is_cold = is_cold;
    sandbox->end_reason = "failure";
    sandbox->number = ++options->stats->starts;
    buf_init(&sandbox->init_error, LIMIT_INVOCATION_BYTES);
    if (!start_process(sandbox, error, error_len)) {
        sandbox_release(sandbox);
        return NULL;
    }
    sandbox->invocation = first;
    if (first) {
        invocation_start(first, options->timeout_ms);
        sandbox_report_start(sandbox);
    }
    sandbox_set_timer(sandbox, first ? options->timeout_ms : options->init_timeout_ms);
    return sandbox;
}

static void begin_invocation(struct sandbox *sandbox)
{
    struct invocation *invocation = sandbox->invocation;
    if (sandbox->is_cold) {
        invocation->is_cold_start = true;
        invocation->init_us = sandbox->init_us;
    }
    sandbox->options->stats->cold_starts += sandbox->is_cold;
    sandbox->is_cold = false;
    sandbox->is_streaming = false;
    sandbox->call_count++;
    sandbox->state_ms = clock_ms_monotonic();
    sandbox->state = SANDBOX_BUSY;
    extension_api_give_event(sandbox);
}

/* The `next` that is held gets the invocation's event. */
static void answer_next(struct sandbox *sandbox)
{
    struct httpd_exchange *exchange = sandbox->held;
    sandbox->held = NULL;
    if (sandbox->state != SANDBOX_BUSY)
        begin_invocation(sandbox);
    runtime_api_give_event(sandbox, exchange);
}

void sandbox_hand(struct sandbox *sandbox, struct invocation *invocation)
{
    sandbox_thaw(sandbox);
    sandbox->invocation = invocation;
    invocation_start(invocation, sandbox->options->timeout_ms);
    sandbox_set_timer(sandbox, sandbox->options->timeout_ms);
    sandbox_report_start(sandbox);
    answer_next(sandbox);
}

bool sandbox_is_ready(const struct sandbox *sandbox)
{
    return sandbox->state == SANDBOX_IDLE && !sandbox->has_init_error &&
           !process_is_doomed(sandbox->process);
}

unsigned sandbox_runtime_grace_ms(const struct sandbox *sandbox)
{
    unsigned grace_ms = sandbox->options->stop_grace_ms;
    return sandbox->external_count ? grace_ms * 3 / 5 : grace_ms; /* Lambda's 300 ms of 500 */
}

void sandbox_end(struct sandbox *sandbox)
{
    sandbox->state = SANDBOX_ENDING;
    loop_timer_clear(sandbox->options->loop, &sandbox->timer);
    sandbox_thaw(sandbox);
    sandbox->end_reason = "spindown";
    if (sandbox->extension_count)
        process_stop(sandbox->process, sandbox_runtime_grace_ms(sandbox));
    else
        process_signal(sandbox->process, SIGKILL);
}

void sandbox_ask_to_end(struct sandbox *sandbox)
{
    sandbox_thaw(sandbox);
    if (sandbox->extension_count && sandbox->process)
        process_signal(sandbox->process, SIGTERM);
    sandbox->end_reason = "spindown";
    sandbox_externals_tell(sandbox, sandbox->options->stop_grace_ms);
}

void sandbox_free(struct sandbox *sandbox, int64_t end_ms)
{
    if (sandbox->extension_count && sandbox->process)
        process_wait(sandbox->process, end_ms);
    if (sandbox->invocation) {
        invocation_fail(sandbox->invocation, FUNCTION_ERROR, "Sandbox.Failure",
                        "the function was ended");
        sandbox_drop_invocation(sandbox);
    }
    if (sandbox->process)
        process_kill(sandbox->process);
    sandbox_externals_kill(sandbox, end_ms);
    sandbox_release(sandbox);
}

/* --- what the runtime says --- */

/* The init is over. */
static void become_ready(struct sandbox *sandbox)
{
    sandbox->init_us = clock_us_monotonic() - sandbox->start_us;
    sandbox->init_us += sandbox->init_us == 0;
    sandbox_externals_report(sandbox);
    if (!sandbox->invocation)
        loop_timer_clear(sandbox->options->loop, &sandbox->timer);
}

/* The invocation is over. */
static void finish_invocation(struct sandbox *sandbox)
{
    process_drain(sandbox->process);
    sandbox_report_end(sandbox, (struct sandbox_status){NULL, NULL});
    sandbox_drop_invocation(sandbox);
}

/* A second `next` takes the place of the first, whose connection the runtime may have lost. */
static void hold(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    struct httpd_exchange *before = sandbox->held;
    sandbox->held = exchange;
    if (before)
        runtime_api_refuse_next(sandbox, before);
}

/* The phase is over when all that hear of events wait for the next one. */
static bool all_wait(const struct sandbox *sandbox)
{
    if (!sandbox->held || (sandbox->state == SANDBOX_INIT && !sandbox_externals_wait(sandbox)))
        return false;
    for (size_t i = 0; i < sandbox->extension_count; i++)
        if (sandbox->extensions[i].wants_events && !sandbox->extensions[i].held)
            return false;
    return true;
}

static void become_idle(struct sandbox *sandbox)
{
    bool is_news = sandbox->state != SANDBOX_IDLE;
    sandbox->state = SANDBOX_IDLE;
    if (sandbox->is_retiring)
        sandbox_end(sandbox);
    else if (is_news)
        sandbox->options->on_idle(sandbox);
    if (sandbox->state == SANDBOX_IDLE)
        sandbox_wait(sandbox);
}

void sandbox_settle(struct sandbox *sandbox)
{
    if (sandbox->state == SANDBOX_ENDING || sandbox->has_init_error || sandbox->external_failure ||
        !all_wait(sandbox))
        return;
    if (sandbox->state == SANDBOX_INIT)
        become_ready(sandbox);
    else if (sandbox->state == SANDBOX_SENT)
        finish_invocation(sandbox);
    if (sandbox->invocation) /* its init was a part of it */
        answer_next(sandbox);
    else
        become_idle(sandbox);
}

void sandbox_take_next(struct sandbox *sandbox, struct httpd_exchange *exchange)
{
    if (sandbox->state == SANDBOX_ENDING || sandbox->has_init_error || sandbox->is_init_timeout) {
        runtime_api_refuse_next(sandbox, exchange);
        return;
    }
    hold(sandbox, exchange);
    if (sandbox->state == SANDBOX_BUSY) /* the same event once more */
        answer_next(sandbox);
    else
        sandbox_settle(sandbox);
}

void sandbox_take_part(struct sandbox *sandbox, struct bytes content_type, struct bytes part)
{
    const struct invocation *invocation = sandbox->invocation;
    if (part.len)
        invocation->on_part(invocation->context, content_type, part);
}

void sandbox_take_answer(struct sandbox *sandbox, enum function_outcome outcome,
                         struct bytes payload, struct bytes error_type)
{
    sandbox->state = SANDBOX_SENT;
    sandbox->sent_ms = clock_ms_monotonic();
    process_drain(sandbox->process);
    invocation_done(sandbox->invocation, outcome, payload, error_type);
}

void sandbox_refuse_answer(struct sandbox *sandbox, const char *error_type, const char *reason)
{
    sandbox->state = SANDBOX_SENT;
    sandbox->sent_ms = clock_ms_monotonic();
    process_drain(sandbox->process);
    invocation_fail(sandbox->invocation, FUNCTION_ERROR, error_type, "%s", reason);
}

void sandbox_take_init_error(struct sandbox *sandbox, struct bytes payload, struct bytes error_type)
{
    sandbox->has_init_error = true;
    buf_append(&sandbox->init_error, payload);
    (void)snprintf(sandbox->init_error_type, sizeof sandbox->init_error_type, "%.*s",
                   BYTES_ARG(error_type));
    /* A runtime ends by itself now; one that does not is ended. */
    sandbox_set_timer(sandbox, sandbox->options->init_error_grace_ms);
}
