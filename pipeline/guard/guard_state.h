#ifndef PIPELINE_GUARD_GUARD_STATE_H
#define PIPELINE_GUARD_GUARD_STATE_H

/*
 * guard_state — where a guard is: all that the next process needs to go on. It lives in a parameter
 * of the Systems Manager.
 *
 * Layer:   guard; plain values, and their JSON text.
 *
 * Invariant: away from GUARD_WATCH the rule's weights are `wished` or `tried`, or somebody else has
 * changed them. What is wished is in the parameter before it is in the rule.
 */

#include "pipeline/canary/shares.h"
#include "runtime/core/buf.h"

enum { GUARD_NAME_MAX = 96, GUARD_SERVICE_MAX = 256, GUARD_WHY_MAX = 240, GUARD_STATE_MAX = 4096 };

enum guard_home { GUARD_LAMBDA, GUARD_FARGATE, GUARD_HOMES };

enum guard_phase {
    GUARD_WATCH,   /* the weights are the release's, or a person's */
    GUARD_AWAY,    /* a home's share is with the other one */
    GUARD_BACK,    /* it comes back, step by step */
    GUARD_FOREIGN, /* somebody has changed the weights meanwhile; they stay until `clear` */
    GUARD_PHASES
};

/* What is known of one home. */
struct guard_home_state {
    unsigned probe_bad, health_bad, window_bad; /* bad signs in a row */
    bool is_down;            /* it fails; until a while has passed without a bad sign */
    int64_t bad_ms;          /* the last bad sign; 0: none */
    int64_t good_ms;         /* the last good probe or look at its targets; 0: none */
    int64_t moved_ms;        /* when its share was taken away last; 0: never */
    unsigned relapses;       /* how often it has failed again on its way back */
    double rate;             /* requests a second, in the last window of metrics; 0: not known */
    unsigned healthy;        /* targets at the last look */
    bool is_unchecked;       /* its targets have no health checks */
    char why[GUARD_WHY_MAX]; /* it is down */
};

/* The last act, while it is not in the history. */
struct guard_untold {
    int64_t at_ms; /* when it was decided; 0: there is none */
    char act[12];
    enum guard_home home;
    char why[GUARD_WHY_MAX];
};

/* What is known of costs, where the policy asks. */
struct guard_cost_state {
    bool has_rate;    /* of the last window */
    double rate;      /* requests a second, of both homes */
    int64_t since_ms; /* since when another share is cheaper; 0: it is not */
    bool is_begun;    /* what is wished is known to have been the rule's */
    bool is_foreign;  /* somebody has set weights; until `clear` */
    bool is_untold;   /* and it is to be told */
};

/* The service of the Fargate home that GUARD_SCALE has given tasks. */
struct guard_scaled {
    bool is_set;
    bool has_bounds; /* it is scaled */
    char service[GUARD_SERVICE_MAX];
    unsigned min, max, desired;             /* as they were before */
    unsigned set_min, set_max, set_desired; /* as they were left */
    double share;                           /* of all traffic, that the home had before */
};

struct guard_state {
    enum guard_phase phase;
    enum guard_home away; /* whose share is away, of GUARD_AWAY and GUARD_BACK */
    size_t count;
    char groups[SHARES_MAX][GUARD_NAME_MAX];
    unsigned normal[SHARES_MAX]; /* what people or a release have set */
    unsigned wished[SHARES_MAX], tried[SHARES_MAX];
    unsigned stand_in[GUARD_HOMES]; /* the group's index and 1, of a home without weight; 0: none */
    size_t step;                    /* index, of GUARD_BACK */
    int64_t stepped_ms;             /* when it was made */
    int64_t scaling_ms;             /* since when tasks are waited for; 0: they are not */
    int64_t window_ms; /* the end of the last window of metrics that was judged; 0: none */
    int64_t next_ms;   /* when the share may come back by one more step; 0: none is away */
    bool is_alarmed;   /* both homes fail, and it has been told */
    bool is_held;      /* a home fails that was left too short a while ago, and it has been told */
    struct guard_home_state homes[GUARD_HOMES];
    struct guard_cost_state cost;
    struct guard_scaled scaled;
    struct guard_untold untold;
    char owner[GUARD_NAME_MAX];
    int64_t expiry_ms; /* of the owner's hold on the state */
};

/* "watch", "away", "back", "foreign"; "lambda", "fargate". */
const char *guard_phase_name(enum guard_phase phase);
const char *guard_home_name(enum guard_home home);

/* Which home a target group is of, by its name: "duet-dev-fargate-b". GUARD_HOMES: none. */
enum guard_home guard_home_of(struct bytes group);

/* The part of all traffic that `weights` give a home. */
double guard_share(const struct guard_state *state, const unsigned *weights, enum guard_home home);

/* The group that is a home's: the one that has the most by `normal`; of a home that has nothing,
 * its stand_in, or else its last one by name, where releases go. SHARES_MAX: the rule has none. */
size_t guard_group(const struct guard_state *state, enum guard_home home);

/* Takes the rule's weights in quiet times into stand_in: who has weight, and whether a release has
 * gone to another slot. */
void guard_stand_in_look(struct guard_state *state, const unsigned *weights);

/* Another group of a home without weight, from the index `after` on. SHARES_MAX: there is none, or
 * the home has weight. */
size_t guard_stand_in_other(const struct guard_state *state, enum guard_home home, size_t after);

/* Appends it as one JSON object, at most GUARD_STATE_MAX bytes. */
void guard_state_print(const struct guard_state *state, struct buf *out);

/* Reads it back. false: it is no state of a guard; `error` says what is wrong. */
bool guard_state_parse(struct guard_state *state, struct bytes text, char *error,
                       size_t error_len) MUST_CHECK;

#endif
