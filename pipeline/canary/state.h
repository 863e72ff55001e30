#ifndef PIPELINE_CANARY_STATE_H
#define PIPELINE_CANARY_STATE_H

/*
 * state — where a canary is: all that another process, on another machine, needs to go on with it
 * or to undo it. It lives in the lock.
 *
 * Layer:   canary; plain values, and their JSON text.
 *
 * Invariants: the rule's weights are `was`, `wished` or `tried` at any moment, or somebody else has
 * changed them. What is wished is in the lock before it is in the rule; what was wished before
 * that, and may still come to be, is `tried`. `before` never changes.
 */

#include "pipeline/canary/plan.h"
#include "runtime/core/buf.h"

enum {
    CANARY_ARN_MAX = 256,
    CANARY_NAME_MAX = 96,
    CANARY_SLOT_MAX = 64,
    CANARY_RUN_MAX = 40,
    CANARY_WHY_MAX = 320,
    CANARY_STRIP_MAX = 60,   /* verdicts that are kept for people */
    CANARY_VERDICT_MAX = 160 /* bytes of the last one's sentence */
};

/* The production rule: its one action forwards to these groups. */
struct canary_rule {
    char arn[CANARY_ARN_MAX];
    size_t count;
    char groups[SHARES_MAX][CANARY_ARN_MAX];
    unsigned weights[SHARES_MAX];
    char slots[SHARES_MAX][CANARY_SLOT_MAX]; /* the groups' tags Slot; "": none, or not asked for */
    bool is_sticky;
    unsigned sticky_s;
};

enum canary_phase {
    PHASE_PREPARE, /* the slot gets what it needs for the step's share */
    PHASE_SMOKE,   /* requests straight to the slot */
    PHASE_SHIFT,   /* the wished weights are being written */
    PHASE_BAKE,    /* they are there; the canary is judged */
    PHASE_PROMOTE, /* all steps are passed; the hooks may still say no */
    PHASE_HOLD,    /* nobody goes on until somebody says so; no process runs */
    PHASE_BACK,    /* the weights before are being written */
    PHASE_RETIRE,  /* promoted; the old slot is still warm */
    PHASE_END,     /* `outcome` says how; the lock is about to go */
    PHASE_COUNT
};

enum canary_outcome {
    OUTCOME_NONE,
    OUTCOME_PROMOTED,
    OUTCOME_ROLLED_BACK,
    OUTCOME_ABORTED,
    OUTCOME_COUNT
};

struct canary_state {
    char run[CANARY_RUN_MAX]; /* this run's id, which is its time: "20261121T093000Z-1a2b" */
    char name[CANARY_NAME_MAX];
    char plan_hash[PLAN_HASH_LEN + 1];
    char owner[CANARY_NAME_MAX]; /* "HOST:PID" of the process that runs it */
    int64_t expiry_ms;           /* of its hold on the lock, by its clock */
    int64_t started_ms;
    int64_t phase_ms;  /* when the phase began; of PHASE_BAKE, since when the share is there */
    int64_t judged_ms; /* where the evidence begins */
    enum canary_phase phase;
    enum canary_outcome outcome;
    unsigned step;     /* index */
    unsigned failures; /* failed verdicts so far */
    bool is_smoked, is_paused;
    bool is_hurried; /* somebody said promote: no more baking */
    char rule[CANARY_ARN_MAX];
    size_t count; /* of groups */
    char groups[SHARES_MAX][CANARY_ARN_MAX];
    size_t stable, canary; /* indexes */
    unsigned before[SHARES_MAX], was[SHARES_MAX], wished[SHARES_MAX], tried[SHARES_MAX];
    char why[CANARY_WHY_MAX]; /* of a hold, a way back or an end */

    /* How far it is, for people alone: nothing is decided by it. */
    unsigned step_count;
    unsigned permille[PLAN_STEPS_MAX]; /* the steps' shares of all the rule's traffic */
    uint64_t requests, needed;         /* of the canary in this step; and so many more */
    char strip[CANARY_STRIP_MAX + 1];  /* the last windows' verdicts, oldest first */
    char verdict[CANARY_VERDICT_MAX];  /* why the last one is as it is */
};

/* A verdict for the strip: "p", "f", "i" (inconclusive), "n" (no data); the oldest goes. */
void canary_strip_add(struct canary_state *state, char verdict);

/* "prepare", "smoke" ...; "promoted", "rolled-back", "aborted", "none". */
const char *canary_phase_name(enum canary_phase phase);
const char *canary_outcome_name(enum canary_outcome outcome);

/* The name of a target group: the middle of "...:targetgroup/NAME/HEX". */
struct bytes canary_group_name(const char *arn);

/* The group of that name, or whose tag Slot is that. false: there is none. */
bool canary_rule_find(const struct canary_rule *rule, const char *slot, size_t *index) MUST_CHECK;

/* The canary's share by `weights`. */
double canary_share(const struct canary_state *state, const unsigned *weights);

/* Appends it as one JSON object, under 4 KB, which is what a parameter may have. */
void state_print(const struct canary_state *state, struct buf *out);

/* Reads it back. false: it is no state of a canary; `error` says what is wrong. */
bool state_parse(struct canary_state *state, struct bytes text, char *error,
                 size_t error_len) MUST_CHECK;

#endif
