#include "pipeline/canary/recording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/canary/judge_internal.h"
#include "pipeline/canary/policy.h"
#include "runtime/core/json_text.h"

static const struct policy_member *member_find(const char *name)
{
    for (int i = 0; i < POLICY_MEMBERS; i++)
        if (strcmp(policy_members[i].name, name) == 0)
            return &policy_members[i];
    return NULL;
}

enum rc recording_policy_read(const cJSON *object, const char *path, struct judge_policy *policy,
                              char error[RECORDING_ERROR_BYTES])
{
    judge_policy_init(policy);
    if (!object)
        return RC_OK;
    if (!cJSON_IsObject(object)) {
        judge_text(error, RECORDING_ERROR_BYTES, "%s: must be an object", path);
        return RC_SYNTAX;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        const struct policy_member *member = member_find(item->string);
        if (!member) {
            judge_text(error, RECORDING_ERROR_BYTES, "%s.%.60s: there is no such member", path,
                       item->string);
            return RC_SYNTAX;
        }
        if (!cJSON_IsNumber(item) || !policy_member_set(member, policy, item->valuedouble)) {
            judge_text(error, RECORDING_ERROR_BYTES, "%s.%s", path, member->must);
            return RC_SYNTAX;
        }
    }
    const char *wrong = judge_policy_check(policy);
    if (wrong) {
        judge_text(error, RECORDING_ERROR_BYTES, "%s.%s", path, wrong);
        return RC_SYNTAX;
    }
    return RC_OK;
}

/* The shortest text that is read back as the same number; JSON has no infinity. */
static void put_number(struct buf *out, double value)
{
    char text[32];
    if (!isfinite(value)) {
        buf_append(out, BYTES_LIT("null"));
        return;
    }
    judge_text(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value)
        judge_text(text, sizeof text, "%.17g", value);
    buf_append(out, bytes_from_str(text));
}

static void put_member(struct buf *out, const char *name, double value)
{
    buf_printf(out, ",\"%s\":", name);
    put_number(out, value);
}

static void line_begin(struct buf *out, const char *type, int64_t at_ms)
{
    buf_printf(out, "{\"type\":\"%s\",\"at\":%lld", type, (long long)at_ms);
}

static void line_end(struct buf *out)
{
    buf_append(out, BYTES_LIT("}\n"));
}

void recording_run(struct buf *out, int64_t at_ms, const char *plan,
                   const struct judge_policy *policy)
{
    line_begin(out, "run", at_ms);
    buf_append(out, BYTES_LIT(",\"plan\":"));
    json_text_string(out, bytes_from_str(plan));
    buf_append(out, BYTES_LIT(",\"judge\":{"));
    for (int i = 0; i < POLICY_MEMBERS; i++) {
        buf_printf(out, "%s\"%s\":", i > 0 ? "," : "", policy_members[i].name);
        put_number(out, policy_member_get(&policy_members[i], policy));
    }
    buf_append_char(out, '}');
    line_end(out);
}

void recording_step(struct buf *out, int64_t at_ms, unsigned step, double share)
{
    line_begin(out, "step", at_ms);
    buf_printf(out, ",\"step\":%u", step);
    put_member(out, "share", share);
    line_end(out);
}

static void put_side(struct buf *out, const char *name, const struct judge_side *side)
{
    buf_printf(out, ",\"%s\":{\"requests\":%llu,\"errors\":%llu,\"latency\":[", name,
               (unsigned long long)side->requests, (unsigned long long)side->errors);
    for (size_t i = 0; i < side->bin_count; i++) {
        buf_append(out, i > 0 ? BYTES_LIT(",[") : BYTES_LIT("["));
        put_number(out, side->bins[i].upper_ms);
        buf_printf(out, ",%llu]", (unsigned long long)side->bins[i].count);
    }
    buf_append(out, BYTES_LIT("]}"));
}

void recording_sample(struct buf *out, const struct judge_sample *sample)
{
    line_begin(out, "sample", sample->start_ms);
    put_member(out, "minutes", sample->minutes);
    put_side(out, "stable", &sample->stable);
    put_side(out, "canary", &sample->canary);
    line_end(out);
}

static void put_check(struct buf *out, const struct judge_result *result)
{
    buf_printf(out, "{\"check\":\"%s\",\"verdict\":\"%s\"", judge_check_name(result->check),
               judge_verdict_name(result->verdict));
    put_member(out, "figure", result->figure);
    put_member(out, "bound", result->bound);
    put_member(out, "p_value", result->p_value);
    put_member(out, "alpha", result->alpha);
    put_member(out, "requests_needed", (double)result->requests_needed);
    put_member(out, "minutes_needed", result->minutes_needed);
    buf_append(out, BYTES_LIT(",\"why\":"));
    json_text_string(out, bytes_from_str(result->why));
    buf_append_char(out, '}');
}

void recording_verdict(struct buf *out, int64_t at_ms, const struct judge_report *report)
{
    line_begin(out, "verdict", at_ms);
    buf_printf(out, ",\"verdict\":\"%s\"", judge_verdict_name(report->verdict));
    put_member(out, "requests_needed", (double)report->requests_needed);
    put_member(out, "minutes_needed", report->minutes_needed);
    buf_append(out, BYTES_LIT(",\"checks\":["));
    for (size_t i = 0; i < report->count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        put_check(out, &report->results[i]);
    }
    buf_append_char(out, ']');
    line_end(out);
}

void recording_end(struct buf *out, int64_t at_ms, const char *outcome)
{
    line_begin(out, "end", at_ms);
    buf_append(out, BYTES_LIT(",\"outcome\":"));
    json_text_string(out, bytes_from_str(outcome));
    line_end(out);
}
