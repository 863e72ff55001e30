#ifndef RUNTIME_ALB_ALB_H
#define RUNTIME_ALB_ALB_H

/*
 * alb — the data path of one listener: connections of clients, and the way of each request.
 *
 * Layer:   alb. Knows the model, dispatch, net/httpd and the codecs.
 * Threads: all on the loop's thread.
 *
 * The way of a request: httpd -> alb_rule_match -> the rule's action: a redirect or a fixed answer
 * (action.h); or binding_choose a group by cookie or weight -> alb_request_prepare -> either
 * alb_event_build, the function, alb_answer_parse, or alb_call_send -> httpd_respond. As on AWS, a
 * group that cannot answer keeps its share.
 */

#include "runtime/alb/desync.h"
#include "runtime/alb/dispatch.h"
#include "runtime/net/httpd.h"

enum { ALB_NO_RULE = -1 };

/* One request that has its answer, for logs and metrics. Everything holds during the call. Times
 * are the monotonic clock's; 0: it did not come to that. */
struct alb_record {
    const struct alb_listener *listener;
    const struct httpd_exchange *exchange; /* peer, bytes, fault; req: as a target gets it */
    struct bytes method, path, query;      /* as they came */
    struct bytes host;                     /* as it came, without a port */
    int rule_priority;                     /* 0: the default rule; ALB_NO_RULE: none was asked */
    const char *action;                    /* "forward", "redirect", "fixed-response"; NULL: none */
    struct alb_group *group;               /* NULL: none was chosen */
    const struct alb_call *call;           /* to an ip target; NULL: none */
    const struct alb_target *function;     /* to a function; NULL: none */
    int status;                            /* that the client got */
    bool is_own;                           /* the load balancer made the answer */
    const char *redirect_url;              /* NULL: no redirect */
    const char *reason;                    /* error_reason; NULL when there is none */
    const char *detail;                    /* for people; NULL when there is none */
    struct alb_transformed transformed;    /* what the rule made of the request */
    enum desync_reason desync;             /* what is odd about the request's bytes */
    int64_t received_us, sent_us, answered_us, done_us;
};

typedef void alb_record_fn(void *context, const struct alb_record *record);
typedef void alb_drained_fn(void *context);

struct alb_options {
    struct loop *loop;             /* Required. */
    int listen_fd;                 /* Required: from httpd_listen; taken over also on failure. */
    struct alb_listener *listener; /* Required: borrowed. */
    struct tls_context *tls;       /* NULL: plain HTTP; borrowed */
    /* NULL: HTTP/1.1 alone; else what clients may speak by TLS while routing.http2.enabled is on */
    const struct session_protocol *second;
    int64_t half_close_ms;    /* a client that ends its side so soon after its request waits for the
                               * answer; later, or by a reset, it has left */
    alb_record_fn *on_record; /* Required. */
    void *context;
};

struct alb;

/* NULL: no memory or descriptor. */
struct alb *alb_new(const struct alb_options *options) MUST_CHECK;

/* Another socket of httpd_listen, which is taken over, or another certificate (NULL: plain HTTP)
 * for connections from now on; as httpd_move and httpd_set_tls. */
bool alb_move(struct alb *alb, int listen_fd) MUST_CHECK;
void alb_set_tls(struct alb *alb, struct tls_context *tls);

/* No new connections; `on_drained` when the last request has its answer; alb_free not inside it. */
void alb_drain(struct alb *alb, alb_drained_fn *on_drained, void *context);

/* Cuts what is left and frees all. Requests in flight must have been ended (alb_target_cut,
 * alb_group_refuse, function_free). */
void alb_free(struct alb *alb);

#endif
