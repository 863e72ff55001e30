#include "runtime/control/cloudwatch_internal.h"

#include <stdlib.h>

#include "runtime/core/clock.h"

static const struct control_action actions[] = {
    {"GetMetricData", cw_get_metric_data},   {"GetMetricStatistics", cw_get_metric_statistics},
    {"ListMetrics", cw_list_metrics},        {"PutMetricData", cw_put_metric_data},
    {"PutMetricAlarm", cw_put_metric_alarm}, {"PutCompositeAlarm", cw_put_composite_alarm},
    {"DescribeAlarms", cw_describe_alarms},  {"SetAlarmState", cw_set_alarm_state},
    {"DeleteAlarms", cw_delete_alarms},
};

struct cloudwatch *cloudwatch_new(const struct cloudwatch_options *options)
{
    struct cloudwatch *cloudwatch = calloc(1, sizeof *cloudwatch);
    if (!cloudwatch)
        return NULL;
    cloudwatch->options = *options;
    if (!options->account)
        cloudwatch->options.account = "000000000000";
    cloudwatch->service = (struct control_service){
        .name = "monitoring",
        .version = "2010-08-01",
        .xml_namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/",
        .target = "GraniteServiceVersion20100801",
        .shape_prefix = "com.amazonaws.cloudwatch#",
        .actions = actions,
        .action_count = sizeof actions / sizeof actions[0],
        .context = cloudwatch,
    };
    return cloudwatch;
}

void cloudwatch_free(struct cloudwatch *cloudwatch)
{
    if (cloudwatch)
        alarms_release(&cloudwatch->alarms);
    free(cloudwatch);
}

const struct control_service *cloudwatch_service(const struct cloudwatch *cloudwatch)
{
    return &cloudwatch->service;
}

int64_t cw_now_s(const struct cloudwatch *cloudwatch)
{
    const struct cloudwatch_options *options = &cloudwatch->options;
    int64_t now_ms = options->now_ms ? options->now_ms(options->context) : clock_ms_epoch();
    return now_ms / 1000;
}

struct series_store *cw_store(const struct cloudwatch *cloudwatch)
{
    if (cloudwatch->options.before_read)
        cloudwatch->options.before_read(cloudwatch->options.context);
    return cloudwatch->options.store;
}
