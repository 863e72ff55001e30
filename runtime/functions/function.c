#include "runtime/functions/function.h"

#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/functions/function_internal.h"

/*
 * Calls that find no idle sandbox wait in one queue, and whichever sandbox becomes idle takes the
 * oldest. A sandbox "is coming" when it will ask for an event by itself: it is in its init, or it
 * has answered a moment ago. As long as fewer are coming than calls wait, one more is started, up
 * to the limit; this is looked at when a call comes, when a sandbox ends, and when one that had
 * answered has not come back in time. At the limit a call waits for one that has answered, however
 * long ago, rather than be throttled.
 */

enum {
    ERROR_LEN = 512,
    /* So many inits may fail one after the other before starts are put off. */
    FAILURES_FREE = 10,
    BACK_OFF_MS = 100,
    BACK_OFF_MAX_MS = 5000,
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

/* Calls may wait for so many at the limit: those that are late too, whose timeout ends them. */
static size_t count_returning(const struct function *function)
{
    size_t count = 0;
    for (const struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next)
        count += is_coming(function, sandbox) ||
                 (sandbox->state == SANDBOX_SENT && !sandbox->is_retiring);
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
    if (!sandbox)
        return false;
    link_sandbox(function, sandbox);
    function_watch_memory(function);
    return true;
}

static void hand(struct function *function, struct sandbox *sandbox, struct invocation *invocation)
{
    sandbox_hand(sandbox, invocation);
    function_watch_memory(function);
}

/* --- calls that wait --- */

static void put_waiting(struct function *function, struct invocation *invocation)
{
    *function->last = invocation;
    function->last = &invocation->next;
    function->stats.waiting++;
}

struct invocation *function_take_waiting(struct function *function)
{
    struct invocation *invocation = function->first;
    if (!invocation)
        return NULL;
    function->first = invocation->next;
    if (!function->first)
        function->last = &function->first;
    invocation->next = NULL;
    function->stats.waiting--;
    return invocation;
}

static void fail_to_start(struct invocation *invocation, const char *error)
{
    invocation_fail(invocation, FUNCTION_ERROR, "Runtime.InvalidEntrypoint", "%s", error);
    invocation_end(invocation);
}

static bool is_backing_off(const struct function *function)
{
    return clock_ms_monotonic() < function->back_off_end_ms;
}

/* Nothing is started for it: what the last init died of is its answer. */
static void fail_by_back_off(struct function *function, struct invocation *invocation)
{
    invocation_fail(invocation, FUNCTION_ERROR, function->failure_type, "%s", function->failure);
    invocation_end(invocation);
}

/* Starts what the waiting calls lack; where that cannot be, a call fails. */
static void start_missing(struct function *function)
{
    char error[ERROR_LEN];
    while (!function->is_freeing && function->stats.waiting > count_coming(function) &&
           count_total(function) < function->concurrency)
        if (is_backing_off(function))
            fail_by_back_off(function, function_take_waiting(function));
        else if (!start(function, NULL, true, error, sizeof error))
            fail_to_start(function_take_waiting(function), error);
    /* Those that have answered are looked at again when they should be back. */
    if (!function->is_freeing && function->first && !function->return_timer._slot &&
        loop_timer_set(function->sandbox.loop, &function->return_timer,
                       clock_ms_monotonic() + function->return_ms) != RC_OK)
        return; /* the next call looks */
}

/* --- what comes from the loop --- */

void function_on_return_timer(struct loop *loop, struct loop_timer *timer)
{
    (void)loop;
    start_missing((void *)((char *)timer - offsetof(struct function, return_timer)));
}

void function_on_idle(struct sandbox *sandbox)
{
    struct function *function = sandbox->options->context;
    function->failures = 0;
    unlink_sandbox(function, sandbox);
    link_sandbox(function, sandbox);
    struct invocation *invocation = function_take_waiting(function);
    if (invocation)
        hand(function, sandbox, invocation);
    else if (function->is_retiring || count_total(function) > function->concurrency)
        sandbox_end(sandbox);
}

static void say(const struct function *function, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(const struct function *function, const char *format, ...)
{
    char line[ERROR_LEN];
    va_list args;
    if (!function->sandbox.on_line)
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    function->sandbox.on_line(function->sandbox.line_context, bytes_from_str(line));
}

/* A program that never gets ready shall not be started as fast as calls come. */
static void note_failed_init(struct function *function, const struct sandbox *sandbox)
{
    int64_t pause_ms = BACK_OFF_MS;
    (void)snprintf(function->failure_type, sizeof function->failure_type, "%s",
                   sandbox_failure_type(sandbox));
    (void)snprintf(function->failure, sizeof function->failure, "%s", sandbox->failure);
    if (++function->failures < FAILURES_FREE || is_backing_off(function))
        return;
    for (unsigned i = FAILURES_FREE; i < function->failures && pause_ms < BACK_OFF_MAX_MS; i++)
        pause_ms *= 2;
    pause_ms = pause_ms < BACK_OFF_MAX_MS ? pause_ms : BACK_OFF_MAX_MS;
    function->back_off_end_ms = clock_ms_monotonic() + pause_ms;
    say(function, "the init has failed %u times in a row: no start for %lld ms", function->failures,
        (long long)pause_ms);
}

/* After a failed init Lambda tries once more, as a part of the call that waits. */
void function_on_end(struct sandbox *sandbox, bool is_untold)
{
    struct function *function = sandbox->options->context;
    char error[ERROR_LEN];
    unlink_sandbox(function, sandbox);
    if (sandbox->has_failed_init)
        note_failed_init(function, sandbox);
    struct invocation *invocation = NULL;
    if (is_untold && !is_backing_off(function))
        invocation = function_take_waiting(function);
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
    invocation_end(invocation);
}

static void refuse(const struct function_call *call)
{
    struct function_result result = {
        .outcome = FUNCTION_ERROR,
        .payload = BYTES_LIT("{\"errorMessage\":\"the rig cannot take the call\","
                             "\"errorType\":\"Sandbox.Failure\"}"),
        .error_type = BYTES_LIT("Sandbox.Failure"),
    };
    call->on_done(call->context, &result);
}

static struct sandbox *find_ready(const struct function *function)
{
    struct sandbox *sandbox = function->sandboxes;
    while (sandbox && !sandbox_is_ready(sandbox))
        sandbox = sandbox->next;
    return sandbox;
}

void function_call(struct function *function, const struct function_call *call)
{
    struct invocation *invocation = NULL;
    if (!function->is_freeing)
        invocation = invocation_new(call, &function->random);
    if (!invocation) {
        refuse(call);
        return;
    }
    function->stats.calls++;
    invocation->stats = &function->stats;
    struct sandbox *sandbox = find_ready(function);
    if (sandbox) {
        hand(function, sandbox, invocation);
    } else if (function->stats.waiting >= count_returning(function) &&
               count_total(function) >= function->concurrency) {
        throttle(invocation);
    } else {
        put_waiting(function, invocation);
        start_missing(function);
    }
}

void function_invoke(struct function *function, struct bytes event, function_done_fn *on_done,
                     void *context)
{
    struct function_call call = {.event = event, .on_done = on_done, .context = context};
    function_call(function, &call);
}

void function_warm(struct function *function)
{
    char error[ERROR_LEN];
    if (count_total(function) < function->concurrency && !is_backing_off(function) &&
        !start(function, NULL, false, error, sizeof error))
        say(function, "%s", error);
}

static void end_after_call(struct sandbox *sandbox)
{
    if (sandbox->state == SANDBOX_ENDING)
        return;
    if (sandbox->invocation)
        sandbox->is_retiring = true;
    else
        sandbox_end(sandbox);
}

void function_replace(struct function *function)
{
    for (struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next)
        end_after_call(sandbox);
    function->failures = 0;
    function->back_off_end_ms = 0;
    start_missing(function);
}

void function_set_concurrency(struct function *function, unsigned concurrency)
{
    size_t total = count_total(function);
    struct sandbox *sandbox = function->sandboxes;
    function->concurrency = concurrency;
    for (; sandbox && total > concurrency; sandbox = sandbox->next)
        if (sandbox->state == SANDBOX_IDLE) {
            sandbox_end(sandbox);
            total--;
        }
    start_missing(function);
}

void function_retire(struct function *function)
{
    function->is_retiring = true;
    for (struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next)
        if (sandbox->state == SANDBOX_IDLE ||
            (sandbox->state == SANDBOX_INIT && !sandbox->invocation && !function->first))
            sandbox_end(sandbox);
}

bool function_is_over(const struct function *function)
{
    return function->is_retiring && !function->sandboxes && !function->first;
}
