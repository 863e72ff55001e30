#ifndef PIPELINE_GUARD_GUARD_ENGINE_H
#define PIPELINE_GUARD_GUARD_ENGINE_H

/*
 * guard_engine — the turns of a guard: look, decide, keep, write, tell.
 *
 * Layer:   guard.
 * Threads: one, besides those of its probes.
 *
 * What is wished is in the parameter before it is in the rule, and the rule and the canary's lock
 * are read between the two: where they are others than those of the decision, nothing is written,
 * and the next turn decides anew. Between that look and the write is one call's time, in which a
 * canary may begin; it then finds the rule changed, and ends. An act is in the parameter until it
 * is in the history, so that a process that is killed before it could tell has the next one tell
 * it.
 *
 * Two guards of one parameter: the second one does not begin while the first one's lease runs, and
 * one whose parameter somebody else has written ends. What is read there may be older than what was
 * written last, as AWS's reads are consistent in the end only: that is no other's doing.
 */

#include <stdio.h>

#include "pipeline/guard/guard_look.h"
#include "pipeline/guard/guard_probe.h"

enum guard_exit {
    GUARD_DONE = 0,
    GUARD_USAGE = 2,  /* bad usage, or a policy that cannot be met */
    GUARD_BROKEN = 5, /* AWS refuses, or gives no sense */
    GUARD_LOCKED = 6, /* another guard has the parameter */
};

/* Where its lines go, for people or as JSON lines. */
struct guard_out {
    FILE *stream; /* borrowed */
    bool is_json;
};

struct guard_engine {
    const struct guard_policy *policy;
    const struct canary_driver *world;
    struct guard_look look;
    struct guard_out out;
    struct guard_probe *probe; /* NULL: none */
    struct guard_state state;
    struct guard_seen seen; /* of this turn; rule and lock of the last look */
    char probe_whys[GUARD_HOMES][GUARD_PROBE_WHY_MAX];
    char owner[GUARD_NAME_MAX]; /* this guard and no other: "HOST:PROCESS:CHANCE" */
    int64_t version;            /* of the parameter, as we know it */
    int64_t saved_ms, next_look_ms, backoff_ms;
    int64_t end_ms;  /* of its run; 0: not known */
    int64_t said_ms; /* at_ms of the act that is said, though it may not be in the history yet */
    bool is_locked;  /* by a canary, at the last look; for saying it once */
    bool is_ending;  /* the next lease is over at once */
};

/* All is borrowed. false: the policy cannot be met here; `error` says why. */
bool guard_engine_init(struct guard_engine *engine, const struct guard_policy *policy,
                       struct aws_driver *driver, struct guard_out out, aws_lookup_fn *lookup,
                       char *error, size_t error_len) MUST_CHECK;
void guard_engine_release(struct guard_engine *engine);

struct guard_run {
    int64_t end_ms;      /* by the driver's clock; 0: when a signal comes */
    int64_t patience_ms; /* it waits for another guard whose lease is over within that */
    bool is_forced;      /* it takes the parameter whoever has it */
};

/* Guards until its end. */
enum guard_exit guard_engine_run(struct guard_engine *engine, const struct guard_run *run);

/* Forgets a state, so that the weights as they are become the normal ones. */
enum guard_exit guard_engine_clear(struct guard_engine *engine);

/* --- for its parts --- */

/* Writes the state, as ours. What somebody has written since our last look stands again after it:
 * RC_AGAIN: a clear, whose state is ours now · RC_CONFLICT: another guard. */
enum rc guard_keep(struct guard_engine *engine, char *why) MUST_CHECK;

/* Reads the parameter. RC_OK: it is ours still; with another `version` somebody has cleared it, and
 * the state is what is there · RC_CONFLICT: another guard's, or no guard's state at all · RC_AGAIN:
 * it is not there, though we have only just written it. */
enum rc guard_check(struct guard_engine *engine, char *why) MUST_CHECK;

/* Takes the parameter, or makes it. RC_EXISTS: another guard lives · RC_UNSUPPORTED: it holds no
 * state of a guard, and is not taken by force. */
enum rc guard_take(struct guard_engine *engine, bool is_forced, char *why) MUST_CHECK;

/* Reads the state, of whatever owner, and writes it with all forgotten. RC_NOT_FOUND: there is
 * none.
 */
enum rc guard_forget(struct guard_engine *engine, char *why) MUST_CHECK;

/* An event, as a line. */
void guard_tell(struct guard_engine *engine, const char *type, enum guard_home home,
                const char *why);

/* Whether a call that failed so may do better later. Garbage may come from something on the way,
 * once there were answers; at the begin it is a wrong address. */
bool guard_may_help(enum rc rc, bool is_taken);

/* Does an act that guard_decide has put into the state, and tells it. `before`: the state without
 * it, for where the rule or the lock are not what they were any more: then nothing is done. */
enum rc guard_act(struct guard_engine *engine, const struct guard_act *act,
                  const struct guard_state *before, char *why) MUST_CHECK;

/* Makes this the state's untold act, as of now. */
void guard_note_act(struct guard_engine *engine, const char *name, enum guard_home home,
                    const char *why);

/* The state's untold act: as a line, to the topic, and in the history. It stays untold where the
 * history cannot be written now; then that alone is tried once more by the next call. */
void guard_tell_act(struct guard_engine *engine);

#endif
