#ifndef RUNTIME_ALB_FORWARD_H
#define RUNTIME_ALB_FORWARD_H

/*
 * forward — a request on its way through the load balancer: what alb.c (rules and answers),
 * forward_function.c and forward_ip.c (the two types of targets) share.
 *
 * Layer:   alb, private.
 * Memory:  a forward is in its exchange's arena and gone with it.
 *
 * Each of the ways ends in one call of httpd_respond, by forward_answer_page or by itself.
 */

#include "runtime/alb/alb.h"
#include "runtime/alb/alb_lambda.h"

struct alb {
    struct alb_options options;
    struct alb_model *model;
    struct httpd *httpd;
    alb_drained_fn *on_drained;
    void *drained_context;
};

/* In the exchange's arena. */
struct forward {
    struct alb *alb;
    struct httpd_exchange *exchange;
    struct bytes path, query, host; /* as they came; host without a port */
    const char *action, *redirect_url;
    int rule_priority;
    struct alb_group *group;       /* held until the record is written */
    struct alb_target *target;     /* a function */
    struct invocation *invocation; /* of it, while it runs */
    struct alb_call call;          /* to an ip target, when it has a group */
    bool is_only_group;            /* of the action */
    unsigned sticky_s;  /* the action binds clients to groups for so long; 0: it does not */
    bool wants_upgrade; /* asked before alb_request_prepare takes the field away */
    bool is_own;
    char *body; /* of a request to a function, as far as it has come */
    size_t body_len, body_cap;
    const char *reason, *detail;
    struct alb_transformed transformed;
    enum desync_reason desync;
    int64_t sent_us, answered_us;
};

/* Sends the answer, with what the listener's attributes make of its fields. */
void forward_answer(struct forward *forward);

/* Answers with the load balancer's own page for `status`. */
void forward_answer_page(struct forward *forward, int status);

/* The same for a client whose request's body has failed: httpd_body_fn's codes. */
void forward_answer_fault(struct forward *forward, enum rc fault);

/* Gives the client the cookies that bind it, where its rule or group has it so. */
void forward_bind_client(struct forward *forward);

/* The wall clock's time. */
int64_t forward_epoch_ms(const struct alb *alb);

/* To the function, or one of the ip targets, of forward->group; the request is prepared. A body
 * that is coming is gathered for a function, and passed on as it comes to an ip target. */
void forward_to_function(struct forward *forward);
void forward_to_target(struct forward *forward);

/* The client has left: what a function that runs answers is thrown away. */
void forward_leave_function(struct forward *forward);

#endif
