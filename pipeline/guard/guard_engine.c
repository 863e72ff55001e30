#include "pipeline/guard/guard_engine.h"

#include <stdio.h>

#include "pipeline/guard/guard_tasks.h"

static const int64_t backoff_first_ms = 1000, backoff_most_ms = 60 * 1000;
static const int64_t probes_kept_ms = 1000; /* good ones, before they are taken */

static void wake(void *context)
{
    aws_driver_wake(context);
}

bool guard_engine_init(struct guard_engine *engine, const struct guard_policy *policy,
                       struct aws_driver *driver, struct guard_out out, aws_lookup_fn *lookup,
                       char *error, size_t error_len)
{
    *engine = (struct guard_engine){.policy = policy,
                                    .world = aws_driver_interface(driver),
                                    .look = {.driver = driver, .policy = policy},
                                    .out = out};
    if (!policy->probes.url)
        return true;
    const char *secret = aws_environment_get(lookup, policy->probes.secret_variable);
    if (secret)
        engine->probe = guard_probe_new(policy, lookup, wake, driver);
    if (!secret)
        (void)snprintf(error, error_len, "probes: %s is not set: it must hold the pin's secret",
                       policy->probes.secret_variable);
    else if (!engine->probe)
        (void)snprintf(error, error_len, "no memory");
    return engine->probe != NULL;
}

void guard_engine_release(struct guard_engine *engine)
{
    guard_probe_free(engine->probe);
    engine->probe = NULL;
}

static int64_t now_of(const struct guard_engine *engine)
{
    return engine->world->now_ms(engine->world->context);
}

/* --- what goes wrong --- */

static bool may_help(enum rc rc)
{
    return rc == RC_THROTTLED || rc == RC_UNREACHABLE || rc == RC_TIMEOUT || rc == RC_AGAIN;
}

static void back_off(struct guard_engine *engine, const char *why)
{
    char text[CANARY_WHY_MAX + 64];
    engine->backoff_ms = engine->backoff_ms ? 2 * engine->backoff_ms : backoff_first_ms;
    if (engine->backoff_ms > backoff_most_ms)
        engine->backoff_ms = backoff_most_ms;
    engine->next_look_ms = now_of(engine) + engine->backoff_ms;
    (void)snprintf(text, sizeof text, "%s; once more in %d s", why,
                   (int)(engine->backoff_ms / 1000));
    guard_tell(engine, "retry", GUARD_HOMES, text, false);
}

/* --- looking --- */

static enum rc look_at_rule(struct guard_engine *engine, char *why)
{
    enum rc rc = guard_check(engine, why);
    if (rc == RC_OK)
        rc = guard_look_rule(&engine->look, &engine->state, &engine->seen, why);
    if (rc == RC_OK && engine->seen.is_locked != engine->is_locked) {
        char text[GUARD_WHY_MAX] = "the canary's lock is free again";
        engine->is_locked = engine->seen.is_locked;
        if (engine->is_locked)
            (void)snprintf(text, sizeof text,
                           "a canary has the lock %.120s: nothing is written meanwhile",
                           engine->look.lock);
        guard_tell(engine, "canary", GUARD_HOMES, text, false);
    }
    return rc;
}

static enum rc look_at_all(struct guard_engine *engine, char *why)
{
    enum rc rc = look_at_rule(engine, why);
    if (rc == RC_OK)
        rc = guard_look_homes(&engine->look, &engine->state, &engine->seen, why);
    if (rc != RC_OK)
        return rc;
    if (engine->backoff_ms)
        guard_tell(engine, "reached", GUARD_HOMES, "AWS answers again", false);
    engine->backoff_ms = 0;
    engine->next_look_ms = now_of(engine) + engine->policy->interval_ms;
    return RC_OK;
}

/* Probes go where the home is, as often as it has traffic. */
static void aim_probes(struct guard_engine *engine)
{
    const struct guard_state *state = &engine->state;
    for (int i = 0; engine->probe && i < GUARD_HOMES; i++)
        guard_probe_aim(engine->probe, (enum guard_home)i,
                        state->groups[guard_group(state, (enum guard_home)i)],
                        state->homes[i].rate);
}

/* All probes but the last of each home go into the state at once; those stay in `seen`. */
static void take_probes(struct guard_engine *engine)
{
    bool is_more = engine->probe != NULL;
    while (is_more) {
        struct guard_seen seen = {.now_ms = engine->seen.now_ms};
        is_more = false;
        for (int i = 0; i < GUARD_HOMES; i++) {
            struct guard_home_seen *last = &engine->seen.homes[i];
            char why[GUARD_PROBE_WHY_MAX];
            enum guard_sign sign = guard_probe_take(engine->probe, (enum guard_home)i, why);
            if (sign == GUARD_NONE)
                continue;
            seen.homes[i].probe = last->probe;
            seen.homes[i].probe_why = last->probe_why;
            guard_signs(engine->policy, &seen, &engine->state);
            seen.homes[i].probe = GUARD_NONE;
            memcpy(engine->probe_whys[i], why, sizeof why);
            last->probe = sign;
            last->probe_why = engine->probe_whys[i];
            is_more = true;
        }
    }
}

/* --- acting --- */

static enum rc write_rule(struct guard_engine *engine, const struct guard_act *act, char *why)
{
    struct canary_rule rule = engine->look.rule;
    memcpy(rule.weights, act->weights, sizeof rule.weights);
    enum rc rc = guard_keep(engine, why);
    return rc == RC_OK ? engine->world->rule_write(engine->world->context, &rule, why) : rc;
}

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
    bool is_refused = rc != RC_OK && !may_help(rc);
    if (is_refused)
        (void)snprintf(text, sizeof text, "cannot: %.200s", why);
    else
        (void)snprintf(text, sizeof text, "%s", act->why);
    if (is_left)
        (void)snprintf(text, sizeof text, "somebody has changed the service's scaling: it stays");
    if (act->kind == GUARD_UNSCALE && is_refused)
        engine->state.scaled.is_set = false;
    if (rc == RC_OK || is_refused)
        guard_tell(engine, guard_act_name(act->kind), act->home, text, true);
    else
        engine->state.scaling_ms = 0; /* so that it is asked for once more */
    return is_refused ? RC_OK : rc;
}

static bool is_of_tasks(enum guard_act_kind kind)
{
    return kind == GUARD_SCALE || kind == GUARD_UNSCALE || kind == GUARD_SHRINK;
}

static enum rc do_act(struct guard_engine *engine, const struct guard_act *act, char *why)
{
    enum rc rc = RC_OK;
    if (act->kind == GUARD_MOVE || act->kind == GUARD_STEP || act->kind == GUARD_AGAIN ||
        act->kind == GUARD_COST)
        rc = write_rule(engine, act, why);
    else if (is_of_tasks(act->kind))
        rc = set_tasks(engine, act, why);
    if (rc == RC_OK && !is_of_tasks(act->kind))
        guard_tell(engine, guard_act_name(act->kind), act->home, act->why, true);
    if (rc == RC_OK)
        rc = guard_keep(engine, why);
    return rc;
}

/* What probes ask for is done by a fresh rule and lock alone. */
static enum rc decide(struct guard_engine *engine, bool is_fresh, char *why)
{
    struct guard_state wished = engine->state;
    struct guard_act act;
    enum rc rc = RC_OK;
    engine->seen.has_rule = true;
    guard_decide(engine->policy, &engine->seen, &wished, &act);
    if (act.kind == GUARD_STAY) {
        engine->state = wished;
        return RC_OK;
    }
    if (!is_fresh)
        rc = look_at_rule(engine, why);
    if (rc != RC_OK)
        return rc;
    bool was_scaling = engine->state.scaling_ms != 0;
    guard_decide(engine->policy, &engine->seen, &engine->state, &act);
    if (act.kind == GUARD_STAY || (act.kind == GUARD_SCALE && was_scaling))
        return RC_OK;
    return do_act(engine, &act, why);
}

static enum rc turn(struct guard_engine *engine, char *why)
{
    bool is_due = now_of(engine) >= engine->next_look_ms;
    enum rc rc = RC_OK;
    for (int i = 0; i < GUARD_HOMES; i++)
        engine->seen.homes[i] = (struct guard_home_seen){.probe = GUARD_NONE};
    engine->seen.has_new_groups = false;
    engine->seen.now_ms = now_of(engine);
    take_probes(engine);
    if (is_due)
        rc = look_at_all(engine, why);
    if (rc == RC_OK && engine->backoff_ms == 0)
        rc = decide(engine, is_due, why);
    else
        guard_signs(engine->policy, &engine->seen, &engine->state);
    if (is_due && rc == RC_OK)
        aim_probes(engine);
    if (rc == RC_OK && engine->backoff_ms == 0 &&
        now_of(engine) - engine->saved_ms > engine->policy->lease_ms / 3)
        rc = guard_keep(engine, why);
    return rc;
}

/* --- its life --- */

static enum guard_exit fail(struct guard_engine *engine, enum rc rc, const char *why)
{
    guard_tell(engine, "end", GUARD_HOMES, why, false);
    return rc == RC_CONFLICT || rc == RC_EXISTS ? GUARD_LOCKED : GUARD_BROKEN;
}

static bool wait_for_turn(struct guard_engine *engine)
{
    int64_t ms = engine->next_look_ms - now_of(engine);
    if (engine->probe && ms > probes_kept_ms)
        ms = probes_kept_ms;
    return engine->world->wait(engine->world->context, ms > 0 ? ms : 1);
}

/* Gives the parameter to whoever comes next. */
static enum guard_exit end(struct guard_engine *engine)
{
    char why[CANARY_WHY_MAX];
    engine->is_ending = true;
    if (guard_check(engine, why) == RC_OK && guard_keep(engine, why) == RC_OK)
        guard_tell(engine, "end", GUARD_HOMES, "as asked", false);
    return GUARD_DONE;
}

enum guard_exit guard_engine_run(struct guard_engine *engine, int64_t end_ms, bool is_forced)
{
    char why[CANARY_WHY_MAX] = "";
    enum rc rc = guard_take(engine, is_forced, why);
    bool is_taken = rc == RC_OK, is_going = true;
    if (is_taken)
        guard_tell(engine, "begin", GUARD_HOMES, guard_phase_name(engine->state.phase), false);
    while (is_going && (rc == RC_OK || may_help(rc))) {
        if (rc != RC_OK)
            back_off(engine, why);
        is_going = wait_for_turn(engine) && (end_ms == 0 || now_of(engine) < end_ms);
        if (!is_going)
            break;
        if (is_taken) {
            rc = turn(engine, why);
            continue;
        }
        rc = RC_OK;
        if (now_of(engine) >= engine->next_look_ms)
            rc = guard_take(engine, is_forced, why);
        is_taken = rc == RC_OK && engine->version > 0;
    }
    if (is_going)
        return fail(engine, rc, why);
    return is_taken ? end(engine) : GUARD_DONE;
}

enum guard_exit guard_engine_clear(struct guard_engine *engine)
{
    char why[CANARY_WHY_MAX] = "";
    enum rc rc = guard_forget(engine, why);
    if (rc != RC_OK)
        return fail(engine, rc, why);
    guard_tell(engine, "clear", GUARD_HOMES, "the weights as they are are the normal ones", true);
    return GUARD_DONE;
}
