#ifndef PIPELINE_GUARD_GUARD_ENGINE_H
#define PIPELINE_GUARD_GUARD_ENGINE_H

/*
 * guard_engine — the turns of a guard: look, decide, keep, write, tell.
 *
 * Layer:   guard.
 * Threads: one, besides those of its probes.
 *
 * What is wished is in the parameter before it is in the rule, and the rule and the canary's lock
 * are read again right before a write that probes have asked for. Two guards of one parameter:
 * the second one does not begin while the first one's lease runs, and one whose parameter somebody
 * else has written ends.
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
    int64_t version; /* of the parameter, as we know it */
    int64_t saved_ms, next_look_ms, backoff_ms;
    bool is_locked; /* by a canary, at the last look; for saying it once */
    bool is_ending; /* the next lease is over at once */
};

/* All is borrowed. false: the policy cannot be met here; `error` says why. */
bool guard_engine_init(struct guard_engine *engine, const struct guard_policy *policy,
                       struct aws_driver *driver, struct guard_out out, aws_lookup_fn *lookup,
                       char *error, size_t error_len) MUST_CHECK;
void guard_engine_release(struct guard_engine *engine);

/* Guards until a signal comes, or until `end_ms` by the driver's clock (0: never). `is_forced`:
 * also where another guard's lease still runs. */
enum guard_exit guard_engine_run(struct guard_engine *engine, int64_t end_ms, bool is_forced);

/* Forgets a state, so that the weights as they are become the normal ones. */
enum guard_exit guard_engine_clear(struct guard_engine *engine);

/* --- for its parts --- */

/* Writes the state, as ours. RC_CONFLICT: another guard has written it. */
enum rc guard_keep(struct guard_engine *engine, char *why) MUST_CHECK;

/* Reads the parameter. RC_OK: it is ours still, or somebody has cleared it, which is taken over ·
 * RC_CONFLICT: another guard's. */
enum rc guard_check(struct guard_engine *engine, char *why) MUST_CHECK;

/* Takes the parameter, or makes it. RC_EXISTS: another guard lives. */
enum rc guard_take(struct guard_engine *engine, bool is_forced, char *why) MUST_CHECK;

/* Reads the state, of whatever owner, and writes it with all forgotten. RC_NOT_FOUND: there is
 * none.
 */
enum rc guard_forget(struct guard_engine *engine, char *why) MUST_CHECK;

/* An event: as a line, in the history, and to the topic where is_news. */
void guard_tell(struct guard_engine *engine, const char *type, enum guard_home home,
                const char *why, bool is_news);

#endif
