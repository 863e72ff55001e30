#ifndef PIPELINE_CANARY_LOCK_H
#define PIPELINE_CANARY_LOCK_H

/*
 * lock — a canary's state in one parameter of the Systems Manager, which at most one process
 * writes.
 *
 * Layer:   canary.
 *
 * It is taken by writing a parameter that is not there, which AWS lets only one do. From then on
 * each write is preceded by a look at its version and followed by one at the answer's: the version
 * must be the expected one, and then the next. Of two writers at once both see that something is
 * wrong, at the latest when they write again, and both stop. Whoever has lost the lock writes
 * nothing any more, the rule neither.
 */

#include "pipeline/canary/decide.h"
#include "pipeline/canary/driver.h"

enum { LOCK_STATE_MAX = 4096 }; /* bytes of a standard parameter's value */

struct canary_lock {
    const struct canary_driver *driver;
    const char *name;
    int64_t lease_ms;
    int64_t version; /* of our last write, or of what we have read */
    int64_t skew_ms; /* AWS's clock against ours, at our last look */
    /* What we have written last, or have tried to: an answer that is lost on its way is known by
     * it.
     */
    char text[LOCK_STATE_MAX + 1];
};

/* All fail as struct canary_driver says, too. */

/* Writes the first state. RC_EXISTS: somebody has it. */
enum rc lock_take(struct canary_lock *lock, struct canary_state *state, char *why) MUST_CHECK;

/* Reads the state of whoever has it. RC_NOT_FOUND: nobody. RC_SYNTAX: what stands there is no state
 * of a canary. */
enum rc lock_read(struct canary_lock *lock, struct canary_state *state, char *why) MUST_CHECK;

/* Makes a state that was read ours. RC_EXISTS: its owner may still live (its expiry has not come,
 * and `is_forced` is false); `why` says who and until when. RC_CONFLICT: as lock_keep. */
enum rc lock_take_over(struct canary_lock *lock, struct canary_state *state, bool is_forced,
                       char *why) MUST_CHECK;

/* Writes the state, with a new expiry. RC_CONFLICT: the lock is not ours any more. */
enum rc lock_keep(struct canary_lock *lock, struct canary_state *state, char *why) MUST_CHECK;

/* Looks whether it is still ours. RC_CONFLICT: not. */
enum rc lock_check(struct canary_lock *lock, char *why) MUST_CHECK;

/* Gives it up. */
enum rc lock_release(struct canary_lock *lock, char *why) MUST_CHECK;

/* --- words for the process that has the lock --- */

enum { LOCK_NAME_MAX = PLAN_LOCK_MAX + 64 };

/* Leaves a word beside the lock, for the run of that id. */
enum rc lock_say(struct canary_lock *lock, const char *run, enum canary_word word,
                 char *why) MUST_CHECK;

/* The word that is there for that run; WORD_NONE. It stays until lock_forget. */
enum rc lock_hear(struct canary_lock *lock, const char *run, enum canary_word *word,
                  char *why) MUST_CHECK;

/* Takes the word away. */
enum rc lock_forget(struct canary_lock *lock, char *why) MUST_CHECK;

/* "pause" ... "rollback". */
const char *canary_word_name(enum canary_word word);

#endif
