#ifndef PIPELINE_GUARD_GUARD_DECIDE_H
#define PIPELINE_GUARD_GUARD_DECIDE_H

/*
 * guard_decide — what a guard does next: a function of its policy, its state and what was seen.
 *
 * Layer:   guard; no clock, no I/O.
 *
 * A home fails when signs of one kind have been bad so often in a row as the policy says: probes,
 * looks at its targets, windows of its metrics. A window is bad when its error rate is surely (by
 * three standard deviations of its own, Wilson's bound) above the policy's, so that a few errors of
 * a quiet minute are none. It fails until a while has passed without a bad sign. What was counted
 * long before, or is of a window from before the last move, is no part of a row.
 *
 * Promises, whatever is seen, also where the clock goes back or a write comes late:
 * - two moves away from the same home are `apart` from each other;
 * - no move to a home that fails, or has no healthy target, and none away from one that answers
 *   again;
 * - no write while a canary has the lock, or the weights are a person's (GUARD_FOREIGN); that a
 *   home fails meanwhile is told (GUARD_ALARM).
 */

#include "pipeline/guard/guard_policy.h"
#include "pipeline/guard/guard_state.h"

enum guard_sign { GUARD_NONE, GUARD_GOOD, GUARD_BAD };

/* What is new of one home. */
struct guard_home_seen {
    enum guard_sign probe;
    const char *probe_why; /* of a bad one */
    bool has_health;       /* its targets were looked at */
    unsigned healthy, total;
    bool is_unchecked; /* they have no health checks, as Lambda's may */
    bool has_window;   /* its metrics of one more window */
    uint64_t requests, errors;
    double latency_ms; /* that nine of ten requests took at most; 0: not known */
};

struct guard_seen {
    int64_t now_ms;
    bool has_rule;       /* weights and is_locked are new; without them nothing is done */
    bool is_locked;      /* by a canary */
    bool has_new_groups; /* the rule has others than before: somebody else's doing */
    unsigned weights[SHARES_MAX];
    struct guard_home_seen homes[GUARD_HOMES];
};

enum guard_act_kind {
    GUARD_STAY,
    GUARD_MOVE,    /* away from `home`: write `weights` */
    GUARD_STEP,    /* back to `home`: write `weights` */
    GUARD_AGAIN,   /* what was wished is not there: write it once more */
    GUARD_COST,    /* a cheaper share: write `weights` */
    GUARD_SHRINK,  /* the Fargate home needs no tasks */
    GUARD_SCALE,   /* the Fargate home must have its tasks */
    GUARD_UNSCALE, /* it needs them no more: as before GUARD_SCALE */
    GUARD_ALARM,   /* it cannot be helped: tell somebody */
    GUARD_YIELD,   /* somebody else has changed the weights */
};

struct guard_act {
    enum guard_act_kind kind;
    enum guard_home home;
    bool is_lasting; /* of GUARD_SCALE: nothing is to be set back */
    unsigned weights[SHARES_MAX];
    char why[GUARD_WHY_MAX];
};

/* state  in and out. The caller sees to it that `wished` and `tried` are written before the rule.
 */
void guard_decide(const struct guard_policy *policy, const struct guard_seen *seen,
                  struct guard_state *state, struct guard_act *act);

/* Requests of a window that the load balancer itself has answered with 503, which it counts for no
 * target group: adds them, as failed ones, to the home that has no target to take them, where the
 * window's requests and the weights show which one that is. Both homes have their window. */
void guard_unserved(const struct guard_state *state, uint64_t unserved, struct guard_seen *seen);

/* Takes what was seen of both homes into the state; guard_decide begins with it. */
void guard_signs(const struct guard_policy *policy, const struct guard_seen *seen,
                 struct guard_state *state);

/* The last act's name, for people and records: "stay", "move" ... */
const char *guard_act_name(enum guard_act_kind kind);

/* The lower end of what an error rate of `errors` in `requests` may be, at three standard
 * deviations. */
double guard_rate_surely(uint64_t errors, uint64_t requests);

#endif
