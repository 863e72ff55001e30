#include <inttypes.h>
#include <stdio.h>

#include "pipeline/canary/engine_internal.h"

enum { SKEW_MAX_MS = 30 * 1000 };

bool engine_init(struct canary_engine *engine, const struct plan *plan,
                 const struct canary_driver *driver, struct canary_out *out, char *error,
                 size_t error_len)
{
    char why[RECORDING_ERROR_BYTES];
    const char *wrong = NULL;
    *engine = (struct canary_engine){
        .plan = plan,
        .driver = driver,
        .out = out,
        .lock = {.driver = driver, .name = plan->lock, .lease_ms = plan->lease_ms}};
    if (recording_policy_read(plan->checks, "checks", &engine->policy, why) != RC_OK)
        wrong = why;
    if (!wrong)
        wrong = judge_policy_check(&engine->policy);
    if (wrong)
        (void)snprintf(error, error_len, "%s", wrong);
    return wrong == NULL;
}

void engine_release(struct canary_engine *engine)
{
    judge_free(engine->judge);
    engine->judge = NULL;
}

static enum canary_exit refuse(struct canary_engine *engine, enum canary_exit code)
{
    ENGINE_SAY(engine, "error", "%s", engine->why);
    return code;
}

/* Windows of metrics are cut by our clock. */
static bool check_clock(struct canary_engine *engine)
{
    int64_t skew_ms = engine->lock.skew_ms;
    if (skew_ms > -SKEW_MAX_MS && skew_ms < SKEW_MAX_MS)
        return true;
    (void)snprintf(engine->why, sizeof engine->why,
                   "the clock of this machine is %" PRId64 " s %s that of AWS",
                   (skew_ms < 0 ? -skew_ms : skew_ms) / 1000, skew_ms < 0 ? "before" : "behind");
    return false;
}

static enum canary_exit release_unused(struct canary_engine *engine, enum canary_exit code)
{
    char why[CANARY_WHY_MAX];
    (void)refuse(engine, code);
    if (lock_release(&engine->lock, why) != RC_OK)
        ENGINE_SAY(engine, "lock", "%s", why);
    return code;
}

static enum canary_exit is_taken(struct canary_engine *engine)
{
    (void)snprintf(engine->why, sizeof engine->why,
                   "there is a canary in '%.80s' already: see duet canary status",
                   engine->lock.name);
    return refuse(engine, CANARY_LOCKED);
}

/* Whatever is wrong is said before anything is written; then the lock is taken. CANARY_DONE: it is
 * ours. */
static enum canary_exit begin(struct canary_engine *engine)
{
    struct canary_rule rule = {.count = 0};
    struct canary_state other;
    enum rc rc = lock_read(&engine->lock, &other, engine->why);
    if (rc == RC_OK || rc == RC_SYNTAX)
        return rc == RC_OK ? is_taken(engine) : refuse(engine, CANARY_LOCKED);
    if (rc == RC_NOT_FOUND)
        rc = engine->driver->rule_read(engine->driver->context, &rule, engine->why);
    if (rc != RC_OK)
        return refuse(engine, CANARY_BROKEN);
    if (!canary_state_init(&engine->state, engine->plan, &rule, engine_now(engine), engine->why,
                           sizeof engine->why))
        return refuse(engine, CANARY_USAGE);
    rc = lock_take(&engine->lock, &engine->state, engine->why);
    if (rc == RC_EXISTS)
        return is_taken(engine);
    return rc == RC_OK ? CANARY_DONE : refuse(engine, CANARY_BROKEN);
}

enum canary_exit engine_run(struct canary_engine *engine)
{
    char text[CANARY_WHY_MAX];
    enum canary_exit code = begin(engine);
    if (code != CANARY_DONE)
        return code;
    if (lock_check(&engine->lock, engine->why) != RC_OK || !check_clock(engine) ||
        !engine_evidence_reset(engine))
        return release_unused(engine, CANARY_BROKEN);
    (void)snprintf(text, sizeof text, "%s: '%s' to '%s', run %s", engine->plan->name,
                   engine->plan->stable, engine->plan->canary, engine->state.run);
    out_run(engine->out, engine_now(engine), engine->plan->name, text, &engine->policy);
    if (engine->driver->hooks(engine->driver->context, &engine->state, PLAN_BEFORE_RUN,
                              engine->why) != RC_OK)
        return release_unused(engine, CANARY_BROKEN);
    return engine_stay(engine);
}

/* The live process does what was said when it looks next. */
static enum canary_exit say_so(struct canary_engine *engine, enum canary_word word)
{
    if (lock_say(&engine->lock, engine->state.run, word, engine->why) != RC_OK)
        return refuse(engine, CANARY_BROKEN);
    ENGINE_SAY(engine, "said", "%s, to %s", canary_word_name(word), engine->state.owner);
    return CANARY_DONE;
}

static bool is_alive(const struct canary_engine *engine)
{
    return engine->state.phase != PHASE_HOLD && engine->state.phase != PHASE_END &&
           engine_now(engine) < engine->state.expiry_ms;
}

/* What somebody else has made of the rule counts as ours. */
static enum rc adopt_rule(struct canary_engine *engine)
{
    struct canary_rule rule = {.count = 0};
    memcpy(rule.arn, engine->state.rule, sizeof rule.arn);
    enum rc rc = engine->driver->rule_read(engine->driver->context, &rule, engine->why);
    for (size_t i = 0; rc == RC_OK && i < engine->state.count; i++)
        for (size_t k = 0; k < rule.count; k++)
            if (strcmp(rule.groups[k], engine->state.groups[i]) == 0)
                engine->state.was[i] = rule.weights[k];
    return rc;
}

/* What was asked for is done, even where a run would call it a failure. */
static enum canary_exit as_asked(enum canary_exit code, enum canary_word word)
{
    bool is_asked = (word == WORD_ROLLBACK && code == CANARY_ROLLED_BACK) ||
                    (word == WORD_ABORT && code == CANARY_WAS_ABORTED);
    return is_asked ? CANARY_DONE : code;
}

/* Reads the lock. CANARY_DONE: this plan's canary is there. */
static enum canary_exit find(struct canary_engine *engine)
{
    enum rc rc = lock_read(&engine->lock, &engine->state, engine->why);
    if (rc == RC_NOT_FOUND)
        (void)snprintf(engine->why, sizeof engine->why, "there is no canary in '%.80s'",
                       engine->lock.name);
    if (rc != RC_OK)
        return refuse(engine, rc == RC_NOT_FOUND ? CANARY_USAGE : CANARY_BROKEN);
    if (strcmp(engine->state.plan_hash, engine->plan->hash) != 0) {
        (void)snprintf(engine->why, sizeof engine->why,
                       "the canary in '%.80s' was begun with another plan", engine->lock.name);
        return refuse(engine, CANARY_USAGE);
    }
    return CANARY_DONE;
}

enum canary_exit engine_go_on(struct canary_engine *engine, enum canary_word word, bool is_forced)
{
    char text[CANARY_WHY_MAX];
    enum canary_exit code = find(engine);
    if (code != CANARY_DONE)
        return code;
    if (!is_forced && (word == WORD_PAUSE || (is_alive(engine) && word != WORD_RESUME)))
        return say_so(engine, word);
    if (!is_forced && word == WORD_RESUME && is_alive(engine) && engine->state.is_paused)
        return say_so(engine, word);
    enum rc rc = lock_take_over(&engine->lock, &engine->state, is_forced, engine->why);
    if (rc == RC_OK && is_forced)
        rc = adopt_rule(engine);
    if (rc != RC_OK)
        return refuse(engine, rc == RC_EXISTS || rc == RC_CONFLICT ? CANARY_LOCKED : CANARY_BROKEN);
    canary_take_up(engine->plan, &engine->state, word, engine_now(engine));
    rc = lock_keep(&engine->lock, &engine->state, engine->why);
    if (rc != RC_OK || !engine_evidence_reset(engine))
        return refuse(engine, rc == RC_CONFLICT ? CANARY_LOCKED : CANARY_BROKEN);
    (void)snprintf(text, sizeof text, "%s: run %s goes on: %s", engine->plan->name,
                   engine->state.run, canary_word_name(word));
    out_run(engine->out, engine_now(engine), engine->plan->name, text, &engine->policy);
    return as_asked(engine_stay(engine), word);
}
