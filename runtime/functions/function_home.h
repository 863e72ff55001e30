#ifndef RUNTIME_FUNCTIONS_FUNCTION_HOME_H
#define RUNTIME_FUNCTIONS_FUNCTION_HOME_H

/*
 * function_home — a function of the rig as a load balancer's target.
 *
 * Layer:   functions. Knows alb and function.
 */

#include "runtime/alb/alb_lambda.h"
#include "runtime/functions/function.h"

/* What the load balancer calls; `function` is borrowed. */
struct alb_function function_home(struct function *function);

/* What an outcome means to the load balancer: a timeout is an error like another. */
enum alb_invoked function_home_outcome(enum function_outcome outcome);

#endif
