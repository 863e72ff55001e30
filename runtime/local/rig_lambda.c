#include "runtime/local/rig_lambda.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/functions/registry_home.h"
#include "runtime/local/console.h"
#include "runtime/local/rig_debug.h"
#include "runtime/local/rig_lambda_keep.h"
#include "runtime/local/terraform.h"

/* A slot's alias, and its target group. */
static const struct {
    const char *alias;
    int slot;
} slots[] = {{"a", RIG_LAMBDA_A}, {"b", RIG_LAMBDA_B}};

#define BALANCER "elasticloadbalancing.amazonaws.com"

enum { ALIASES = sizeof slots / sizeof *slots };

static void on_line(void *context, struct bytes line)
{
    const struct rig_lambda *lambda = context;
    console_line("lambda", line);
    rig_debug_line(lambda->config, RIG_LAMBDA, line);
}

/* Made for the first package: most rigs see none. */
const char *rig_lambda_folder(void *context)
{
    struct rig_lambda *lambda = context;
    if (lambda->folder[0])
        return lambda->folder;
    (void)snprintf(lambda->folder, sizeof lambda->folder, P_tmpdir "/duet-functions-XXXXXX");
    if (mkdtemp(lambda->folder))
        return lambda->folder;
    lambda->folder[0] = '\0';
    return NULL;
}

/* NULL: there are none. */
static struct cgroups *take_cgroups(struct rig_lambda *lambda)
{
    char why[512];
    if (cgroups_init(&lambda->cgroups, NULL, why, sizeof why)) {
        console_printf("lambda", "memory sizes are kept by cgroup v2 in %s",
                       lambda->cgroups.folder);
        return &lambda->cgroups;
    }
    console_printf("lambda", "memory is looked at ten times a second, without a cgroup: %s", why);
    return NULL;
}

bool rig_lambda_init(struct rig_lambda *lambda, struct loop *loop, const struct rig_config *config,
                     const char *s3_url)
{
    struct registry_options options = {.loop = loop,
                                       .concurrency = config->concurrency,
                                       .on_line = on_line,
                                       .is_quiet = config->is_quiet,
                                       .cgroups = take_cgroups(lambda),
                                       .context = lambda};
    lambda->config = config;
    kept_init(&lambda->kept, config->state, "functions.json");
    (void)snprintf(lambda->packages, sizeof lambda->packages, "%s/packages",
                   config->state ? config->state : "");
    lambda->debugger.port = config->debug_port;
    if (config->is_debugging[RIG_LAMBDA])
        options.debugger = &lambda->debugger;
    lambda->registry = registry_new(&options);
    lambda->fetch = s3_url ? rig_fetch_new(loop, s3_url) : NULL;
    struct lambda_api_options api = {.registry = lambda->registry,
                                     .folder = rig_lambda_folder,
                                     .folder_context = lambda,
                                     .store = config->state ? lambda->packages : NULL,
                                     .keep = {config->state ? rig_lambda_keep : NULL, lambda, NULL},
                                     .fetch = lambda->fetch ? rig_fetch_object : NULL,
                                     .context = lambda->fetch};
    lambda->api = lambda->registry ? lambda_api_new(&api) : NULL;
    return lambda->api != NULL;
}

bool rig_lambda_find(void *context, struct bytes arn, struct alb_function *function)
{
    const struct rig_lambda *lambda = context;
    return (!lambda->is_started || registry_home_is_there(lambda->registry, arn)) &&
           registry_home(lambda->registry, arn, function);
}

static bool may_call(void *context, struct bytes function_arn, struct bytes group_arn)
{
    const struct rig_lambda *lambda = context;
    struct bytes name, qualifier;
    registry_split(function_arn, &name, &qualifier);
    const struct registry_function *function = registry_find(lambda->registry, name);
    return function && registry_may_invoke(function, qualifier, BALANCER, group_arn);
}

/* --- the function of terraform/modules/lambda_home --- */

static void take_logging(struct settings *settings, const struct terraform *plan)
{
    settings->logs_json = plan->logs_json;
    if (plan->log_level >= 0)
        settings->log_level = (unsigned)plan->log_level;
    if (plan->system_level >= 0)
        settings->system_level = (unsigned)plan->system_level;
}

enum { DESCRIPTION_LEN = 128 };

/* What is borrowed is the configuration's, and `description`. */
static void make_settings(struct settings *settings, const struct rig_config *config,
                          const char *const *env, char description[DESCRIPTION_LEN])
{
    settings_init(settings);
    (void)snprintf(description, DESCRIPTION_LEN, "The Lambda home of %s", config->name);
    settings->description = description;
    settings->env = env;
    settings->memory_mb = config->memory_mb;
    settings->timeout_s = config->timeout_s;
    if (config->terraform)
        take_logging(settings, config->terraform);
}

/* Each target group may call its own alias, and no other does. */
static bool make_alias(struct registry_function *function, const struct rig_model *model, int i)
{
    struct registry_alias alias = {.version = 1};
    struct registry_statement statement = {.action = "lambda:InvokeFunction",
                                           .principal = BALANCER};
    (void)snprintf(alias.name, sizeof alias.name, "%s", slots[i].alias);
    (void)snprintf(alias.description, sizeof alias.description, "Slot lambda-%s", slots[i].alias);
    (void)snprintf(statement.id, sizeof statement.id, "alb-%s", slots[i].alias);
    (void)snprintf(statement.source_arn, sizeof statement.source_arn, "%s",
                   model->groups[slots[i].slot]->arn);
    (void)snprintf(statement.qualifier, sizeof statement.qualifier, "%s", slots[i].alias);
    return registry_alias_add(function, &alias) && registry_statement_add(function, &statement);
}

static struct registry_function *make_function(struct rig_lambda *lambda,
                                               const struct rig_model *model,
                                               const struct settings *settings)
{
    struct registry_function *function = registry_create(
        lambda->registry, bytes_from_str(lambda->config->name), lambda->program, settings);
    if (!function)
        return NULL;
    function->versions->has_given_settings = true;
    bool is_made = registry_publish(function, BYTES_LIT("")) != NULL;
    for (int i = 0; is_made && i < ALIASES; i++)
        is_made = make_alias(function, model, i);
    return is_made ? function : NULL;
}

/* An alias that was deleted, or that the group may not call any more, stays as it was kept. */
static bool register_alias(const struct registry_function *function, const struct rig_model *model,
                           int i, char *error, size_t error_len)
{
    struct alb_why why;
    char arn[REGISTRY_ARN_MAX + 16];
    struct alb_group *group = model->groups[slots[i].slot];
    struct bytes alias = bytes_from_str(slots[i].alias);
    (void)snprintf(arn, sizeof arn, "%s:%s", function->arn, slots[i].alias);
    if (group->targets || !registry_alias_find(function, alias) ||
        !registry_may_invoke(function, alias, BALANCER, bytes_from_str(group->arn)) ||
        alb_target_register(group, bytes_from_str(arn), 0, NULL, NULL, &why) == ALB_OK)
        return true;
    (void)snprintf(error, error_len, "cannot register the function: %s", why.text);
    return false;
}

bool rig_lambda_start(struct rig_lambda *lambda, const struct rig_config *config,
                      const struct rig_model *model, const char *program, const char *const *env,
                      char *error, size_t error_len)
{
    struct settings settings;
    char description[DESCRIPTION_LEN];
    lambda->program = code_of_program(program, error, error_len);
    if (!lambda->program)
        return false;
    make_settings(&settings, config, env, description);
    if (config->state && !rig_lambda_load(lambda, &settings, error, error_len))
        return false;
    struct registry_function *function =
        registry_find(lambda->registry, bytes_from_str(config->name));
    if (!function)
        function = make_function(lambda, model, &settings);
    if (!function) {
        (void)snprintf(error, error_len, "no memory for the function");
        return false;
    }
    lambda->is_started = true;
    model->model->may_call = may_call;
    for (int i = 0; i < ALIASES; i++)
        if (!register_alias(function, model, i, error, error_len))
            return false;
    return !config->state || rig_lambda_keep(lambda, error, error_len);
}

void rig_lambda_replace(struct rig_lambda *lambda)
{
    registry_program_changed(lambda->registry, lambda->program);
}

void rig_lambda_release(struct rig_lambda *lambda)
{
    rig_fetch_free(lambda->fetch);
    lambda_api_free(lambda->api);
    registry_free(lambda->registry);
    cgroups_release(&lambda->cgroups);
    code_unref(lambda->program);
    kept_release(&lambda->kept);
    if (lambda->folder[0])
        code_remove_folder(lambda->folder);
    *lambda = (struct rig_lambda){.registry = NULL};
}
