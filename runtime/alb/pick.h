#ifndef RUNTIME_ALB_PICK_H
#define RUNTIME_ALB_PICK_H

/*
 * pick — the target of a group that gets a request: who may at all, then the group's algorithm.
 *
 * Layer:   alb. Knows the model and choice.
 * Threads: all on the loop's thread.
 */

#include "runtime/alb/group.h"

/* true: as many targets are healthy as `least` has it, so that these alone get requests; of what is
 * registered, without targets that drain or are unused. Of least_healthy.routing: fail-open where
 * not. */
bool pick_is_enough(const struct alb_group *group, const struct alb_least *least);

/* By the group's algorithm one of the targets that are healthy, or whose group has no checks. NULL:
 * there is none. */
struct alb_target *pick_good(struct alb_group *group, int64_t now_ms);

/* Fail-open, where too few are good: one of all but those that drain or are unused. NULL: there is
 * none. */
struct alb_target *pick_any(struct alb_group *group, int64_t now_ms);

/* The group's target by the text of pick_name, if it would be among those chosen from, for a client
 * that is bound to it. NULL: it is gone, or it is not healthy: another one must be chosen. */
struct alb_target *pick_bound(struct alb_group *group, struct bytes name);

enum { PICK_NAME_MAX = 32 };

/* "127.0.0.1:8080", which tells a target of type ip from all others of its group. */
void pick_name(const struct alb_target *target, char name[PICK_NAME_MAX]);

/* It has become healthy, or is not any more: slow start as the group's attributes say. */
void pick_turned(struct alb_target *target, int64_t now_ms);

#endif
