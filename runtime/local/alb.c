#include "runtime/local/alb.h"

#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/alb/alb_page.h"
#include "runtime/alb/alb_request.h"
#include "runtime/local/function_home.h"

struct alb {
    struct alb_options options;
    struct httpd *httpd;
    struct random_state random;
    unsigned port;
    alb_drained_fn *on_drained;
};

/* A request on its way; in the exchange's arena. */
struct forward {
    struct alb *alb;
    struct httpd_exchange *exchange;
    struct alb_group *group;
    struct service_call call;
    bool wants_upgrade; /* asked before alb_request_prepare takes the field away */
    const char *reason, *detail;
};

/* --- answers --- */

static void answer_page(struct httpd_exchange *exchange, int status)
{
    alb_page_set(&exchange->res, &exchange->arena, status);
    httpd_respond(exchange);
}

static void answer_reason(struct forward *forward, enum alb_lambda_reason reason)
{
    forward->reason = alb_lambda_reason_name(reason);
    answer_page(forward->exchange, alb_lambda_reason_status(reason));
}

/* --- to a Lambda function --- */

static void on_invoked(void *context, enum alb_invoked outcome, struct bytes payload)
{
    struct forward *forward = context;
    struct httpd_exchange *exchange = forward->exchange;
    enum alb_lambda_reason reason = alb_lambda_outcome(outcome);
    if (reason == ALB_LAMBDA_OK)
        reason =
            alb_answer_parse(payload, true, &exchange->arena, &exchange->res, &forward->detail);
    if (reason != ALB_LAMBDA_OK) {
        answer_reason(forward, reason);
        return;
    }
    if (!http_response_header(&exchange->res, "server"))
        http_response_add(&exchange->res, &exchange->arena, BYTES_LIT("Server"),
                          BYTES_LIT("awselb/2.0"));
    httpd_respond(exchange);
}

static void forward_to_function(struct forward *forward)
{
    struct httpd_exchange *exchange = forward->exchange;
    struct alb_function home = function_home(forward->group->function);
    struct buf event;
    if (forward->wants_upgrade) {
        answer_reason(forward, ALB_LAMBDA_NO_WEBSOCKET);
        return;
    }
    buf_init(&event, LIMIT_INVOCATION_BYTES);
    enum alb_lambda_reason reason =
        alb_event_build(&exchange->req, bytes_from_str(forward->group->arn), true, &event);
    if (reason == ALB_LAMBDA_OK)
        home.invoke(home.home, buf_bytes(&event), on_invoked, forward);
    buf_release(&event);
    if (reason != ALB_LAMBDA_OK)
        answer_reason(forward, reason);
}

/* --- to an ip target --- */

/* What is of the target's connection alone. The length is made anew from the body, but for HEAD,
 * whose answer has a length and no body. */
static bool is_dropped(struct bytes name, enum http_method method)
{
    return http_field_is_hop_by_hop(name) ||
           (method != HTTP_HEAD && bytes_ieq(name, BYTES_LIT("content-length")));
}

static void on_served(void *context, enum service_outcome outcome, const struct http1_response *res)
{
    static const int statuses[] = {[SERVICE_OK] = 200,
                                   [SERVICE_NO_TARGET] = 503,
                                   [SERVICE_BAD_ANSWER] = 502,
                                   [SERVICE_TIMEOUT] = 504};
    struct forward *forward = context;
    struct httpd_exchange *exchange = forward->exchange;
    if (outcome != SERVICE_OK) {
        answer_page(exchange, statuses[outcome]);
        return;
    }
    exchange->res.status = res->status;
    exchange->res.body = res->body;
    for (size_t i = 0; i < res->field_count; i++) {
        if (is_dropped(res->fields[i].name, exchange->req.method))
            continue;
        exchange->has_date |= bytes_ieq(res->fields[i].name, BYTES_LIT("date"));
        http_response_add(&exchange->res, &exchange->arena, res->fields[i].name,
                          res->fields[i].value);
    }
    if (exchange->res.is_out_of_memory)
        alb_page_set(&exchange->res, &exchange->arena, 502);
    httpd_respond(exchange);
}

static enum rc encode_request(struct forward *forward, struct bytes *out)
{
    struct http_request *req = &forward->exchange->req;
    struct bytes target;
    struct buf bytes;
    enum rc rc = arena_printf(req->arena, &target, "%.*s%s%.*s", BYTES_ARG(req->path),
                              req->query.len ? "?" : "", BYTES_ARG(req->query));
    if (rc != RC_OK)
        return rc;
    buf_init(&bytes, LIMIT_INPUT_BYTES);
    http1_encode_request(&bytes, req->method_text, target, req->fields, req->field_count,
                         req->body);
    rc = bytes.failed ? RC_NOMEM : arena_dup(req->arena, buf_bytes(&bytes), out);
    buf_release(&bytes);
    return rc;
}

static void forward_to_service(struct forward *forward)
{
    struct service_call *call = &forward->call;
    call->method = forward->exchange->req.method;
    call->on_done = on_served;
    call->context = forward;
    if (encode_request(forward, &call->request) != RC_OK)
        answer_page(forward->exchange, 500);
    else
        service_send(forward->group->service, call);
}

/* --- from the client --- */

int alb_choose(const struct alb_group *groups, size_t count, struct random_state *random)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += groups[i].weight;
    if (sum == 0)
        return -1;
    uint64_t ticket = random_below(random, sum);
    int chosen = 0;
    while (ticket >= groups[chosen].weight)
        ticket -= groups[chosen++].weight;
    return chosen;
}

static void on_request(struct httpd_exchange *exchange)
{
    struct alb *alb = httpd_context(exchange->httpd);
    unsigned client_port;
    struct alb_client client = {.address = httpd_peer(exchange, &client_port),
                                .listener_port = alb->port,
                                .dns_name = "localhost"};
    struct forward *forward = arena_zalloc(&exchange->arena, sizeof *forward);
    if (forward)
        forward->wants_upgrade = http_request_header(&exchange->req, "upgrade") != NULL;
    if (!forward || alb_request_prepare(&exchange->req, &client, &alb->random) != RC_OK) {
        answer_page(exchange, 500);
        return;
    }
    if (bytes_eq(exchange->req.method_text, BYTES_LIT("TRACE"))) {
        answer_page(exchange, 405);
        return;
    }
    int chosen = alb_choose(alb->options.groups, alb->options.group_count, &alb->random);
    if (chosen < 0) {
        answer_page(exchange, 503);
        return;
    }
    forward->alb = alb;
    forward->exchange = exchange;
    forward->group = &alb->options.groups[chosen];
    forward->group->request_count++;
    exchange->context = forward;
    if (forward->group->function)
        forward_to_function(forward);
    else
        forward_to_service(forward);
}

/* As "Troubleshoot your Application Load Balancers" lists them: header limits are 400, not 431. */
static void on_fault(struct httpd_exchange *exchange, enum rc fault)
{
    int status = rc_to_status(fault);
    if (fault == RC_TIMEOUT)
        status = 408;
    if (fault == RC_HEAD_LIMIT)
        status = 400;
    alb_page_set(&exchange->res, &exchange->arena, status);
}

static void on_done(struct httpd_exchange *exchange)
{
    struct alb *alb = httpd_context(exchange->httpd);
    const struct forward *forward = exchange->context;
    struct alb_record record = {
        .method = exchange->req.method_text,
        .path = exchange->req.path,
        .status = exchange->res.status,
        .group = forward ? forward->group->name : NULL,
        .reason = forward ? forward->reason : rc_name(exchange->fault),
        .detail = forward && forward->reason ? forward->detail : NULL,
        .duration_us = clock_us_monotonic() - exchange->received_us,
    };
    alb->options.on_record(alb->options.context, &record);
}

/* --- life --- */

static void on_httpd_drained(struct httpd *httpd)
{
    struct alb *alb = httpd_context(httpd);
    alb->on_drained(alb->options.context);
}

struct alb *alb_new(const struct alb_options *options)
{
    struct alb *alb = calloc(1, sizeof *alb);
    if (!alb)
        return NULL;
    alb->options = *options;
    alb->port = httpd_port(options->listen_fd);
    random_init(&alb->random, options->seed);
    struct httpd_options http = {
        .loop = options->loop,
        .listen_fd = options->listen_fd,
        .on_request = on_request,
        .on_fault = on_fault,
        .on_done = on_done,
        .on_drained = on_httpd_drained,
        .context = alb,
        .idle_timeout_s = 60, /* idle_timeout.timeout_seconds' default */
        .read_timeout_s = 60,
    };
    alb->httpd = httpd_new(&http);
    if (alb->httpd)
        return alb;
    free(alb);
    return NULL;
}

void alb_drain(struct alb *alb, alb_drained_fn *on_drained)
{
    alb->on_drained = on_drained;
    httpd_drain(alb->httpd);
}

void alb_free(struct alb *alb)
{
    if (!alb)
        return;
    httpd_free(alb->httpd);
    free(alb);
}
