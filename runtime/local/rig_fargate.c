#include "runtime/local/rig_fargate.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/local/console.h"
#include "runtime/local/rig_debug.h"
#include "runtime/local/terraform.h"
#include "runtime/tasks/cluster_state.h"
#include "runtime/tasks/outside.h"

enum { INPUT_BYTES = 64 * 1024, CONTAINER_PORT = 8080, ERROR_LEN = 1024 };

static void on_line(void *context, bool is_error, struct bytes line)
{
    const struct rig_fargate *fargate = context;
    (void)is_error;
    console_line("fargate", line);
    rig_debug_line(fargate->options.config, RIG_FARGATE, line);
}

/* --- what lasts --- */

static bool keep(void *context, char *error, size_t error_len)
{
    struct rig_fargate *fargate = context;
    struct buf text;
    buf_init(&text, LIMIT_STATE_BYTES);
    cluster_state_print(&fargate->cluster, &text);
    return kept_save(&fargate->kept, &text, error, error_len);
}

/* A deployment that is given up changes what a service runs, without a call. */
static void note_change(struct rig_fargate *fargate)
{
    char error[ERROR_LEN];
    if (fargate->is_keeping && !keep(fargate, error, sizeof error))
        console_printf("fargate", "%s", error);
}

static bool load(struct rig_fargate *fargate, const char *dir, char *error, size_t error_len)
{
    char why[ERROR_LEN];
    bool is_there;
    kept_init(&fargate->kept, dir, "services.json");
    if (!kept_load(&fargate->kept, &is_there, error, error_len))
        return false;
    if (is_there &&
        !cluster_state_parse(&fargate->cluster, buf_bytes(&fargate->kept.text), why, sizeof why))
        return kept_fail(&fargate->kept, why, error, error_len);
    return true;
}

/* From now on; once all services that were kept are there, or named as missing. */
static bool begin_keeping(struct rig_fargate *fargate, char *error, size_t error_len)
{
    if (!fargate->options.config->state)
        return true;
    fargate->is_keeping = true;
    fargate->ecs.service.keep.fn = fargate->scaling.service.keep.fn = keep;
    fargate->ecs.service.keep.context = fargate->scaling.service.keep.context = fargate;
    return keep(fargate, error, error_len);
}

/* --- what a service tells --- */

static void on_ready(void *context)
{
    struct rig_fargate *fargate = context;
    fargate->options.on_ready(fargate->options.context);
}

static void on_failed(void *context, const char *reason)
{
    struct rig_fargate *fargate = context;
    note_change(fargate);
    fargate->options.on_failed(fargate->options.context, reason);
}

/* Of all but slot a: the rig does not wait for them, and does not end with them. */
static void on_other_ready(void *context)
{
    (void)context;
    console_printf("fargate", "slot b, or a service of a call, runs what it was told");
}

static void on_other_failed(void *context, const char *reason)
{
    note_change(context);
    console_printf("fargate", "slot b, or a service of a call: %s", reason);
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
        definition = definition_give(&fargate->cluster.definitions, input, clock_ms_epoch(), error,
                                     error_len);
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

/* The rig is up when it is ready, and at once where it was scaled to 0. */
static bool add_a(struct rig_fargate *fargate, const struct service_options *options, char *error,
                  size_t error_len)
{
    const struct service *service = cluster_add(&fargate->cluster, options, error, error_len);
    if (service && service->desired == 0)
        on_ready(fargate);
    return service != NULL;
}

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

/* Services that calls had created; one whose group is gone stays a note in the file. */
static bool add_kept(struct rig_fargate *fargate, const struct service_options *usual, char *error,
                     size_t error_len)
{
    struct cluster *cluster = &fargate->cluster;
    cluster->usual = *usual;
    cluster->usual.is_given = false;
    for (size_t i = cluster->kept_count; i > 0; i--) {
        struct cluster_kept kept = cluster->kept[i - 1];
        struct service_options options = cluster->usual;
        options.name = kept.name;
        options.group = alb_group_find(cluster->model, bytes_from_str(kept.group_arn));
        if (!options.group)
            console_printf("fargate", "the service %s is not started: its target group is gone",
                           kept.name);
        else if (strcmp(kept.name, fargate->names[0]) != 0 &&
                 !cluster_add(cluster, &options, error, error_len))
            return false;
    }
    return true;
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
    fargate->cluster.model = model;
    if (config->state && !load(fargate, config->state, error, error_len))
        return false;
    struct service_options service = {
        .is_given = true,
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
    bool is_started = config->target_count ? start_outside(fargate, options, error, error_len)
                                           : add_a(fargate, &service, error, error_len);
    return is_started && add_b(fargate, &service, options->model, error, error_len) &&
           add_kept(fargate, &service, error, error_len) &&
           begin_keeping(fargate, error, error_len);
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
    kept_release(&fargate->kept);
    outside_free(fargate->outside);
    fargate->outside = NULL;
}
