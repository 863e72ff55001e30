#include "runtime/alb/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/alb/connect.h"
#include "runtime/alb/matcher.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

#define USER_AGENT "ELB-HealthChecker/2.0"

/* A call of a function outlives a check that does not wait for it any longer. */
struct ticket {
    struct check *check; /* NULL: nobody waits */
};

struct check {
    struct loop *loop;
    const struct alb_target *target;
    check_done_fn *on_done;
    void *context;
    struct loop_timer timer; /* the timeout, or, with a result, now */
    struct upstream *upstream;
    struct ticket *ticket;
    struct health_result result;
    bool has_result;
};

static void release(struct check *check)
{
    loop_timer_clear(check->loop, &check->timer);
    if (check->upstream)
        upstream_close(check->upstream);
    if (check->ticket)
        check->ticket->check = NULL;
    free(check);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
    struct check *check = (void *)((char *)timer - offsetof(struct check, timer));
    check_done_fn *on_done = check->on_done;
    void *context = check->context;
    struct health_result result = check->result;
    (void)loop;
    if (!check->has_result)
        result = (struct health_result){.reason = HEALTH_TIMEOUT};
    release(check);
    on_done(context, &result);
}

/* The result is told by the timer: some come while the check begins. */
static void end(struct check *check, bool is_pass, enum health_reason reason, int code)
{
    check->has_result = true;
    check->result = (struct health_result){is_pass, reason, code};
    if (loop_timer_set(check->loop, &check->timer, check->loop->now_ms) != RC_OK) {
        /* it is set already, for the timeout, and moves without memory */
    }
}

static void take_status(struct check *check, int status)
{
    struct matcher matcher;
    bool is_pass =
        matcher_parse(&matcher, bytes_from_str(check->target->group->check.matcher)) == RC_OK &&
        matcher_takes(&matcher, status);
    end(check, is_pass, is_pass ? HEALTH_NO_REASON : HEALTH_CODE_MISMATCH, is_pass ? 0 : status);
}

/* --- an ip target --- */

static void on_answer(void *context, struct upstream *upstream, enum rc rc,
                      const struct http1_response *res, bool has_begun)
{
    struct check *check = context;
    (void)upstream;
    (void)has_begun;
    if (rc == RC_OK)
        take_status(check, res->status);
    else
        end(check, false, rc == RC_TIMEOUT ? HEALTH_TIMEOUT : HEALTH_FAILED_CHECKS, 0);
}

static unsigned port_of(const struct alb_target *target)
{
    return target->group->check.port ? target->group->check.port : target->port;
}

static void encode(const struct alb_target *target, struct buf *out)
{
    const struct alb_health_check *settings = &target->group->check;
    unsigned port = port_of(target), usual = settings->protocol == ALB_HTTPS ? 443 : 80;
    buf_printf(out, "GET %s HTTP/1.1\r\nHost: %s", settings->path, target->id);
    if (port != usual)
        buf_printf(out, ":%u", port);
    buf_printf(out, "\r\nConnection: close\r\nUser-Agent: " USER_AGENT
                    "\r\nAccept-Encoding: gzip, compressed\r\n\r\n");
}

static void ask_address(struct check *check)
{
    struct sockaddr_in to = check->target->address;
    struct buf request;
    to.sin_port = htons((uint16_t)port_of(check->target));
    buf_init(&request, LIMIT_HEAD_BYTES);
    encode(check->target, &request);
    check->upstream = alb_connect(check->target->group->model, check->loop, &to,
                                  check->target->group->check.protocol);
    if (request.failed || !check->upstream ||
        upstream_send(check->upstream, buf_bytes(&request), HTTP_GET,
                      check->target->group->check.timeout_s * 1000, on_answer, check) != RC_OK)
        end(check, false, HEALTH_FAILED_CHECKS, 0);
    buf_release(&request);
}

/* --- a function --- */

static void take_payload(struct check *check, struct bytes payload)
{
    struct arena arena;
    struct http_response res;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    http_response_init(&res);
    if (alb_answer_parse(payload, check->target->group->attributes.is_multi_value, &arena, &res,
                         NULL) == ALB_LAMBDA_OK)
        take_status(check, res.status);
    else
        end(check, false, HEALTH_FAILED_CHECKS, 0);
    arena_release(&arena);
}

static void on_invoked(void *context, enum alb_invoked outcome, struct bytes payload)
{
    struct ticket *ticket = context;
    struct check *check = ticket->check;
    free(ticket);
    if (!check)
        return;
    check->ticket = NULL;
    if (outcome == ALB_INVOKED_OK)
        take_payload(check, payload);
    else
        end(check, false, HEALTH_FAILED_CHECKS, 0);
}

static bool build_event(const struct alb_group *group, struct buf *event)
{
    struct arena arena;
    struct http_field agent = {BYTES_LIT("user-agent"), BYTES_LIT(USER_AGENT)};
    struct bytes whole = bytes_from_str(group->check.path);
    size_t mark = bytes_find(whole, '?');
    struct http_request req = {.method = HTTP_GET,
                               .method_text = BYTES_LIT("GET"),
                               .path = bytes_make(whole.ptr, mark),
                               .fields = &agent,
                               .field_count = 1,
                               .arena = &arena};
    if (mark < whole.len)
        req.query = bytes_skip(whole, mark + 1);
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    bool is_built = alb_event_build(&req, bytes_from_str(group->arn),
                                    group->attributes.is_multi_value, event) == ALB_LAMBDA_OK;
    arena_release(&arena);
    return is_built;
}

static void ask_function(struct check *check)
{
    const struct alb_function *function = &check->target->function;
    struct ticket *ticket = calloc(1, sizeof *ticket);
    struct buf event;
    buf_init(&event, LIMIT_INVOCATION_BYTES);
    if (ticket && build_event(check->target->group, &event)) {
        ticket->check = check;
        check->ticket = ticket;
        function->invoke(function->home, buf_bytes(&event), on_invoked, ticket);
    } else {
        free(ticket);
        end(check, false, HEALTH_FAILED_CHECKS, 0);
    }
    buf_release(&event);
}

/* --- life --- */

struct check *check_start(struct loop *loop, const struct alb_target *target,
                          check_done_fn *on_done, void *context)
{
    struct check *check = calloc(1, sizeof *check);
    if (!check)
        return NULL;
    *check = (struct check){.loop = loop,
                            .target = target,
                            .on_done = on_done,
                            .context = context,
                            .timer.fn = on_timer};
    int64_t timeout_ms = (int64_t)target->group->check.timeout_s * 1000;
    if (loop_timer_set(loop, &check->timer, clock_ms_monotonic() + timeout_ms) != RC_OK) {
        free(check);
        return NULL;
    }
    if (target->group->type == ALB_TARGET_LAMBDA)
        ask_function(check);
    else
        ask_address(check);
    return check;
}

void check_cancel(struct check *check)
{
    if (check)
        release(check);
}
