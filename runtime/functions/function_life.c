#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/functions/function_internal.h"

/* A function's beginning, with Lambda's defaults, and its end. */

enum {
    TIMEOUT_MS = 3000,
    INIT_TIMEOUT_MS = 10000,
    STOP_GRACE_MS = 500,
    INIT_ERROR_GRACE_MS = 500,
    MEMORY_MB = 128,
    CONCURRENCY = 100,
    RETURN_MS = 50,
    FREEZE_MS = 20,
    IDLE_END_MS = 300000,
};

static void fill(struct function *function, const struct function_options *options)
{
    function->sandbox = (struct sandbox_options){
        .loop = options->loop,
        .name = function->texts.name,
        .program = function->texts.program,
        .task_root = function->texts.task_root,
        .version = function->texts.version,
        .handler = function->texts.handler,
        .arn = function->texts.arn,
        .env = (const char *const *)function->texts.env,
        .opt = function->texts.opt,
        .is_opt_mapped = options->is_opt_mapped,
        .timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS,
        .init_timeout_ms = options->init_timeout_ms ? options->init_timeout_ms : INIT_TIMEOUT_MS,
        .stop_grace_ms = options->stop_grace_ms ? options->stop_grace_ms : STOP_GRACE_MS,
        .init_error_grace_ms =
            options->init_error_grace_ms ? options->init_error_grace_ms : INIT_ERROR_GRACE_MS,
        .freeze_ms = options->freeze_ms ? options->freeze_ms : FREEZE_MS,
        .idle_end_ms = options->idle_end_ms ? options->idle_end_ms : IDLE_END_MS,
        .memory_mb = options->memory_mb ? options->memory_mb : MEMORY_MB,
        .on_line = options->on_line,
        .log = options->log,
        .log_level = options->log_level ? options->log_level : "INFO",
        .is_quiet = options->is_quiet,
        .debugger = options->debugger,
        .cgroups = options->cgroups,
        .line_context = options->context,
        .on_idle = function_on_idle,
        .on_end = function_on_end,
        .context = function,
        .random = &function->random,
        .stats = &function->stats,
    };
    function->concurrency = options->concurrency ? options->concurrency : CONCURRENCY;
    function->return_ms = options->return_ms ? options->return_ms : RETURN_MS;
    function->last = &function->first;
    function->return_timer.fn = function_on_return_timer;
    function->memory_timer.fn = function_on_memory_timer;
    random_init(&function->random, 0);
}

struct function *function_new(const struct function_options *options, char *error, size_t error_len)
{
    struct function *function = calloc(1, sizeof *function);
    if (!function) {
        (void)snprintf(error, error_len, "no memory");
        return NULL;
    }
    if (!function_texts_init(&function->texts, options, error, error_len)) {
        free(function);
        return NULL;
    }
    fill(function, options);
    return function;
}

void function_free(struct function *function)
{
    struct invocation *invocation;
    if (!function)
        return;
    function->is_freeing = true;
    for (struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next)
        sandbox_ask_to_end(sandbox);
    int64_t end_ms = clock_ms_monotonic() + function->sandbox.stop_grace_ms;
    while (function->sandboxes) {
        struct sandbox *sandbox = function->sandboxes;
        function->sandboxes = sandbox->next;
        sandbox_free(sandbox, end_ms);
    }
    while ((invocation = function_take_waiting(function)) != NULL) {
        invocation_fail(invocation, FUNCTION_ERROR, "Sandbox.Failure", "the function was ended");
        invocation_end(invocation);
    }
    loop_timer_clear(function->sandbox.loop, &function->return_timer);
    loop_timer_clear(function->sandbox.loop, &function->memory_timer);
    census_release(&function->census);
    function_texts_release(&function->texts);
    free(function);
}
