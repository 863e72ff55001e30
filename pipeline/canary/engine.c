#include "pipeline/canary/engine.h"

#include <inttypes.h>
#include <stdio.h>

#include "pipeline/canary/engine_internal.h"
#include "pipeline/canary/fields.h"

enum { TRIES_MAX = 60, GARBAGE_TRIES_MAX = 3, POLL_MAX_MS = 5000 };

int64_t engine_now(const struct canary_engine *engine)
{
    return engine->driver->now_ms(engine->driver->context);
}

/* --- one turn --- */

static void wait_turn(struct canary_engine *engine)
{
    int64_t ms = engine->plan->interval_ms < POLL_MAX_MS ? engine->plan->interval_ms : POLL_MAX_MS;
    if (!engine->driver->wait(engine->driver->context, ms))
        engine->is_signalled = true;
}

static bool may_pass(enum rc rc)
{
    return rc == RC_THROTTLED || rc == RC_UNREACHABLE || rc == RC_TIMEOUT;
}

/* What failed, in engine->why, is tried again for a while. false: no more. */
static bool endure(struct canary_engine *engine, enum rc rc)
{
    unsigned most = may_pass(rc) ? TRIES_MAX : rc == RC_SYNTAX ? GARBAGE_TRIES_MAX : 0;
    if (engine->tries++ >= most)
        return false;
    ENGINE_SAY(engine, "retry", "%s", engine->why);
    wait_turn(engine);
    return true;
}

/* Is the lock ours, what was said, what is there? */
static enum rc look_around(struct canary_engine *engine, struct canary_look *look)
{
    enum rc rc = lock_check(&engine->lock, engine->why);
    look->now_ms = engine_now(engine);
    if (rc == RC_OK && engine->state.expiry_ms - look->now_ms < engine->lock.lease_ms / 2)
        rc = lock_keep(&engine->lock, &engine->state, engine->why);
    if (rc == RC_OK && engine->is_signalled)
        look->word = WORD_SIGNAL;
    else if (rc == RC_OK)
        rc = lock_hear(&engine->lock, engine->state.run, &look->word, engine->why);
    return rc == RC_OK ? engine_look(engine, look) : rc;
}

static bool is_changed(const struct canary_state *a, const struct canary_state *b)
{
    return memcmp(a, b, sizeof *a) != 0;
}

static void run_hooks(struct canary_engine *engine, enum plan_point point)
{
    char why[CANARY_WHY_MAX];
    enum rc rc = engine->driver->hooks(engine->driver->context, &engine->state, point, why);
    if (rc != RC_OK)
        ENGINE_SAY(engine, "hook", "%s", why);
}

static void tell_load(struct canary_engine *engine)
{
    struct canary_load load;
    if (engine->driver->load && engine->driver->load(engine->driver->context, &load))
        ENGINE_SAY(engine, "load",
                   "%" PRIu64 " requests of our own so far, of which %" PRIu64 " failed", load.sent,
                   load.failed);
}

/* Tells what has become of `before`, and lets others know. */
static void tell(struct canary_engine *engine, const struct canary_state *before)
{
    const struct canary_state *state = &engine->state;
    char bake[DURATION_TEXT_LEN];
    if (state->is_paused != before->is_paused)
        ENGINE_SAY(engine, state->is_paused ? "pause" : "resume", "the share stays%s",
                   state->is_paused ? " until somebody says resume" : " no longer than it must");
    if (state->failures > before->failures)
        ENGINE_SAY(engine, "failure", "number %u, of which %u are let pass", state->failures,
                   engine->plan->failure_budget);
    if (state->phase == before->phase)
        return;
    if (before->phase == PHASE_BAKE)
        tell_load(engine);
    if (before->phase == PHASE_BAKE && state->phase != PHASE_BACK && state->phase != PHASE_HOLD)
        run_hooks(engine, PLAN_AFTER_STEP);
    if (state->phase == PHASE_BAKE) {
        engine_step_begins(engine);
        ENGINE_SAY(engine, "bake", "step %u of %zu: %.3g %% of all to the canary, for %s",
                   state->step + 1, engine->plan->step_count, 100 * canary_share(state, state->was),
                   duration_print(engine->plan->steps[state->step].bake_ms, bake));
    } else if (state->phase == PHASE_BACK) {
        ENGINE_SAY(engine, "rollback", "%s", state->why);
        run_hooks(engine, PLAN_BEFORE_ROLLBACK);
    } else if (state->phase == PHASE_HOLD) {
        ENGINE_SAY(engine, "hold", "%s", state->why);
        run_hooks(engine, PLAN_ON_HOLD);
    } else if (state->phase != PHASE_END) {
        ENGINE_SAY(engine, canary_phase_name(state->phase), "step %u of %zu", state->step + 1,
                   engine->plan->step_count);
    }
}

static enum rc write_rule(struct canary_engine *engine)
{
    struct canary_rule rule = {.count = engine->state.count};
    memcpy(rule.arn, engine->state.rule, sizeof rule.arn);
    enum rc rc = engine->driver->rule_read(engine->driver->context, &rule, engine->why);
    for (size_t i = 0; i < engine->state.count; i++)
        for (size_t k = 0; k < rule.count; k++)
            if (strcmp(rule.groups[k], engine->state.groups[i]) == 0)
                rule.weights[k] = engine->state.wished[i];
    if (rc == RC_OK)
        rc = engine->driver->rule_write(engine->driver->context, &rule, engine->why);
    return rc;
}

/* Saves what was decided, then does it. */
static enum rc do_act(struct canary_engine *engine, enum canary_act act,
                      const struct canary_state *before, enum canary_word word)
{
    enum rc rc = RC_OK;
    if (is_changed(before, &engine->state))
        rc = lock_keep(&engine->lock, &engine->state, engine->why);
    if (rc != RC_OK) {
        if (rc != RC_CONFLICT)
            engine->state = *before; /* decided again by the next turn */
        return rc;
    }
    if (word != WORD_NONE && word != WORD_SIGNAL)
        rc = lock_forget(&engine->lock, engine->why);
    tell(engine, before);
    if (rc == RC_OK && act == ACT_WRITE) {
        if (engine->writes++)
            wait_turn(engine);
        rc = write_rule(engine);
    } else {
        engine->writes = 0;
    }
    if (rc == RC_OK && act == ACT_WAIT)
        wait_turn(engine);
    return rc;
}

static enum rc turn(struct canary_engine *engine, enum canary_act *act)
{
    struct canary_look look = {.word = WORD_NONE};
    struct canary_state before;
    *act = ACT_WAIT;
    enum rc rc = look_around(engine, &look);
    if (rc != RC_OK)
        return rc;
    memcpy(&before, &engine->state, sizeof before);
    *act = canary_decide(engine->plan, &engine->state, &look);
    rc = do_act(engine, *act, &before, look.word);
    if (rc == RC_OK) {
        engine->tries = 0;
        engine->is_signalled = engine->is_signalled && look.word != WORD_SIGNAL;
    }
    return rc;
}

/* --- the end --- */

static void write_history(struct canary_engine *engine)
{
    char name[LOCK_NAME_MAX + CANARY_RUN_MAX], why[CANARY_WHY_MAX];
    struct buf text;
    int64_t version;
    buf_init(&text, 4096);
    engine->state.expiry_ms = engine_now(engine); /* when it ended */
    state_print(&engine->state, &text);
    (void)snprintf(name, sizeof name, "%.*s/history/%s", PLAN_LOCK_MAX, engine->lock.name,
                   engine->state.run);
    if (text.failed || engine->driver->note_write(engine->driver->context, name, buf_bytes(&text),
                                                  true, &version, why) != RC_OK)
        ENGINE_SAY(engine, "history", "this run is not in the history: %s", why);
    buf_release(&text);
}

/* Both homes of the run are known to be what they are to stay. */
static void retire(struct canary_engine *engine)
{
    char why[CANARY_WHY_MAX];
    size_t idle =
        engine->state.outcome == OUTCOME_PROMOTED ? engine->state.stable : engine->state.canary;
    if (engine->state.outcome == OUTCOME_ABORTED || engine->plan->retire_after_ms < 0 ||
        engine->state.was[idle] > 0)
        return;
    if (engine->driver->retire(engine->driver->context, &engine->state, idle, why) != RC_OK)
        ENGINE_SAY(engine, "retire", "%s", why);
}

static enum canary_exit exit_of(const struct canary_engine *engine)
{
    switch (engine->state.outcome) {
    case OUTCOME_PROMOTED:
        return CANARY_DONE;
    case OUTCOME_ROLLED_BACK:
        return engine->is_broken ? CANARY_BROKEN : CANARY_ROLLED_BACK;
    case OUTCOME_ABORTED:
        return CANARY_WAS_ABORTED;
    case OUTCOME_NONE:
    case OUTCOME_COUNT:
        break;
    }
    return engine->is_broken ? CANARY_BROKEN : CANARY_HELD;
}

static enum canary_exit finish(struct canary_engine *engine, enum canary_act act)
{
    const struct canary_state *state = &engine->state;
    char why[CANARY_WHY_MAX];
    if (state->phase == PHASE_END) {
        retire(engine);
        run_hooks(engine,
                  state->outcome == OUTCOME_PROMOTED ? PLAN_AFTER_PROMOTE : PLAN_AFTER_ROLLBACK);
        write_history(engine);
        if (lock_release(&engine->lock, why) != RC_OK)
            ENGINE_SAY(engine, "lock", "%s", why);
    }
    out_end(engine->out, engine_now(engine),
            state->phase == PHASE_END ? canary_outcome_name(state->outcome)
                                      : canary_phase_name(state->phase),
            state->why);
    if (act == ACT_LEAVE)
        return CANARY_FOREIGN;
    return state->phase == PHASE_RETIRE ? CANARY_DONE : exit_of(engine);
}

/* Something does not work for good. The first time, it goes as the plan's on_failure says, whose
 * way needs less than the one before; if that fails too, the lock tells others. */
static bool give_up(struct canary_engine *engine)
{
    struct canary_state before;
    memcpy(&before, &engine->state, sizeof before);
    ENGINE_SAY(engine, "error", "%s", engine->why);
    if (engine->is_broken)
        return false;
    engine->is_broken = true;
    engine->tries = 0;
    canary_give_up(engine->plan, &engine->state, engine_now(engine), engine->why);
    if (lock_keep(&engine->lock, &engine->state, engine->why) != RC_OK)
        return false;
    tell(engine, &before);
    return true;
}

enum canary_exit engine_stay(struct canary_engine *engine)
{
    enum canary_act act = ACT_GO_ON;
    for (;;) {
        enum rc rc = turn(engine, &act);
        if (rc == RC_CONFLICT) {
            ENGINE_SAY(engine, "lock", "%s; nothing more is written", engine->why);
            return CANARY_LOCKED;
        }
        if (rc != RC_OK && !endure(engine, rc) && !give_up(engine))
            return CANARY_BROKEN;
        if (rc == RC_OK && (act == ACT_STOP || act == ACT_LEAVE))
            return finish(engine, act);
    }
}
