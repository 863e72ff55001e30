#ifndef TESTS_SUPPORT_CANARY_WORLD_H
#define TESTS_SUPPORT_CANARY_WORLD_H

/*
 * canary_world — a world for a canary, in memory: a rule, notes, a clock that a wait moves, and
 * traffic that follows the rule's weights. Any call of it can fail, or be the last one that the
 * process under test makes.
 */

#include "pipeline/canary/engine.h"

enum { WORLD_NOTES = 64, WORLD_WRITES = 64, WORLD_BINS = 4 };

/* What comes in the way of the call of the index `at`, counted from 0. */
enum world_fault {
    WORLD_WELL,
    WORLD_FAILS,        /* it does nothing, and fails with `rc`; those after it work */
    WORLD_LOSES_ANSWER, /* it is done, and fails with `rc` */
    WORLD_KILLED,       /* it does nothing, nor does any call after it: the process is gone */
    WORLD_KILLED_AFTER, /* it is done, and is the last */
    WORLD_BROKEN,       /* all calls of that kind fail with `rc` from then on */
};

/* Kinds of calls. */
enum world_call {
    WORLD_RULE_READ,
    WORLD_RULE_WRITE,
    WORLD_NOTE_READ,
    WORLD_NOTE_WRITE,
    WORLD_NOTE_REMOVE,
    WORLD_PREPARE,
    WORLD_SMOKE,
    WORLD_SAMPLE,
    WORLD_ALARMS,
    WORLD_CALLS
};

struct world_note {
    char name[256], text[4097];
    int64_t version, modified_ms;
};

struct canary_world {
    struct canary_driver driver;
    int64_t now_ms, skew_ms;
    struct canary_rule rule;
    struct world_note notes[WORLD_NOTES];
    unsigned writes[WORLD_WRITES][SHARES_MAX]; /* weights that were written, in order; */
    int64_t written_ms[WORLD_WRITES];          /* when; */
    unsigned first[SHARES_MAX];                /* those before them */
    size_t write_count;
    size_t calls; /* so far */
    /* What is to happen. */
    enum world_fault fault;
    size_t at;
    enum world_call broken;
    enum rc rc;
    bool is_dead;
    bool is_signalled; /* the next wait says so */
    double requests_per_s, canary_errors, stable_errors;
    double canary_ms; /* that nine of ten of its requests take at most; stable's is 10 */
    double bend;      /* of its share, that it really gets; 1 */
    bool has_past;    /* before all this, the canary's slot had another release, which failed */
    int64_t begun_ms;
    enum rc prepared, smoked;
    bool is_alarmed;
    unsigned hooks[PLAN_POINTS];
    enum plan_point bad_hook;                    /* PLAN_POINTS: none */
    int retired;                                 /* index of the slot; -1: none */
    void (*on_wait)(struct canary_world *world); /* what others do meanwhile; or NULL */
    FILE *stream;                                /* for its lines; NULL: none */
    struct judge_bin bins[2][WORLD_BINS];
};

extern struct canary_world canary_world;

/* Two homes with weights 50 (group "a") and 50 ("x"), and an empty slot "b"; a thousand requests a
 * second, no errors. */
void canary_world_init(void);

/* The next process: it lives, and calls are counted anew. */
void canary_world_revive(void);

/* Parses `plan` and begins, or goes on with, a canary in this world; an engine of its own each
 * time.
 */
enum canary_exit canary_world_run(const char *plan);
enum canary_exit canary_world_go_on(const char *plan, enum canary_word word, bool is_forced);

/* true when the rule's weights are these. */
bool canary_world_has(unsigned a, unsigned b, unsigned x);

/* A plan for it: from group "a" to "b" by three steps. What is to be besides goes between the two.
 */
#define WORLD_PLAN_HEAD                                                                \
    "{\"rule\":{\"arn\":\"x\"},\"stable\":\"a\",\"canary\":\"b\",\"interval\":\"1s\"," \
    "\"metrics\":{\"period\":\"1s\",\"late\":\"2s\"},\"lease\":\"1m\",\"timeout\":\"2m\","
#define WORLD_PLAN_STEPS                                                                          \
    "\"steps\":[{\"share\":10,\"bake\":\"10s\"},{\"share\":25,\"bake\":\"5s\",\"requests\":9000}" \
    ",{\"share\":\"all\",\"bake\":\"5s\"}]"
#define WORLD_PLAN WORLD_PLAN_HEAD WORLD_PLAN_STEPS "}"

/* Such a run ends with `code`; Criterion's assertions. */
#define WORLD_EXPECT_EXIT(call, code)                                \
    do {                                                             \
        enum canary_exit exit_ = (call);                             \
        cr_expect_eq(exit_, code, "%s: exit %d", #call, (int)exit_); \
    } while (0)

/* Nothing has the canary's lock. */
void canary_world_expect_no_lock(void);

/* The note's text; NULL: there is none. */
const char *canary_world_note(const char *name);

#endif
