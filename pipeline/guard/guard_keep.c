#include <inttypes.h>
#include <stdio.h>

#include "pipeline/guard/guard_engine.h"
#include "pipeline/guard/guard_tasks.h"
#include "runtime/core/clock.h"

static const int64_t last_turn_ms = 5000;       /* that may begin right before the end */
static const int64_t seen_after_ms = 10 * 1000; /* that a write is seen by all reads, at the most */

static int64_t now_of(const struct guard_engine *engine)
{
    return engine->world->now_ms(engine->world->context);
}

static enum rc put_state(struct guard_engine *engine, bool overwrite, char *why)
{
    struct buf text;
    enum rc rc = RC_NOMEM;
    buf_init(&text, GUARD_STATE_MAX);
    guard_state_print(&engine->state, &text);
    if (text.failed)
        (void)snprintf(why, CANARY_WHY_MAX, "the guard's state has over %d bytes", GUARD_STATE_MAX);
    else
        rc = engine->world->note_write(engine->world->context, engine->policy->parameter,
                                       buf_bytes(&text), overwrite, &engine->version, why);
    buf_release(&text);
    return rc;
}

static enum rc write_state(struct guard_engine *engine, bool overwrite, char *why)
{
    int64_t now_ms = now_of(engine);
    memcpy(engine->state.owner, engine->owner, sizeof engine->state.owner);
    engine->state.expiry_ms = now_ms + (engine->is_ending ? 0 : engine->policy->lease_ms);
    if (engine->end_ms && engine->state.expiry_ms > engine->end_ms + last_turn_ms)
        engine->state.expiry_ms = engine->end_ms + last_turn_ms;
    engine->saved_ms = now_ms;
    return put_state(engine, overwrite, why);
}

/* RC_UNSUPPORTED: what is there is no state of a guard. */
static enum rc read_state(struct guard_engine *engine, struct guard_state *state, int64_t *version,
                          char *why)
{
    struct canary_note note;
    char error[CANARY_WHY_MAX / 2];
    enum rc rc =
        engine->world->note_read(engine->world->context, engine->policy->parameter, &note, why);
    if (rc != RC_OK)
        return rc;
    *version = note.version;
    if (guard_state_parse(state, bytes_make(note.text, note.len), error, sizeof error))
        return RC_OK;
    (void)snprintf(why, CANARY_WHY_MAX, "the parameter '%.80s' holds no guard: %s",
                   engine->policy->parameter, error);
    return RC_UNSUPPORTED;
}

enum rc guard_check(struct guard_engine *engine, char *why)
{
    struct guard_state state;
    int64_t version = 0, age_ms = now_of(engine) - engine->saved_ms;
    enum rc rc = read_state(engine, &state, &version, why);
    if (rc == RC_OK && version <= engine->version)
        return RC_OK;
    if (rc == RC_OK && strcmp(state.owner, engine->owner) == 0) {
        engine->state = state;
        engine->version = version;
        return RC_OK;
    }
    if (rc != RC_OK && rc != RC_NOT_FOUND && rc != RC_UNSUPPORTED)
        return rc;
    if (rc == RC_NOT_FOUND && age_ms >= 0 && age_ms < seen_after_ms) {
        (void)snprintf(why, CANARY_WHY_MAX, "the parameter '%.80s' is not there yet",
                       engine->policy->parameter);
        return RC_AGAIN;
    }
    (void)snprintf(why, CANARY_WHY_MAX, "somebody else has %s the parameter '%.80s'",
                   rc == RC_NOT_FOUND ? "removed" : "written", engine->policy->parameter);
    return RC_CONFLICT;
}

/* true: the text is what we write, which a call that was made twice has written twice. */
static bool is_ours(const struct guard_state *state, struct bytes text)
{
    struct buf own;
    buf_init(&own, GUARD_STATE_MAX);
    guard_state_print(state, &own);
    bool is_equal = !own.failed && bytes_eq(buf_bytes(&own), text);
    buf_release(&own);
    return is_equal;
}

/* Somebody has written after our last look, and we over it. The version in between says what: it
 * counts as one that a look has found. */
static enum rc give_way(struct guard_engine *engine, char *why)
{
    char name[PLAN_LOCK_MAX + 24], error[CANARY_WHY_MAX / 2];
    struct guard_state lost;
    struct canary_note note;
    (void)snprintf(name, sizeof name, "%.*s:%" PRId64, PLAN_LOCK_MAX, engine->policy->parameter,
                   engine->version - 1);
    enum rc rc = engine->world->note_read(engine->world->context, name, &note, why);
    if (rc != RC_OK)
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    struct bytes text = bytes_make(note.text, note.len);
    if (is_ours(&engine->state, text) || !guard_state_parse(&lost, text, error, sizeof error))
        return RC_OK;
    engine->state = lost;
    bool is_cleared = strcmp(lost.owner, engine->owner) == 0;
    rc = is_cleared ? write_state(engine, true, why) : put_state(engine, true, why);
    if (rc != RC_OK)
        return rc;
    (void)snprintf(why, CANARY_WHY_MAX, "somebody%s has written the parameter '%.80s' meanwhile",
                   is_cleared ? "" : " else", engine->policy->parameter);
    return is_cleared ? RC_AGAIN : RC_CONFLICT;
}

enum rc guard_keep(struct guard_engine *engine, char *why)
{
    int64_t seen = engine->version;
    enum rc rc = write_state(engine, true, why);
    return rc == RC_OK && engine->version > seen + 1 ? give_way(engine, why) : rc;
}

enum rc guard_forget(struct guard_engine *engine, char *why)
{
    struct guard_state *state = &engine->state;
    enum rc rc = read_state(engine, state, &engine->version, why);
    if (rc == RC_NOT_FOUND)
        (void)snprintf(why, CANARY_WHY_MAX, "there is no guard in '%.80s'",
                       engine->policy->parameter);
    if (rc != RC_OK)
        return rc;
    state->phase = GUARD_WATCH;
    state->is_alarmed = state->is_held = false;
    state->scaling_ms = state->next_ms = 0;
    state->cost = (struct guard_cost_state){.is_begun = false};
    memcpy(state->tried, state->wished, sizeof state->tried);
    state->untold.at_ms = 0;
    for (int i = 0; i < GUARD_HOMES; i++)
        state->homes[i] = (struct guard_home_state){.moved_ms = state->homes[i].moved_ms};
    return put_state(engine, true, why);
}

/* false: another guard has it; `why`. */
static bool is_free(const struct guard_engine *engine, char *why)
{
    char when[CLOCK_RFC3339_LEN + 1];
    const struct guard_state *state = &engine->state;
    if (now_of(engine) >= state->expiry_ms || strcmp(state->owner, engine->owner) == 0)
        return true;
    clock_rfc3339(state->expiry_ms, when);
    (void)snprintf(why, CANARY_WHY_MAX,
                   "%s guards with the parameter '%.80s' until %s; wait, or take it by --force",
                   state->owner, engine->policy->parameter, when);
    return false;
}

/* The groups of a state that is there already stay what they were: that the rule has others by now
 * is for the first turn to see. */
enum rc guard_take(struct guard_engine *engine, bool is_forced, char *why)
{
    struct guard_seen seen = {.now_ms = 0};
    struct guard_state looked;
    enum rc rc = read_state(engine, &engine->state, &engine->version, why);
    bool is_there = rc != RC_NOT_FOUND;
    bool is_new = !is_there || (rc == RC_UNSUPPORTED && is_forced);
    if (rc != RC_OK && !is_new)
        return rc;
    if (!is_new && !is_forced && !is_free(engine, why))
        return RC_EXISTS;
    if (is_new)
        engine->state = (struct guard_state){.phase = GUARD_WATCH};
    looked = engine->state;
    rc = guard_look_rule(&engine->look, &looked, &seen, why);
    if (rc == RC_OK)
        rc = guard_tasks_check(&engine->look, &looked, why);
    if (is_new)
        engine->state = looked;
    return rc == RC_OK ? write_state(engine, is_there, why) : rc;
}
