#include "pipeline/canary/plan.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#include "pipeline/canary/plan_parts.h"
#include "runtime/core/buf.h"
#include "runtime/core/limits.h"

enum { HASH_BYTES = 32 };

static const int64_t second_ms = 1000, minute_ms = 60 * 1000, day_ms = 24 * 3600 * 1000;

static const char *const ends[] = {"rollback", "hold", NULL};

static const char *const plan_members[] = {
    "name",      "description",    "lock",       "rule",
    "stable",    "canary",         "steps",      "precision",
    "checks",    "interval",       "metrics",    "timeout",
    "lease",     "failure_budget", "on_failure", "on_inconclusive",
    "on_signal", "alarms",         "capacity",   "smoke",
    "hooks",     "retire_after",   "load",       NULL};

static void read_end(const struct fields_object *object, const char *name, enum plan_end *out)
{
    int choice = (int)*out;
    fields_choice(object, name, ends, &choice);
    *out = choice ? PLAN_HOLD : PLAN_ROLLBACK;
}

static void read_metrics(struct plan *plan, const struct fields_object *root)
{
    static const char *const known[] = {"period", "late", NULL};
    struct fields_object metrics = fields_object(root, "metrics", known);
    int64_t period_ms = minute_ms;
    fields_duration(&metrics, "period", second_ms, 5 * minute_ms, &period_ms);
    fields_duration(&metrics, "late", 0, 30 * minute_ms, &plan->late_ms);
    if (period_ms % minute_ms != 0 && period_ms != second_ms && period_ms != 5 * second_ms &&
        period_ms != 10 * second_ms && period_ms != 30 * second_ms)
        fields_refuse(&metrics, "period", "must be 1s, 5s, 10s, 30s or whole minutes");
    plan->period_s = (unsigned)(period_ms / second_ms);
}

static void read_times(struct plan *plan, const struct fields_object *root)
{
    fields_duration(root, "interval", 100, 60 * minute_ms, &plan->interval_ms);
    fields_duration(root, "timeout", second_ms, 7 * day_ms, &plan->timeout_ms);
    fields_duration(root, "lease", second_ms, day_ms, &plan->lease_ms);
    fields_duration(root, "retire_after", 0, 7 * day_ms, &plan->retire_after_ms);
    if (plan->lease_ms < 2 * plan->interval_ms)
        fields_refuse(root, "lease", "must be at least twice the interval");
}

static void read_alarms(struct plan *plan, const struct fields_object *root)
{
    int count = fields_count(root, "alarms", 0, PLAN_ALARMS_MAX);
    const cJSON *item, *array = cJSON_GetObjectItemCaseSensitive(root->json, "alarms");
    if (count == 0)
        return;
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsString(item) || !*item->valuestring) {
            fields_refuse(root, "alarms", "must have names of alarms");
            return;
        }
        plan->alarms[plan->alarm_count++] = item->valuestring;
    }
}

static void read_judgement(struct plan *plan, const struct fields_object *root)
{
    fields_whole(root, "failure_budget", 0, 1000, &plan->failure_budget);
    read_end(root, "on_failure", &plan->on_failure);
    read_end(root, "on_inconclusive", &plan->on_inconclusive);
    read_end(root, "on_signal", &plan->on_signal);
    plan->checks = cJSON_GetObjectItemCaseSensitive(root->json, "checks");
    read_alarms(plan, root);
}

static void read_slots(struct plan *plan, const struct fields_object *root)
{
    double percent = 100 * plan->precision;
    fields_need_text(root, "stable", &plan->stable);
    fields_need_text(root, "canary", &plan->canary);
    fields_number(root, "precision", 0.0001, 5, &percent);
    plan->precision = percent / 100;
    if (!root->fields->has_error && strcmp(plan->stable, plan->canary) == 0)
        fields_refuse(root, "canary", "'%s' is the stable slot as well", plan->canary);
}

static void set_defaults(struct plan *plan)
{
    *plan = (struct plan){
        .name = "canary",
        .lock = "/duet/canary",
        .precision = 0.0005,
        .interval_ms = minute_ms,
        .late_ms = 3 * minute_ms,
        .timeout_ms = 60 * minute_ms,
        .lease_ms = 10 * minute_ms,
        .retire_after_ms = -1,
        .on_failure = PLAN_ROLLBACK,
        .on_inconclusive = PLAN_HOLD,
        .on_signal = PLAN_HOLD,
        .smoke = {.header = "X-Duet-Pin",
                  .secret_variable = "DUET_PIN_SECRET",
                  .count = 3,
                  .status = 200,
                  .timeout_ms = 30 * second_ms},
        .load = {.rate = 10, .timeout_ms = 5 * second_ms},
        .capacity = {.min = 1, .max = 10, .healthy = 1, .timeout_ms = 10 * minute_ms}};
    arena_init(&plan->arena, LIMIT_PLAN_BYTES * 8);
}

static void read_all(struct plan *plan, const struct fields_object *root)
{
    fields_text(root, "name", &plan->name);
    fields_text(root, "lock", &plan->lock);
    if (!root->fields->has_error && (*plan->lock != '/' || strlen(plan->lock) > PLAN_LOCK_MAX))
        fields_refuse(root, "lock", "must begin with / and have at most %d bytes", PLAN_LOCK_MAX);
    plan_read_rule(plan, root);
    read_slots(plan, root);
    plan_read_steps(plan, root);
    read_times(plan, root);
    read_metrics(plan, root);
    read_judgement(plan, root);
    plan_read_smoke(plan, root);
    plan_read_load(plan, root);
    plan_read_capacity(plan, root);
    plan_read_hooks(plan, root);
}

static bool hash_text(struct bytes text, char *hash)
{
    unsigned char bytes[HASH_BYTES];
    if (EVP_Digest(text.ptr, text.len, bytes, NULL, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < HASH_BYTES; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

bool plan_parse(struct plan *plan, const char *file, struct bytes text, char *error,
                size_t error_len)
{
    struct json_place place;
    cJSON *json;
    char why[512];
    struct fields fields = {.error = why, .error_len = sizeof why};
    set_defaults(plan);
    enum rc rc = json_parse(&plan->arena, text, &json, &place);
    if (rc == RC_SYNTAX)
        (void)snprintf(error, error_len, "%s:%zu:%zu: no JSON", file, place.line, place.column);
    else if (rc != RC_OK || !hash_text(text, plan->hash))
        (void)snprintf(error, error_len, "%s: %s", file, rc_name(rc));
    if (rc != RC_OK)
        return false;
    struct fields_object root = fields_root(&fields, json, plan_members);
    read_all(plan, &root);
    if (fields.has_error)
        (void)snprintf(error, error_len, "%s: %s", file, why);
    return !fields.has_error;
}

bool plan_load(struct plan *plan, const char *file, char *error, size_t error_len)
{
    struct buf text;
    bool is_well = false;
    FILE *stream = fopen(file, "re");
    set_defaults(plan);
    if (!stream) {
        (void)snprintf(error, error_len, "cannot open '%s': %s", file, strerror(errno));
        return false;
    }
    buf_init(&text, LIMIT_PLAN_BYTES);
    while (buf_reserve(&text, BUFSIZ) == RC_OK) {
        size_t n = fread(text.data + text.len, 1, BUFSIZ, stream);
        text.len += n;
        is_well = n == 0 && !ferror(stream);
        if (n == 0)
            break;
    }
    if (is_well)
        is_well = plan_parse(plan, file, buf_bytes(&text), error, error_len);
    else
        (void)snprintf(error, error_len, "%s: cannot be read, or has over %d bytes", file,
                       LIMIT_PLAN_BYTES);
    buf_release(&text);
    (void)fclose(stream);
    return is_well;
}

void plan_release(struct plan *plan)
{
    arena_release(&plan->arena);
}
