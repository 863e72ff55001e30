#include "pipeline/canary/engine_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Stable's windows before the canary had any request, for a plan whose first step leaves it none.
 */
enum { BASELINE_WINDOWS = 10, MINUTE_MS = 60 * 1000 };

/* --- evidence --- */

/* Windows are whole periods of the metrics. */
static int64_t window_ms(const struct canary_engine *engine)
{
    int64_t period_ms = (int64_t)engine->plan->period_s * 1000;
    return (engine->plan->interval_ms + period_ms - 1) / period_ms * period_ms;
}

bool engine_evidence_reset(struct canary_engine *engine)
{
    int64_t period_ms = (int64_t)engine->plan->period_s * 1000;
    int64_t from_ms = engine->state.judged_ms;
    judge_free(engine->judge);
    engine->judge = judge_new(&engine->policy);
    if (engine->state.judged_ms == engine->state.started_ms)
        from_ms -= BASELINE_WINDOWS * window_ms(engine);
    engine->cursor_ms = from_ms - from_ms % period_ms;
    engine_step_begins(engine);
    return engine->judge != NULL;
}

void engine_step_begins(struct canary_engine *engine)
{
    engine->has_stepped = engine->has_verdict = engine->is_new = false;
    engine->requests = engine->served = 0;
    engine->is_bent = false;
    engine->report = (struct judge_report){.verdict = JUDGE_NO_DATA};
}

void engine_progress(const struct canary_engine *engine, struct out_progress *progress)
{
    const struct plan_step *step = &engine->plan->steps[engine->state.step];
    uint64_t needed = engine->report.requests_needed;
    if (engine->requests < step->requests && step->requests - engine->requests > needed)
        needed = step->requests - engine->requests;
    *progress = (struct out_progress){.step = engine->state.step + 1,
                                      .step_count = (unsigned)engine->plan->step_count,
                                      .share = canary_share(&engine->state, engine->state.was),
                                      .baked_ms = engine->cursor_ms - engine->state.phase_ms,
                                      .bake_ms = step->bake_ms,
                                      .requests = engine->requests,
                                      .requests_needed = needed};
}

/* The judge goes by the requests that were really served; but who wants a tenth should know of a
 * third. By chance it is off by so much once in 15,000 windows. */
static void check_share(struct canary_engine *engine)
{
    const struct canary_state *state = &engine->state;
    double both = state->was[state->canary] + state->was[state->stable], n = (double)engine->served;
    double wished = both > 0 ? state->was[state->canary] / both : 0;
    double off = fabs((double)engine->requests - n * wished);
    if (engine->is_bent || off <= 4 * sqrt(n * wished * (1 - wished)) || off <= n * wished / 10)
        return;
    engine->is_bent = true;
    ENGINE_SAY(engine, "warning",
               "of %" PRIu64 " requests to both slots %.3g %% went to the canary, not %.3g %%%s",
               engine->served, 100 * (double)engine->requests / n, 100 * wished,
               engine->is_sticky ? ": the rule's sessions are sticky, and those from before stay"
                                 : ": cookies, or targets that are not healthy, bend the shares");
}

/* Takes one window in; those before the step's share was there are evidence too. */
static enum rc take_window(struct canary_engine *engine, const struct judge_sample *sample)
{
    struct out_progress progress;
    if (!engine->has_stepped && sample->start_ms >= engine->state.phase_ms) {
        judge_step(engine->judge);
        engine->has_stepped = true;
        engine_progress(engine, &progress);
        out_step(engine->out, sample->start_ms, &progress);
    }
    enum rc rc = judge_look(engine->judge, sample, &engine->report);
    if (rc != RC_OK) {
        (void)snprintf(engine->why, sizeof engine->why, "the metrics contradict themselves: %s",
                       rc_name(rc));
        return RC_SYNTAX;
    }
    engine->cursor_ms += window_ms(engine);
    if (engine->has_stepped) {
        engine->has_verdict = engine->is_new = true;
        engine->requests += sample->canary.requests;
        engine->served += sample->canary.requests + sample->stable.requests;
        check_share(engine);
    }
    engine_progress(engine, &progress);
    out_window(engine->out, engine->cursor_ms, sample, &engine->report,
               engine->has_stepped ? &progress : NULL);
    return RC_OK;
}

/* One window at a time, so that a bad one is acted on at once. */
static enum rc judge_windows(struct canary_engine *engine, int64_t now_ms)
{
    int64_t length_ms = window_ms(engine);
    engine->is_new = false;
    while (!engine->is_new && engine->cursor_ms + length_ms + engine->plan->late_ms <= now_ms) {
        struct judge_sample sample = {.start_ms = engine->cursor_ms,
                                      .minutes = (double)length_ms / MINUTE_MS};
        enum rc rc =
            engine->driver->sample(engine->driver->context, &engine->state, engine->cursor_ms,
                                   engine->cursor_ms + length_ms, &sample, engine->why);
        if (sample.start_ms < engine->state.judged_ms)
            sample.canary = (struct judge_side){.requests = 0}; /* of the slot's release before */
        if (rc == RC_OK)
            rc = take_window(engine, &sample);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

static enum rc look_bake(struct canary_engine *engine, struct canary_look *look)
{
    enum rc rc = engine->driver->alarms(engine->driver->context, &engine->state, engine->why);
    if (rc == RC_CONFLICT) {
        look->is_alarmed = true;
        look->why = engine->why;
        return RC_OK;
    }
    if (rc == RC_OK)
        rc = judge_windows(engine, look->now_ms);
    if (rc != RC_OK)
        return rc;
    look->has_verdict = engine->has_verdict;
    look->is_new = engine->is_new;
    look->verdict = engine->report.verdict;
    look->requests = engine->requests;
    struct out_progress progress;
    engine_progress(engine, &progress);
    look->needed = progress.requests_needed;
    look->covered_ms = engine->cursor_ms;
    look->why = engine->report.worst ? engine->report.worst->why : "";
    return RC_OK;
}

/* --- the other phases --- */

/* RC_AGAIN and RC_CONFLICT are answers to what was asked, not failures. */
static enum rc take_ready(struct canary_engine *engine, struct canary_look *look, enum rc rc)
{
    look->ready = rc;
    look->why = engine->why;
    return rc == RC_AGAIN || rc == RC_CONFLICT ? RC_OK : rc;
}

static enum rc look_prepare(struct canary_engine *engine, struct canary_look *look)
{
    const struct canary_driver *driver = engine->driver;
    const struct canary_state *state = &engine->state;
    unsigned weights[SHARES_MAX] = {0};
    if (!canary_step_weights(engine->plan, state, state->step, weights, engine->why,
                             sizeof engine->why))
        return RC_REFUSED;
    unsigned both = weights[state->canary] + weights[state->stable];
    double part = both ? (double)weights[state->canary] / both : 1;
    enum rc rc = driver->prepare(driver->context, state, part, engine->why);
    if (rc == RC_OK && !state->is_paused)
        rc = driver->hooks(driver->context, state, PLAN_BEFORE_STEP, engine->why);
    return take_ready(engine, look, rc);
}

static bool has_group(const struct canary_rule *rule, const char *arn, unsigned *weight)
{
    for (size_t i = 0; i < rule->count; i++)
        if (strcmp(rule->groups[i], arn) == 0) {
            *weight = rule->weights[i];
            return true;
        }
    return false;
}

/* The rule's weights in the state's order; a group too many or too few makes them nobody's. */
static void take_live(const struct canary_state *state, const struct canary_rule *rule,
                      unsigned *live)
{
    bool is_same = rule->count == state->count;
    for (size_t i = 0; i < state->count; i++)
        is_same &= has_group(rule, state->groups[i], &live[i]);
    for (size_t i = 0; i < state->count && !is_same; i++)
        live[i] = ~0u;
}

static enum rc look_rule(struct canary_engine *engine, unsigned *live)
{
    struct canary_rule rule = {.count = 0};
    memcpy(rule.arn, engine->state.rule, sizeof rule.arn);
    enum rc rc = engine->driver->rule_read(engine->driver->context, &rule, engine->why);
    engine->is_sticky = rule.is_sticky;
    if (rc == RC_OK)
        take_live(&engine->state, &rule, live);
    return rc;
}

enum rc engine_look(struct canary_engine *engine, struct canary_look *look)
{
    const struct canary_driver *driver = engine->driver;
    static _Thread_local unsigned live[SHARES_MAX];
    enum rc rc = look_rule(engine, live);
    if (rc != RC_OK)
        return rc;
    look->live = live;
    if (look->word != WORD_NONE)
        return RC_OK;
    switch (engine->state.phase) {
    case PHASE_PREPARE:
        return look_prepare(engine, look);
    case PHASE_SMOKE:
        return take_ready(engine, look,
                          driver->smoke(driver->context, &engine->state, engine->why));
    case PHASE_PROMOTE:
        return take_ready(
            engine, look,
            driver->hooks(driver->context, &engine->state, PLAN_BEFORE_PROMOTE, engine->why));
    case PHASE_BAKE:
        return look_bake(engine, look);
    case PHASE_SHIFT:
    case PHASE_BACK:
    case PHASE_RETIRE:
    case PHASE_HOLD:
    case PHASE_END:
    case PHASE_COUNT:
        break;
    }
    return RC_OK;
}
