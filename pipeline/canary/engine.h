#ifndef PIPELINE_CANARY_ENGINE_H
#define PIPELINE_CANARY_ENGINE_H

/*
 * engine — runs a canary: looks, asks decide.h, saves, does; again and again.
 *
 * Layer:   canary.
 * Threads: one thread.
 *
 * Each turn: 1. is the lock still ours?   2. has somebody said something?   3. is the rule as we
 * left it?   4. what the phase wants to know   5. canary_decide   6. the state into the lock, where
 * it has changed   7. the rule. What fails for a while is tried again; what fails for good ends the
 * run as the plan's on_failure says.
 */

#include "pipeline/canary/lock.h"
#include "pipeline/canary/out.h"

/* The exit statuses of `duet canary`. */
enum canary_exit {
    CANARY_DONE = 0,        /* promoted; or what was asked for is done */
    CANARY_ROLLED_BACK = 1, /* the weights are as before */
    CANARY_USAGE = 2,       /* bad usage, or a bad plan; nothing was done */
    CANARY_HELD = 3,        /* the weights stay where they are until somebody says more */
    CANARY_WAS_ABORTED = 4, /* likewise, and the canary is forgotten */
    CANARY_BROKEN = 5,      /* AWS said no, or nothing that makes sense */
    CANARY_LOCKED = 6,      /* the lock is somebody else's */
    CANARY_FOREIGN = 7,     /* somebody else has changed the rule; it was not touched */
};

struct canary_engine {
    const struct plan *plan;
    const struct canary_driver *driver;
    struct canary_out *out;
    struct judge_policy policy;
    struct canary_state state;
    struct canary_lock lock;
    /* The evidence; made anew by whoever takes the canary up, from the metrics. */
    struct judge *judge;
    struct judge_report report;
    int64_t cursor_ms;         /* the next window's start */
    uint64_t requests, served; /* of the canary in this step; of both slots */
    bool is_sticky,
        is_bent; /* so is the rule; it was said in this step that shares are not as wished */
    bool has_stepped, has_verdict, is_new;
    bool is_signalled, is_broken, is_forced;
    unsigned tries, writes;
    char why[CANARY_WHY_MAX];
};

/* Reads the plan's checks. false: `error` says what is wrong with them. */
bool engine_init(struct canary_engine *engine, const struct plan *plan,
                 const struct canary_driver *driver, struct canary_out *out, char *error,
                 size_t error_len) MUST_CHECK;
void engine_release(struct canary_engine *engine);

/* Begins a canary and stays with it until it ends or is held. */
enum canary_exit engine_run(struct canary_engine *engine);

/* Takes up one that is held, or whose process is gone: WORD_RESUME, WORD_PROMOTE, WORD_ROLLBACK or
 * WORD_ABORT. One whose process lives is told, if it is no WORD_RESUME; is_forced: it is taken away
 * from it, and a rule that somebody else has changed is rolled back all the same. */
enum canary_exit engine_go_on(struct canary_engine *engine, enum canary_word word, bool is_forced);

#endif
