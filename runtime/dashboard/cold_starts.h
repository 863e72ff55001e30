#ifndef RUNTIME_DASHBOARD_COLD_STARTS_H
#define RUNTIME_DASHBOARD_COLD_STARTS_H

/*
 * cold_starts — which sandboxes have ended their init since the last look.
 *
 * Layer:   dashboard, private. No I/O, no clock.
 * Memory:  the number of each sandbox that is there, at most COLD_STARTS_MAX of them; what is
 * beyond is not counted.
 *
 * A sandbox that begins and ends between two looks is not seen.
 */

#include "runtime/dashboard/dashboard.h"

enum { COLD_STARTS_MAX = 2048 };

struct cold_start_known {
    char name[96];
    uint64_t number;
};

struct cold_starts {
    struct cold_start_known *before, *now; /* NULL: there was no look yet */
    size_t before_count, now_count;
};

/* Calls `tell` for each sandbox whose init is over, and was not at the last look. Without memory it
 * tells nothing. */
void cold_starts_look(struct cold_starts *cold_starts, const struct dashboard_source *source,
                      dashboard_sandbox_fn *tell, void *context);

/* Works on a zeroed struct. */
void cold_starts_release(struct cold_starts *cold_starts);

#endif
