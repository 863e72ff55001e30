#include "runtime/core/clock.h"
#include "runtime/functions/function_internal.h"
#include "runtime/process/cgroup.h"

/*
 * The memory of what runs is looked at ten times a second: an address-space limit would be simpler,
 * but runtimes that reserve much and use little (Go, Java) do not start under one.
 */

enum {
    LOOK_MS = 100,
    LOOK_SHARE = 20, /* at most this part of the time is spent on looking */
};

/* Of the runtime and of extensions that are processes. */
static uint64_t sum(struct function *function, const struct sandbox *sandbox,
                    uint64_t bytes_of(struct census *census, pid_t child))
{
    uint64_t bytes = bytes_of(&function->census, process_id(sandbox->process));
    for (size_t i = 0; i < sandbox->external_count; i++)
        if (sandbox->externals[i].process)
            bytes += bytes_of(&function->census, process_id(sandbox->externals[i].process));
    return bytes;
}

static void look_at(struct function *function, struct sandbox *sandbox)
{
    if (sandbox->cgroup) {
        sandbox_note_memory(sandbox, cgroup_peak_bytes(sandbox->cgroup));
        return;
    }
    uint64_t bytes = sum(function, sandbox, census_resident_bytes);
    if (bytes > (uint64_t)function->sandbox.memory_mb << 20)
        bytes = sum(function, sandbox, census_proportional_bytes);
    sandbox_note_memory(sandbox, bytes);
}

static bool has_running(const struct function *function)
{
    for (const struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next)
        if (sandbox_is_running(sandbox))
            return true;
    return false;
}

static bool needs_census(const struct function *function)
{
    for (const struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next)
        if (sandbox_is_running(sandbox) && !sandbox->cgroup)
            return true;
    return false;
}

static void set_timer(struct function *function, int64_t after_ms)
{
    /* Without a timer the next start of a sandbox, or its next event, tries again. */
    if (loop_timer_set(function->sandbox.loop, &function->memory_timer,
                       clock_ms_monotonic() + after_ms) != RC_OK)
        loop_timer_clear(function->sandbox.loop, &function->memory_timer);
}

void function_on_memory_timer(struct loop *loop, struct loop_timer *timer)
{
    struct function *function = (void *)((char *)timer - offsetof(struct function, memory_timer));
    int64_t start_ms = clock_ms_monotonic();
    (void)loop;
    if (!has_running(function))
        return;
    if (!needs_census(function) || census_take(&function->census) == RC_OK)
        for (struct sandbox *sandbox = function->sandboxes; sandbox; sandbox = sandbox->next)
            if (sandbox_is_running(sandbox))
                look_at(function, sandbox);
    int64_t spent_ms = clock_ms_monotonic() - start_ms;
    set_timer(function, spent_ms * LOOK_SHARE > LOOK_MS ? spent_ms * LOOK_SHARE : LOOK_MS);
}

void function_watch_memory(struct function *function)
{
    if (!function->memory_timer._slot)
        set_timer(function, LOOK_MS);
}
