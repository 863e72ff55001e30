#include "pipeline/guard/guard_policy.h"

#include <errno.h>
#include <stdio.h>

#include "pipeline/canary/plan_parts.h"
#include "pipeline/guard/guard_cost.h"
#include "pipeline/guard/guard_pace.h"
#include "runtime/core/buf.h"
#include "runtime/core/limits.h"

static const int64_t second_ms = 1000, minute_ms = 60 * 1000, day_ms = 24 * 3600 * 1000;
enum { ENVIRONMENT_MAX = 27 }; /* a load balancer's name has 32 bytes */
enum { CALM_MS = 30 * 1000 };

static void set_defaults(struct guard_policy *policy)
{
    *policy = (struct guard_policy){
        .plan = {.rule = {.balancer = "duet-local", .port = 8080, .priority = "40000"},
                 .stable = "lambda-a",
                 .canary = "fargate-a",
                 .precision = 0.0005,
                 .period_s = 60,
                 .late_ms = minute_ms},
        .parameter = "/duet/guard",
        .canary_lock = "/duet/canary",
        .interval_ms = 5 * second_ms,
        .lease_ms = minute_ms,
        .health_looks = 2,
        .probes = {.header = "X-Duet-Pin",
                   .secret_variable = "DUET_PIN_SECRET",
                   .part = 0.04,
                   .confirm_ms = 6,
                   .timeout_ms = second_ms,
                   .failures = 8},
        .metrics = {.windows = 2, .errors = 0.1, .severe = 0.5, .requests = 20, .latency_ms = 5000},
        .apart_ms = 5 * minute_ms,
        .back_after_ms = 5 * minute_ms,
        .step_ms = minute_ms,
        .steps = {0.1, 0.5, 1},
        .step_count = 3,
        .fargate = {.tasks = 2},
        .cost = {.margin = 0.2, .hold_ms = 10 * minute_ms},
        .scale_wait_ms = 2 * minute_ms};
    arena_init(&policy->plan.arena, LIMIT_PLAN_BYTES * 8);
}

static void read_percent(const struct fields_object *object, const char *name, double *out)
{
    double percent = 100 * *out;
    fields_number(object, name, 0.1, 100, &percent);
    *out = percent / 100;
}

/* "auto", or a duration. */
static void read_interval(struct guard_probes *probes, const struct fields_object *object)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object->json, "interval");
    if (!cJSON_IsString(item) || strcmp(item->valuestring, "auto") != 0)
        fields_duration(object, "interval", GUARD_PACE_FASTEST_MS, 10 * minute_ms,
                        &probes->interval_ms);
}

static void read_probes(struct guard_policy *policy, const struct fields_object *root)
{
    static const char *const known[] = {"url",     "header",  "secret_variable", "interval", "part",
                                        "confirm", "timeout", "failures",        NULL};
    struct fields_object object = fields_object(root, "probes", known);
    struct guard_probes *probes = &policy->probes;
    if (!object.json)
        return;
    fields_need_text(&object, "url", &probes->url);
    fields_text(&object, "header", &probes->header);
    fields_text(&object, "secret_variable", &probes->secret_variable);
    read_interval(probes, &object);
    read_percent(&object, "part", &probes->part);
    fields_duration(&object, "confirm", 1, minute_ms, &probes->confirm_ms);
    fields_duration(&object, "timeout", 20, minute_ms, &probes->timeout_ms);
    fields_whole(&object, "failures", 1, 1000, &probes->failures);
    if (probes->url && strncmp(probes->url, "http://", 7) != 0 &&
        strncmp(probes->url, "https://", 8) != 0)
        fields_refuse(&object, "url", "'%s' is no URL of http or https", probes->url);
}

static void read_metrics(struct guard_policy *policy, const struct fields_object *root)
{
    static const char *const known[] = {"period", "late",     "windows", "errors",
                                        "severe", "requests", "latency", NULL};
    struct fields_object object = fields_object(root, "metrics", known);
    struct guard_metrics *metrics = &policy->metrics;
    int64_t period_ms = minute_ms, latency_ms = (int64_t)metrics->latency_ms;
    fields_duration(&object, "period", second_ms, 60 * minute_ms, &period_ms);
    fields_duration(&object, "late", 0, 60 * minute_ms, &policy->plan.late_ms);
    fields_whole(&object, "windows", 0, 60, &metrics->windows);
    read_percent(&object, "errors", &metrics->errors);
    read_percent(&object, "severe", &metrics->severe);
    fields_whole(&object, "requests", 10, 1000 * 1000 * 1000, &metrics->requests);
    fields_duration(&object, "latency", 1, 60 * minute_ms, &latency_ms);
    metrics->latency_ms = (double)latency_ms;
    policy->plan.period_s = (unsigned)(period_ms / second_ms);
    bool is_period = period_ms % minute_ms == 0 || period_ms == second_ms ||
                     period_ms == 5 * second_ms || period_ms == 10 * second_ms ||
                     period_ms == 30 * second_ms;
    if (!is_period)
        fields_refuse(&object, "period", "must be 1s, 5s, 10s, 30s or whole minutes");
    if (metrics->severe < metrics->errors)
        fields_refuse(&object, "severe", "is below errors");
}

static void read_steps(struct guard_policy *policy, const struct fields_object *object)
{
    const cJSON *item, *array = cJSON_GetObjectItemCaseSensitive(object->json, "steps");
    if (!fields_has(object, "steps"))
        return;
    if (fields_count(object, "steps", 1, GUARD_STEPS_MAX) == 0)
        return;
    double before = 0;
    policy->step_count = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsNumber(item) || item->valuedouble <= before || item->valuedouble > 100) {
            fields_refuse(object, "steps", "must be percent that rise, 100 at most");
            return;
        }
        before = item->valuedouble;
        policy->steps[policy->step_count++] = before / 100;
    }
    if (before < 100)
        fields_refuse(object, "steps", "must end with 100");
}

static void read_moves(struct guard_policy *policy, const struct fields_object *root)
{
    static const char *const known[] = {"apart", "back_after", "step", "steps", NULL};
    struct fields_object object = fields_object(root, "moves", known);
    fields_duration(&object, "apart", second_ms, day_ms, &policy->apart_ms);
    fields_duration(&object, "back_after", second_ms, day_ms, &policy->back_after_ms);
    fields_duration(&object, "step", second_ms, day_ms, &policy->step_ms);
    read_steps(policy, &object);
    if (policy->back_after_ms < policy->apart_ms)
        fields_refuse(&object, "back_after",
                      "is below apart: a home that fails again could not be left");
}

static void read_services(struct guard_fargate *fargate, const struct fields_object *object)
{
    const cJSON *item, *array = cJSON_GetObjectItemCaseSensitive(object->json, "services");
    if (!fields_has(object, "services") ||
        fields_count(object, "services", 1, GUARD_SERVICES_MAX) == 0)
        return;
    fargate->service_count = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsString(item) || !*item->valuestring)
            fields_refuse(object, "services", "must be names of ECS services");
        else
            fargate->services[fargate->service_count++] = item->valuestring;
    }
}

static void read_fargate(struct guard_policy *policy, const struct fields_object *root)
{
    static const char *const known[] = {"cluster", "services", "tasks", "wait", NULL};
    struct fields_object object = fields_object(root, "fargate", known);
    struct guard_fargate *fargate = &policy->fargate;
    fields_text(&object, "cluster", &fargate->cluster);
    read_services(fargate, &object);
    fields_whole(&object, "tasks", 1, 5000, &fargate->tasks);
    fields_duration(&object, "wait", second_ms, 60 * minute_ms, &policy->scale_wait_ms);
    if ((fargate->cluster != NULL) != (fargate->service_count > 0))
        fields_refuse(&object, NULL, "cluster and services belong together");
}

static void need_number(const struct fields_object *object, const char *name, double min,
                        double max, double *out)
{
    if (!fields_has(object, name))
        fields_refuse(object, name, "is missing");
    fields_number(object, name, min, max, out);
}

static void read_prices(struct guard_cost *cost, const struct fields_object *object)
{
    need_number(object, "million_requests", 0, 1000, &cost->million_requests);
    need_number(object, "gb_second", 0.000000001, 1, &cost->gb_second);
    need_number(object, "memory", 128, 10240, &cost->memory_mb);
    need_number(object, "task_hour", 0.0001, 1000, &cost->task_hour);
    need_number(object, "task_requests", 0.1, 10 * 1000 * 1000, &cost->task_requests);
    if (!fields_has(object, "duration"))
        fields_refuse(object, "duration", "is missing");
    fields_duration(object, "duration", 1, 15 * minute_ms, &cost->duration_ms);
    read_percent(object, "margin", &cost->margin);
    fields_duration(object, "hold", second_ms, day_ms, &cost->hold_ms);
}

/* Behind metrics and fargate, which it needs. */
static void read_cost(struct guard_policy *policy, const struct fields_object *root)
{
    static const char *const known[] = {"million_requests", "gb_second", "memory",
                                        "duration",         "task_hour", "task_requests",
                                        "margin",           "hold",      NULL};
    struct fields_object object = fields_object(root, "cost", known);
    struct guard_cost *cost = &policy->cost;
    if (!object.json)
        return;
    cost->is_on = true;
    read_prices(cost, &object);
    if (policy->metrics.windows == 0)
        fields_refuse(&object, NULL, "needs metrics.windows, to know the requests");
    if (policy->fargate.service_count == 0)
        fields_refuse(&object, NULL, "needs fargate.cluster and services, to set its tasks");
    if (root->fields->has_error)
        return;
    double even = guard_cost_break_even(cost, policy->fargate.tasks);
    double carried = policy->fargate.tasks * cost->task_requests;
    if (even * (1 + cost->margin) > carried)
        fields_refuse(&object, NULL,
                      "Fargate never pays: %u tasks carry %.1f requests a second, and cost as much "
                      "as Lambda at %.1f",
                      policy->fargate.tasks, carried, even);
}

static void read_name(const struct fields_object *root, const char *member, const char **out)
{
    fields_text(root, member, out);
    if (!root->fields->has_error && (**out != '/' || strlen(*out) > PLAN_LOCK_MAX))
        fields_refuse(root, member, "must begin with / and have at most %d bytes", PLAN_LOCK_MAX);
}

/* NAME of the release scripts: what terraform/ has made is named after it. */
static bool is_environment(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= ENVIRONMENT_MAX && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static const char *name_it(struct guard_policy *policy, const char *before, const char *name,
                           const char *after)
{
    struct bytes text = BYTES_INIT("");
    enum rc rc = arena_join(&policy->plan.arena, bytes_from_str(before), bytes_from_str(name),
                            bytes_from_str(after), &text);
    return rc == RC_OK ? text.ptr : before;
}

static void take_environment(struct guard_policy *policy, const char *name)
{
    policy->plan.rule = (struct plan_rule){.balancer = name_it(policy, "duet-", name, "")};
    policy->parameter = name_it(policy, "/duet/", name, "/guard");
    policy->canary_lock = name_it(policy, "/duet/", name, "/canary");
    policy->fargate.cluster = policy->plan.rule.balancer;
    policy->fargate.services[0] = name_it(policy, "duet-", name, "-a");
    policy->fargate.services[1] = name_it(policy, "duet-", name, "-b");
    policy->fargate.service_count = 2;
}

/* The tasks of `make run`'s rig, which is guarded where nothing else is named. */
static void take_rig(struct guard_policy *policy, const struct fields_object *root)
{
    const cJSON *fargate = cJSON_GetObjectItemCaseSensitive(root->json, "fargate");
    if (fields_has(root, "environment") || fields_has(root, "rule") ||
        cJSON_HasObjectItem(fargate, "cluster") || cJSON_HasObjectItem(fargate, "services"))
        return;
    policy->fargate.cluster = "duet-local";
    policy->fargate.services[0] = "duet-local-a";
    policy->fargate.services[1] = "duet-local-b";
    policy->fargate.service_count = 2;
}

/* Before the others, each of which may say otherwise. */
static void read_environment(struct guard_policy *policy, const struct fields_object *root)
{
    const char *name = NULL;
    fields_text(root, "environment", &name);
    if (name && !is_environment(name))
        fields_refuse(root, "environment", "must be such as dev, prod or pr-12");
    else if (name)
        take_environment(policy, name);
}

static void read_health(struct guard_policy *policy, const struct fields_object *root)
{
    static const char *const known[] = {"looks", NULL};
    struct fields_object object = fields_object(root, "health", known);
    fields_whole(&object, "looks", 0, 1000, &policy->health_looks);
}

static void read_all(struct guard_policy *policy, const struct fields_object *root)
{
    read_environment(policy, root);
    take_rig(policy, root);
    read_name(root, "parameter", &policy->parameter);
    read_name(root, "lock", &policy->canary_lock);
    fields_text(root, "topic", &policy->topic);
    if (fields_has(root, "rule")) {
        policy->plan.rule = (struct plan_rule){.arn = NULL};
        plan_read_rule(&policy->plan, root);
    }
    fields_duration(root, "interval", 50, 10 * minute_ms, &policy->interval_ms);
    fields_duration(root, "lease", second_ms, day_ms, &policy->lease_ms);
    read_health(policy, root);
    read_probes(policy, root);
    read_metrics(policy, root);
    read_moves(policy, root);
    read_fargate(policy, root);
    read_cost(policy, root);
    if (policy->lease_ms < 2 * policy->interval_ms)
        fields_refuse(root, "lease", "must be at least twice the interval");
    if (!policy->probes.url && policy->health_looks == 0 && policy->metrics.windows == 0)
        fields_refuse(root, NULL, "has no probes, no health and no metrics: nothing to judge by");
}

bool guard_policy_parse(struct guard_policy *policy, const char *file, struct bytes text,
                        char *error, size_t error_len)
{
    static const char *const known[] = {"environment", "rule",     "parameter", "lock",   "topic",
                                        "lease",       "interval", "probes",    "health", "metrics",
                                        "moves",       "fargate",  "cost",      NULL};
    struct json_place place;
    cJSON *json;
    char why[512];
    struct fields fields = {.error = why, .error_len = sizeof why};
    set_defaults(policy);
    enum rc rc = json_parse(&policy->plan.arena, text, &json, &place);
    if (rc == RC_SYNTAX)
        (void)snprintf(error, error_len, "%s:%zu:%zu: no JSON", file, place.line, place.column);
    else if (rc != RC_OK)
        (void)snprintf(error, error_len, "%s: %s", file, rc_name(rc));
    if (rc != RC_OK)
        return false;
    struct fields_object root = fields_root(&fields, json, known);
    read_all(policy, &root);
    if (fields.has_error)
        (void)snprintf(error, error_len, "%s: %s", file, why);
    return !fields.has_error;
}

bool guard_policy_load(struct guard_policy *policy, const char *file, char *error, size_t error_len)
{
    char text[LIMIT_GUARD_POLICY_BYTES + 1];
    if (!file)
        return guard_policy_parse(policy, "policy", BYTES_LIT("{}"), error, error_len);
    FILE *stream = fopen(file, "re");
    if (!stream) {
        set_defaults(policy);
        (void)snprintf(error, error_len, "cannot open '%s': %s", file, strerror(errno));
        return false;
    }
    size_t len = fread(text, 1, sizeof text, stream);
    bool is_well = !ferror(stream) && len <= LIMIT_GUARD_POLICY_BYTES;
    (void)fclose(stream);
    if (is_well)
        return guard_policy_parse(policy, file, bytes_make(text, len), error, error_len);
    set_defaults(policy);
    (void)snprintf(error, error_len, "%s: cannot be read, or has over %d bytes", file,
                   LIMIT_GUARD_POLICY_BYTES);
    return false;
}

void guard_policy_release(struct guard_policy *policy)
{
    plan_release(&policy->plan);
}

int64_t guard_policy_calm_ms(const struct guard_policy *policy)
{
    int64_t windows_ms = policy->metrics.windows
                             ? 2 * (int64_t)policy->plan.period_s * second_ms + policy->plan.late_ms
                             : 0;
    int64_t calm_ms = windows_ms > CALM_MS ? windows_ms : CALM_MS;
    return calm_ms < policy->back_after_ms ? calm_ms : policy->back_after_ms;
}
