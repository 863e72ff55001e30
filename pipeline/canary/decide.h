#ifndef PIPELINE_CANARY_DECIDE_H
#define PIPELINE_CANARY_DECIDE_H

/*
 * decide — what a canary does next: a pure function of its plan, its state and what was seen.
 *
 * Layer:   canary; no I/O, no clock.
 *
 * Whoever calls it saves the state it leaves before doing what it says: so the lock always knows
 * more than the rule, and a process that is killed in between is finished by another.
 */

#include "pipeline/canary/judge.h"
#include "pipeline/canary/state.h"

/* What somebody said: by a command, or by a signal. */
enum canary_word {
    WORD_NONE,
    WORD_PAUSE,
    WORD_RESUME,
    WORD_PROMOTE,
    WORD_ABORT,
    WORD_ROLLBACK,
    WORD_SIGNAL, /* never a command's */
    WORD_COUNT
};

/* What was seen since the last decision. Where a phase needs none of it, it is left zeroed. */
struct canary_look {
    int64_t now_ms;
    enum canary_word word;
    const unsigned *live; /* the rule's weights, in the state's order */
    /* PHASE_PREPARE, PHASE_SMOKE, PHASE_PROMOTE: RC_OK; RC_AGAIN: not yet; RC_CONFLICT: never */
    enum rc ready;
    bool is_alarmed;
    bool has_verdict; /* a window of this step was judged */
    bool is_new;      /* since the last look */
    enum judge_verdict verdict;
    uint64_t requests;  /* the canary's, in this step */
    uint64_t needed;    /* and so many more, until it can be judged; for people */
    int64_t covered_ms; /* what was judged ends here */
    const char *why;    /* of what is not ready, of the alarm or of the verdict */
};

enum canary_act {
    ACT_WAIT,  /* look again after a while */
    ACT_GO_ON, /* look again at once: the phase is another */
    ACT_WRITE, /* write state->wished into the rule */
    ACT_STOP,  /* this process is done */
    ACT_LEAVE, /* the rule is not as we left it; hands off: nothing may be written to it */
};

/* The state of a run that has not begun yet. `rule` is as it stands.
 * false: the slots are not in the rule, the shares cannot be had, or nothing is there to shift;
 * `error` says so. */
bool canary_state_init(struct canary_state *state, const struct plan *plan,
                       const struct canary_rule *rule, int64_t now_ms, char *error,
                       size_t error_len) MUST_CHECK;

/* The weights of the plan's step `index`. false: none are right to the plan's precision, or the
 * step's share is more than stable and canary have; `error` names the step. */
bool canary_step_weights(const struct plan *plan, const struct canary_state *state, size_t index,
                         unsigned *weights, char *error, size_t error_len) MUST_CHECK;

/* Sets the state for what comes next, and says what is to be done. */
enum canary_act canary_decide(const struct plan *plan, struct canary_state *state,
                              const struct canary_look *look) MUST_CHECK;

/* Something fails for good: what the plan's on_failure says. */
void canary_give_up(const struct plan *plan, struct canary_state *state, int64_t now_ms,
                    const char *why);

/* Takes a state of PHASE_HOLD, or one whose process is gone, up again for `word`: WORD_RESUME,
 * WORD_PROMOTE, WORD_ROLLBACK or WORD_ABORT. */
void canary_take_up(const struct plan *plan, struct canary_state *state, enum canary_word word,
                    int64_t now_ms);

#endif
