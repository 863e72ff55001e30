#ifndef PIPELINE_CANARY_AWS_LOAD_H
#define PIPELINE_CANARY_AWS_LOAD_H

/*
 * aws_load — requests of our own to a service that has too few users to be judged by.
 *
 * Layer:   canary, private.
 * Threads: one of its own, which sends one request after the other, never faster than the plan's
 *          rate, and none unless it was asked to within the last while. The load balancer chooses
 *          their slot as it does for a user without cookies; so its metrics have them among all
 *          others, and they are counted here to be told apart.
 */

#include "pipeline/canary/driver.h"
#include "runtime/aws/environment.h"

struct aws_load;

/* `load` and `lookup` are borrowed. NULL: no memory, or no thread. */
struct aws_load *aws_load_new(const struct plan_load *load, aws_lookup_fn *lookup) MUST_CHECK;

/* Waits for the request that is under way. NULL is harmless. */
void aws_load_free(struct aws_load *load);

/* Goes on for another while: twenty seconds, more than there are between two looks. */
void aws_load_keep_on(struct aws_load *load);

/* So far. */
void aws_load_count(struct aws_load *load, struct canary_load *out);

#endif
