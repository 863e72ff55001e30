#include "runtime/local/rig_dashboard.h"

#include <stdio.h>

#include "runtime/core/clock.h"
#include "runtime/dashboard/history.h"

/* --- sandboxes --- */

struct show {
    const char *name, *group;
    dashboard_sandbox_fn *each;
    void *context;
};

static const char *sandbox_state(enum function_sandbox_state state)
{
    switch (state) {
    case FUNCTION_SANDBOX_INIT:
        return "init";
    case FUNCTION_SANDBOX_IDLE:
        return "idle";
    case FUNCTION_SANDBOX_FROZEN:
        return "frozen";
    case FUNCTION_SANDBOX_BUSY:
        return "busy";
    case FUNCTION_SANDBOX_ENDING:
        break;
    }
    return "ending";
}

static void show_sandbox(void *context, const struct function_sandbox *sandbox)
{
    const struct show *show = context;
    struct dashboard_sandbox shown = {.name = show->name,
                                      .group = show->group,
                                      .state = sandbox_state(sandbox->state),
                                      .number = sandbox->number,
                                      .process_id = sandbox->process_id,
                                      .age_ms = sandbox->age_ms,
                                      .init_us = sandbox->init_us,
                                      .call_count = sandbox->call_count,
                                      .peak_memory_mb = sandbox->peak_memory_mb};
    show->each(show->context, &shown);
}

/* true: the target is the version, by its number or by an alias of it. */
static bool is_version(const struct alb_target *target, const struct registry_version *version)
{
    struct bytes name, qualifier;
    char number[16];
    registry_split(bytes_from_str(target->id), &name, &qualifier);
    if (!bytes_eq(name, bytes_from_str(version->function->name)))
        return false;
    const struct registry_alias *alias = registry_alias_find(version->function, qualifier);
    if (alias)
        return alias->version == version->number ||
               (alias->other != REGISTRY_LATEST && alias->other == version->number);
    registry_version_name(version, number);
    return qualifier.len ? bytes_eq(qualifier, bytes_from_str(number))
                         : version->number == REGISTRY_LATEST;
}

/* Of several groups that a version stands in, that with the greatest weight. */
static const char *group_of(const struct alb_model *model, const struct registry_version *version)
{
    const struct alb_rule *rule = history_rule(model);
    const char *found = "";
    int64_t most = -1;
    for (const struct alb_group *group = model->groups; group; group = group->next) {
        int64_t weight = history_weight(rule, group);
        if (group->type != ALB_TARGET_LAMBDA || !group->targets || weight <= most ||
            !is_version(group->targets, version))
            continue;
        found = group->name;
        most = weight;
    }
    return found;
}

/* Where a version is counted; NULL: there is no room. */
static struct rig_dashboard_failures *failures_of(struct rig_dashboard *rig_dashboard,
                                                  const char *name)
{
    size_t i = 0;
    while (i < rig_dashboard->failure_count && strcmp(rig_dashboard->failures[i].name, name) != 0)
        i++;
    if (i == RIG_DASHBOARD_FAILURES_MAX)
        return NULL;
    struct rig_dashboard_failures *failures = &rig_dashboard->failures[i];
    if (i == rig_dashboard->failure_count) {
        rig_dashboard->failure_count++;
        (void)snprintf(failures->name, sizeof failures->name, "%s", name);
    }
    return failures;
}

/* Tells of inits that have failed since the last look; counts begin anew with a new program. */
static void tell_failures(struct rig_dashboard *rig_dashboard, const struct function *function,
                          const char *name)
{
    struct function_stats stats;
    function_stats(function, &stats);
    struct rig_dashboard_failures *known =
        stats.init_failures ? failures_of(rig_dashboard, name) : NULL;
    if (!known || stats.init_failures == known->count)
        return;
    uint64_t more = stats.init_failures - (stats.init_failures > known->count ? known->count : 0);
    known->count = stats.init_failures;
    if (more == 1)
        dashboard_event(rig_dashboard->dashboard, "lambda", "%s: an init failed", name);
    else
        dashboard_event(rig_dashboard->dashboard, "lambda", "%s: %llu inits failed", name,
                        (unsigned long long)more);
}

static void show_version(struct rig_dashboard *rig_dashboard,
                         const struct registry_version *version, dashboard_sandbox_fn *each,
                         void *context)
{
    char number[16], name[REGISTRY_NAME_MAX + sizeof number + 1];
    const struct function *function = registry_version_function(version);
    if (!function)
        return;
    registry_version_name(version, number);
    (void)snprintf(name, sizeof name, "%s:%s", version->function->name, number);
    tell_failures(rig_dashboard, function, name);
    struct show show = {name, group_of(rig_dashboard->model, version), each, context};
    function_each_sandbox(function, show_sandbox, &show);
}

static void show_sandboxes(void *context, dashboard_sandbox_fn *each, void *each_context)
{
    struct rig_dashboard *rig_dashboard = context;
    const struct registry_function *function = registry_first(rig_dashboard->lambda->registry);
    for (; function; function = function->next)
        for (const struct registry_version *version = function->versions; version;
             version = version->next)
            show_version(rig_dashboard, version, each, each_context);
}

/* --- tasks --- */

static const char *task_state(enum task_state state)
{
    switch (state) {
    case TASK_STARTING:
        return "starting";
    case TASK_READY:
        return "ready";
    case TASK_RETIRING:
        break;
    }
    return "retiring";
}

static void show_service(const struct service *service, dashboard_task_fn *each, void *context)
{
    char name[288]; /* a family has at most 255 characters */
    for (const struct task *task = service->tasks; task; task = task->next) {
        const struct definition *definition = task->deployment->definition;
        (void)snprintf(name, sizeof name, "%s:%u", definition->family, definition->revision);
        struct dashboard_task shown = {.name = name,
                                       .group = service->options.group->name,
                                       .state = task_state(task->state),
                                       .process_id = process_id(task->process),
                                       .age_ms = clock_ms_monotonic() - task->started_ms,
                                       .port = task->port};
        each(context, &shown);
    }
}

static void show_tasks(void *context, dashboard_task_fn *each, void *each_context)
{
    const struct rig_dashboard *rig_dashboard = context;
    const struct cluster *cluster = &rig_dashboard->fargate->cluster;
    for (size_t i = 0; i < cluster->service_count; i++)
        show_service(cluster->services[i], each, each_context);
}

/* --- versions --- */

static void name_version(char *text, size_t len, const struct registry_function *function,
                         struct bytes qualifier)
{
    const struct registry_alias *alias = registry_alias_find(function, qualifier);
    if (alias && alias->version == REGISTRY_LATEST)
        (void)snprintf(text, len, "$LATEST");
    else if (alias && alias->other != REGISTRY_LATEST)
        (void)snprintf(text, len, "%u, %u at %.3g %%", alias->version, alias->other,
                       alias->other_weight * 100);
    else if (alias)
        (void)snprintf(text, len, "%u", alias->version);
    else
        (void)snprintf(text, len, "%.*s",
                       BYTES_ARG(qualifier.len ? qualifier : BYTES_LIT("$LATEST")));
}

static void show_versions(void *context, dashboard_version_fn *each, void *each_context)
{
    const struct rig_dashboard *rig_dashboard = context;
    const struct cluster *cluster = &rig_dashboard->fargate->cluster;
    const struct alb_group *group = rig_dashboard->model->groups;
    char text[REGISTRY_ALIAS_MAX + 1];
    for (; group; group = group->next) {
        struct bytes name, qualifier;
        if (group->type != ALB_TARGET_LAMBDA || !group->targets)
            continue;
        registry_split(bytes_from_str(group->targets->id), &name, &qualifier);
        const struct registry_function *function =
            registry_find(rig_dashboard->lambda->registry, name);
        if (!function)
            continue;
        name_version(text, sizeof text, function, qualifier);
        each(each_context, group->name, function->name, text);
    }
    for (size_t i = 0; i < cluster->service_count; i++) {
        const struct service *service = cluster->services[i];
        const struct definition *definition = service->primary->definition;
        (void)snprintf(text, sizeof text, "%u", definition->revision);
        each(each_context, service->options.group->name, definition->family, text);
    }
}

/* --- pages --- */

static bool take(void *context, struct httpd_exchange *exchange)
{
    return dashboard_take(context, exchange);
}

static void done(void *context, struct httpd_exchange *exchange)
{
    dashboard_done(context, exchange);
}

bool rig_dashboard_init(struct rig_dashboard *rig_dashboard, struct loop *loop,
                        const struct rig_metrics *metrics, struct alb_model *model,
                        const struct rig_lambda *lambda, const struct rig_fargate *fargate,
                        bool has_controls)
{
    struct dashboard_options options = {
        .loop = loop,
        .model = model,
        .metrics = metrics->metrics,
        .store = &metrics->store,
        .source = {show_sandboxes, show_tasks, show_versions, rig_dashboard},
        .has_controls = has_controls,
    };
    rig_dashboard->model = model;
    rig_dashboard->lambda = lambda;
    rig_dashboard->fargate = fargate;
    rig_dashboard->dashboard = dashboard_new(&options);
    return rig_dashboard->dashboard != NULL;
}

struct control_pages rig_dashboard_pages(const struct rig_dashboard *rig_dashboard)
{
    return (struct control_pages){take, done, rig_dashboard->dashboard};
}

void rig_dashboard_release(struct rig_dashboard *rig_dashboard)
{
    dashboard_free(rig_dashboard->dashboard);
    rig_dashboard->dashboard = NULL;
}
