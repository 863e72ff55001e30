#ifndef RUNTIME_ALB_OBSERVE_H
#define RUNTIME_ALB_OBSERVE_H

/*
 * observe — a request that has its answer, as a line of the access log and as metrics.
 *
 * Layer:   alb. Knows the data path's record (alb.h), access_line and alb_metrics. No I/O, no
 * clock. Threads: all on the loop's thread; a record holds during the call alone.
 *
 * `epoch_us`: microseconds since 1970 at the record's done_us. Times count as AWS counts them: the
 * first until the request was sent to the target, the second until the target's answer was there,
 * the third until it was out; none of them is known (-1) when the load balancer made the answer.
 */

#include "runtime/alb/alb.h"
#include "runtime/alb/alb_metrics.h"

/* Appends the line; a refusal stays in out->failed. */
void observe_line(const struct alb_record *record, int64_t epoch_us, struct buf *out);

/* Counts the request. */
void observe_request(struct alb_metrics *metrics, const struct alb_record *record,
                     int64_t epoch_us);

/* Counts the healthy and the unhealthy targets of each group that has any. */
void observe_hosts(struct alb_metrics *metrics, const struct alb_model *model, int64_t epoch_us);

#endif
