#include "pipeline/guard/guard_engine.h"

#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "runtime/core/clock.h"

static const int64_t backoff_first_ms = 1000, backoff_most_ms = 60 * 1000;
static const int64_t handover_ms = 500;     /* between two looks whether another guard has ended */
static const int64_t probes_kept_ms = 1000; /* good ones, before they are taken */

static void wake(void *context)
{
    aws_driver_wake(context);
}

/* Sandboxes of one function, as containers, may have one name and one process id. */
static void name_owner(char *name, size_t len)
{
    char host[64] = "somewhere";
    unsigned chance = 0;
    (void)gethostname(host, sizeof host - 1);
    if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
        chance = (unsigned)clock_us_epoch();
    (void)snprintf(name, len, "%.63s:%d:%08x", host, (int)getpid(), chance);
}

bool guard_engine_init(struct guard_engine *engine, const struct guard_policy *policy,
                       struct aws_driver *driver, struct guard_out out, aws_lookup_fn *lookup,
                       char *error, size_t error_len)
{
    *engine = (struct guard_engine){.policy = policy,
                                    .world = aws_driver_interface(driver),
                                    .look = {.driver = driver, .policy = policy},
                                    .out = out};
    name_owner(engine->owner, sizeof engine->owner);
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

bool guard_may_help(enum rc rc, bool is_taken)
{
    return rc == RC_THROTTLED || rc == RC_UNREACHABLE || rc == RC_TIMEOUT || rc == RC_AGAIN ||
           (rc == RC_SYNTAX && is_taken);
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
    guard_tell(engine, "retry", GUARD_HOMES, text);
}

/* --- looking --- */

/* An act that has come to be, and whose process could not tell. */
static void tell_late(struct guard_engine *engine)
{
    const struct guard_state *state = &engine->state;
    if (state->untold.at_ms &&
        memcmp(engine->seen.weights, state->wished, state->count * sizeof *state->wished) == 0)
        guard_tell_act(engine);
}

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
        guard_tell(engine, "canary", GUARD_HOMES, text);
    }
    if (rc == RC_OK)
        tell_late(engine);
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
        guard_tell(engine, "reached", GUARD_HOMES, "AWS answers again");
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

/* What probes ask for is done by a fresh rule and lock alone. */
static enum rc decide(struct guard_engine *engine, bool is_fresh, char *why)
{
    struct guard_state wished = engine->state, before;
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
    if (rc != RC_OK) {
        guard_signs(engine->policy, &engine->seen, &engine->state);
        return rc;
    }
    before = engine->state;
    bool was_scaling = engine->state.scaling_ms != 0;
    guard_decide(engine->policy, &engine->seen, &engine->state, &act);
    if (act.kind == GUARD_STAY || (act.kind == GUARD_SCALE && was_scaling))
        return RC_OK;
    return guard_act(engine, &act, &before, why);
}

/* Says that we live; takes over what somebody has cleared meanwhile. */
static enum rc renew(struct guard_engine *engine, char *why)
{
    int64_t age_ms = now_of(engine) - engine->saved_ms;
    if (age_ms >= 0 && age_ms <= engine->policy->lease_ms / 3)
        return RC_OK;
    enum rc rc = guard_check(engine, why);
    return rc == RC_OK ? guard_keep(engine, why) : rc;
}

/* A clock that has gone back makes no wait longer. */
static bool is_due(const struct guard_engine *engine)
{
    int64_t left_ms = engine->next_look_ms - now_of(engine);
    int64_t most_ms = engine->backoff_ms > engine->policy->interval_ms
                          ? engine->backoff_ms
                          : engine->policy->interval_ms;
    return left_ms <= 0 || left_ms > most_ms;
}

static enum rc turn(struct guard_engine *engine, char *why)
{
    bool is_fresh = is_due(engine);
    enum rc rc = RC_OK;
    for (int i = 0; i < GUARD_HOMES; i++)
        engine->seen.homes[i] = (struct guard_home_seen){.probe = GUARD_NONE};
    engine->seen.has_new_groups = false;
    engine->seen.now_ms = now_of(engine);
    take_probes(engine);
    if (is_fresh)
        rc = look_at_all(engine, why);
    if (rc == RC_OK && engine->backoff_ms == 0)
        rc = decide(engine, is_fresh, why);
    else
        guard_signs(engine->policy, &engine->seen, &engine->state);
    if (is_fresh && rc == RC_OK)
        aim_probes(engine);
    if (rc == RC_OK && engine->backoff_ms == 0)
        rc = renew(engine, why);
    return rc;
}

/* --- its life --- */

/* What the policy names is not there, or a home is missing in its rule: at the begin that is a
 * policy that cannot be met. Other codes are AWS's own refusal. */
static bool is_unmet(const struct guard_engine *engine, enum rc rc)
{
    static const struct bytes missing = BYTES_INIT("NotFound");
    struct bytes code = engine->look.driver->api.code;
    return rc == RC_REFUSED &&
           (code.len == 0 || memmem(code.ptr, code.len, missing.ptr, missing.len) != NULL);
}

static enum guard_exit fail(struct guard_engine *engine, enum rc rc, bool is_taken, const char *why)
{
    guard_tell(engine, "end", GUARD_HOMES, why);
    if (!is_taken && is_unmet(engine, rc))
        return GUARD_USAGE;
    return rc == RC_CONFLICT || rc == RC_EXISTS ? GUARD_LOCKED : GUARD_BROKEN;
}

static bool wait_for_turn(struct guard_engine *engine)
{
    int64_t ms = is_due(engine) ? 0 : engine->next_look_ms - now_of(engine);
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
        guard_tell(engine, "end", GUARD_HOMES, "as asked");
    return GUARD_DONE;
}

/* Takes the parameter, where it is time to try. */
static enum rc try_to_take(struct guard_engine *engine, bool is_forced, bool *is_taken, char *why)
{
    if (!is_due(engine))
        return RC_OK;
    enum rc rc = guard_take(engine, is_forced, why);
    *is_taken = rc == RC_OK;
    if (*is_taken)
        guard_tell(engine, "begin", GUARD_HOMES, guard_phase_name(engine->state.phase));
    return rc;
}

/* Another guard's lease is over soon: it ends by its time, as we are to take its place. */
static bool is_awaited(const struct guard_engine *engine, enum rc rc, int64_t patient_until_ms)
{
    return rc == RC_EXISTS && now_of(engine) < patient_until_ms &&
           engine->state.expiry_ms <= patient_until_ms;
}

static void await(struct guard_engine *engine)
{
    int64_t interval_ms = engine->policy->interval_ms;
    engine->backoff_ms = 0;
    engine->next_look_ms = now_of(engine) + (interval_ms < handover_ms ? interval_ms : handover_ms);
}

enum guard_exit guard_engine_run(struct guard_engine *engine, const struct guard_run *run)
{
    char why[CANARY_WHY_MAX] = "";
    bool is_taken = false, is_going = true;
    int64_t patient_until_ms = now_of(engine) + run->patience_ms;
    engine->end_ms = run->end_ms;
    enum rc rc = try_to_take(engine, run->is_forced, &is_taken, why);
    while (is_going && (rc == RC_OK || guard_may_help(rc, is_taken) ||
                        is_awaited(engine, rc, patient_until_ms))) {
        if (rc == RC_EXISTS)
            await(engine);
        else if (rc != RC_OK)
            back_off(engine, why);
        is_going = wait_for_turn(engine) && (run->end_ms == 0 || now_of(engine) < run->end_ms);
        if (is_going)
            rc = is_taken ? turn(engine, why) : try_to_take(engine, run->is_forced, &is_taken, why);
    }
    if (is_going)
        return fail(engine, rc, is_taken, why);
    bool is_silent = run->end_ms && engine->backoff_ms;
    if (is_taken && !is_silent)
        return end(engine);
    return is_silent ? fail(engine, RC_UNREACHABLE, is_taken, why) : GUARD_DONE;
}

enum guard_exit guard_engine_clear(struct guard_engine *engine)
{
    char why[CANARY_WHY_MAX] = "";
    enum rc rc = guard_forget(engine, why);
    if (rc != RC_OK)
        return fail(engine, rc, true, why);
    guard_note_act(engine, "clear", GUARD_HOMES, "the weights as they are are the normal ones");
    guard_tell_act(engine);
    return GUARD_DONE;
}
