#ifndef PIPELINE_GUARD_GUARD_PROBE_H
#define PIPELINE_GUARD_GUARD_PROBE_H

/*
 * guard_probe — requests of the guard's own to both homes, through the pin rule, each at its pace
 * (guard_pace.h) whatever the other home, the answers or AWS's APIs take.
 *
 * Layer:   guard.
 * Threads: `failures` of them for each home, LIMIT_GUARD_PROBES at most: so many probes may be
 *          under way. The functions are for one thread.
 */

#include "pipeline/guard/guard_decide.h"
#include "runtime/aws/environment.h"

enum { GUARD_PROBE_WHY_MAX = 120 };

struct guard_probe;

/* Called by any thread, when a probe was bad that may make its home a failing one; it must not call
 * back. */
typedef void guard_probe_fn(void *context);

/* Begins no probe yet. `policy` is borrowed; its secret's variable must be set. NULL: no memory. */
struct guard_probe *guard_probe_new(const struct guard_policy *policy, aws_lookup_fn *lookup,
                                    guard_probe_fn *on_bad, void *context) MUST_CHECK;

/* Waits for probes that are under way. NULL is harmless. */
void guard_probe_free(struct guard_probe *probe);

/* From now on a home's probes go to the slot of that group, as often as `rate` requests a second of
 * its users ask for (0: not known). */
void guard_probe_aim(struct guard_probe *probe, enum guard_home home, const char *group,
                     double rate);

/* The oldest probe of a home that was not taken yet; GUARD_NONE: there is none. `why` has
 * GUARD_PROBE_WHY_MAX bytes. */
enum guard_sign guard_probe_take(struct guard_probe *probe, enum guard_home home, char *why);

#endif
