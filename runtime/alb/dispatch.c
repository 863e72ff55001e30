#include "runtime/alb/dispatch.h"

#include "runtime/alb/connect.h"
#include "runtime/alb/pick.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

static void try_call(struct alb_call *call);

/* A body that comes part by part comes once. */
static bool may_repeat(const struct alb_call *call)
{
    enum http_method method = call->req->method;
    return !call->has_body && method != HTTP_POST && method != HTTP_PATCH &&
           method != HTTP_METHOD_OTHER;
}

/* --- which target --- */

static bool is_good(const struct alb_target *target)
{
    return target->state == ALB_HEALTHY || target->state == ALB_UNAVAILABLE;
}

/* A target that has been killed, and whose end has not been seen, would take a request with it;
 * those that may be sent twice need not be asked after, since asking has a price. */
static struct alb_target *next_good(struct alb_call *call)
{
    struct alb_target *target = NULL;
    if (call->bound[0] && call->try_count == 0)
        target = pick_bound(call->group, bytes_from_str(call->bound));
    call->is_bound = target != NULL;
    if (!target && !call->is_fail_open)
        target = pick_good(call->group, call->loop->now_ms);
    while (target && !may_repeat(call) && target->owner.is_doomed &&
           target->owner.is_doomed(target->owner.context)) {
        enum alb_target_state before = target->state;
        target->owner.on_failed(target->owner.context);
        if (target->state == before)
            break; /* its owner does not mind */
        target = pick_good(call->group, call->loop->now_ms);
    }
    return target;
}

/* A target that the rig starts will take requests soon. */
static bool is_on_its_way(const struct alb_group *group)
{
    for (const struct alb_target *target = group->targets; target; target = target->next)
        if (target->state == ALB_INITIAL && target->owner.on_failed)
            return true;
    return group->expected > 0;
}

/* NULL: none; `waits` says whether there will be one. As on AWS, all get requests when too few are
 * healthy (fail-open). */
static struct alb_target *pick(struct alb_call *call, bool *waits)
{
    static const struct alb_least one = {.count = 1};
    const struct alb_group *group = call->group;
    call->is_fail_open = !pick_is_enough(group, &group->attributes.least_healthy.routing);
    struct alb_target *target = next_good(call);
    *waits = !target && !pick_is_enough(group, &one) && is_on_its_way(group);
    return target || *waits ? target : pick_any(call->group, call->loop->now_ms);
}

/* --- lists --- */

static void link_call(struct alb_call *call, struct alb_call **list)
{
    call->_next = *list;
    call->_prev = NULL;
    if (*list)
        (*list)->_prev = call;
    *list = call;
}

static void unlink_call(struct alb_call *call, struct alb_call **list)
{
    if (call->_prev)
        call->_prev->_next = call->_next;
    else
        *list = call->_next;
    if (call->_next)
        call->_next->_prev = call->_prev;
}

/* --- waiting --- */

static void end_call(struct alb_call *call, enum alb_served outcome,
                     const struct http1_response *res)
{
    call->answered_us = loop_now_us(call->loop);
    call->on_done(call->context, outcome, res);
}

static void leave_waiting(struct alb_call *call)
{
    struct alb_call **link = &call->group->waiting;
    while (*link != call)
        link = &(*link)->_next;
    *link = call->_next;
    if (!*link)
        call->group->waiting_last = link;
    call->_is_waiting = false;
}

static void on_wait_timer(struct loop *loop, struct loop_timer *timer)
{
    struct alb_call *call = (void *)((char *)timer - offsetof(struct alb_call, _timer));
    (void)loop;
    leave_waiting(call);
    end_call(call, ALB_SERVED_NO_TARGET, NULL);
}

/* The time counts from the first try on, however often it comes here. */
static void wait_for_target(struct alb_call *call)
{
    struct alb_group *group = call->group;
    if (call->_timer.fn == NULL) {
        call->_timer.fn = on_wait_timer;
        call->_timer.due_ms = clock_ms_monotonic() + ALB_WAIT_MS;
    }
    if (loop_timer_set(call->loop, &call->_timer, call->_timer.due_ms) != RC_OK) {
        end_call(call, ALB_SERVED_NO_TARGET, NULL);
        return;
    }
    call->_next = NULL;
    call->_is_waiting = true;
    *group->waiting_last = call;
    group->waiting_last = &call->_next;
}

static struct alb_call *take_waiting(struct alb_group *group)
{
    struct alb_call *call = group->waiting;
    leave_waiting(call);
    loop_timer_clear(call->loop, &call->_timer);
    return call;
}

/* Those that wait again do so behind the ones that were there. Any may leave meanwhile. */
void alb_group_wake(struct alb_group *group)
{
    size_t count = 0;
    for (const struct alb_call *call = group->waiting; call; call = call->_next)
        count++;
    alb_group_hold(group);
    while (group->waiting && count--)
        try_call(take_waiting(group));
    alb_group_let_go(group);
}

void alb_group_refuse(struct alb_group *group)
{
    alb_group_hold(group);
    while (group->waiting)
        end_call(take_waiting(group), ALB_SERVED_NO_TARGET, NULL);
    alb_group_let_go(group);
}

/* --- connections --- */

static struct upstream *take_connection(struct alb_call *call, struct alb_target *target)
{
    while (target->idle_count) {
        struct upstream *upstream = target->idle[--target->idle_count];
        call->_is_reused = true;
        if (may_repeat(call) ? upstream_is_open(upstream) : upstream_is_usable(upstream))
            return upstream;
        upstream_close(upstream);
    }
    call->_is_reused = false;
    struct upstream *upstream =
        alb_connect(call->group->model, call->loop, &target->address, call->group->protocol);
    if (upstream)
        upstream_count(upstream, &call->group->model->connections);
    return upstream;
}

/* The call has its target no more; the connection is the caller's. */
static struct upstream *leave_target(struct alb_call *call)
{
    unlink_call(call, &call->_target->calls);
    call->_target = NULL;
    return call->_upstream;
}

static void put_connection(struct alb_target *target, struct upstream *upstream, bool is_reusable)
{
    if (is_reusable && is_good(target) && !target->is_removed &&
        target->idle_count < ALB_IDLE_CONNECTIONS)
        target->idle[target->idle_count++] = upstream;
    else
        upstream_close(upstream);
    alb_target_let_go(target);
}

static void give_connection(struct alb_call *call, bool is_reusable)
{
    struct alb_target *target = call->_target;
    put_connection(target, leave_target(call), is_reusable && !call->is_last);
}

/* --- requests --- */

/* A second try is safe when the target has not had the request, or may have it twice. */
static bool tries_again(const struct alb_call *call, enum rc rc, bool has_begun)
{
    bool is_ours = call->_target->owner.on_failed != NULL;
    if (call->try_count >= ALB_TRIES_MAX)
        return false;
    if (rc == RC_IO)
        return is_ours;
    return rc == RC_CLOSED && !has_begun && may_repeat(call) && (is_ours || call->_is_reused);
}

static void on_upstream_done(void *context, struct upstream *upstream, enum rc rc,
                             const struct http1_response *res, bool has_begun)
{
    struct alb_call *call = context;
    struct alb_target *target = call->_target;
    bool is_failure = rc == RC_IO || (rc == RC_CLOSED && !has_begun);
    bool again = rc != RC_OK && tries_again(call, rc, has_begun);
    call->connection_errors += rc == RC_IO;
    call->tls_errors += rc == RC_REFUSED;
    if (rc == RC_OK)
        call->tries[call->try_count - 1].status = res->status;
    if (is_failure && target->owner.on_failed)
        target->owner.on_failed(target->owner.context);
    if (again) {
        give_connection(call, false);
        try_call(call);
        return;
    }
    /* The answer's views live in the connection, and the call may be gone when its owner knows. */
    bool is_reusable = rc == RC_OK && res->keep_alive && !call->is_last;
    (void)leave_target(call);
    end_call(call,
             rc == RC_OK        ? ALB_SERVED
             : rc == RC_TIMEOUT ? ALB_SERVED_TIMEOUT
                                : ALB_SERVED_BAD,
             res);
    put_connection(target, upstream, is_reusable);
}

static void on_upstream_begun(void *context, struct upstream *upstream,
                              const struct http1_response *res)
{
    struct alb_call *call = context;
    (void)upstream;
    call->tries[call->try_count - 1].status = res->status;
    call->answered_us = loop_now_us(call->loop);
    call->_is_begun = true;
    call->stream->on_begun(call->context, res);
}

static void on_upstream_more(void *context, struct upstream *upstream)
{
    struct alb_call *call = context;
    (void)upstream;
    call->stream->on_more(call->context);
}

static void on_upstream_taken(void *context, struct upstream *upstream)
{
    struct alb_call *call = context;
    (void)upstream;
    call->stream->on_want(call->context);
}

static void encode_request(const struct alb_call *call, struct bytes target, struct buf *bytes)
{
    const struct http_request *req = call->req;
    if (call->has_body)
        http1_encode_request_head(bytes, req->method_text, target, req->fields, req->field_count,
                                  call->body_len);
    else
        http1_encode_request(bytes, req->method_text, target, req->fields, req->field_count,
                             req->body);
}

/* RC_NOMEM: nothing was sent. */
static enum rc send_request(struct alb_call *call)
{
    static const struct upstream_stream stream = {
        .on_begun = on_upstream_begun, .on_more = on_upstream_more, .on_taken = on_upstream_taken};
    const struct http_request *req = call->req;
    struct bytes target = req->path;
    struct buf *bytes = &call->group->model->outgoing;
    enum rc rc = RC_OK;
    if (req->query.len)
        rc = arena_printf(req->arena, &target, "%.*s?%.*s", BYTES_ARG(req->path),
                          BYTES_ARG(req->query));
    if (rc == RC_OK) {
        encode_request(call, target, bytes);
        rc = bytes->failed ? RC_NOMEM
                           : upstream_send(call->_upstream, buf_bytes(bytes), req->method,
                                           call->timeout_ms, on_upstream_done, call);
    }
    buf_reset(bytes);
    buf_shrink(bytes, LIMIT_IDLE_BUFFER_BYTES);
    if (rc == RC_OK)
        upstream_stream(call->_upstream, &stream, call->has_body);
    return rc;
}

static void try_call(struct alb_call *call)
{
    bool waits;
    struct alb_target *target = pick(call, &waits);
    if (!target) {
        if (waits)
            wait_for_target(call);
        else
            end_call(call, ALB_SERVED_NO_TARGET, NULL);
        return;
    }
    call->_upstream = take_connection(call, target);
    if (!call->_upstream) {
        end_call(call, ALB_SERVED_BAD, NULL);
        return;
    }
    if (call->group->attributes.is_sticky)
        pick_name(target, call->bound);
    call->_target = target;
    alb_target_hold(target);
    target->request_count++;
    link_call(call, &target->calls);
    call->tries[call->try_count++] = (struct alb_try){.address = target->address};
    call->sent_us = loop_now_us(call->loop);
    if (send_request(call) != RC_OK) {
        give_connection(call, false);
        end_call(call, ALB_SERVED_BAD, NULL);
    }
}

void alb_call_send(struct alb_call *call)
{
    try_call(call);
}

void alb_target_cut(struct alb_target *target)
{
    alb_target_hold(target);
    while (target->calls) {
        struct alb_call *call = target->calls;
        bool is_begun = call->_is_begun;
        give_connection(call, false);
        if (is_begun)
            call->stream->on_more(call->context); /* its pull says that there is no more */
        else
            end_call(call, ALB_SERVED_BAD, NULL);
    }
    alb_target_let_go(target);
}

/* --- bodies that are passed on --- */

bool alb_call_push(struct alb_call *call, struct bytes part, bool is_last)
{
    struct buf bytes;
    bool has_gone;
    if (!call->_target)
        return false;
    if (call->body_len != HTTP1_CHUNKS)
        return upstream_push(call->_upstream, part, is_last);
    buf_init(&bytes, LIMIT_INPUT_BYTES);
    http1_encode_chunk(&bytes, part);
    if (is_last)
        http1_encode_last_chunk(&bytes);
    has_gone = upstream_push(call->_upstream, buf_bytes(&bytes), is_last);
    buf_release(&bytes);
    return has_gone;
}

enum rc alb_call_pull(struct alb_call *call, struct buf *out)
{
    bool is_reusable;
    if (!call->_target)
        return RC_CLOSED;
    enum rc rc = upstream_pull(call->_upstream, out, &is_reusable);
    if (rc != RC_AGAIN)
        give_connection(call, rc == RC_OK && is_reusable);
    return rc;
}

void alb_call_drop(struct alb_call *call)
{
    if (call->_target)
        give_connection(call, false);
    if (!call->_is_waiting)
        return;
    leave_waiting(call);
    loop_timer_clear(call->loop, &call->_timer);
}
