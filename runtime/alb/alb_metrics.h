#ifndef RUNTIME_ALB_ALB_METRICS_H
#define RUNTIME_ALB_ALB_METRICS_H

/*
 * alb_metrics — what a load balancer counts, under AWS's names, units and dimensions.
 *
 * Layer:   alb. Knows core/ and series. No I/O, no clock: who counts says when.
 * Memory:  the counters of the second that goes on, about 5 KB for the load balancer and for each
 *          group; whole seconds go to the store, which is borrowed.
 * Threads: all on the loop's thread. A request costs additions alone; the store is written once a
 *          second.
 * Source:  "CloudWatch metrics for your Application Load Balancer", ALB user guide: its tables say
 *          which metric has which dimensions, and that health checks are not counted.
 *
 * A metric of which nothing happened in a period is missing, not 0, as AWS reports all of these
 * while there are no requests. Each event is an observation of the value 1, so that Sum is the
 * number of them and Average is 1. The rig has one zone: whatever has AvailabilityZone among its
 * dimensions equals the same without it.
 */

#include "runtime/alb/desync.h"
#include "runtime/alb/series.h"

struct alb_metrics;
struct alb_metrics_group;

/* `balancer` is the tail of its ARN, "app/NAME/ID"; texts are copied. NULL: no memory. */
struct alb_metrics *alb_metrics_new(struct series_store *store, struct bytes balancer,
                                    struct bytes zone) MUST_CHECK;
void alb_metrics_free(struct alb_metrics *metrics);

/* The counters of a target group, by the tail of its ARN, "targetgroup/NAME/ID": made at the first
 * call, and there until alb_metrics_free. NULL: no memory. */
struct alb_metrics_group *alb_metrics_group(struct alb_metrics *metrics, struct bytes tail);

enum alb_metrics_action { ALB_METRICS_FORWARD, ALB_METRICS_FIXED, ALB_METRICS_REDIRECT };
enum alb_metrics_failure { ALB_METRICS_NO_FAILURE, ALB_METRICS_USER, ALB_METRICS_INTERNAL };

/* One request that has its answer. */
struct alb_metrics_request {
    int64_t second;                  /* since 1970, when the answer was out */
    enum alb_metrics_action action;  /* of the rule; forward also where there was no rule */
    struct alb_metrics_group *group; /* that the rule chose; NULL: none */
    bool is_lambda;
    bool has_target;     /* one was chosen, whether it answered or not */
    int target_status;   /* that it answered; 0: nothing, or nothing that could be passed on */
    int balancer_status; /* that the load balancer made by itself; 0: it passed the target's on */
    int64_t target_us;   /* until the target began to answer; -1: it did not */
    enum alb_metrics_failure lambda_failure;
    unsigned connection_errors, tls_errors; /* tries that failed */
    unsigned healthy_count;                 /* targets of the group that share the load */
    bool is_fail_open;                      /* too few targets were healthy */
    bool is_not_sticky;                     /* its cookie could not be followed */
    enum desync_reason desync;
    uint64_t bytes; /* from and to the client, heads too */
};

void alb_metrics_count(struct alb_metrics *metrics, const struct alb_metrics_request *request);

/* Which of the two metrics an access log's reason of a function's failure counts in. */
enum alb_metrics_failure alb_metrics_failure(const char *error_reason);

/* A look at a group's registered targets; AWS takes one a minute, more do no harm. */
struct alb_metrics_look {
    int64_t second;
    unsigned healthy, unhealthy;
    bool is_routing_enough, is_dns_enough; /* as the group's target_group_health says */
};
void alb_metrics_hosts(struct alb_metrics *metrics, struct alb_metrics_group *group,
                       const struct alb_metrics_look *look);

/* A look at the connections of clients and to targets: how many were opened ever, and are open now.
 * The sum of a minute is the most that were open at one look. */
void alb_metrics_connections(struct alb_metrics *metrics, int64_t second, uint64_t opened,
                             uint64_t open);

/* Gives what was counted to the store, the second that goes on included: before a reading. */
void alb_metrics_flush(struct alb_metrics *metrics);

#endif
