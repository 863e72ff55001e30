#include "tests/support/cuts.h"

#include <stdio.h>

#include "tests/support/guard.h"

/* Feeds up to `first` bytes, and from there on `step` bytes more at a time. */
static void feed_from(const struct cuts *cuts, struct bytes input, size_t first, size_t step,
                      const char *how)
{
    enum rc rc = RC_AGAIN;
    size_t len = first;
    cuts->begin(cuts->context);
    for (;;) {
        struct guard guard = guard_new(bytes_make(input.ptr, len));
        rc = cuts->feed(cuts->context, guard.view);
        bool is_last = rc != RC_AGAIN || len == input.len;
        if (is_last)
            cuts->end(cuts->context, how, rc, len);
        guard_free(&guard);
        if (is_last)
            return;
        len = input.len - len < step ? input.len : len + step;
    }
}

void cuts_run_steps(const struct cuts *cuts, struct bytes input, size_t step)
{
    char how[64];
    (void)snprintf(how, sizeof how, "in steps of %zu", step);
    feed_from(cuts, input, step < input.len ? step : input.len, step, how);
}

void cuts_run(const struct cuts *cuts, struct bytes input)
{
    char how[64];
    feed_from(cuts, input, input.len, 1, "whole");
    feed_from(cuts, input, 0, 1, "byte by byte");
    for (size_t i = 1; i < input.len; i++) {
        (void)snprintf(how, sizeof how, "split at %zu", i);
        feed_from(cuts, input, i, input.len, how);
    }
}
