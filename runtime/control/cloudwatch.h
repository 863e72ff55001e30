#ifndef RUNTIME_CONTROL_CLOUDWATCH_H
#define RUNTIME_CONTROL_CLOUDWATCH_H

/*
 * cloudwatch — CloudWatch's metrics and alarms on the control port.
 *
 * Layer:   control. Knows alb/series.h, where the metrics are.
 * Memory:  owns the alarms. The store is borrowed.
 * Threads: all on the loop's thread.
 * Source:  CloudWatch API, version 2010-08-01.
 *
 * Metrics: GetMetricData (with metric math, see cloudwatch_math.h), GetMetricStatistics,
 * ListMetrics, PutMetricData. Alarms: PutMetricAlarm, PutCompositeAlarm, DescribeAlarms,
 * SetAlarmState, DeleteAlarms; their actions are kept and not done.
 *
 * What differs from AWS: a figure is there at once, not minutes later; a series has three hours of
 * seconds and no rollups of older ones; an alarm is evaluated when somebody looks at it.
 */

#include "runtime/alb/series.h"
#include "runtime/control/control_service.h"

struct cloudwatch;

struct cloudwatch_options {
    struct series_store *store;       /* Required: borrowed. */
    void (*before_read)(void *);      /* NULL: none. Brings the store up to date. */
    int64_t (*now_ms)(void *context); /* NULL: clock_ms_epoch */
    void *context;                    /* of both */
    const char *account;              /* NULL: "000000000000" */
};

/* NULL: no memory. */
struct cloudwatch *cloudwatch_new(const struct cloudwatch_options *options) MUST_CHECK;
void cloudwatch_free(struct cloudwatch *cloudwatch);

/* Its row for the control port; lives as long as it. */
const struct control_service *cloudwatch_service(const struct cloudwatch *cloudwatch);

#endif
