#include "pipeline/canary/command_show.h"

#include <inttypes.h>
#include <stdio.h>

#include "pipeline/canary/fields.h"
#include "runtime/core/clock.h"

static enum canary_exit fail(const char *why)
{
    (void)fprintf(stderr, "duet canary: %s\n", why);
    return CANARY_BROKEN;
}

static void print_json(const struct canary_state *state)
{
    struct buf line;
    buf_init(&line, LOCK_STATE_MAX);
    state_print(state, &line);
    (void)printf("%.*s\n", BYTES_ARG(buf_bytes(&line)));
    buf_release(&line);
}

static void print_slots(const struct canary_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        (void)printf("  %-32.*s %5.1f %%   before %5.1f %%%s\n",
                     BYTES_ARG(canary_group_name(state->groups[i])),
                     100 * shares_of(state->was, state->count, i),
                     100 * shares_of(state->before, state->count, i),
                     i == state->canary   ? "   canary"
                     : i == state->stable ? "   stable"
                                          : "");
}

static void print_progress(const struct canary_state *state)
{
    if (state->needed)
        (void)printf("  %" PRIu64 " requests to the canary in this step, %" PRIu64
                     " more are needed\n",
                     state->requests, state->needed);
    else if (state->requests)
        (void)printf("  %" PRIu64 " requests to the canary in this step\n", state->requests);
    if (*state->strip)
        (void)printf("  verdicts %s (pass, fail, inconclusive, no data)%s%s\n", state->strip,
                     *state->verdict ? ": " : "", state->verdict);
}

static void print_status(const struct canary_state *state, int64_t now_ms)
{
    char since[DURATION_TEXT_LEN], lease[DURATION_TEXT_LEN];
    bool is_idle = state->phase == PHASE_HOLD || state->phase == PHASE_END;
    (void)printf("%s, run %s: %s%s, step %u of %u, for %s\n", state->name, state->run,
                 canary_phase_name(state->phase), state->is_paused ? " (paused)" : "",
                 state->step + 1, state->step_count,
                 duration_print(now_ms - state->phase_ms, since));
    if (*state->why)
        (void)printf("  %s\n", state->why);
    print_slots(state);
    print_progress(state);
    if (is_idle)
        (void)printf("  no process runs it: resume, promote, rollback or abort\n");
    else if (now_ms < state->expiry_ms)
        (void)printf("  %s runs it, and has the lock for %s\n", state->owner,
                     duration_print(state->expiry_ms - now_ms, lease));
    else
        (void)printf("  %s ran it, and is silent: resume, or rollback\n", state->owner);
}

enum canary_exit command_status(struct aws_driver *driver, const char *name, bool is_json)
{
    const struct canary_driver *world = aws_driver_interface(driver);
    struct canary_lock lock = {.driver = world, .name = name};
    struct canary_state state;
    char why[CANARY_WHY_MAX];
    enum rc rc = lock_read(&lock, &state, why);
    if (rc == RC_NOT_FOUND) {
        if (is_json)
            (void)puts("null");
        else
            (void)printf("there is no canary in '%s'\n", name);
        return CANARY_USAGE;
    }
    if (rc != RC_OK)
        return fail(why);
    if (is_json)
        print_json(&state);
    else
        print_status(&state, world->now_ms(world->context));
    return CANARY_DONE;
}

static void print_past(void *context, struct bytes name, struct bytes text)
{
    const bool *is_json = context;
    struct canary_state state;
    char error[CANARY_WHY_MAX], when[CLOCK_RFC3339_LEN + 1], took[DURATION_TEXT_LEN];
    if (!state_parse(&state, text, error, sizeof error)) {
        (void)fprintf(stderr, "duet canary: %.*s: %s\n", BYTES_ARG(name), error);
        return;
    }
    if (*is_json) {
        print_json(&state);
        return;
    }
    clock_rfc3339(state.started_ms, when);
    (void)printf("%s  %-12s %-16s %s, step %u%s%s\n", when, canary_outcome_name(state.outcome),
                 state.name, duration_print(state.expiry_ms - state.started_ms, took),
                 state.step + 1, *state.why ? ": " : "", state.why);
}

enum canary_exit command_history(struct aws_driver *driver, const char *name, bool is_json)
{
    char path[LOCK_NAME_MAX], why[CANARY_WHY_MAX];
    (void)snprintf(path, sizeof path, "%.*s/history", PLAN_LOCK_MAX, name);
    if (aws_driver_notes(driver, path, print_past, &is_json, why) != RC_OK)
        return fail(why);
    return CANARY_DONE;
}
