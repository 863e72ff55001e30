#ifndef RUNTIME_LOCAL_ALB_H
#define RUNTIME_LOCAL_ALB_H

/*
 * alb — the local Application Load Balancer: a listener with one rule that spreads requests over
 * target groups by weight.
 *
 * Layer:   local. Knows net/httpd, function, service and the codecs between.
 * Threads: all on the loop's thread.
 *
 * The way of a request: httpd -> choose a group by weight -> alb_request_prepare -> either
 * alb_event_build, function_invoke, alb_answer_parse, or http1_encode_request, service_send ->
 * httpd_respond. As on AWS, a group that cannot answer keeps its share.
 */

#include "runtime/local/function.h"
#include "runtime/alb/random.h"
#include "runtime/local/service.h"
#include "runtime/net/httpd.h"

enum { ALB_ARN_MAX = 160 };

/* A target group: of type lambda when `function` is set, of type ip when `service` is. */
struct alb_group {
    const char *name;
    char arn[ALB_ARN_MAX];
    unsigned weight; /* 0 to LIMIT_WEIGHT */
    struct function *function;
    struct service *service;
    uint64_t request_count; /* requests that went to it */
};

/* One request, for the log. Texts hold during the call. */
struct alb_record {
    struct bytes method, path;
    int status;
    const char *group;  /* NULL: the load balancer answered by itself */
    const char *reason; /* error_reason; NULL when there is none */
    const char *detail; /* for people; NULL when there is none */
    int64_t duration_us;
};

typedef void alb_record_fn(void *context, const struct alb_record *record);
typedef void alb_drained_fn(void *context);

struct alb_options {
    struct loop *loop;        /* Required. */
    int listen_fd;            /* Required: from httpd_listen; taken over also on failure. */
    struct alb_group *groups; /* Required: borrowed; weights may change at any time. */
    size_t group_count;
    uint64_t seed;            /* of the choice by weight; 0: by chance */
    alb_record_fn *on_record; /* Required. */
    void *context;
};

struct alb;

/* NULL: no memory or descriptor. */
struct alb *alb_new(const struct alb_options *options) MUST_CHECK;

/* No new connections; `on_drained` when the last request has its answer. */
void alb_drain(struct alb *alb, alb_drained_fn *on_drained);

/* Cuts what is left and frees all. */
void alb_free(struct alb *alb);

/* The group that a random number chooses: its index, or -1 when all weights are 0. For tests too.
 */
int alb_choose(const struct alb_group *groups, size_t count, struct random_state *random);

#endif
