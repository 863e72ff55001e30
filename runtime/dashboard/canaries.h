#ifndef RUNTIME_DASHBOARD_CANARIES_H
#define RUNTIME_DASHBOARD_CANARIES_H

/*
 * canaries — the canaries of this rig as the page shows them, and the words that it leaves them.
 *
 * Layer:   dashboard, private. Knows control/parameter.h and the form of two parameters that `duet
 *          canary` writes and reads, nothing else of it.
 *
 * A canary's state is a JSON object in the parameter that is its lock, under /duet/ (see
 * pipeline/canary/state.h); how it ended stays at LOCK/history/RUN. A word for it is
 * {"run": RUN, "word": WORD} at LOCK/word, which its process obeys at its next look.
 */

#include "runtime/control/parameter.h"
#include "runtime/core/http.h"

enum {
    CANARIES_LIVE_MAX = 4, /* that are shown at once */
    CANARIES_PAST_MAX = 5, /* the newest of those that have ended */
};

/* Appends [{"lock": NAME, "state": {...}}, ...]: those that run or are held, then the past ones,
 * each newest first. NULL: there are no parameters, nor canaries. */
void canaries_print(const struct parameters *parameters, struct buf *out);

/* Answers POST /dashboard/canary, {"lock": NAME, "run": RUN, "word": "pause", "resume", "promote"
 * or "rollback"}: 204, and the word is left · 400 with a reason · 403 · 405 (controls.h) · 409: it
 * has ended, or no process runs it, so that nobody would obey; nothing is left. */
void canaries_answer(struct parameters *parameters, const char *token,
                     const struct http_request *req, struct http_response *res);

#endif
