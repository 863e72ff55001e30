#include "runtime/alb/forward.h"

#include <stdlib.h>

#include "runtime/alb/action.h"
#include "runtime/alb/alb_page.h"
#include "runtime/alb/alb_request.h"
#include "runtime/alb/answer_fields.h"
#include "runtime/alb/binding.h"
#include "runtime/alb/certificates.h"
#include "runtime/alb/desync_exchange.h"
#include "runtime/alb/ssl_policy.h"
#include "runtime/core/limits.h"

enum { CLIENT_LEFT = 460 }; /* AWS's status for a client that does not wait */

/* --- answers --- */

void forward_answer(struct forward *forward)
{
    struct httpd_exchange *exchange = forward->exchange;
    answer_fields_set(&forward->alb->options.listener->attributes, forward->is_own, &exchange->res,
                      &exchange->arena);
    httpd_respond(exchange);
}

static void answer_own(struct forward *forward)
{
    forward->is_own = true;
    forward_answer(forward);
}

void forward_answer_page(struct forward *forward, int status)
{
    alb_page_set(&forward->exchange->res, &forward->exchange->arena, status);
    answer_own(forward);
}

/* As "Troubleshoot your Application Load Balancers" lists them: header limits are 400, not 431. */
static int status_of_fault(enum rc fault)
{
    if (fault == RC_TIMEOUT)
        return 408;
    return fault == RC_HEAD_LIMIT || fault == RC_CLOSED ? 400 : rc_to_status(fault);
}

void forward_answer_fault(struct forward *forward, enum rc fault)
{
    forward->exchange->fault = fault;
    forward->reason = rc_name(fault);
    forward_answer_page(forward, status_of_fault(fault));
}

int64_t forward_epoch_ms(const struct alb *alb)
{
    return loop_epoch_us(alb->options.loop) / 1000;
}

void forward_bind_client(struct forward *forward)
{
    struct httpd_exchange *exchange = forward->exchange;
    binding_answer(&forward->alb->model->sticky_key, forward->group, forward->sticky_s,
                   forward->call.bound, forward_epoch_ms(forward->alb), &exchange->res,
                   &exchange->arena);
    if (forward->is_only_group)
        binding_app_answer(&forward->alb->model->sticky_key, forward->group, forward->call.bound,
                           forward_epoch_ms(forward->alb), &exchange->res, &exchange->arena);
}

/* --- from the client --- */

static void forward_by_weight(struct forward *forward, const struct alb_rule *rule)
{
    struct alb *alb = forward->alb;
    struct httpd_exchange *exchange = forward->exchange;
    unsigned client_port;
    const char *address = httpd_peer(exchange, &client_port);
    struct alb_client client = {.address = address,
                                .port = client_port,
                                .listener_port = alb->options.listener->port,
                                .is_tls = exchange->is_tls,
                                .tls = exchange->tls,
                                .dns_name = alb->model->dns_name,
                                .attributes = &alb->model->attributes,
                                .epoch_ms = forward_epoch_ms(alb)};
    int chosen = binding_choose(alb->model, &rule->action, &exchange->req, forward_epoch_ms(alb),
                                &forward->reason);
    if (chosen < 0) {
        forward_answer_page(forward, 503);
        return;
    }
    if (rule->action.forward.is_sticky)
        forward->sticky_s = rule->action.forward.sticky_s;
    forward->is_only_group = rule->action.forward.count == 1;
    forward->group = rule->action.forward.shares[chosen].group;
    forward->group->request_count++;
    alb_group_hold(forward->group);
    if (!alb_transform(&rule->transformer, &rule->transforms, &exchange->req,
                       &forward->transformed) ||
        alb_request_prepare(&exchange->req, &client, &alb->model->random) != RC_OK)
        forward_answer_page(forward, 500);
    else if (forward->group->type == ALB_TARGET_LAMBDA)
        forward_to_function(forward);
    else
        forward_to_target(forward);
}

static void act(struct forward *forward, const struct alb_rule *rule, const struct alb_seen *seen)
{
    static const char *const names[] = {[ALB_FORWARD] = "forward",
                                        [ALB_REDIRECT] = "redirect",
                                        [ALB_FIXED_RESPONSE] = "fixed-response"};
    struct httpd_exchange *exchange = forward->exchange;
    forward->rule_priority = (int)rule->priority;
    forward->action = names[rule->action.type];
    switch (rule->action.type) {
    case ALB_FORWARD:
        forward_by_weight(forward, rule);
        return;
    case ALB_REDIRECT:
        forward->redirect_url = alb_redirect_answer(
            &rule->action, seen, forward->alb->options.listener, &exchange->arena, &exchange->res);
        break;
    case ALB_FIXED_RESPONSE:
        alb_fixed_answer(&rule->action, &exchange->arena, &exchange->res);
        break;
    }
    answer_own(forward);
}

/* What the desync mitigation mode does with the request. true: it has its answer, a 400. */
static bool is_refused(struct forward *forward)
{
    unsigned mode = forward->alb->model->attributes.desync_mode;
    enum desync_action action = desync_action((enum desync_mode)mode, desync_tier(forward->desync));
    forward->exchange->is_last = action != DESYNC_PASS;
    if (action == DESYNC_REFUSE)
        forward_answer_page(forward, 400);
    return action == DESYNC_REFUSE;
}

static void on_request(struct httpd_exchange *exchange)
{
    struct alb *alb = httpd_context(exchange->httpd);
    struct forward *forward = arena_alloc(&exchange->arena, sizeof *forward);
    httpd_set_times(exchange->httpd, alb->model->attributes.idle_timeout_s,
                    (int64_t)alb->model->attributes.client_keep_alive_s * 1000);
    if (!forward) {
        alb_page_set(&exchange->res, &exchange->arena, 500);
        httpd_respond(exchange);
        return;
    }
    *forward = (struct forward){
        .alb = alb,
        .exchange = exchange,
        .path = exchange->req.path,
        .query = exchange->req.query,
        .host = alb_request_host(&exchange->req, alb->model->dns_name),
        .rule_priority = ALB_NO_RULE,
        .wants_upgrade = http_request_header(&exchange->req, "upgrade") != NULL,
        .desync = desync_of_request(exchange),
    };
    struct alb_seen seen = {&exchange->req, forward->host, exchange->peer_addr_net};
    exchange->context = forward;
    if (is_refused(forward))
        return;
    int status = alb->options.listener->is_deleted ? 503 : alb_request_refusal(&exchange->req);
    if (status)
        forward_answer_page(forward, status);
    else
        act(forward, alb_rule_match(alb->options.listener, &seen), &seen);
}

static void on_fault(struct httpd_exchange *exchange, enum rc fault)
{
    const struct alb *alb = httpd_context(exchange->httpd);
    alb_page_set(&exchange->res, &exchange->arena, status_of_fault(fault));
    answer_fields_set(&alb->options.listener->attributes, true, &exchange->res, &exchange->arena);
    struct forward *forward = arena_alloc(&exchange->arena, sizeof *forward);
    if (forward)
        *forward = (struct forward){.rule_priority = ALB_NO_RULE,
                                    .is_own = true,
                                    .reason = rc_name(fault),
                                    .desync = desync_of_fault(exchange, fault)};
    exchange->context = forward;
}

static void write_record(const struct alb *alb, struct httpd_exchange *exchange,
                         const struct forward *forward)
{
    bool has_call = forward->group && forward->group->type == ALB_TARGET_IP;
    /* Of a target's answer the end has been looked at; it went on at once. */
    if (forward->is_own)
        (void)loop_now_us(alb->options.loop);
    struct alb_record record = {
        .listener = alb->options.listener,
        .exchange = exchange,
        .method = exchange->req.method_text,
        .path = forward->path,
        .query = forward->query,
        .host = forward->host,
        .rule_priority = forward->rule_priority,
        .action = forward->action,
        .group = forward->group,
        .call = has_call ? &forward->call : NULL,
        .function = forward->target,
        .status = exchange->is_gone ? CLIENT_LEFT : exchange->res.status,
        .is_own = forward->is_own || exchange->is_gone,
        .redirect_url = forward->redirect_url,
        .reason = forward->reason,
        .detail = forward->reason ? forward->detail : NULL,
        .transformed = forward->transformed,
        .desync = forward->desync,
        .received_us = exchange->received_us,
        .sent_us = has_call ? forward->call.sent_us : forward->sent_us,
        .answered_us = has_call ? forward->call.answered_us : forward->answered_us,
        .done_us = alb->options.loop->now_us,
    };
    alb->options.on_record(alb->options.context, &record);
}

/* There was no memory for what is known of it. */
static void write_lost_record(const struct alb *alb, struct httpd_exchange *exchange)
{
    struct forward fault = {.rule_priority = ALB_NO_RULE,
                            .is_own = true,
                            .reason = exchange->fault ? rc_name(exchange->fault) : NULL};
    write_record(alb, exchange, &fault);
}

static void on_done(struct httpd_exchange *exchange)
{
    const struct alb *alb = httpd_context(exchange->httpd);
    struct forward *forward = exchange->context;
    if (!forward) {
        write_lost_record(alb, exchange);
        return;
    }
    write_record(alb, exchange, forward);
    alb_call_drop(&forward->call);
    if (forward->group)
        alb_group_let_go(forward->group);
}

/* Nobody waits for the answer: nor does a target, whose connection is closed. */
static void on_left(struct httpd_exchange *exchange)
{
    struct forward *forward = exchange->context;
    alb_call_drop(&forward->call);
    forward_leave_function(forward);
    exchange->is_dropped = true;
    httpd_respond(exchange);
}

/* --- life --- */

static void on_httpd_drained(struct httpd *httpd)
{
    struct alb *alb = httpd_context(httpd);
    alb->on_drained(alb->drained_context);
}

static struct tls_versions tls_versions_of(const struct httpd *httpd)
{
    const struct alb *alb = httpd_context(httpd);
    return ssl_policy_versions(bytes_from_str(alb->options.listener->ssl_policy));
}

static struct tls_context *choose_certificate(void *context, struct bytes server_name)
{
    const struct alb *alb = context;
    const struct alb_certificate *chosen =
        alb_certificates_choose(alb->options.listener, server_name);
    return chosen ? chosen->tls : NULL;
}

struct alb *alb_new(const struct alb_options *options)
{
    struct alb *alb = calloc(1, sizeof *alb);
    if (!alb)
        return NULL;
    alb->options = *options;
    alb->model = options->listener->model;
    alb->model->wake = alb_group_wake;
    struct httpd_options http = {
        .loop = options->loop,
        .listen_fd = options->listen_fd,
        .on_request = on_request,
        .on_fault = on_fault,
        .on_done = on_done,
        .on_left = on_left,
        .half_close_ms = options->half_close_ms,
        .on_drained = on_httpd_drained,
        .streams_bodies = true,
        .counts = &alb->model->connections,
        .tls = options->tls,
        .tls_versions = tls_versions_of,
        .tls_choose = choose_certificate,
        .second = options->second,
        .offers_second = &alb->model->attributes.is_http2,
        .context = alb,
        .idle_timeout_s = alb->model->attributes.idle_timeout_s,
        .read_timeout_s = alb->model->attributes.idle_timeout_s,
        .write_timeout_s = alb->model->attributes.idle_timeout_s,
        .lifetime_ms = (int64_t)alb->model->attributes.client_keep_alive_s * 1000,
    };
    alb->httpd = httpd_new(&http);
    options->listener->door = alb;
    if (alb->httpd)
        return alb;
    free(alb);
    return NULL;
}

bool alb_move(struct alb *alb, int listen_fd)
{
    return httpd_move(alb->httpd, listen_fd);
}

void alb_set_tls(struct alb *alb, struct tls_context *tls)
{
    alb->options.tls = tls;
    httpd_set_tls(alb->httpd, tls);
}

void alb_drain(struct alb *alb, alb_drained_fn *on_drained, void *context)
{
    alb->on_drained = on_drained;
    alb->drained_context = context;
    httpd_drain(alb->httpd);
}

void alb_free(struct alb *alb)
{
    if (!alb)
        return;
    httpd_free(alb->httpd);
    alb_listener_close(alb->options.listener);
    free(alb);
}
