#include "runtime/alb/binding.h"
#include "runtime/alb/forward.h"
#include "runtime/alb/target_answer.h"

static void on_served(void *context, enum alb_served outcome, const struct http1_response *res)
{
    static const int statuses[] = {
        [ALB_SERVED_NO_TARGET] = 503, [ALB_SERVED_BAD] = 502, [ALB_SERVED_TIMEOUT] = 504};
    struct forward *forward = context;
    if (outcome != ALB_SERVED)
        forward_answer_page(forward, statuses[outcome]);
    else if (!target_answer_take(forward->exchange, res))
        forward_answer_page(forward, 502);
    else {
        forward_bind_client(forward);
        forward_answer(forward);
    }
}

/* --- bodies that are passed on as they come --- */

static void on_body(struct httpd_exchange *exchange, struct bytes part, enum rc rc)
{
    struct forward *forward = exchange->context;
    if (rc == RC_OK || rc == RC_AGAIN) {
        if (alb_call_push(&forward->call, part, rc == RC_OK) && rc == RC_AGAIN)
            httpd_body_next(exchange);
        return;
    }
    alb_call_drop(&forward->call);
    if (exchange->is_live)
        httpd_wake(exchange); /* its answer has begun, and breaks off here */
    else
        forward_answer_fault(forward, rc);
}

static void on_want(void *context)
{
    struct forward *forward = context;
    httpd_body_next(forward->exchange);
}

static enum rc produce(void *context, struct buf *out)
{
    struct forward *forward = context;
    return alb_call_pull(&forward->call, out);
}

static int64_t said_length(const struct http1_response *res)
{
    uint64_t length;
    for (size_t i = 0; i < res->field_count; i++)
        if (bytes_ieq(res->fields[i].name, BYTES_LIT("content-length")) &&
            bytes_to_u64(res->fields[i].value, INT64_MAX, &length))
            return (int64_t)length;
    return HTTPD_UNKNOWN;
}

static void on_begun(void *context, const struct http1_response *res)
{
    struct forward *forward = context;
    struct httpd_exchange *exchange = forward->exchange;
    if (!target_answer_take(exchange, res)) {
        alb_call_drop(&forward->call);
        forward_answer_page(forward, 502);
        return;
    }
    forward_bind_client(forward);
    exchange->produced_bytes = said_length(res);
    exchange->res.producer = produce;
    exchange->res.producer_context = forward;
    exchange->is_live = true;
    forward_answer(forward);
}

static void on_more(void *context)
{
    struct forward *forward = context;
    httpd_wake(forward->exchange);
}

void forward_to_target(struct forward *forward)
{
    static const struct alb_call_stream stream = {
        .on_want = on_want, .on_begun = on_begun, .on_more = on_more};
    const struct alb *alb = forward->alb;
    struct httpd_exchange *exchange = forward->exchange;
    forward->call.loop = alb->options.loop;
    forward->call.group = forward->group;
    forward->call.req = &exchange->req;
    forward->call.timeout_ms = alb->model->attributes.idle_timeout_s * 1000;
    forward->call.on_done = on_served;
    forward->call.stream = &stream;
    forward->call.has_body = exchange->is_body_coming;
    forward->call.is_last = exchange->is_last; /* the desync mode has it so */
    forward->call.body_len =
        exchange->coming_bytes < 0 ? HTTP1_CHUNKS : (uint64_t)exchange->coming_bytes;
    exchange->on_body = on_body;
    forward->call.context = forward;
    binding_target(&alb->model->sticky_key, forward->group, &exchange->req, forward_epoch_ms(alb),
                   forward->call.bound);
    if (forward->is_only_group)
        binding_app_target(&alb->model->sticky_key, forward->group, &exchange->req,
                           forward_epoch_ms(alb), forward->call.bound);
    alb_call_send(&forward->call);
}
