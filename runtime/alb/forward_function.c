#include "runtime/alb/forward.h"

#include <stdlib.h>

#include "runtime/core/limits.h"

enum { FIRST_BODY_BYTES = 32 * 1024 };

static void answer_reason(struct forward *forward, enum alb_lambda_reason reason)
{
    forward->reason = alb_lambda_reason_name(reason);
    forward_answer_page(forward, alb_lambda_reason_status(reason));
}

/* A function runs to its end, also when the request is gone by then. */
struct invocation {
    struct forward *forward;   /* NULL: the client has left */
    struct alb_target *target; /* held */
};

void forward_leave_function(struct forward *forward)
{
    if (forward->invocation)
        forward->invocation->forward = NULL;
    forward->invocation = NULL;
}

static void answer_invoked(struct forward *forward, enum alb_invoked outcome, struct bytes payload)
{
    struct httpd_exchange *exchange = forward->exchange;
    bool is_multi_value = forward->group->attributes.is_multi_value;
    enum alb_lambda_reason reason = alb_lambda_outcome(outcome);
    forward->answered_us = loop_now_us(forward->alb->options.loop);
    if (reason == ALB_LAMBDA_OK)
        reason = alb_answer_parse(payload, is_multi_value, &exchange->arena, &exchange->res,
                                  &forward->detail);
    if (reason != ALB_LAMBDA_OK) {
        answer_reason(forward, reason);
        return;
    }
    if (!http_response_header(&exchange->res, "server") &&
        forward->alb->options.listener->attributes.names_server)
        http_response_add(&exchange->res, &exchange->arena, BYTES_LIT("Server"),
                          BYTES_LIT("awselb/2.0"));
    forward_bind_client(forward);
    forward_answer(forward);
}

/* The request's record speaks of the target, which may have been taken away. */
static void on_invoked(void *context, enum alb_invoked outcome, struct bytes payload)
{
    struct invocation *invocation = context;
    struct alb_target *target = invocation->target;
    struct forward *forward = invocation->forward;
    free(invocation);
    if (forward) {
        forward->invocation = NULL;
        answer_invoked(forward, outcome, payload);
    }
    alb_target_let_go(target);
}

/* Unlike an ip target, one that fails its checks is all that there is. */
static bool takes_requests(const struct alb_target *target)
{
    return target && target->state != ALB_UNUSED && target->state != ALB_DRAINING;
}

static enum alb_lambda_reason begin_invocation(struct forward *forward, struct bytes event)
{
    struct alb_target *target = forward->target;
    struct invocation *invocation = malloc(sizeof *invocation);
    if (!invocation)
        return ALB_LAMBDA_NO_MEMORY;
    *invocation = (struct invocation){forward, target};
    forward->invocation = invocation;
    forward->sent_us = loop_now_us(forward->alb->options.loop);
    target->request_count++;
    alb_target_hold(target);
    target->function.invoke(target->function.home, event, on_invoked, invocation);
    return ALB_LAMBDA_OK;
}

static void invoke(struct forward *forward)
{
    struct httpd_exchange *exchange = forward->exchange;
    struct buf event;
    buf_init(&event, LIMIT_INVOCATION_BYTES);
    enum alb_lambda_reason reason =
        alb_event_build(&exchange->req, bytes_from_str(forward->group->arn),
                        forward->group->attributes.is_multi_value, &event);
    if (reason == ALB_LAMBDA_OK)
        reason = begin_invocation(forward, buf_bytes(&event));
    buf_release(&event);
    if (reason != ALB_LAMBDA_OK)
        answer_reason(forward, reason);
}

/* --- a body that is coming --- */

/* Doubles the room; what was there moves. */
static bool has_room(struct forward *forward, size_t len)
{
    size_t cap = forward->body_cap ? forward->body_cap : FIRST_BODY_BYTES;
    while (cap < forward->body_len + len)
        cap *= 2;
    if (cap != forward->body_cap)
        forward->body =
            arena_grow(&forward->exchange->arena, forward->body, forward->body_cap, cap);
    forward->body_cap = cap;
    return forward->body != NULL;
}

static void on_body(struct httpd_exchange *exchange, struct bytes part, enum rc rc)
{
    struct forward *forward = exchange->context;
    if (rc != RC_OK && rc != RC_AGAIN) {
        forward_answer_fault(forward, rc);
    } else if (part.len > LIMIT_BODY_BYTES - forward->body_len) {
        answer_reason(forward, ALB_LAMBDA_REQUEST_TOO_LARGE);
    } else if (!has_room(forward, part.len)) {
        forward_answer_page(forward, 500);
    } else {
        if (part.len)
            memcpy(forward->body + forward->body_len, part.ptr, part.len);
        forward->body_len += part.len;
        exchange->req.body = bytes_make(forward->body, forward->body_len);
        if (rc == RC_AGAIN)
            httpd_body_next(exchange);
        else
            invoke(forward);
    }
}

void forward_to_function(struct forward *forward)
{
    struct httpd_exchange *exchange = forward->exchange;
    struct alb_target *target = forward->group->targets;
    if (!takes_requests(target)) {
        forward_answer_page(forward, 503);
        return;
    }
    forward->target = target;
    if (forward->wants_upgrade) {
        answer_reason(forward, ALB_LAMBDA_NO_WEBSOCKET);
    } else if (exchange->coming_bytes > LIMIT_BODY_BYTES) {
        answer_reason(forward, ALB_LAMBDA_REQUEST_TOO_LARGE);
    } else if (exchange->is_body_coming) {
        exchange->on_body = on_body;
        httpd_body_next(exchange);
    } else {
        invoke(forward);
    }
}
