#ifndef RUNTIME_ALB_CHECKER_H
#define RUNTIME_ALB_CHECKER_H

/*
 * checker — the health checks of all targets of a load balancer, and the end of their draining.
 *
 * Layer:   alb. Knows the model, check, health, net/loop.
 * Memory:  owns what it knows of a target (target->health).
 * Threads: all on the loop's thread.
 *
 * It watches the model: a target of a group that a rule forwards to is checked from its
 * registration on, at once and then every interval, however long an answer takes; settings that
 * change count from the next check on. What it finds it says by alb_target_set_state. A target that
 * drains is cut off from what it still has in flight, and removed, when its delay is over.
 */

#include "runtime/alb/model.h"
#include "runtime/net/loop.h"

struct checker;

/* A target has another state; for people who watch. `target` has the new one. */
typedef void checker_changed_fn(void *context, const struct alb_target *target,
                                enum alb_target_state before);

struct checker_options {
    struct loop *loop;       /* Required. */
    struct alb_model *model; /* Required: becomes watched for its whole life; its targets so far are
                              * checked too. */
    /* A draining target's time is over: ends the requests that it still has, each with 502.
     * Required. */
    void (*on_cut)(void *context, struct alb_target *target);
    checker_changed_fn *on_changed; /* NULL: nobody is told */
    void *context;
};

/* NULL: no memory. */
struct checker *checker_new(const struct checker_options *options) MUST_CHECK;

/* After the model, which tells it of each target's end, and before the loop. NULL is harmless. */
void checker_free(struct checker *checker);

#endif
