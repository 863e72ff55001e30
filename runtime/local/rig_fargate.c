#include "runtime/local/rig_fargate.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/local/console.h"
#include "runtime/local/rig_debug.h"
#include "runtime/local/terraform.h"
#include "runtime/tasks/outside.h"

enum { INPUT_BYTES = 64 * 1024, CONTAINER_PORT = 8080 };

static void on_line(void *context, bool is_error, struct bytes line)
{
    const struct rig_fargate *fargate = context;
    (void)is_error;
    console_line("fargate", line);
    rig_debug_line(fargate->options.config, RIG_FARGATE, line);
}

static void on_ready(void *context)
{
    const struct rig_fargate *fargate = context;
    fargate->options.on_ready(fargate->options.context);
}

static void on_failed(void *context, const char *reason)
{
    const struct rig_fargate *fargate = context;
    fargate->options.on_failed(fargate->options.context, reason);
}

/* Of slot b: the rig does not wait for it, and does not end with it. */
static void on_other_ready(void *context)
{
    (void)context;
    console_printf("fargate", "slot b runs what it was told");
}

static void on_other_failed(void *context, const char *reason)
{
    (void)context;
    console_printf("fargate", "slot b: %s", reason);
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

/* --- the first task definition: that of terraform/modules/fargate_home, but for what a machine
 * without AWS has no use for --- */

/* Variables that a plan has; those of both homes go to every task by another way. */
static void write_environment(struct datum_maker *maker, struct datum *container,
                              const struct rig_config *config)
{
    struct datum *list = datum_list(maker, container, "environment");
    for (size_t i = 0; i < config->home_env_count[RIG_FARGATE]; i++) {
        struct bytes text = bytes_from_str(config->home_env[RIG_FARGATE][i]);
        size_t equals = bytes_find(text, '=');
        struct datum *pair = datum_map(maker, list, NULL);
        datum_text(maker, pair, "name", bytes_make(text.ptr, equals));
        datum_text(maker, pair, "value", bytes_skip(text, equals + 1));
    }
}

static void write_container(struct datum_maker *maker, struct datum *input, const char *image,
                            const struct rig_config *config)
{
    struct datum *container =
        datum_map(maker, datum_list(maker, input, "containerDefinitions"), NULL);
    datum_string(maker, container, "name", "server");
    datum_string(maker, container, "image", image);
    datum_bool(maker, container, "essential", true);
    datum_int(maker, container, "stopTimeout", config->stop_timeout_s);
    write_environment(maker, container, config);
    struct datum *port = datum_map(maker, datum_list(maker, container, "portMappings"), NULL);
    datum_int(maker, port, "containerPort", CONTAINER_PORT);
    datum_int(maker, port, "hostPort", CONTAINER_PORT);
    datum_string(maker, port, "protocol", "tcp");
}

static struct definition *register_first(struct rig_fargate *fargate,
                                         const struct rig_config *config, char *error,
                                         size_t error_len)
{
    struct arena arena;
    const struct terraform *plan = config->terraform;
    arena_init(&arena, INPUT_BYTES);
    struct datum *input = datum_new(&arena, DATUM_MAP);
    struct datum_maker maker = {.arena = &arena, .failed = input == NULL};
    struct definition *definition = NULL;
    if (input) {
        datum_string(&maker, input, "family", fargate->cluster.name);
        datum_string(&maker, input, "networkMode", "awsvpc");
        datum_string(&maker, input, "cpu", plan && *plan->cpu ? plan->cpu : "256");
        datum_string(&maker, input, "memory", plan && *plan->memory ? plan->memory : "512");
        datum_string(&maker, datum_list(&maker, input, "requiresCompatibilities"), NULL, "FARGATE");
        write_container(&maker, input, fargate->image, config);
    }
    if (maker.failed)
        (void)snprintf(error, error_len, "no memory for a task definition");
    else
        definition = definition_register(&fargate->cluster.definitions, input, clock_ms_epoch(),
                                         error, error_len);
    arena_release(&arena);
    return definition;
}

static void name_image(struct rig_fargate *fargate, const char *server)
{
    char *path = realpath(server, NULL);
    (void)snprintf(fargate->image, sizeof fargate->image, "file://%s", path ? path : server);
    free(path);
}

/* --- the services --- */

static bool add_b(struct rig_fargate *fargate, struct service_options *options,
                  const struct rig_model *model, char *error, size_t error_len)
{
    options->group = model->groups[RIG_FARGATE_B];
    options->name = fargate->names[1];
    options->task_count = fargate->options.config->tasks_b;
    options->on_ready = on_other_ready;
    options->on_failed = on_other_failed;
    return cluster_add(&fargate->cluster, options, error, error_len) != NULL;
}

void rig_fargate_init(struct rig_fargate *fargate)
{
    ecs_init(&fargate->ecs, &fargate->cluster);
    scaling_init(&fargate->scaling, &fargate->cluster);
}

bool rig_fargate_start(struct rig_fargate *fargate, const struct rig_fargate_options *options,
                       char *error, size_t error_len)
{
    const struct rig_config *config = options->config;
    const struct alb_model *model = options->model->model;
    fargate->options = *options;
    fargate->debugger.port = config->debug_port;
    name_image(fargate, config->server);
    for (int i = 0; i < 2; i++)
        (void)snprintf(fargate->names[i], sizeof fargate->names[i], "%s-%c", config->name, 'a' + i);
    const struct definitions definitions = {.region = model->options.region,
                                            .account = model->options.account,
                                            .env = options->env,
                                            .image = fargate->image,
                                            .program = options->program};
    cluster_init(&fargate->cluster, model->name, &definitions);
    struct service_options service = {
        .loop = options->loop,
        .group = options->model->groups[RIG_FARGATE_A],
        .name = fargate->names[0],
        .definition = register_first(fargate, config, error, error_len),
        .task_count = config->tasks,
        .stop_grace_ms = config->stop_timeout_s * 1000,
        .on_line = on_line,
        .debugger = config->is_debugging[RIG_FARGATE] ? &fargate->debugger : NULL,
        .on_failed = on_failed,
        .on_ready = on_ready,
        .context = fargate,
    };
    if (!service.definition)
        return false;
    bool is_started = config->target_count
                          ? start_outside(fargate, options, error, error_len)
                          : cluster_add(&fargate->cluster, &service, error, error_len) != NULL;
    return is_started && add_b(fargate, &service, options->model, error, error_len);
}

void rig_fargate_replace(struct rig_fargate *fargate)
{
    for (size_t i = 0; i < fargate->cluster.service_count; i++) {
        struct service *service = fargate->cluster.services[i];
        struct service_wish wish = service_wish(service);
        wish.is_forced = true;
        if (strcmp(wish.definition->image, fargate->image) == 0 && !service_update(service, &wish))
            console_printf("fargate", "no memory to replace it");
    }
}

void rig_fargate_stop(struct rig_fargate *fargate, service_event_fn *on_stopped, void *context)
{
    cluster_stop(&fargate->cluster, on_stopped, context);
}

void rig_fargate_release(struct rig_fargate *fargate)
{
    cluster_release(&fargate->cluster);
    outside_free(fargate->outside);
    fargate->outside = NULL;
}
