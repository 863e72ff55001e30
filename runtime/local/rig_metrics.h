#ifndef RUNTIME_LOCAL_RIG_METRICS_H
#define RUNTIME_LOCAL_RIG_METRICS_H

/*
 * rig_metrics — what the rig keeps of its requests: metrics for CloudWatch's API, and an access
 * log.
 *
 * Layer:   local.
 * Memory:  owns the metrics, CloudWatch's service and the log's file; the model is borrowed.
 * Threads: all on the loop's thread. A line of the log is one write to the file.
 */

#include "runtime/alb/observe.h"
#include "runtime/control/cloudwatch.h"

struct rig_metrics {
    struct loop *loop;
    const struct alb_model *model;
    struct series_store store;
    struct alb_metrics *metrics;
    struct cloudwatch *cloudwatch;
    struct buf line;
    int log_fd; /* -1: no access log */
    struct loop_timer timer;
};

/* Fills a zeroed struct, which stays where it is. `access_log`: a file that lines are appended to,
 * made where it is not there; NULL: none.
 * false: `error` says why; release it all the same. */
bool rig_metrics_init(struct rig_metrics *metrics, struct loop *loop, const struct alb_model *model,
                      const char *access_log, char *error, size_t error_len) MUST_CHECK;

/* Works on a zeroed struct. */
void rig_metrics_release(struct rig_metrics *metrics);

/* Counts a request, and writes its line. */
void rig_metrics_record(struct rig_metrics *metrics, const struct alb_record *record);

/* Prints a line on a request for people. */
void rig_metrics_show(const struct alb_record *record);

#endif
