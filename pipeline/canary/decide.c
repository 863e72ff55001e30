#include "pipeline/canary/decide.h"

#include <stdio.h>

/* How long a write of the rule may take until it shows. */
static const int64_t shift_limit_ms = 5 * 60 * 1000;

static bool same(const struct canary_state *state, const unsigned *a, const unsigned *b)
{
    return memcmp(a, b, state->count * sizeof *a) == 0;
}

static void copy(const struct canary_state *state, unsigned *to, const unsigned *from)
{
    memmove(to, from, state->count * sizeof *to);
}

/* --- ways on --- */

static enum canary_act enter(struct canary_state *state, enum canary_phase phase, int64_t now_ms)
{
    state->phase = phase;
    state->phase_ms = now_ms;
    return phase == PHASE_HOLD || phase == PHASE_END ? ACT_STOP : ACT_GO_ON;
}

static void set_why(struct canary_state *state, const char *why)
{
    if (why != state->why)
        (void)snprintf(state->why, sizeof state->why, "%s", why ? why : "");
}

/* A write of what was wished until now may still be under way. */
static void wish(struct canary_state *state, const unsigned *weights)
{
    if (!same(state, state->wished, weights))
        copy(state, state->tried, state->wished);
    copy(state, state->wished, weights);
}

static enum canary_act go_back(struct canary_state *state, int64_t now_ms, const char *why)
{
    set_why(state, why);
    wish(state, state->before);
    return enter(state, PHASE_BACK, now_ms);
}

static enum canary_act hold(struct canary_state *state, int64_t now_ms, const char *why)
{
    set_why(state, why);
    return enter(state, PHASE_HOLD, now_ms);
}

static enum canary_act end_as(struct canary_state *state, enum plan_end end, int64_t now_ms,
                              const char *why)
{
    return end == PLAN_HOLD ? hold(state, now_ms, why) : go_back(state, now_ms, why);
}

static enum canary_act finish(struct canary_state *state, enum canary_outcome outcome,
                              int64_t now_ms)
{
    state->outcome = outcome;
    return enter(state, PHASE_END, now_ms);
}

static enum canary_act hurry(const struct plan *plan, struct canary_state *state, int64_t now_ms)
{
    bool is_there = state->phase == PHASE_BAKE && state->step == plan->step_count - 1;
    state->is_hurried = true;
    state->is_paused = false;
    if (is_there || state->phase == PHASE_PROMOTE)
        return enter(state, PHASE_PROMOTE, now_ms);
    state->step = (unsigned)plan->step_count - 1;
    return enter(state, PHASE_PREPARE, now_ms);
}

/* --- words --- */

static enum canary_act obey(const struct plan *plan, struct canary_state *state,
                            const struct canary_look *look)
{
    switch (look->word) {
    case WORD_PAUSE:
        state->is_paused = true;
        return ACT_GO_ON;
    case WORD_RESUME:
        state->is_paused = false;
        return ACT_GO_ON;
    case WORD_PROMOTE:
        return state->phase == PHASE_RETIRE ? ACT_GO_ON : hurry(plan, state, look->now_ms);
    case WORD_ABORT:
        set_why(state, "somebody said abort");
        return finish(state, OUTCOME_ABORTED, look->now_ms);
    case WORD_ROLLBACK:
        return go_back(state, look->now_ms, "somebody said rollback");
    case WORD_SIGNAL:
        if (state->phase == PHASE_RETIRE)
            return ACT_STOP; /* all users are well; whoever resumes retires the old slot */
        return end_as(state, plan->on_signal, look->now_ms, "this process was told to end");
    case WORD_NONE:
    case WORD_COUNT:
        break;
    }
    return ACT_WAIT;
}

/* --- phases --- */

static enum canary_act shift(const struct plan *plan, struct canary_state *state,
                             const struct canary_look *look)
{
    char error[CANARY_WHY_MAX];
    unsigned weights[SHARES_MAX];
    if (!canary_step_weights(plan, state, state->step, weights, error, sizeof error))
        return end_as(state, plan->on_failure, look->now_ms, error);
    wish(state, weights);
    return enter(state, PHASE_SHIFT, look->now_ms);
}

static enum canary_act decide_prepare(const struct plan *plan, struct canary_state *state,
                                      const struct canary_look *look)
{
    if (look->ready == RC_CONFLICT)
        return end_as(state, plan->on_failure, look->now_ms, look->why);
    if (state->is_paused)
        return ACT_WAIT;
    if (look->ready == RC_OK && plan->smoke.url && !state->is_smoked)
        return enter(state, PHASE_SMOKE, look->now_ms);
    if (look->ready == RC_OK)
        return shift(plan, state, look);
    if (look->now_ms - state->phase_ms > plan->capacity.timeout_ms)
        return end_as(state, plan->on_failure, look->now_ms, look->why);
    return ACT_WAIT;
}

static enum canary_act decide_smoke(const struct plan *plan, struct canary_state *state,
                                    const struct canary_look *look)
{
    if (look->ready != RC_OK)
        return end_as(state, plan->on_failure, look->now_ms, look->why);
    state->is_smoked = true;
    return shift(plan, state, look);
}

static bool has_to_bake(const struct plan_step *step)
{
    return step->bake_ms || step->requests || step->is_paused;
}

static enum canary_act decide_shift(const struct plan *plan, struct canary_state *state,
                                    const struct canary_look *look)
{
    if (same(state, look->live, state->wished)) {
        copy(state, state->was, state->wished);
        if (state->is_hurried || !has_to_bake(&plan->steps[state->step]))
            return enter(state, PHASE_PROMOTE, look->now_ms);
        state->is_paused |= plan->steps[state->step].is_paused;
        return enter(state, PHASE_BAKE, look->now_ms);
    }
    if (look->now_ms - state->phase_ms > shift_limit_ms)
        return end_as(state, plan->on_failure, look->now_ms, "the rule does not take the weights");
    return ACT_WRITE;
}

static enum canary_act decide_back(struct canary_state *state, const struct canary_look *look)
{
    if (!same(state, look->live, state->wished))
        return ACT_WRITE;
    copy(state, state->was, state->wished);
    return finish(state, OUTCOME_ROLLED_BACK, look->now_ms);
}

static bool is_baked(const struct plan_step *step, const struct canary_state *state,
                     const struct canary_look *look)
{
    return look->has_verdict && look->verdict == JUDGE_PASS &&
           look->covered_ms - state->phase_ms >= step->bake_ms && look->requests >= step->requests;
}

/* For people. */
static void note_verdict(struct canary_state *state, const struct canary_look *look)
{
    static const char letters[] = {
        [JUDGE_PASS] = 'p', [JUDGE_FAIL] = 'f', [JUDGE_INCONCLUSIVE] = 'i', [JUDGE_NO_DATA] = 'n'};
    canary_strip_add(state, letters[look->verdict]);
    state->requests = look->requests;
    state->needed = look->needed;
    (void)snprintf(state->verdict, sizeof state->verdict, "%s", look->why ? look->why : "");
}

static enum canary_act decide_bake(const struct plan *plan, struct canary_state *state,
                                   const struct canary_look *look)
{
    const struct plan_step *step = &plan->steps[state->step];
    if (look->is_alarmed)
        return end_as(state, plan->on_failure, look->now_ms, look->why);
    if (look->is_new)
        note_verdict(state, look);
    if (look->is_new && look->verdict == JUDGE_FAIL && ++state->failures > plan->failure_budget)
        return end_as(state, plan->on_failure, look->now_ms, look->why);
    if (is_baked(step, state, look)) {
        if (state->is_paused)
            return ACT_WAIT;
        if (state->step + 1 == plan->step_count)
            return enter(state, PHASE_PROMOTE, look->now_ms);
        state->step++;
        state->requests = state->needed = 0;
        state->is_paused = false;
        return enter(state, PHASE_PREPARE, look->now_ms);
    }
    if (!state->is_paused && look->covered_ms - state->phase_ms > step->bake_ms + plan->timeout_ms)
        return end_as(state, plan->on_inconclusive, look->now_ms,
                      look->why && *look->why ? look->why : "no verdict in time");
    return ACT_WAIT;
}

static enum canary_act decide_promote(const struct plan *plan, struct canary_state *state,
                                      const struct canary_look *look)
{
    if (look->ready != RC_OK)
        return end_as(state, plan->on_failure, look->now_ms, look->why);
    if (plan->retire_after_ms < 0)
        return finish(state, OUTCOME_PROMOTED, look->now_ms);
    return enter(state, PHASE_RETIRE, look->now_ms);
}

static enum canary_act decide_retire(const struct plan *plan, struct canary_state *state,
                                     const struct canary_look *look)
{
    if (look->now_ms - state->phase_ms < plan->retire_after_ms)
        return ACT_WAIT;
    return finish(state, OUTCOME_PROMOTED, look->now_ms);
}

enum canary_act canary_decide(const struct plan *plan, struct canary_state *state,
                              const struct canary_look *look)
{
    if (state->phase == PHASE_HOLD || state->phase == PHASE_END)
        return ACT_STOP;
    if (look->word == WORD_ABORT)
        return obey(plan, state, look);
    if (look->live && !same(state, look->live, state->was) &&
        !same(state, look->live, state->wished) && !same(state, look->live, state->tried)) {
        (void)hold(state, look->now_ms, "somebody else has changed the rule");
        return ACT_LEAVE;
    }
    if (look->word != WORD_NONE && state->phase != PHASE_BACK)
        return obey(plan, state, look);
    switch (state->phase) {
    case PHASE_PREPARE:
        return decide_prepare(plan, state, look);
    case PHASE_SMOKE:
        return decide_smoke(plan, state, look);
    case PHASE_SHIFT:
        return decide_shift(plan, state, look);
    case PHASE_BAKE:
        return decide_bake(plan, state, look);
    case PHASE_PROMOTE:
        return decide_promote(plan, state, look);
    case PHASE_BACK:
        return decide_back(state, look);
    case PHASE_RETIRE:
        return decide_retire(plan, state, look);
    case PHASE_HOLD:
    case PHASE_END:
    case PHASE_COUNT:
        break;
    }
    return ACT_STOP;
}

void canary_give_up(const struct plan *plan, struct canary_state *state, int64_t now_ms,
                    const char *why)
{
    (void)end_as(state, plan->on_failure, now_ms, why);
}

void canary_take_up(const struct plan *plan, struct canary_state *state, enum canary_word word,
                    int64_t now_ms)
{
    const struct canary_look look = {.now_ms = now_ms, .word = word};
    bool was_held = state->phase == PHASE_HOLD;
    if (state->phase == PHASE_END)
        return;
    if (was_held) {
        state->failures = 0;
        state->judged_ms = now_ms;
        state->why[0] = 0;
        (void)enter(state, PHASE_PREPARE, now_ms);
    }
    /* What takes too long is measured by those who do it; a share is there since it is. */
    if (state->phase != PHASE_BAKE && state->phase != PHASE_RETIRE)
        state->phase_ms = now_ms;
    if (word != WORD_RESUME || !was_held)
        (void)obey(plan, state, &look);
}
