#ifndef TESTS_SUPPORT_ELB_CALL_H
#define TESTS_SUPPORT_ELB_CALL_H

/*
 * elb_call — calls of the Elastic Load Balancing API, by Query, to a model in this process.
 *
 * The model has one load balancer "duet", a listener on port 80 whose default rule forwards to the
 * groups "a" (lambda) and "b" (ip, port 8080) with weights 50 and 50, and a third group "c" (ip)
 * that no rule names. The only function is ELB_FUNCTION,
 * the only certificate ELB_CERTIFICATE.
 */

#include "runtime/alb/model.h"

#define ELB_CERTIFICATE "arn:aws:acm:us-east-1:000000000000:certificate/c"
#define ELB_FUNCTION "arn:aws:lambda:us-east-1:000000000000:function:duet"

struct elb_case {
    struct alb_model *model;
    struct alb_listener *listener;
    struct alb_group *a, *b, *c;
    int status; /* of the last call */
    struct bytes answer;
};

extern struct elb_case elb_case;

/* For a suite's .init and .fini. */
void elb_case_init(void);
void elb_case_release(void);

/* Sends the form "Action=ACTION&Version=2015-12-01&PARAMETERS", where $L, $A, $B, $C and $R stand
 * for the ARNs of the listener, the groups and the load balancer, and gives the status. The answer
 * lives until the next call. */
int elb_send(const char *action, const char *parameters);

/* true when the last answer holds `text`, in which the same names stand for the same ARNs. */
bool elb_has(const char *text);

/* The text of the first element <name> of the last answer; "" when there is none. It lives until
 * the next call. */
const char *elb_element(const char *name);

#endif
