#ifndef RUNTIME_ALB_CHECK_H
#define RUNTIME_ALB_CHECK_H

/*
 * check — one health check of one target, from its begin to its result.
 *
 * Layer:   alb. Knows the model, upstream, the codecs of Lambda events, net/loop.
 * Memory:  a check belongs to who started it until its result; then it frees itself.
 * Threads: all on the loop's thread.
 *
 * An ip target gets GET on a connection of its own, which is closed after the answer, with Host
 * (the target's address, and its port unless that is 80, or 443 of HTTPS), Connection: close and
 * the User-Agent ELB-HealthChecker/2.0. A function gets the event of a GET that has this User-Agent
 * alone.
 */

#include "runtime/alb/health.h"
#include "runtime/net/loop.h"

struct check;

/* Called once for each check_start, never inside; not after check_cancel. */
typedef void check_done_fn(void *context, const struct health_result *result);

/* Begins a check with the settings of the target's group as they are now. The target must stay
 * until the result or check_cancel. The result is a failure, too, when something that the check
 * needs cannot be had.
 *
 * PASS            the answer's status is one of the matcher's
 * CODE_MISMATCH   it is another one
 * TIMEOUT         no whole answer within the group's timeout
 * FAILED_CHECKS   no connection, a connection that broke, no HTTP; a function that failed, was
 *                 throttled, or whose answer is none for a load balancer
 *
 * NULL: no memory; there will be no result */
struct check *check_start(struct loop *loop, const struct alb_target *target,
                          check_done_fn *on_done, void *context) MUST_CHECK;

/* Ends it without a result. A function that was called goes on, and its answer is dropped. */
void check_cancel(struct check *check);

#endif
