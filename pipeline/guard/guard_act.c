#include <stdio.h>

#include "pipeline/guard/guard_engine.h"
#include "pipeline/guard/guard_tasks.h"

static int64_t now_of(const struct guard_engine *engine)
{
    return engine->world->now_ms(engine->world->context);
}

void guard_note_act(struct guard_engine *engine, const char *name, enum guard_home home,
                    const char *why)
{
    struct guard_untold *untold = &engine->state.untold;
    *untold = (struct guard_untold){.at_ms = now_of(engine), .home = home};
    if (untold->at_ms <= engine->said_ms)
        untold->at_ms = engine->said_ms + 1; /* the history has one act a millisecond */
    (void)snprintf(untold->act, sizeof untold->act, "%s", name);
    (void)snprintf(untold->why, sizeof untold->why, "%s", why);
}

/* --- tasks --- */

/* What is raised is in the parameter first, so that the next process sets it back if we die. */
static enum rc raise_tasks(struct guard_engine *engine, bool is_lasting, char *why)
{
    enum rc rc = guard_tasks_plan(&engine->look, &engine->state, why);
    if (rc == RC_OK)
        rc = guard_keep(engine, why);
    if (rc == RC_OK)
        rc = guard_tasks_raise(&engine->look, &engine->state, why);
    if (rc == RC_OK && is_lasting)
        engine->state.scaled.is_set = false;
    return rc;
}

/* A service that cannot be had is told, and no reason to end: a share can be moved without it. */
static enum rc set_tasks(struct guard_engine *engine, const struct guard_act *act, char *why)
{
    char text[GUARD_WHY_MAX];
    bool is_left = false;
    enum rc rc;
    if (act->kind == GUARD_SCALE)
        rc = raise_tasks(engine, act->is_lasting, why);
    else if (act->kind == GUARD_UNSCALE)
        rc = guard_tasks_restore(&engine->look, &engine->state, &is_left, why);
    else
        rc = guard_tasks_drop(&engine->look, &engine->state, why);
    bool is_refused = rc != RC_OK && !guard_may_help(rc, true);
    if (is_refused)
        (void)snprintf(text, sizeof text, "cannot: %.200s", why);
    else
        (void)snprintf(text, sizeof text, "%s", act->why);
    if (is_left)
        (void)snprintf(text, sizeof text, "somebody has changed the service's scaling: it stays");
    if (act->kind == GUARD_UNSCALE && is_refused)
        engine->state.scaled.is_set = false;
    if (rc == RC_OK || is_refused)
        guard_note_act(engine, guard_act_name(act->kind), act->home, text);
    else
        engine->state.scaling_ms = 0; /* so that it is asked for once more */
    return is_refused ? RC_OK : rc;
}

/* --- the rule --- */

/* Whether the rule and the lock are what `engine->seen` says, by a look of its own. */
static enum rc is_as_seen(struct guard_engine *engine, bool *is_so, char *why)
{
    struct guard_state looked = engine->state;
    struct guard_seen seen = {.now_ms = engine->seen.now_ms};
    enum rc rc = guard_look_rule(&engine->look, &looked, &seen, why);
    *is_so = rc == RC_OK && !seen.is_locked && !seen.has_new_groups &&
             memcmp(seen.weights, engine->seen.weights, sizeof seen.weights) == 0;
    return rc;
}

/* Takes the act back; the next turn decides by what is there. */
static enum rc refrain(struct guard_engine *engine, const struct guard_state *before, char *why)
{
    engine->state = *before;
    guard_signs(engine->policy, &engine->seen, &engine->state);
    engine->next_look_ms = now_of(engine);
    return guard_keep(engine, why);
}

/* is_done: out; false where nothing was to be written any more. */
static enum rc write_rule(struct guard_engine *engine, const struct guard_act *act,
                          const struct guard_state *before, bool *is_done, char *why)
{
    int64_t version = engine->version;
    *is_done = false;
    enum rc rc = guard_check(engine, why);
    if (rc != RC_OK || engine->version != version)
        return rc; /* somebody has cleared it */
    rc = guard_keep(engine, why);
    if (rc == RC_OK)
        rc = is_as_seen(engine, is_done, why);
    if (rc != RC_OK)
        return rc;
    if (!*is_done)
        return refrain(engine, before, why);
    struct canary_rule rule = engine->look.rule;
    memcpy(rule.weights, act->weights, sizeof rule.weights);
    return engine->world->rule_write(engine->world->context, &rule, why);
}

static bool is_of_tasks(enum guard_act_kind kind)
{
    return kind == GUARD_SCALE || kind == GUARD_UNSCALE || kind == GUARD_SHRINK;
}

enum rc guard_act(struct guard_engine *engine, const struct guard_act *act,
                  const struct guard_state *before, char *why)
{
    enum rc rc = RC_OK;
    bool is_done = true;
    if (is_of_tasks(act->kind))
        rc = set_tasks(engine, act, why);
    else
        guard_note_act(engine, guard_act_name(act->kind), act->home, act->why);
    if (act->kind == GUARD_MOVE || act->kind == GUARD_STEP || act->kind == GUARD_AGAIN ||
        act->kind == GUARD_COST)
        rc = write_rule(engine, act, before, &is_done, why);
    if (rc != RC_OK || !is_done)
        return rc;
    guard_tell_act(engine);
    return guard_keep(engine, why);
}
