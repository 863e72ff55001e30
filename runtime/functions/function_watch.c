#include "runtime/core/clock.h"
#include "runtime/functions/function_internal.h"

static enum function_sandbox_state state_of(const struct sandbox *sandbox)
{
    switch (sandbox->state) {
    case SANDBOX_INIT:
        return FUNCTION_SANDBOX_INIT;
    case SANDBOX_IDLE:
        return sandbox->is_frozen ? FUNCTION_SANDBOX_FROZEN : FUNCTION_SANDBOX_IDLE;
    case SANDBOX_BUSY:
    case SANDBOX_SENT:
        return FUNCTION_SANDBOX_BUSY;
    case SANDBOX_ENDING:
        break;
    }
    return FUNCTION_SANDBOX_ENDING;
}

void function_each_sandbox(const struct function *function, function_sandbox_fn *fn, void *context)
{
    int64_t now_ms = clock_ms_monotonic();
    for (const struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next) {
        int64_t start_ms = sandbox->start_us / 1000;
        struct function_sandbox view = {
            .number = sandbox->number,
            .state = state_of(sandbox),
            .process_id = sandbox->process ? process_id(sandbox->process) : 0,
            .age_ms = now_ms - start_ms,
            .state_ms = now_ms - (sandbox->state_ms ? sandbox->state_ms : start_ms),
            .init_us = sandbox->init_us,
            .call_count = sandbox->call_count,
            .peak_memory_mb = sandbox->peak_memory_mb,
        };
        fn(context, &view);
    }
}

void function_stats(const struct function *function, struct function_stats *stats)
{
    *stats = function->stats;
}

void function_count(const struct function *function, size_t *total, size_t *busy)
{
    *total = *busy = 0;
    for (const struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next) {
        *total += sandbox->state != SANDBOX_ENDING;
        *busy += sandbox->state != SANDBOX_ENDING && sandbox->invocation;
    }
}
