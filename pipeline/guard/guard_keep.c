#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "pipeline/guard/guard_engine.h"
#include "runtime/core/clock.h"

static int64_t now_of(const struct guard_engine *engine)
{
    return engine->world->now_ms(engine->world->context);
}

static void own_name(char *name, size_t len)
{
    char host[64] = "somewhere";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(name, len, "%.63s:%d", host, (int)getpid());
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
    own_name(engine->state.owner, sizeof engine->state.owner);
    engine->state.expiry_ms = now_ms + (engine->is_ending ? 0 : engine->policy->lease_ms);
    engine->saved_ms = now_ms;
    return put_state(engine, overwrite, why);
}

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
    return RC_SYNTAX;
}

enum rc guard_check(struct guard_engine *engine, char *why)
{
    struct guard_state state;
    char own[GUARD_NAME_MAX];
    int64_t version = 0;
    enum rc rc = read_state(engine, &state, &version, why);
    own_name(own, sizeof own);
    if (rc == RC_OK && version == engine->version)
        return RC_OK;
    if (rc == RC_OK && strcmp(state.owner, own) == 0) {
        engine->state = state;
        engine->version = version;
        return RC_OK;
    }
    if (rc != RC_OK && rc != RC_NOT_FOUND)
        return rc;
    (void)snprintf(why, CANARY_WHY_MAX, "somebody else has %s the parameter '%.80s'",
                   rc == RC_OK ? "written" : "removed", engine->policy->parameter);
    return RC_CONFLICT;
}

enum rc guard_keep(struct guard_engine *engine, char *why)
{
    return write_state(engine, true, why);
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
    state->is_alarmed = false;
    state->scaling_ms = 0;
    state->cost = (struct guard_cost_state){.is_begun = false};
    memcpy(state->tried, state->wished, sizeof state->tried);
    for (int i = 0; i < GUARD_HOMES; i++)
        state->homes[i] = (struct guard_home_state){.moved_ms = 0};
    return put_state(engine, true, why);
}

enum rc guard_take(struct guard_engine *engine, bool is_forced, char *why)
{
    char when[CLOCK_RFC3339_LEN + 1];
    enum rc rc = read_state(engine, &engine->state, &engine->version, why);
    if (rc == RC_NOT_FOUND) {
        struct guard_seen seen = {.now_ms = 0};
        engine->state = (struct guard_state){.phase = GUARD_WATCH};
        rc = guard_look_rule(&engine->look, &engine->state, &seen, why);
        return rc == RC_OK ? write_state(engine, false, why) : rc;
    }
    if (rc != RC_OK && !(rc == RC_SYNTAX && is_forced))
        return rc;
    if (rc == RC_OK && !is_forced && now_of(engine) < engine->state.expiry_ms) {
        clock_rfc3339(engine->state.expiry_ms, when);
        (void)snprintf(why, CANARY_WHY_MAX,
                       "%s guards with the parameter '%.80s' until %s; wait, or take it by --force",
                       engine->state.owner, engine->policy->parameter, when);
        return RC_EXISTS;
    }
    if (rc == RC_SYNTAX)
        engine->state = (struct guard_state){.phase = GUARD_WATCH};
    struct guard_seen seen = {.now_ms = 0};
    rc = guard_look_rule(&engine->look, &engine->state, &seen, why);
    return rc == RC_OK ? write_state(engine, true, why) : rc;
}
