#ifndef TESTS_SUPPORT_CUTS_H
#define TESTS_SUPPORT_CUTS_H

/*
 * cuts — feeds a decoder one input in every way that a network may cut it: whole, byte by byte, and
 * in two pieces split at each position. Each prefix ends at an unreadable page, and lies elsewhere
 * than the one before.
 */

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

struct cuts {
    void *context; /* the test's own */
    /* Makes a fresh decoder. */
    void (*begin)(void *context);
    /* Decodes `prefix`, all bytes so far. */
    enum rc (*feed)(void *context, struct bytes prefix);
    /* Checks the result of one way: `how` names it for messages; `used` bytes had been fed when the
     * result was not RC_AGAIN any more. Views into the input are valid only in here. */
    void (*end)(void *context, const char *how, enum rc rc, size_t used);
};

/* Feeds `input` in all ways. */
void cuts_run(const struct cuts *cuts, struct bytes input);

/* Feeds it in pieces of `step` bytes alone, for inputs too long for all ways. */
void cuts_run_steps(const struct cuts *cuts, struct bytes input, size_t step);

#endif
