#include "pipeline/canary/plan_parts.h"

#include <math.h>

#include "runtime/core/limits.h"

static const int64_t second_ms = 1000, minute_ms = 60 * 1000, day_ms = 24 * 3600 * 1000;

/* --- rule --- */

static void read_tags(struct plan_rule *rule, const struct fields_object *object)
{
    const cJSON *item, *tags = cJSON_GetObjectItemCaseSensitive(object->json, "tags");
    if (tags && !cJSON_IsObject(tags))
        fields_refuse(object, "tags", "must be an object");
    cJSON_ArrayForEach(item, tags)
    {
        if (!cJSON_IsString(item) || rule->tag_count == PLAN_TAGS_MAX) {
            fields_refuse(object, "tags", "must be at most %d texts", PLAN_TAGS_MAX);
            return;
        }
        rule->tag_names[rule->tag_count] = item->string;
        rule->tag_values[rule->tag_count++] = item->valuestring;
    }
}

void plan_read_rule(struct plan *plan, const struct fields_object *root)
{
    static const char *const known[] = {"arn", "load_balancer", "port", "priority", "tags", NULL};
    struct fields_object object = fields_object(root, "rule", known);
    struct plan_rule *rule = &plan->rule;
    unsigned priority = 0;
    fields_text(&object, "arn", &rule->arn);
    fields_text(&object, "load_balancer", &rule->balancer);
    fields_whole(&object, "port", 1, 65535, &rule->port);
    fields_whole(&object, "priority", 1, 50000, &priority);
    read_tags(rule, &object);
    if (priority) {
        struct bytes text;
        if (arena_printf(&plan->arena, &text, "%u", priority) == RC_OK)
            rule->priority = text.ptr;
    }
    if (!object.json)
        fields_refuse(root, "rule", "is missing");
    else if ((rule->arn != NULL) + (rule->balancer && rule->tag_count == 0) +
                 (rule->tag_count > 0) !=
             1)
        fields_refuse(root, "rule", "must have an arn, a load_balancer or tags");
    else if (rule->priority && (!rule->port || !rule->balancer))
        fields_refuse(root, "rule", "needs load_balancer and port with priority");
}

/* --- steps --- */

static void read_share(struct plan_step *step, const struct fields_object *object)
{
    static const char *const kinds[] = {"all", "home", NULL};
    const cJSON *share = cJSON_GetObjectItemCaseSensitive(object->json, "share");
    double percent = 0;
    int kind = 0;
    fields_choice(object, "of", kinds, &kind);
    step->is_of_home = kind == 1;
    if (cJSON_IsString(share) && strcmp(share->valuestring, "all") == 0) {
        step->is_all = true;
        return;
    }
    if (!share)
        fields_refuse(object, "share", "is missing");
    else if (!cJSON_IsNumber(share))
        fields_refuse(object, "share", "must be a number of percent, or \"all\"");
    else if (share->valuedouble < 0.1)
        fields_refuse(object, "share", "%g is below 0.1 %%", share->valuedouble);
    else if (share->valuedouble > 100)
        fields_refuse(object, "share", "%g is over 100 %%", share->valuedouble);
    else if (fabs(share->valuedouble * 10 - round(share->valuedouble * 10)) > 1e-6)
        fields_refuse(object, "share", "%g is finer than 0.1 %%", share->valuedouble);
    fields_number(object, "share", 0.1, 100, &percent);
    step->share = percent / 100;
}

static bool is_wider(const struct plan_step *step, const struct plan_step *before)
{
    if (before->is_all)
        return false;
    return step->is_all || step->is_of_home != before->is_of_home || step->share > before->share;
}

void plan_read_steps(struct plan *plan, const struct fields_object *root)
{
    static const char *const known[] = {"share", "of", "bake", "requests", "pause", NULL};
    int count = fields_count(root, "steps", 1, PLAN_STEPS_MAX);
    for (int i = 0; i < count; i++) {
        struct fields_object object = fields_item(root, "steps", i, known);
        struct plan_step *step = &plan->steps[i];
        read_share(step, &object);
        fields_duration(&object, "bake", 0, 30 * day_ms, &step->bake_ms);
        fields_whole(&object, "requests", 1, 1000 * 1000 * 1000, &step->requests);
        fields_switch(&object, "pause", &step->is_paused);
        if (i > 0 && !root->fields->has_error && !is_wider(step, step - 1))
            fields_refuse(&object, "share", "is no more than that of the step before");
        if (i < count - 1 && !step->bake_ms && !step->requests && !step->is_paused)
            fields_refuse(&object, NULL,
                          "needs bake, requests or pause: only the last may do without");
    }
    plan->step_count = (size_t)count;
}

/* --- what is done besides --- */

const char *plan_slot_of(const char *group)
{
    static const char *const slots[] = {"lambda-a", "lambda-b", "fargate-a", "fargate-b"};
    for (size_t i = 0; group && i < sizeof slots / sizeof *slots; i++) {
        size_t len = strlen(group), slot_len = strlen(slots[i]);
        if (len >= slot_len && strcmp(group + len - slot_len, slots[i]) == 0)
            return slots[i];
    }
    return group;
}

static void check_url(const struct fields_object *object, const char *url)
{
    if (url && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        fields_refuse(object, "url", "'%s' is no URL of http or https", url);
}

void plan_read_smoke(struct plan *plan, const struct fields_object *root)
{
    static const char *const known[] = {"url",   "header", "secret_variable", "slot",
                                        "count", "status", "timeout",         NULL};
    struct fields_object object = fields_object(root, "smoke", known);
    struct plan_smoke *smoke = &plan->smoke;
    if (!object.json)
        return;
    fields_need_text(&object, "url", &smoke->url);
    fields_text(&object, "header", &smoke->header);
    fields_text(&object, "secret_variable", &smoke->secret_variable);
    smoke->slot = plan_slot_of(plan->canary);
    fields_text(&object, "slot", &smoke->slot);
    fields_whole(&object, "count", 1, 1000, &smoke->count);
    fields_whole(&object, "status", 200, 599, &smoke->status);
    fields_duration(&object, "timeout", 100, 10 * minute_ms, &smoke->timeout_ms);
    check_url(&object, smoke->url);
}

void plan_read_load(struct plan *plan, const struct fields_object *root)
{
    static const char *const known[] = {"url", "rate", "timeout", NULL};
    struct fields_object object = fields_object(root, "load", known);
    if (!object.json)
        return;
    fields_need_text(&object, "url", &plan->load.url);
    fields_number(&object, "rate", 0.1, 100, &plan->load.rate);
    fields_duration(&object, "timeout", 100, minute_ms, &plan->load.timeout_ms);
    check_url(&object, plan->load.url);
}

void plan_read_capacity(struct plan *plan, const struct fields_object *root)
{
    static const char *const known[] = {"cluster",     "service", "stable_service", "tasks",
                                        "min",         "max",     "function",       "alias",
                                        "provisioned", "healthy", "timeout",        NULL};
    struct fields_object object = fields_object(root, "capacity", known);
    struct plan_capacity *capacity = &plan->capacity;
    fields_text(&object, "cluster", &capacity->cluster);
    fields_text(&object, "service", &capacity->service);
    fields_text(&object, "stable_service", &capacity->stable_service);
    fields_whole(&object, "tasks", 1, 5000, &capacity->tasks);
    fields_whole(&object, "min", 1, 5000, &capacity->min);
    fields_whole(&object, "max", 1, 5000, &capacity->max);
    fields_whole(&object, "healthy", 1, 1000, &capacity->healthy);
    fields_text(&object, "function", &capacity->function);
    fields_text(&object, "alias", &capacity->alias);
    fields_whole(&object, "provisioned", 1, 100000, &capacity->provisioned);
    fields_duration(&object, "timeout", second_ms, day_ms, &capacity->timeout_ms);
    if (capacity->service && (!capacity->cluster || !capacity->tasks))
        fields_refuse(&object, NULL, "needs cluster and tasks with service");
    if (capacity->max < capacity->min || capacity->max < capacity->tasks)
        fields_refuse(&object, "max", "%u is below min or tasks", capacity->max);
    if ((capacity->function != NULL) != (capacity->provisioned > 0) ||
        (capacity->function != NULL) != (capacity->alias != NULL))
        fields_refuse(&object, NULL, "function, alias and provisioned belong together");
}

/* --- hooks --- */

static const char *const points[] = {"before-run",      "before-step",    "after-step",
                                     "on-hold",         "before-promote", "after-promote",
                                     "before-rollback", "after-rollback", NULL};

const char *plan_point_name(enum plan_point point)
{
    return points[point];
}

void plan_read_hooks(struct plan *plan, const struct fields_object *root)
{
    static const char *const known[] = {"at", "command", "url", "timeout", NULL};
    int count = fields_count(root, "hooks", 0, PLAN_HOOKS_MAX);
    for (int i = 0; i < count; i++) {
        struct fields_object object = fields_item(root, "hooks", i, known);
        struct plan_hook *hook = &plan->hooks[i];
        int point = 0;
        hook->timeout_ms = minute_ms;
        if (!fields_has(&object, "at"))
            fields_refuse(&object, "at", "is missing");
        fields_choice(&object, "at", points, &point);
        hook->point = (enum plan_point)point;
        fields_text(&object, "command", &hook->command);
        fields_text(&object, "url", &hook->url);
        fields_duration(&object, "timeout", 100, 60 * minute_ms, &hook->timeout_ms);
        if ((hook->command != NULL) == (hook->url != NULL))
            fields_refuse(&object, NULL, "needs a command or a url, not both");
    }
    plan->hook_count = (size_t)count;
}
