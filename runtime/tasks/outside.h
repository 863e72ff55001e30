#ifndef RUNTIME_TASKS_OUTSIDE_H
#define RUNTIME_TASKS_OUTSIDE_H

/*
 * outside — servers that the rig does not start, such as another container's: targets by name.
 *
 * Layer:   tasks. Knows alb and net/loop.
 * Threads: all on the loop's thread, but for the look-ups of names, which may take long; each runs
 *          on a thread of its own.
 *
 * A name is looked up at the start, every second until it is found, and again when a connection
 * fails: a container that was made anew has another address. Until it is first found, requests wait
 * for it as for a task that starts.
 */

#include "runtime/alb/model.h"
#include "runtime/net/loop.h"

struct outside;

/* Targets of `group` for "HOST:PORT" texts, which are borrowed. NULL: no memory. */
struct outside *outside_new(struct loop *loop, struct alb_group *group, const char *const *names,
                            size_t count) MUST_CHECK;

/* Waits for look-ups that are under way. Before the model. */
void outside_free(struct outside *outside);

#endif
