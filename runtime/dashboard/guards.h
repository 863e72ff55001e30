#ifndef RUNTIME_DASHBOARD_GUARDS_H
#define RUNTIME_DASHBOARD_GUARDS_H

/*
 * guards — the guards of this rig as the page shows them: where each is, and what it did.
 *
 * Layer:   dashboard, private. Knows control/parameter.h and the form of two parameters that `duet
 *          guard` writes, nothing else of it.
 *
 * A guard's state is a JSON object with "phase", "groups" and "expiry_ms" in a parameter under
 * /duet/ (see pipeline/guard/guard_state.h); each act is one in PARAMETER/history/EPOCH_MS.
 */

#include "runtime/control/parameter.h"

enum {
    GUARDS_MAX = 4,       /* that are shown */
    GUARDS_ACTS_MAX = 20, /* the newest of each */
};

/* Appends [{"parameter": NAME, "state": {...}, "acts": [{...}, ...]}, ...], by name, acts from the
 * oldest on. NULL: there are no parameters, nor guards. */
void guards_print(const struct parameters *parameters, struct buf *out);

#endif
