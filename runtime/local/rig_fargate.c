#include "runtime/local/rig_fargate.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/local/console.h"
#include "runtime/tasks/outside.h"

static void on_line(void *context, bool is_error, struct bytes line)
{
    (void)context;
    (void)is_error;
    console_line("fargate", line);
}

static bool start_outside(struct rig_fargate *fargate, const struct rig_fargate_options *options,
                          char *error, size_t error_len)
{
    const struct rig_config *config = options->config;
    fargate->outside = outside_new(options->loop, options->model->groups[RIG_FARGATE_A],
                                   config->targets, config->target_count);
    if (!fargate->outside) {
        (void)snprintf(error, error_len, "cannot look for the fargate home: %s", strerror(errno));
        return false;
    }
    options->on_ready(options->context);
    return true;
}

bool rig_fargate_start(struct rig_fargate *fargate, const struct rig_fargate_options *options,
                       char *error, size_t error_len)
{
    const struct rig_config *config = options->config;
    struct service_options service = {
        .loop = options->loop,
        .group = options->model->groups[RIG_FARGATE_A],
        .program = options->program,
        .env = options->env,
        .task_count = config->tasks,
        .stop_grace_ms = config->stop_timeout_s * 1000,
        .on_line = on_line,
        .on_failed = options->on_failed,
        .on_ready = options->on_ready,
        .context = options->context,
    };
    if (config->target_count)
        return start_outside(fargate, options, error, error_len);
    fargate->service = service_new(&service, error, error_len);
    return fargate->service != NULL;
}

void rig_fargate_replace(struct rig_fargate *fargate)
{
    if (fargate->service)
        service_replace(fargate->service);
}

void rig_fargate_stop(struct rig_fargate *fargate, service_event_fn *on_stopped, void *context)
{
    if (fargate->service)
        service_stop(fargate->service, on_stopped);
    else
        on_stopped(context);
}

void rig_fargate_release(struct rig_fargate *fargate)
{
    service_free(fargate->service);
    outside_free(fargate->outside);
    *fargate = (struct rig_fargate){NULL, NULL};
}
