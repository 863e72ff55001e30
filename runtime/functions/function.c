#include "runtime/functions/function.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/functions/function_texts.h"
#include "runtime/functions/sandbox.h"

/*
 * Calls that find no idle sandbox wait in one queue, and whichever sandbox becomes idle takes the
 * oldest. A sandbox "is coming" when it will ask for an event by itself: it is in its init, or it
 * has answered a moment ago. As long as fewer are coming than calls wait, one more is started, up
 * to the limit; this is looked at when a call comes, when a sandbox ends, and when one that had
 * answered has not come back in time.
 */

enum {
    TIMEOUT_MS = 3000,
    INIT_TIMEOUT_MS = 10000,
    STOP_GRACE_MS = 500,
    INIT_ERROR_GRACE_MS = 500,
    MEMORY_MB = 128,
    CONCURRENCY = 100,
    ERROR_LEN = 512,
    RETURN_MS = 50,
};

struct function {
    struct sandbox_options sandbox;
    unsigned concurrency, return_ms;
    struct sandbox *sandboxes; /* the last used first */
    struct invocation *first, **last;
    size_t waiting_count;
    struct loop_timer return_timer;
    struct random_state random;
    bool is_freeing;
    struct function_texts texts;
};

/* --- sandboxes --- */

static bool is_coming(const struct function *function, const struct sandbox *sandbox)
{
    if (sandbox->is_retiring)
        return false;
    return (sandbox->state == SANDBOX_INIT && !sandbox->invocation) ||
           (sandbox->state == SANDBOX_SENT &&
            clock_ms_monotonic() - sandbox->sent_ms < (int64_t)function->return_ms);
}

static size_t count_coming(const struct function *function)
{
    size_t count = 0;
    for (const struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next)
        count += is_coming(function, sandbox);
    return count;
}

static size_t count_total(const struct function *function)
{
    size_t total, busy;
    function_count(function, &total, &busy);
    return total;
}

static void unlink_sandbox(struct function *function, struct sandbox *sandbox)
{
    struct sandbox **link = &function->sandboxes;
    while (*link != sandbox)
        link = &(*link)->next;
    *link = sandbox->next;
}

static void link_sandbox(struct function *function, struct sandbox *sandbox)
{
    sandbox->next = function->sandboxes;
    function->sandboxes = sandbox;
}

/* Starts one, which may be given its first invocation already. false: `error` says why. */
static bool start(struct function *function, struct invocation *first, bool is_cold, char *error,
                  size_t error_len)
{
    struct sandbox *sandbox = sandbox_new(&function->sandbox, first, is_cold, error, error_len);
    if (sandbox)
        link_sandbox(function, sandbox);
    return sandbox != NULL;
}

/* --- calls that wait --- */

static void put_waiting(struct function *function, struct invocation *invocation)
{
    *function->last = invocation;
    function->last = &invocation->next;
    function->waiting_count++;
}

static struct invocation *take_waiting(struct function *function)
{
    struct invocation *invocation = function->first;
    if (!invocation)
        return NULL;
    function->first = invocation->next;
    if (!function->first)
        function->last = &function->first;
    invocation->next = NULL;
    function->waiting_count--;
    return invocation;
}

static void fail_to_start(struct invocation *invocation, const char *error)
{
    invocation_fail(invocation, FUNCTION_ERROR, "Runtime.InvalidEntrypoint", "%s", error);
    invocation_free(invocation);
}

/* Starts what the waiting calls lack; where that cannot be, a call fails. */
static void start_missing(struct function *function)
{
    char error[ERROR_LEN];
    while (!function->is_freeing && function->waiting_count > count_coming(function) &&
           count_total(function) < function->concurrency)
        if (!start(function, NULL, true, error, sizeof error))
            fail_to_start(take_waiting(function), error);
    /* Those that have answered are looked at again when they should be back. */
    if (!function->is_freeing && function->first && !function->return_timer._slot &&
        loop_timer_set(function->sandbox.loop, &function->return_timer,
                       clock_ms_monotonic() + function->return_ms) != RC_OK)
        return; /* the next call looks */
}

/* --- what comes from the loop --- */

static void on_return_timer(struct loop *loop, struct loop_timer *timer)
{
    (void)loop;
    start_missing((void *)((char *)timer - offsetof(struct function, return_timer)));
}

static void on_idle(struct sandbox *sandbox)
{
    struct function *function = sandbox->options->context;
    unlink_sandbox(function, sandbox);
    link_sandbox(function, sandbox);
    struct invocation *invocation = take_waiting(function);
    if (invocation)
        sandbox_hand(sandbox, invocation);
}

/* After a failed init Lambda tries once more, as a part of the call that waits. */
static void on_end(struct sandbox *sandbox, bool is_init_failure)
{
    struct function *function = sandbox->options->context;
    char error[ERROR_LEN];
    unlink_sandbox(function, sandbox);
    struct invocation *invocation = is_init_failure ? take_waiting(function) : NULL;
    if (invocation && !start(function, invocation, true, error, sizeof error))
        fail_to_start(invocation, error);
    start_missing(function);
}

/* --- calls --- */

static void throttle(struct invocation *invocation)
{
    invocation_done(invocation, FUNCTION_THROTTLED,
                    BYTES_LIT("{\"Reason\":\"ConcurrentInvocationLimitExceeded\",\"Type\":\"User\","
                              "\"message\":\"Rate Exceeded.\"}"),
                    BYTES_LIT("TooManyRequestsException"));
    invocation_free(invocation);
}

static void refuse(function_done_fn *on_done, void *context, struct bytes message)
{
    struct function_result result = {
        .outcome = FUNCTION_ERROR, .payload = message, .error_type = BYTES_LIT("Sandbox.Failure")};
    on_done(context, &result);
}

void function_invoke(struct function *function, struct bytes event, function_done_fn *on_done,
                     void *context)
{
    struct invocation *invocation = NULL;
    struct sandbox *sandbox = function->sandboxes;
    if (!function->is_freeing)
        invocation = invocation_new(event, on_done, context, &function->random);
    if (!invocation) {
        refuse(on_done, context,
               BYTES_LIT("{\"errorMessage\":\"the rig cannot take the call\","
                         "\"errorType\":\"Sandbox.Failure\"}"));
        return;
    }
    while (sandbox && !sandbox_is_ready(sandbox))
        sandbox = sandbox->next;
    if (sandbox) {
        sandbox_hand(sandbox, invocation);
    } else if (function->waiting_count >= count_coming(function) &&
               count_total(function) >= function->concurrency) {
        throttle(invocation);
    } else {
        put_waiting(function, invocation);
        start_missing(function);
    }
}

void function_warm(struct function *function)
{
    char error[ERROR_LEN];
    if (count_total(function) < function->concurrency &&
        !start(function, NULL, false, error, sizeof error) && function->sandbox.on_line)
        function->sandbox.on_line(function->sandbox.line_context, bytes_from_str(error));
}

void function_replace(struct function *function)
{
    for (struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next) {
        if (sandbox->state == SANDBOX_ENDING)
            continue;
        if (sandbox->invocation)
            sandbox->is_retiring = true;
        else
            sandbox_end(sandbox);
    }
    start_missing(function);
}

void function_count(const struct function *function, size_t *total, size_t *busy)
{
    *total = *busy = 0;
    for (const struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next) {
        *total += sandbox->state != SANDBOX_ENDING;
        *busy += sandbox->state != SANDBOX_ENDING && sandbox->invocation;
    }
}

/* --- life --- */

static void fill(struct function *function, const struct function_options *options)
{
    function->sandbox = (struct sandbox_options){
        .loop = options->loop,
        .name = function->texts.name,
        .program = function->texts.program,
        .task_root = function->texts.task_root,
        .env = (const char *const *)function->texts.env,
        .timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS,
        .init_timeout_ms = options->init_timeout_ms ? options->init_timeout_ms : INIT_TIMEOUT_MS,
        .stop_grace_ms = options->stop_grace_ms ? options->stop_grace_ms : STOP_GRACE_MS,
        .init_error_grace_ms =
            options->init_error_grace_ms ? options->init_error_grace_ms : INIT_ERROR_GRACE_MS,
        .memory_mb = options->memory_mb ? options->memory_mb : MEMORY_MB,
        .on_line = options->on_line,
        .is_quiet = options->is_quiet,
        .line_context = options->context,
        .on_idle = on_idle,
        .on_end = on_end,
        .context = function,
        .random = &function->random,
    };
    function->concurrency = options->concurrency ? options->concurrency : CONCURRENCY;
    function->return_ms = options->return_ms ? options->return_ms : RETURN_MS;
    function->last = &function->first;
    function->return_timer.fn = on_return_timer;
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
    while ((invocation = take_waiting(function)) != NULL) {
        invocation_fail(invocation, FUNCTION_ERROR, "Sandbox.Failure", "the function was ended");
        invocation_free(invocation);
    }
    loop_timer_clear(function->sandbox.loop, &function->return_timer);
    function_texts_release(&function->texts);
    free(function);
}
