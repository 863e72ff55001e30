#ifndef RUNTIME_ALB_HEALTH_H
#define RUNTIME_ALB_HEALTH_H

/*
 * health — the state of one target, as DescribeTargetHealth tells of it.
 *
 * Layer:   alb, pure: results of checks go in, a state comes out. It knows neither sockets nor
 * time. Memory:  a struct of the owner's. Threads: one at a time.
 *
 * A target is born `initial`. The first check that passes makes it healthy; after that it takes as
 * many in a row as the thresholds say to change its state, in each direction ("Health checks for
 * Application Load Balancer target groups" in the user guide). The guide does not say how many
 * failures a target needs that was never healthy: we take the unhealthy threshold there too.
 *
 * A target of a group that no rule names is unused and not checked; one of a group without checks
 * is unavailable; one that was deregistered is draining until its delay is over. From these it
 * comes back as a new one.
 */

#include "runtime/alb/group.h"

enum health_reason {
    HEALTH_NO_REASON, /* of a healthy target alone */
    HEALTH_REGISTRATION_IN_PROGRESS,
    HEALTH_INITIAL_CHECKING,
    HEALTH_CODE_MISMATCH,
    HEALTH_TIMEOUT,
    HEALTH_FAILED_CHECKS,
    HEALTH_NOT_REGISTERED, /* of one that a caller asks for and that is not there */
    HEALTH_NOT_IN_USE,
    HEALTH_DEREGISTRATION_IN_PROGRESS,
    HEALTH_CHECK_DISABLED,
    HEALTH_INTERNAL_ERROR,
};

struct health {
    enum alb_target_state state;
    enum health_reason reason;
    int code;        /* the answer's, with HEALTH_CODE_MISMATCH */
    unsigned streak; /* results in a row that speak for another state than this one */
};

/* What a check may end with. */
struct health_result {
    bool is_pass;
    enum health_reason reason; /* of a failure: CODE_MISMATCH, TIMEOUT, FAILED_CHECKS */
    int code;                  /* with CODE_MISMATCH */
};

/* A target that was just registered: initial, registration in progress. */
void health_init(struct health *health);

/* Its first check is on its way: initial checks in progress. Harmless in every other state. */
void health_begin(struct health *health);

/* A check's end. Results for a target that is not checked (unused, draining, unavailable) are
 * dropped: the check began before.
 * true: the state is another one now */
bool health_take(struct health *health, const struct health_result *result,
                 unsigned healthy_threshold, unsigned unhealthy_threshold);

/* Without checks: no rule names the group · checks are off · deregistered. Harmless when repeated.
 */
void health_set_unused(struct health *health);
void health_set_unavailable(struct health *health);
void health_set_draining(struct health *health);

/* Checks begin, or begin again: an unused, unavailable or draining target is a new one; the others
 * stay what they are. */
void health_set_checked(struct health *health);

/* Somebody else, such as who runs the target, knows its state: it has that, with the reason that
 * goes with it, as if it had just come to it. */
void health_adopt(struct health *health, enum alb_target_state state);

/* Is it one of those that get requests while there is one? Healthy, or never checked. */
static inline bool health_is_good(const struct health *health)
{
    return health->state == ALB_HEALTHY || health->state == ALB_UNAVAILABLE;
}

/* May it get requests when none is good (fail-open)? All but those that drain or are unused. */
static inline bool health_may_serve(const struct health *health)
{
    return health->state != ALB_UNUSED && health->state != ALB_DRAINING;
}

/* --- as AWS words it --- */

/* "Target.Timeout", "Elb.InitialHealthChecking" ...; NULL for HEALTH_NO_REASON. */
const char *health_reason_name(enum health_reason reason);

/* The sentence that goes with the reason; "" for a healthy target. */
void health_describe(const struct health *health, char text[ALB_TEXT_MAX]);

#endif
