#include <signal.h>

#include "runtime/core/clock.h"
#include "runtime/functions/sandbox_internal.h"

/* A sandbox that waits for an event: runs on for a moment, then stands still, and ends at last. */

void sandbox_wait(struct sandbox *sandbox)
{
    sandbox->state_ms = clock_ms_monotonic();
    sandbox_set_timer(sandbox, sandbox->options->freeze_ms);
}

/* The wait has its two limits one after the other. */
void sandbox_on_wait_timer(struct sandbox *sandbox)
{
    const struct sandbox_options *options = sandbox->options;
    int64_t left_ms = sandbox->state_ms + options->idle_end_ms - clock_ms_monotonic();
    if (left_ms <= 0) {
        options->stats->idle_ends++;
        sandbox_end(sandbox);
        return;
    }
    sandbox_signal(sandbox, SIGSTOP);
    sandbox->is_frozen = true;
    sandbox_set_timer(sandbox, (unsigned)left_ms);
}

void sandbox_thaw(struct sandbox *sandbox)
{
    if (sandbox->is_frozen)
        sandbox_signal(sandbox, SIGCONT);
    sandbox->is_frozen = false;
}
