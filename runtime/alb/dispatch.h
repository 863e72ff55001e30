#ifndef RUNTIME_ALB_DISPATCH_H
#define RUNTIME_ALB_DISPATCH_H

/*
 * dispatch — a request on its way to a target of a group of type ip: the choice of the target, its
 * connection, another try where that is safe, and waiting for a target that is on its way.
 *
 * Layer:   alb. Knows the model and upstream.
 * Threads: all on the loop's thread.
 *
 * A connection that is refused, or closed before an answer has begun, is tried again, at once with
 * another target where there is one: always when nothing was sent, and for a method that may be
 * sent twice. AWS's load balancer answers 502 in more of these cases; for targets that the rig does
 * not start, ours tries again only where a kept connection has gone stale.
 */

#include "runtime/alb/model.h"
#include "runtime/alb/pick.h"
#include "runtime/alb/upstream.h"

enum { ALB_TRIES_MAX = 4, ALB_WAIT_MS = 10000 };

enum alb_served {
    ALB_SERVED,           /* `res` is the target's answer */
    ALB_SERVED_NO_TARGET, /* none is registered, or none became ready in time: 503 */
    ALB_SERVED_BAD,       /* closed before, garbage, too large, or cut off: 502 */
    ALB_SERVED_TIMEOUT,   /* no connection or no answer in time: 504 */
};

/* `res` holds during the call; NULL unless ALB_SERVED. */
typedef void alb_served_fn(void *context, enum alb_served outcome,
                           const struct http1_response *res);

typedef void alb_call_fn(void *context);

/* How a body of the request that is still coming, and an answer that is not whole, are passed on.
 * All Required. */
struct alb_call_stream {
    /* The target takes the request's next part: alb_call_push. Not called without has_body. */
    alb_call_fn *on_want;
    /* An answer has begun; `res` holds during the call. alb_call_pull has its body, and on_done
     * does not follow: the call is over when that says so, or by alb_call_drop. */
    void (*on_begun)(void *context, const struct http1_response *res);
    alb_call_fn *on_more; /* alb_call_pull, which had nothing, may have more, or the end */
};

/* One target that had the request. */
struct alb_try {
    struct sockaddr_in address;
    int status; /* that it answered; 0: nothing */
};

/* A member of the caller's struct, zeroed but for the first part; stays until on_done. */
struct alb_call {
    struct loop *loop;                    /* Required. */
    struct alb_group *group;              /* Required: held by the caller until on_done. */
    const struct http_request *req;       /* Required: as the target shall get it. */
    unsigned timeout_ms;                  /* Required: for silence of the target. */
    alb_served_fn *on_done;               /* Required. */
    const struct alb_call_stream *stream; /* Required. */
    bool has_body;                        /* req->body is empty: it comes by alb_call_push */
    bool is_last;              /* the connection ends with the answer, as the client's does */
    uint64_t body_len;         /* with has_body: its bytes, or HTTP1_CHUNKS when nobody knows */
    char bound[PICK_NAME_MAX]; /* the target that the client is bound to (binding.h), "": none;
                                * in a group with stickiness the one that had the request */
    void *context;

    /* For who writes down what happened. */
    struct alb_try tries[ALB_TRIES_MAX];
    size_t try_count;
    unsigned connection_errors, tls_errors;
    bool is_fail_open;   /* too few targets were healthy */
    bool is_bound;       /* it went to the target that the client is bound to */
    int64_t sent_us;     /* the monotonic clock, when it was last sent; 0: never */
    int64_t answered_us; /* when the answer was there */

    struct alb_target *_target;
    struct upstream *_upstream;
    bool _is_reused; /* the connection had a request before */
    bool _is_begun;
    bool _is_waiting; /* in its group, for a target */
    struct loop_timer _timer;
    struct alb_call *_next, *_prev;
};

/* Sends a request. on_done follows exactly once, maybe inside. */
void alb_call_send(struct alb_call *call);

/* The next part of the request's body, for on_want. true: the next may follow at once; else on_want
 * comes again. Harmless when the target has got out of it. */
bool alb_call_push(struct alb_call *call, struct bytes part, bool is_last);

/* Appends the next part of the answer's body to `out`. RC_AGAIN: there is more; without a byte,
 * on_more tells. Else the call is over: RC_OK: the body was whole; others: it breaks off here. */
enum rc alb_call_pull(struct alb_call *call, struct buf *out) MUST_CHECK;

/* The client has left: nothing of the call follows. Harmless when it is over. */
void alb_call_drop(struct alb_call *call);

/* Requests that wait in the group look again: model->wake. */
void alb_group_wake(struct alb_group *group);

/* Ends all that waits in the group: ALB_SERVED_NO_TARGET. */
void alb_group_refuse(struct alb_group *group);

/* Ends what the target has in flight, each with ALB_SERVED_BAD: the deregistration delay is over.
 */
void alb_target_cut(struct alb_target *target);

#endif
